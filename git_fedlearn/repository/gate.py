"""What may enter the history: the checks that every hook shares."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_fedlearn.core.inspection import Problem
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.loss import Losses
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.repository.data_tree import CommittedTree, is_local
from git_fedlearn.repository.history import losses_by_set
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.verify import inspect_path


class NewLine(NamedTuple):
    """A line that no parent has, with its place in the file."""

    path: str
    number: int
    line: bytes


class Verdict(NamedTuple):
    """What a candidate for the history adds that it must not, and what it drops."""

    problems: list[Problem]
    losses: dict[SetName, Losses]


def judge(repository: Repository, candidate: CommittedTree, parents: list[CommittedTree]) -> Verdict:
    """Format problems that the candidate itself brings, and records of the parents that it drops.

    A set that outgrew the size limit stops nobody: a merge may join two files below it to one above,
    and whoever writes the set next shards it.
    """
    problems = [
        problem
        for path in changed_paths(candidate, parents)
        for problem in _check(repository, candidate, path)
    ]
    known = {(line.path, line.number): _is_old(line, parents) for line in _lines_with(problems, candidate)}
    problems = [
        problem
        for problem in problems
        if not known.get((problem.path, problem.line), False)
        and not (problem.kind == "size" and problem.fixable)
    ]
    losses = {name: found for name, found in losses_by_set(parents, candidate).items() if found.is_shrunk}
    return Verdict(problems, losses)


def changed_paths(candidate: CommittedTree, parents: Iterable[CommittedTree]) -> list[str]:
    """The paths whose entry no parent has."""
    known = {(path, entry) for parent in parents for path, entry in parent.entries.items()}
    return sorted(path for path, entry in candidate.entries.items() if (path, entry) not in known)


def new_lines(candidate: CommittedTree, parents: list[CommittedTree]) -> Iterator[NewLine]:
    """Every line of a changed file that the file has in no parent."""
    for path in changed_paths(candidate, parents):
        old = _old_lines(path, parents)
        for number, line in enumerate(candidate.read(path).split(b"\n"), 1):
            if line and line not in old:
                yield NewLine(path, number, line)


def _check(repository: Repository, candidate: CommittedTree, path: str) -> Iterator[Problem]:
    if is_local(path):
        yield Problem(path, 0, "type", "a file that is this machine's own", fixable=False)
        return
    yield from inspect_path(repository, candidate, path)


def _lines_with(problems: list[Problem], candidate: CommittedTree) -> Iterator[NewLine]:
    for path in {problem.path for problem in problems}:
        numbers = {problem.line for problem in problems if problem.path == path}
        for number, line in enumerate(candidate.read(path).split(b"\n"), 1):
            if number in numbers:
                yield NewLine(path, number, line)


def _is_old(line: NewLine, parents: list[CommittedTree]) -> bool:
    return line.line in _old_lines(line.path, parents)


def _old_lines(path: str, parents: list[CommittedTree]) -> set[bytes]:
    found: set[bytes] = set()
    for parent in parents:
        if path in parent.entries:
            data = parent.read(path)
            found.update(data.split(b"\n"), split_lines(data))
    return found
