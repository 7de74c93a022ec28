"""`git fedlearn scan`: report secrets and personal data, never the text that was found."""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

import click

from git_fedlearn.commands.allowing import allow
from git_fedlearn.commands.context import Context
from git_fedlearn.commands.findings import shown
from git_fedlearn.commands.private_verdict import UNSHARED
from git_fedlearn.commands.remedy import advise
from git_fedlearn.commands.scan_formats import REPORTS
from git_fedlearn.commands.targets import Target, find_targets, is_binary, read_lines
from git_fedlearn.commands.wording import count
from git_fedlearn.core.layout import is_shareable
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.baseline import read_baseline, unknown_of, write_baseline
from git_fedlearn.learn.history_scan import HistoryScan, Range
from git_fedlearn.learn.passages import Passage, expects_json, read_passages
from git_fedlearn.learn.scanning import Found, scan_name, scan_passages, shown_path
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.repository.data_tree import index_tree, open_objects
from git_fedlearn.repository.objects import Objects
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE

ALL = "--all"


@click.command("scan", short_help="Report secrets and personal data in files or history.")
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--staged", is_flag=True, help="Scan what is staged instead of the work tree.")
@click.option(
    "--history",
    "revisions",
    is_flag=False,
    flag_value=ALL,
    metavar="[RANGE]",
    help="Scan every version of every data file that RANGE, or else any ref, reaches.",
)
@click.option("--format", "form", type=click.Choice([*REPORTS]), default="text", help="Form of the report.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that FILE holds.")
@click.option("--write-baseline", "new_baseline", metavar="FILE", help="Write the findings to FILE.")
@click.option(
    "--allow", "allowed", metavar="FINGERPRINT", multiple=True, help="Let this value stay from now on."
)
@click.option("--reason", metavar="TEXT", default="", help="Why it may stay; everybody can read it.")
@click.option(
    "--expires", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The first day it may not any more."
)
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917  one parameter for each option
    context: Context,
    paths: tuple[str, ...],
    revisions: str | None,
    form: str,
    baseline: str | None,
    new_baseline: str | None,
    allowed: tuple[str, ...],
    reason: str,
    expires: datetime | None,
    *,
    staged: bool,
) -> int:
    """Report every finding in files: all data files without PATH, else these files and folders, anywhere.

    Files that end in .jsonl are read as JSON, everything else line by line as text. A finding has its
    kind, rule, place and fingerprint; what was found is never printed. Exit code 1: there are findings.
    """
    if allowed:
        return _allow(context, [Allowed(f, reason, expires.date() if expires else None) for f in allowed])
    if reason or expires:
        raise UsageError("--reason and --expires go with --allow FINGERPRINT")
    if staged and revisions is not None:
        raise UsageError("--staged and --history exclude each other")
    scan = _Scan(context)
    if revisions is not None:
        found = scan.history(revisions, paths)
    else:
        found = scan.staged(paths) if staged else scan.files(paths)
    if baseline:
        found = unknown_of(read_baseline(context.directory / baseline), found)
    if new_baseline:
        return _write(context, new_baseline, found)
    number = REPORTS[form](context, found)
    if form == "text":
        scan.conclude(number)
    return 1 if number or scan.unknown else 0


