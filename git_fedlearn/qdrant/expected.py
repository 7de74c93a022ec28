"""The expected records of a collection: the join of its sets and of the newest snapshot of each system.

Their lines are on disk, indexed by id, and joined when they are read. The index takes about 200 bytes of
memory per record, whatever the size of the collection.
"""

import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

from git_fedlearn.core.collection_names import is_cut
from git_fedlearn.core.identity import POINT, RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import FINE_TUNING, SHARED_SETS, SetName, set_of_collection
from git_fedlearn.core.record import NotARecordError, Record, parse_record
from git_fedlearn.core.record_set import BOM, split_lines
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.qdrant.schema import find_whole_name, newest_snapshots
from git_fedlearn.repository.files import read_file, refuse_foreign
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import committed_tree, set_paths, work_files

_PART_BYTES: Final = 8_000_000


def digest(data: bytes) -> bytes:
    """16-byte collision-resistant digest; the input may be hostile."""
    return blake2b(data, digest_size=16).digest()


class RecordFile:
    """Record lines on disk by id: add all lines, call `finish`, then read."""

    def __init__(self, file: IO[bytes], unchanged: Container[bytes] = ()) -> None:
        """Joined lines with a digest in `unchanged` are omitted."""
        self._file = file
        self._unchanged = unchanged
        self._seen: set[bytes] = set()
        self._offsets: dict[bytes, tuple[int, ...]] = {}
        self._end = 0
        self.has_points = False
        """Whether a record is that of a mirrored point."""

    def add(self, line: bytes) -> None:
        """Add a line; invalid and repeated lines are ignored. Raises OSError."""
        known = digest(line)
        if known in self._seen:
            return
        self._seen.add(known)
        try:
            record = parse_record(line)
        except NotARecordError:
            return
        self.has_points = self.has_points or POINT in record.fields
        self.put(bytes.fromhex(record.id), record.line)

    def put(self, key: bytes, line: bytes) -> None:
        """Add the canonical line of a record with this id, also a repeated one. Raises OSError."""
        self._offsets[key] = (*self._offsets.get(key, ()), self._end)
        self._end += self._file.write(line + b"\n")

    def finish(self) -> None:
        """Flush after the last line. Raises OSError."""
        self._file.flush()
        self._seen = set()

    def __len__(self) -> int:
        """The number of ids."""
        return len(self._offsets)

    def ids(self) -> list[bytes]:
        """The ids as 16 bytes each, sorted."""
        return sorted(self._offsets)

    def parts(self) -> Iterator[list[bytes]]:
        """All lines, those of an id together, sorted by id, in parts of about _PART_BYTES."""
        part: list[bytes] = []
        size = 0
        for key in self.ids():
            lines = [self._read_line(offset) for offset in self._offsets[key]]
            size += sum(map(len, lines))
            part += lines
            if size > _PART_BYTES:
                yield part
                part, size = [], 0
        if part:
            yield part

    def lessons(self, key: bytes) -> list[Record]:
        """The lessons of an id after the join: none if retracted, several after a hash collision."""
        return [record for record in self._joined(key) if not record.is_tombstone]

    def retracted(self, identifier: RecordId) -> int:
        """The generation up to which lessons with this id are retracted, -1 if they are not."""
        found = self._joined(bytes.fromhex(identifier))
        return max((record.gen for record in found if record.is_tombstone), default=-1)

    def _joined(self, key: bytes) -> Iterator[Record]:
        records = [parse_record(self._read_line(offset)) for offset in self._offsets.get(key, ())]
        for record in join_records(records) if records else ():
            if digest(record.line) not in self._unchanged:
                yield record

    def _read_line(self, offset: int) -> bytes:
        self._file.seek(offset)
        return self._file.readline()[:-1]


@contextmanager
def open_record_file(folder: Path, unchanged: Container[bytes] = ()) -> Iterator[RecordFile]:
    """An empty RecordFile in a temporary file, in `folder` if it can be written."""
    with _temporary(folder) as file:
        yield RecordFile(file, unchanged)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn errors of a file in this folder into FedlearnError."""
    try:
        yield
    except OSError as error:
        raise FedlearnError(
            f"{folder}: cannot be written: {error.strerror}", hint="free space, then run it again"
        ) from error


def _temporary(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError:  # a read-only clone
        return tempfile.TemporaryFile()


def set_names(collection: str) -> list[SetName]:
    """The record sets whose records belong to a collection."""
    names = [set_of_collection(collection)]
    shared = SetName(collection)
    return [shared, *names] if shared in SHARED_SETS and shared != FINE_TUNING else names


def source_files(repository: Repository, collection: str) -> list[str]:
    """The paths of the files whose records belong to a collection, in the work tree or only in git."""
    paths = set_paths(work_files(repository))
    named = [path for name in set_names(collection) for path in paths.get(name, [])]
    return [*named, *newest_snapshots(repository, collection)]


@contextmanager
def open_expected(
    repository: Repository, collection: str, more: Iterable[bytes], since: str | None
) -> Iterator[RecordFile]:
    """The expected records of a collection, joined with the lines in `more`.

    With `since`, without the lines that this revision contains. Raises UsageError, FedlearnError.
    """
    known = _digests_at(repository, collection, since) if since else frozenset()
    with open_record_file(repository.state.folder, known) as expected:
        with disk_errors(repository.state.folder):
            for path in source_files(repository, collection):
                for line in _read_lines(repository, path):
                    expected.add(line)
            for line in more:
                expected.add(line)
            expected.finish()
        yield expected


def _read_lines(repository: Repository, name: str) -> Iterator[bytes]:
    """The lines of a file, read one at a time; of a file with conflict markers, those of both sides.

    A file that a sparse checkout leaves out is read from git.
    """
    path = repository.top / name
    refuse_foreign(path)
    try:
        if not path.exists():
            yield from split_lines(repository.sparse.read(name))
            return
        with path.open("rb") as file:
            for line in file:
                if line.startswith(b"<<<<<<<"):
                    yield from split_lines(read_file(path))
                    return
                yield line.removeprefix(BOM).rstrip(b"\r\n")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


def _digests_at(repository: Repository, collection: str, revision: str) -> frozenset[bytes]:
    objects = repository.objects
    commit = objects.find_commit(revision)
    if commit is None:
        raise UsageError(f"{revision}: no such commit", hint="git log --oneline data")
    tree = committed_tree(objects, commit)
    paths = [path for name in set_names(collection) for path in set_paths(tree).get(name, [])]
    return frozenset(digest(line) for path in paths for line in split_lines(tree.read(path)))


def local_collections(repository: Repository, chosen: Sequence[str]) -> list[str]:
    """These collections, and all that have records in this repository, sorted."""
    sets = (name.partition("/") for name in repository.sets.names())
    found = [name for kind, slash, name in sets if slash and kind == "collections"]
    return sorted({*chosen, *(find_whole_name(repository, name) if is_cut(name) else name for name in found)})
