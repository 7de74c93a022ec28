"""How much each record set holds, counted by lines: nothing is parsed but what may be a tombstone.

Counts of blobs are kept under the git common directory, so that only files that changed are read again.
"""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import COUNTS, read_json, write_json
from git_fedlearn.repository.trees import committed_tree, read_stages

FORMAT: Final = 1
_TOMBSTONE: Final = b'"_retracted":{'


@dataclass(slots=True)
class Count:
    """Living records, tombstones and bytes of a set. Lines that are no records count as records."""

    records: int = 0
    retracted: int = 0
    bytes: int = 0

    def add(self, other: "Count") -> None:
        """Count another file of the set as well."""
        self.records += other.records
        self.retracted += other.retracted
        self.bytes += other.bytes


class Adoption(NamedTuple):
    """Lessons that name their systems, and those of them that two or more systems learned independently."""

    lessons: int
    adopted: int

    @property
    def rate(self) -> float:
        """The share of lessons that were adopted, to three decimals."""
        return round(self.adopted / self.lessons, 3) if self.lessons else 0.0


def count_adoption(learners: Iterable[Collection[str]]) -> Adoption:
    """Count lessons by the systems that learned each; one that names none is not counted."""
    numbers = [len(systems) for systems in learners if systems]
    return Adoption(len(numbers), sum(number > 1 for number in numbers))


def score_bin(score: float, bins: int) -> int:
    """The number of the bin a score in [0, 1] falls into; 1.0 is in the last one."""
    return min(int(score * bins), bins - 1)


def count_work_tree(repository: Repository, changed: set[str]) -> dict[SetName, Count]:
    """The sets of the work tree; `changed` are the paths that differ from HEAD."""
    blobs = {path: oid for _, oid, _, path in read_stages(repository) if path not in changed}
    return _Counting(repository).count({**blobs, **dict.fromkeys(changed)}, _reader_of_files(repository))


def count_commit(repository: Repository, commit: Oid) -> dict[SetName, Count]:
    """The sets of a commit, for a repository without a work tree."""
    tree = committed_tree(repository.objects, commit)
    blobs: dict[str, Oid | None] = {path: entry.oid for path, entry in tree.entries.items() if entry.is_file}
    return _Counting(repository).count(blobs, tree.read)


def count_records(data: bytes) -> Count:
    """The lines of one file."""
    lines = data.count(b"\n") + (not data.endswith(b"\n") and bool(data))
    retracted, place = 0, data.find(_TOMBSTONE)
    while place >= 0:
        end = data.find(b"\n", place)
        end = end if end >= 0 else len(data)
        record = find_record(data[data.rfind(b"\n", 0, place) + 1 : end])
        retracted += bool(record and record.is_tombstone)
        place = data.find(_TOMBSTONE, end)
    return Count(lines - retracted, retracted, len(data))


class _Counting:
    def __init__(self, repository: Repository) -> None:
        self._file = repository.state.path(COUNTS)

    def count(self, files: dict[str, Oid | None], read: Callable[[str], bytes]) -> dict[SetName, Count]:
        """Files by path with their blobs; None for one whose bytes must be counted in any case."""
        known = self._read()
        kept: dict[str, Json] = {}
        sets: dict[SetName, Count] = {}
        for path, blob in files.items():
            found = find_set(path)
            if not found:
                continue
            facts = known.get(blob) if blob else None
            counted = Count(*facts) if facts else count_records(read(path))
            if blob:
                kept[blob] = [counted.records, counted.retracted, counted.bytes]
            sets.setdefault(found[0], Count()).add(counted)
        if kept.keys() - known.keys():
            with suppress(FedlearnError, OSError):  # a clone that is mounted read-only
                write_json(self._file, {"format": FORMAT, "blobs": {**kept}})
        return sets

    def _read(self) -> dict[str, list[int]]:
        known: dict[str, list[int]] = {}
        match read_json(self._file):
            case {"format": number, "blobs": dict(blobs)} if number == FORMAT:
                for blob, facts in blobs.items():
                    match facts:
                        case [int(records), int(retracted), int(size)]:
                            known[blob] = [records, retracted, size]
        return known


def _reader_of_files(repository: Repository) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        file = repository.top / path
        return read_file(file) if file.is_file() and not file.is_symlink() else b""

    return read