class _Scan:
    """What one run looks at, and what it tells about that when it is done."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._history: HistoryScan | None = None
        self._number = 0
        self._is_everything = False
        self.unknown = 0
        """Files under data/ of a kind that is not shared."""

    def files(self, paths: tuple[str, ...]) -> Iterator[Found]:
        if paths == ("-",):
            self._number = 1
            return scan_passages(self._context.privacy, read_passages("-", self._context.stdin, is_json=True))
        targets = find_targets(self._context, paths)
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

    def staged(self, paths: tuple[str, ...]) -> Iterator[Found]:
        repository = self._context.data_repository
        tree = index_tree(repository, open_objects(repository))
        chosen = [path for path in tree.paths() if not paths or _is_under(self._context, path, paths)]
        self._number = len(chosen)
        passages = (
            passage
            for path in chosen
            for passage in read_passages(path, tree.read(path).split(b"\n"), is_json=expects_json(path))
        )
        engine = self._context.privacy
        return chain(shown(engine, scan_passages(engine, passages)), self._names(chosen))

    def history(self, revisions: str, paths: tuple[str, ...]) -> Iterator[Found]:
        context = self._context
        if revisions != ALL and (context.directory / revisions).exists():
            paths, revisions = (revisions, *paths), ALL
        objects = open_objects(context.repository)
        commits = _range(context.repository, objects, revisions)
        self._history = HistoryScan(objects, context.privacy, commits)
        found = self._history.findings()
        return (item for item in found if _is_under(context, item.path, paths)) if paths else found

    def conclude(self, number: int) -> None:
        """The last lines for people: how much there was, and what to do."""
        context = self._context
        found = count(number, "finding")
        if self._history:
            context.say(f"{found} in {count(self._history.versions, 'version')} of data files")
            if number:
                advise(context, self._history)
            return
        context.say(f"{found} in {count(self._number, 'file')}")
        if number:
            named = "" if self._is_everything else " with the same paths"
            context.note(f"hint: to redact: git fedlearn sanitize{named}")
        if number and context.in_repository:
            context.note("hint: what may stay: git fedlearn scan --allow FINGERPRINT --reason WHY")

    def _passages(self, targets: Iterable[Target]) -> Iterator[Passage]:
        for target in targets:
            if target.file.is_symlink() and target.is_data:
                continue
            if not target.is_data and is_binary(target):
                self._context.note(f"{target.shown}: binary, not scanned")
                continue
            lines = read_lines(target)
            yield from read_passages(target.shown, lines, is_json=expects_json(target.shown))

    def _names(self, paths: Iterable[str]) -> Iterator[Found]:
        """What the names of data files tell, and which of them are of no kind that is shared."""
        for path in paths:
            yield from scan_name(self._context.privacy, path)
            if not is_shareable(path):
                self.unknown += 1
                self._context.complain(f"error: {shown_path(self._context.privacy, path)}: {UNSHARED}")


def _range(repository: Repository, objects: Objects, revisions: str) -> Range:
    """The commits of a range as git-rev-parse(1) reads it, or all that refs reach."""
    if revisions == ALL:
        listed = repository.git.run("for-each-ref", "--format=%(objectname)").decode().split()
        tips = [objects.find_commit(name) for name in ("HEAD", *listed)]
        return Range([*dict.fromkeys(tip for tip in tips if tip)], [])
    parsed = repository.git.attempt("rev-parse", "--revs-only", "--end-of-options", revisions)
    names = parsed.out.decode().split()
    tips = [objects.find_commit(name) for name in names if not name.startswith("^")]
    without = [objects.find_commit(name[1:]) for name in names if name.startswith("^")]
    if parsed.code or not all(tips) or not tips:
        raise UsageError(f"{revisions}: no range of commits", hint="for example main..HEAD, or v1.0")
    return Range([oid for oid in tips if oid], [oid for oid in without if oid])


def _is_under(context: Context, path: str, paths: tuple[str, ...]) -> bool:
    """Whether a path of the repository is one of those on the command line, or lies in one."""
    top = os.path.realpath(context.repository.top)
    for given in paths:
        wanted = os.path.relpath(os.path.realpath(context.directory / given), top).replace(os.sep, "/")
        if wanted in (".", path) or path.startswith(f"{wanted}/"):
            return True
    return False


def _write(context: Context, file: str, found: Iterable[Found]) -> int:
    items = list(found)
    write_baseline(context.directory / file, items)
    context.say(f"{count(len(items), 'finding')} in {file}")
    return 0


def _allow(context: Context, entries: list[Allowed]) -> int:
    fresh = allow(context, entries)
    for entry in entries:
        known = "" if entry in fresh else " already"
        context.say(f"allowed{known} in {SETTINGS_FILE}: {entry.fingerprint}")
    if fresh:
        context.note(
            f"hint: git add {SETTINGS_FILE} && git commit    (a server asks what it has: push this first)"
        )
    return 0
