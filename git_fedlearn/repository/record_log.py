"""The history of one record: the commits that changed it, each with its changes.

A record's shard follows from its id, so a version of it is in a few blobs. Commits are followed as git does
for a path (git-log(1), "history simplification"): if a merge took a record from one parent, only that
parent is followed; a commit counts if it differs from every parent.

A record only moves up in the join, so if two commits of a first-parent line have the same version, all in
between have it: the next change is found by bisection, in logarithmic time. History in which records were
lost and restored breaks that law; `full` reads every version.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from git_fedlearn.core.changes import RecordChange, compare_sets
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import MAX_LEVEL, SetName, path_of, stem_of
from git_fedlearn.core.record import claimed_id
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_sets import find_record

MAX_SCANNED_BYTES: Final = 64 * 2**20
"""Total size of the versions of a file up to which all are read instead of bisected."""

_START: Final = b'{"_id":"'

RecordVersion = tuple[bytes, ...]
"""The joined lines of a record in a commit: none, one, or one per form after a hash collision."""


class LogEntry(NamedTuple):
    """One commit in the history of a record."""

    commit: Oid
    name: SetName
    changes: list[RecordChange]


class Versions:
    """Reads the versions of one record of one set; equal blobs are read once."""

    def __init__(self, objects: Objects, name: SetName, identifier: RecordId) -> None:
        self._objects = objects
        self._identifier = identifier
        stem = stem_of(name) or ""
        self.paths = [path_of(stem, identifier[:level]) for level in range(MAX_LEVEL + 1)]
        self._blobs: dict[Oid, tuple[bytes, ...]] = {}
        self._commits: dict[Oid, RecordVersion] = {}

    def at(self, commit: Oid) -> RecordVersion:
        """The version in a commit."""
        if commit not in self._commits:
            blobs = self._objects.blobs_at(commit, self.paths)
            self._commits[commit] = _joined({line for blob in blobs for line in self._lines(blob)})
        return self._commits[commit]

    def bytes_at(self, commit: Oid) -> int:
        """The size of the files that are read for a version."""
        return sum(self._objects.size(blob) for blob in self._objects.blobs_at(commit, self.paths))

    def _lines(self, blob: Oid) -> tuple[bytes, ...]:
        if blob not in self._blobs:
            self._blobs[blob] = tuple(find_lines(self._objects.read(blob), self._identifier))
        return self._blobs[blob]


def find_lines(data: bytes, identifier: RecordId) -> Iterator[bytes]:
    """The lines of a file that are this record; only non-canonical lines are parsed."""
    start = b'{"_id":"%s"' % identifier.encode("ascii")
    place = data.find(start)
    while place >= 0:
        end = data.find(b"\n", place)
        if place == 0 or data[place - 1 : place] == b"\n":
            yield data[place : end if end >= 0 else None].rstrip(b"\r")
        place = data.find(start, place + 1)
    if data.count(b"\n" + _START) + data.startswith(_START) < data.count(b"\n"):
        for line in data.split(b"\n"):
            if claimed_id(line) is None and (record := find_record(line)) and record.id == identifier:
                yield line


def trace_record(
    objects: Objects, tip: Oid, name: SetName, identifier: RecordId, *, full: bool = False
) -> list[LogEntry]:
    """The history of a record of a set up to a commit, newest first."""
    versions = Versions(objects, name, identifier)
    line = _FirstParents(objects)
    small = line.length(tip) * versions.bytes_at(tip) <= MAX_SCANNED_BYTES
    every = full or small or not versions.at(tip)
    found = [*_follow(objects, versions, line.scan if every else line.bisect, tip, every=every)]
    return [*_in_order(objects, tip, [LogEntry(commit, name, changes) for commit, changes in found])]


EndOfRun = Callable[[Versions, Oid], Oid]
"""Finds the oldest commit, along first parents, down to which all have the same version."""


def _follow(
    objects: Objects, versions: Versions, end_of_run: EndOfRun, tip: Oid, *, every: bool
) -> Iterator[tuple[Oid, list[RecordChange]]]:
    """The commits that differ from every parent. Without `every`, it ends where the record is missing."""
    waiting, seen = [tip], set[Oid]()
    while waiting:
        commit = end_of_run(versions, waiting.pop())
        if commit in seen:
            continue
        seen.add(commit)
        parents, now = objects.parents(commit), versions.at(commit)
        same = [parent for parent in parents if versions.at(parent) == now]
        waiting += [parent for parent in same[:1] or parents if every or versions.at(parent)]
        changes = [] if same else compare_sets(versions.at(parents[0]) if parents else (), now)
        if changes:
            yield commit, changes


class _FirstParents:
    """Lines of commits by first parent, each commit in one of them."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._place: dict[Oid, tuple[list[Oid], int]] = {}

    def length(self, tip: Oid) -> int:
        """The number of commits from here on."""
        commits, place = self._line(tip)
        return len(commits) - place

    def scan(self, versions: Versions, start: Oid) -> Oid:
        """The end of the run, by reading every commit."""
        commits, place = self._line(start)
        while place + 1 < len(commits) and versions.at(commits[place + 1]) == versions.at(start):
            place += 1
        return commits[place]

    def bisect(self, versions: Versions, start: Oid) -> Oid:
        """The end of the run, by bisection: no version returns after it changed."""
        commits, low = self._line(start)
        high = len(commits)
        while high - low > 1:
            middle = (low + high) // 2
            if versions.at(commits[middle]) == versions.at(start):
                low = middle
            else:
                high = middle
        return commits[low]

    def _line(self, tip: Oid) -> tuple[list[Oid], int]:
        if tip not in self._place:
            commits = [tip]
            while parents := self._objects.parents(commits[-1]):
                commits.append(parents[0])
            for place, commit in enumerate(commits):
                self._place.setdefault(commit, (commits, place))
        return self._place[tip]


def _joined(lines: set[bytes]) -> RecordVersion:
    if len(lines) < 2:  # noqa: PLR2004
        return tuple(lines)
    records = [record for line in lines if (record := find_record(line))]
    return tuple(record.line for record in join_records(records)) if records else ()


def _in_order(objects: Objects, tip: Oid, steps: Iterable[LogEntry]) -> Iterator[LogEntry]:
    by_commit = {step.commit: step for step in steps}
    found = (by_commit[commit] for commit in objects.walk([tip]) if commit in by_commit)
    return islice(found, len(by_commit))
