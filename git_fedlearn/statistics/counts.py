"""Records per set, counted by lines: only a line that may be a tombstone is parsed.

Counts are cached per blob in the state of the clone, so only changed files are read again.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import COUNTS, facts_of, read_json, write_json
from git_fedlearn.repository.trees import committed_tree, read_stages

FORMAT: Final = 1
_TOMBSTONE: Final = b'"_retracted":{'
_ID: Final = re.compile(rb'^\{"_id":"([0-9a-f]{32})"', re.MULTILINE)


@dataclass(slots=True)
class Count:
    """Living records, tombstones and bytes of a set. Invalid lines count as records."""

    records: int = 0
    retracted: int = 0
    bytes: int = 0

    def add(self, other: "Count") -> None:
        """Add the counts of another file of the set."""
        self.records += other.records
        self.retracted += other.retracted
        self.bytes += other.bytes


def count_work_tree(repository: Repository, changed: set[str]) -> dict[SetName, Count]:
    """Counts by set in the work tree; `changed` are the paths that differ from HEAD."""
    blobs = {path: oid for _, oid, _, path in read_stages(repository) if path not in changed}
    return _Counting(repository).count({**blobs, **dict.fromkeys(changed)}, _reader_of_files(repository))


def count_commit(repository: Repository, commit: Oid) -> dict[SetName, Count]:
    """Counts by set in a commit, for a repository without a work tree."""
    tree = committed_tree(repository.objects, commit)
    blobs: dict[str, Oid | None] = {path: entry.oid for path, entry in tree.entries.items() if entry.is_file}
    return _Counting(repository).count(blobs, tree.read)


def count_copies(repository: Repository, paths: Iterable[str]) -> int:
    """How often a lesson in the work tree is in a further file, as after an import and an export.

    Counted again when a file changes.
    """
    files = sorted(path for path in paths if find_set(path))
    read, key = _reader_of_files(repository), facts_of(repository.top, files)
    found = repository.state.remember("copies", key, lambda: {"copies": copies_in(map(read, files))})
    return number if isinstance(number := found.get("copies"), int) else 0


def copies_in(files: Iterable[bytes]) -> int:
    """How often a living record is in a further one of these files."""
    times = Counter(line_id for data in files for line_id in set(_ID.findall(data)) - _tombstones(data))
    return times.total() - len(times)


def count_records(data: bytes) -> Count:
    """Counts of one file."""
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    retracted = len(_tombstones(data))
    return Count(lines - retracted, retracted, len(data))


def _tombstones(data: bytes) -> set[bytes]:
    """The ids of the retracted records of one file."""
    found, place = set(), data.find(_TOMBSTONE)
    while place >= 0:
        end = data.find(b"\n", place)
        end = end if end >= 0 else len(data)
        record = find_record(data[data.rfind(b"\n", 0, place) + 1 : end])
        if record and record.is_tombstone:
            found.add(record.id.encode("ascii"))
        place = data.find(_TOMBSTONE, end)
    return found


class _Counting:
    def __init__(self, repository: Repository) -> None:
        self._file = repository.state.path(COUNTS)

    def count(self, files: dict[str, Oid | None], read: Callable[[str], bytes]) -> dict[SetName, Count]:
        """Count files, given as path to blob; those without a blob (None) are always read."""
        known = self._read()
        kept: dict[str, Json] = {}
        sets: dict[SetName, Count] = {}
        for path, blob in files.items():
            found = find_set(path)
            if not found:
                continue
            cached = known.get(blob) if blob else None
            counted = Count(*cached) if cached else count_records(read(path))
            if blob:
                kept[blob] = [counted.records, counted.retracted, counted.bytes]
            sets.setdefault(found[0], Count()).add(counted)
        if kept.keys() - known.keys():
            with suppress(FedlearnError, OSError):  # a read-only clone
                write_json(self._file, {"format": FORMAT, "blobs": {**kept}})
        return sets

    def _read(self) -> dict[str, tuple[int, int, int]]:
        known = read_json(self._file)
        with suppress(msgspec.ValidationError):
            if known.get("format") == FORMAT:
                return msgspec.convert(known.get("blobs"), dict[str, tuple[int, int, int]])
        return {}


def _reader_of_files(repository: Repository) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        file = repository.top / path
        return read_file(file) if file.is_file() and not file.is_symlink() else b""

    return read
