"""Record lines on disk, found by id and joined when they are read: what an import has in memory is an index.

A collection of any size is imported in the memory of about 200 bytes a record.
"""

import tempfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import NotARecordError, Record, parse_record


def digest(data: bytes) -> bytes:
    """16 bytes that stand for a line or an identity form, also where somebody wants two to look the same."""
    return blake2b(data, digest_size=16).digest()


class Wanted:
    """Lines are added, then read: `ids`, the `lessons` of an id, and whether one is `retracted`."""

    def __init__(self, file: IO[bytes], unchanged: Container[bytes] = ()) -> None:
        """`unchanged` are the digests of joined lines that are left out."""
        self._file = file
        self._unchanged = unchanged
        self._seen: set[bytes] = set()
        self._places: dict[bytes, tuple[int, ...]] = {}
        self._end = 0

    def add(self, line: bytes) -> None:
        """Add a line; one that is no record, or was added already, changes nothing. Raises OSError."""
        known = digest(line)
        if known in self._seen:
            return
        self._seen.add(known)
        try:
            record = parse_record(line)
        except NotARecordError:
            return
        key = bytes.fromhex(record.id)
        self._places[key] = (*self._places.get(key, ()), self._end)
        self._end += self._file.write(record.line + b"\n")

    def finish(self) -> None:
        """After the last line: everything is on disk. Raises OSError."""
        self._file.flush()
        self._seen = set()

    def __len__(self) -> int:
        """How many ids there are."""
        return len(self._places)

    def ids(self) -> list[bytes]:
        """The ids as 16 bytes each, sorted."""
        return sorted(self._places)

    def lessons(self, key: bytes) -> list[Record]:
        """The lessons of an id after the join: one, none for a retracted id, several for a hash collision."""
        return [record for record in self._joined(key) if not record.is_tombstone]

    def retracted(self, identifier: RecordId) -> int:
        """The generation up to which lessons of this id are retracted, -1 when they are not."""
        found = self._joined(bytes.fromhex(identifier))
        return max((record.gen for record in found if record.is_tombstone), default=-1)

    def _joined(self, key: bytes) -> Iterator[Record]:
        records = [self._read(place) for place in self._places.get(key, ())]
        for record in join_records(records) if records else ():
            if digest(record.line) not in self._unchanged:
                yield record

    def _read(self, place: int) -> Record:
        self._file.seek(place)
        return parse_record(self._file.readline()[:-1])


@contextmanager
def open_wanted(folder: Path, unchanged: Container[bytes] = ()) -> Iterator[Wanted]:
    """An empty one in a temporary file inside `folder`, or where the system keeps temporary files."""
    with _temporary(folder) as file:
        yield Wanted(file, unchanged)


def _temporary(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError:  # a clone that is mounted read-only
        return tempfile.TemporaryFile()
