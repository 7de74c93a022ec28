"""The checks that every hook runs on a commit before it enters history.

Lines that a parent already has, in this file or another file of the set, are not blamed on the new
commit: a merge, or a set that outgrew its file, adds nothing.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.core.inspection import KINDS_OF_A_LINE, Problem, SizeLimits
from git_fedlearn.core.layout import SetName, find_set, is_raw_in, may_share
from git_fedlearn.core.record_set import Losses, split_lines, split_sections
from git_fedlearn.repository.history import find_lost_records
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree, is_local
from git_fedlearn.repository.verify import inspect_path, limits_of

SOURCE_KEY: Final = "fedlearn.source"


class NewLine(NamedTuple):
    """A line that no parent has, with its position."""

    path: str
    number: int
    line: bytes


class CommitVerdict(NamedTuple):
    """What a commit adds that it must not, and what it drops."""

    problems: list[Problem]
    losses: dict[SetName, Losses]


def judge(
    repository: Repository,
    candidate: CommittedTree,
    parents: list[CommittedTree],
    losses: dict[SetName, Losses] | None = None,
) -> CommitVerdict:
    """The format problems that the index adds, and the records of the parents that it drops, if not known."""
    problems = find_problems(limits_of(repository), candidate, parents)
    if losses is None:
        losses = find_shrinking(repository, parents, candidate, None)
    return CommitVerdict(problems, losses)


def source_folder(repository: Repository) -> str | None:
    """The folder of git config `fedlearn.source`, if it is in the work tree: relative to its top, or "."."""
    named = repository.git.find_config(SOURCE_KEY)
    if not named or named.startswith("~") or "://" in named or repository.is_bare:
        return None
    top = os.path.realpath(repository.top)
    folder = os.path.relpath(os.path.realpath(os.path.join(top, named)), top)  # noqa: PTH118
    return None if folder == ".." or folder.startswith("../") else folder


def staged_raw_logs(repository: Repository) -> list[str]:
    """The raw logs of the source that the next commit would add, outside data/."""
    folder = source_folder(repository)
    if folder is None or (repository.git_dir / "MERGE_HEAD").exists():
        return []
    changed = ("diff", "--cached", "--name-only", "--no-renames", "--diff-filter=d", "--no-ext-diff", "-z")
    place = ":/" if folder == "." else f":(top,literal){folder}"
    return [path for path in repository.git.items(*changed, "--", place) if is_raw_in(folder, path)]


def find_problems(
    limits: SizeLimits, candidate: CommittedTree, parents: list[CommittedTree]
) -> list[Problem]:
    """Format problems that no parent has.

    A set above the size limit is accepted: a merge may join two files below the limit to one above it,
    and the next writer shards the set.
    """
    return [
        problem
        for path in changed_paths(candidate, parents)
        for problem in _new_problems(limits, candidate, path, parents)
        if not (problem.kind == "size" and problem.fixable)
    ]


def find_shrinking(
    repository: Repository, before: Iterable[CommittedTree], after: CommittedTree, commit: Oid | None
) -> dict[SetName, Losses]:
    """The sets that lost lessons or tombstones; `after` is the tree of `commit`, or of the index (None)."""
    losses = find_lost_records(repository, [*before], after, commit)
    return {name: found for name, found in losses.items() if found.is_shrunk}


def changed_paths(candidate: CommittedTree, parents: Iterable[CommittedTree]) -> list[str]:
    """The paths whose entry no parent has."""
    known = {(path, entry) for parent in parents for path, entry in parent.entries.items()}
    return sorted(path for path, entry in candidate.entries.items() if (path, entry) not in known)


def new_lines(candidate: CommittedTree, parents: list[CommittedTree]) -> Iterator[NewLine]:
    """Every line of a changed file that is new to its file, or set, in all parents."""
    for path in changed_paths(candidate, parents):
        lines = enumerate(candidate.read(path).split(b"\n"), 1)
        yield from _without_old(
            [NewLine(path, number, line) for number, line in lines if line], path, parents
        )


def _new_problems(
    limits: SizeLimits, candidate: CommittedTree, path: str, parents: list[CommittedTree]
) -> list[Problem]:
    if is_local(path):
        return [
            Problem(
                path, 0, "type", "a file for this machine only; remove it with git rm --cached", fixable=False
            )
        ]
    if find_set(path) and not any(inspect_path(limits, candidate, path, _placed_lines(path, parents))):
        return []  # the usual case, in which only new lines have to be parsed
    found = list(inspect_path(limits, candidate, path))
    if not any(problem.kind in KINDS_OF_A_LINE for problem in found):
        return found
    lines = candidate.read(path).split(b"\n")
    suspects = {problem.line for problem in found if problem.line}
    fresh = _without_old([NewLine(path, number, lines[number - 1]) for number in suspects], path, parents)
    numbers = {line.number for line in fresh} | {0}
    return [problem for problem in found if problem.kind not in KINDS_OF_A_LINE or problem.line in numbers]


def _placed_lines(path: str, parents: list[CommittedTree]) -> set[bytes]:
    """The lines of the file in the parents that a join takes for records without parsing them."""
    return {
        line
        for parent in parents
        if parent.is_file(path)
        for line in split_sections(parent.read(path)).placed
    }


def _without_old(lines: list[NewLine], path: str, parents: list[CommittedTree]) -> list[NewLine]:
    for data in _old_files(path, parents):
        if not lines:
            break
        old = {*data.split(b"\n"), *split_lines(data)}
        lines = [line for line in lines if line.line not in old]
    return lines


def _old_files(path: str, parents: list[CommittedTree]) -> Iterator[bytes]:
    """The file in each parent, then files its lines may have moved from, each blob once."""
    seen: set[Oid] = set()
    for related in (False, True):
        for parent in parents:
            for old, entry in parent.entries.items():
                wanted = _may_share_lines(old, path) if related else old == path
                if wanted and entry.is_file and entry.oid not in seen:
                    seen.add(entry.oid)
                    yield parent.read(old)


def _may_share_lines(old: str, path: str) -> bool:
    before, now = find_set(old), find_set(path)
    return before is not None and now is not None and before[0] == now[0] and may_share(before[1], now[1])
