"""One run of `scan` over files, the index or history, with its summary."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain

from git_fedlearn.commands.scan.remedy import advise
from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import RAW, shown
from git_fedlearn.console.words import ALLOW_HINT, count
from git_fedlearn.core.layout import is_data_file
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.git_objects import fetch_missing
from git_fedlearn.repository.objects import Objects
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import index_tree
from git_fedlearn.repository.workers import Progress
from git_fedlearn.scanning.files import (
    Passage,
    ScanTarget,
    expects_json,
    find_targets,
    is_binary,
    read_lines,
    read_passages,
)
from git_fedlearn.scanning.findings import FileFinding, scan_name, scan_passages, shown_path
from git_fedlearn.scanning.history import HistoryScan, Range
from git_fedlearn.scanning.history_messages import HistoryMessages

ALL = "--all"
"""Means every ref."""


class Scanned:
    """One run: its findings, and the summary of them.

    `show` is called with (bytes or versions read, bytes or versions in all).
    """

    def __init__(self, context: Context, show: Progress) -> None:
        self._context = context
        self._show = show
        self._history: HistoryScan | None = None
        self._messages: HistoryMessages | None = None
        self._number = 0
        self._is_everything = False

    def files(self, paths: tuple[str, ...]) -> Iterator[FileFinding]:
        """Findings in files and folders, by default all data files; `-` is standard input."""
        if paths == ("-",):
            self._number = 1
            return scan_passages(self._context.privacy, read_passages("-", self._context.stdin, is_json=True))
        targets = find_targets(self._context.directory, self._context.find_repository(), paths)
        self._is_everything = not paths
        self._number = len(targets)
        engine = self._context.privacy
        data = [target for target in targets if target.is_data]
        others = [target for target in targets if not target.is_data]
        return chain(
            shown(engine, scan_passages(engine, self._passages(data))),
            self._names(target.shown for target in data),
            scan_passages(engine, self._passages(others)),
        )

    def staged(self, paths: tuple[str, ...]) -> Iterator[FileFinding]:
        """Findings in our data files of the index, and in the names of all files under data/."""
        repository = self._context.data_repository
        tree = index_tree(repository, repository.objects)
        named = [path for path in tree.paths() if not paths or _is_under(self._context, path, paths)]
        chosen = [path for path in named if is_data_file(path)]
        self._number = len(chosen)
        passages = (
            passage
            for path in chosen
            for passage in read_passages(path, tree.read(path).split(b"\n"), is_json=expects_json(path))
        )
        engine = self._context.privacy
        return chain(shown(engine, scan_passages(engine, passages)), self._names(named))

    def history(self, revisions: str, paths: tuple[str, ...]) -> Iterator[FileFinding]:
        """Findings in a range of commits, and outside files unless there are paths.

        `revisions` may also be a path, for which all refs are scanned.
        """
        context = self._context
        if revisions != ALL and (context.directory / revisions).exists():
            paths, revisions = (revisions, *paths), ALL
        objects = context.repository.objects
        commits = _range(context.repository, objects, revisions)
        fetch_missing(context.repository.git, commits.tips, commits.without)
        self._history = HistoryScan(objects, context.privacy, commits, self._show)
        self._messages = HistoryMessages(
            context.repository, context.privacy, commits, has_refs=revisions == ALL
        )
        found = chain(self._history.findings(), self._messages.findings() if not paths else ())
        return (item for item in found if _is_under(context, item.path, paths)) if paths else found

    def say_summary(self, number: int) -> None:
        """Print the number of findings, and what to do about them."""
        context = self._context
        found = count(number, "finding") if number else "no findings"
        if self._history and self._messages:
            read = f" and {count(self._messages.number, 'message')}" if self._messages.number else ""
            context.say(f"{found} in {count(self._history.versions, 'version')} of data files{read}")
            for path in self._history.raw:
                context.say(f"{shown_path(context.privacy, path)}: {RAW}")
            if number or self._history.raw:
                advise(context, self._history, self._messages)
            return
        context.say(f"{found} in {count(self._number, 'file')}")
        if number:
            paths = "" if self._is_everything else " PATH..."
            context.note(f"hint: git fedlearn sanitize{paths}    (redacts them)")
        if number and context.find_repository():
            context.note(ALLOW_HINT)

    def _passages(self, targets: list[ScanTarget]) -> Iterator[Passage]:
        sizes = [target.file.stat().st_size if target.file.is_file() else 0 for target in targets]
        done = 0
        for target, size in zip(targets, sizes, strict=True):
            if target.file.is_symlink() and target.is_data:
                continue
            if not target.is_data and is_binary(target):
                self._context.note(f"{target.shown}: binary, not scanned")
                continue
            lines = read_lines(target)
            read = done
            for passage in read_passages(target.shown, lines, is_json=expects_json(target.shown)):
                yield passage
                read += len(passage.data) + 1
                if passage.number % 100 == 1:
                    self._show(min(read, done + size), sum(sizes))
            done += size

    def _names(self, paths: Iterable[str]) -> Iterator[FileFinding]:
        """Findings in the names of data files."""
        for path in paths:
            yield from scan_name(self._context.privacy, path)


def _range(repository: Repository, objects: Objects, revisions: str) -> Range:
    """The commits of a range as git-rev-parse(1) reads it, or all that refs reach."""
    if revisions == ALL:
        return Range(objects.all_tips(), [])
    parsed = repository.git.attempt("rev-parse", "--revs-only", "--end-of-options", revisions)
    names = parsed.out.decode().split()
    tips = [objects.find_commit(name) for name in names if not name.startswith("^")]
    without = [objects.find_commit(name[1:]) for name in names if name.startswith("^")]
    if parsed.code or not all(tips) or not tips:
        raise UsageError(
            f"{revisions}: not a range of commits",
            hint="name a range such as main..HEAD, or a revision such as v1.0",
        )
    return Range([oid for oid in tips if oid], [oid for oid in without if oid])


def _is_under(context: Context, path: str, paths: tuple[str, ...]) -> bool:
    """Whether a path of the repository is one of `paths` on the command line, or is in one."""
    top = os.path.realpath(context.repository.top)
    for named in paths:
        prefix = os.path.relpath(os.path.realpath(context.directory / named), top).replace(os.sep, "/")
        if prefix in (".", path) or path.startswith(f"{prefix}/"):
            return True
    return False
