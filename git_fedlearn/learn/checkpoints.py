"""Checkpoints: how far each file was read, so that the next run reads only what is new.

A file is recognized by its content: hashes of its first bytes and of those just before the offset; device and
inode only break ties. So reading resumes in a renamed, copied or compressed log, and starts over in a
truncated or rewritten one. A lost checkpoint only costs time. Checkpoints must be written after the records,
so that a crash repeats work instead of losing it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Annotated, Final, NamedTuple

import msgspec
from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.remote_files import Status
from git_fedlearn.learn.source_settings import find_folder
from git_fedlearn.learn.sources import FileMark, Location, SourceError, SourceFile, is_compressed, open_source
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import CHECKPOINTS, read_json, write_json

FORMAT: Final = 1
HEAD_BYTES: Final = 1024
TAIL_BYTES: Final = 256
"""Bytes hashed at the start of a file (HEAD_BYTES) and just before the offset (TAIL_BYTES)."""

_UNREADABLE: Final = (OSError, EOFError, ValueError, SourceError)
"""Errors of a file that cannot be read; the reader of its lines reports them."""


_Count = Annotated[int, msgspec.Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a file was read; `head` and `tail` are hashes of at most HEAD_BYTES and TAIL_BYTES."""

    offset: _Count
    number: _Count
    head: str
    tail: str
    device: _Count
    inode: _Count
    size: _Count
    modified_ns: _Count


Checkpoints = Mapping[str, Checkpoint]
"""By source name."""


class ReadPosition(NamedTuple):
    """A position in a file: the byte offset, and the number of the line that starts there."""

    offset: int
    number: int
    device: int
    inode: int
    first: bytes
    """The first HEAD_BYTES when the file was opened; they differ if it is rewritten meanwhile."""
    is_done: bool = False
    """Whether there is nothing new to read."""

    @property
    def mark(self) -> FileMark:
        """To recognize the file when it is opened."""
        return FileMark(self.inode, self.first)


class CheckpointStore:
    """The checkpoints of a worktree, since branches differ in what they have learned.

    One file is for a source, one for the tools with a folder of their own, which are read with any source.
    """

    def __init__(self, repository: Repository, source: Location) -> None:
        place = source.resolve() if isinstance(source, Path) else source
        self._repository = repository
        self._of_source = self._path(f"{place}\0{repository.top}")
        self._of_tools = self._path(f"\0{repository.top}")

    def read(self) -> Checkpoints:
        """The checkpoints of the source and of the tools."""
        return {**read_checkpoints(self._of_source), **read_checkpoints(self._of_tools)}

    def write(self, reached: Mapping[SourceFile, ReadPosition | None], known: Checkpoints) -> None:
        """Store how far the files of a run were read, as `make_checkpoint` does."""
        made: dict[Path, dict[str, Checkpoint]] = {self._of_source: {}, self._of_tools: {}}
        tools = {file.source for file in reached if file.profile}
        folders = {name: find_folder(self._repository, name) for name in tools}
        for file, start in reached.items():
            found = make_checkpoint(file, start, known) if start and start.offset else None
            if found:
                own = folders.get(file.source)
                is_of_tool = own and isinstance(file.path, Path) and file.path.is_relative_to(own)
                made[self._of_tools if is_of_tool else self._of_source][file.name] = found
        for path, checkpoints in made.items():
            if checkpoints != read_checkpoints(path):
                write_checkpoints(path, checkpoints)

    def _path(self, name: str) -> Path:
        return self._repository.state.path(CHECKPOINTS, f"{xxh3_64_hexdigest(os.fsencode(name))}.json")


def read_checkpoints(path: Path) -> Checkpoints:
    """The checkpoints in a file; none if it is missing, damaged or of another version."""
    return _read(path) or {}


def find_broken_checkpoints(repository: Repository) -> Iterator[Path]:
    """The checkpoint files of a clone that are damaged or of another version."""
    for path in sorted(repository.state.path(CHECKPOINTS).glob("*.json")):
        if _read(path) is None:
            yield path


def write_checkpoints(path: Path, checkpoints: Checkpoints) -> None:
    """Replace the checkpoint file."""
    files: JsonObject = {name: asdict(checkpoint) for name, checkpoint in sorted(checkpoints.items())}
    write_json(path, {"format": FORMAT, "files": files})


def find_start(file: SourceFile, checkpoints: Checkpoints) -> ReadPosition | None:
    """Where to resume: at a checkpoint of this content, under any name. None if the file is gone."""
    try:
        status = file.path.stat()
    except OSError:
        return None
    compressed = is_compressed(file.path)
    own = checkpoints.get(file.name)
    if own and compressed and _is_untouched(own, status):
        return ReadPosition(own.offset, own.number, status.st_dev, status.st_ino, b"", is_done=True)
    begin = ReadPosition(0, 1, status.st_dev, status.st_ino, _first_bytes(file), is_done=not status.st_size)
    for checkpoint in _likely(own, status.st_ino, checkpoints):
        if _matches(file, checkpoint, status.st_size):
            is_done = not compressed and checkpoint.offset == status.st_size
            return begin._replace(offset=checkpoint.offset, number=checkpoint.number, is_done=is_done)
    return begin


def _likely(own: Checkpoint | None, inode: int, checkpoints: Checkpoints) -> Iterator[Checkpoint]:
    """The checkpoints, the likeliest first; the others are only sorted if a file lost its own."""
    if own and own.inode == inode:
        yield own
    yield from sorted(checkpoints.values(), key=lambda one: (one.inode != inode, one != own, -one.offset))


def make_checkpoint(file: SourceFile, reached: ReadPosition, checkpoints: Checkpoints) -> Checkpoint | None:
    """The checkpoint of a file that was read up to `reached`. Reads the bytes to hash.

    They must be those that were read. So it is None if the path is another file by now, is shorter, or has
    another beginning (truncation, rotation); the next run then finds the file by its content.
    """
    try:
        status = file.path.stat()
    except OSError:
        return None
    known = checkpoints.get(file.name)
    if known and known.offset == reached.offset and _is_untouched(known, status):
        return known
    shrunk = reached.offset > status.st_size and not is_compressed(file.path)
    if (status.st_dev, status.st_ino) != (reached.device, reached.inode) or shrunk:
        return None
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        first, head, tail = _ends(stream, reached.offset)
        if first.startswith(reached.first):
            facts = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            return Checkpoint(reached.offset, reached.number, head, tail, *facts)
    return None


def _matches(file: SourceFile, checkpoint: Checkpoint, size: int) -> bool:
    """Whether the content up to the offset of the checkpoint is what was read then."""
    if not checkpoint.offset or (checkpoint.offset > size and not is_compressed(file.path)):
        return False
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        return _ends(stream, checkpoint.offset)[1:] == (checkpoint.head, checkpoint.tail)
    return False


def _ends(stream: IO[bytes], offset: int) -> tuple[bytes, str, str]:
    """The first bytes of a file, and hashes of head and tail of the content before an offset."""
    first = stream.read(HEAD_BYTES)
    start = max(0, offset - TAIL_BYTES)
    if start >= len(first):
        stream.seek(start)
        tail = stream.read(offset - start)
    else:
        tail = (first[start:] + stream.read(max(0, offset - len(first))))[: offset - start]
    return first, xxh3_128_hexdigest(first[:offset]), xxh3_128_hexdigest(tail)


def _first_bytes(file: SourceFile) -> bytes:
    """The first bytes of a file; empty if it cannot be read, which the reader of its lines reports."""
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        return stream.read(HEAD_BYTES)
    return b""


def _is_untouched(checkpoint: Checkpoint, status: os.stat_result | Status) -> bool:
    now = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    return now == (checkpoint.device, checkpoint.inode, checkpoint.size, checkpoint.modified_ns)


def _read(path: Path) -> Checkpoints | None:
    """The checkpoints in a file; None if it is missing, damaged or of another version."""
    match read_json(path):
        case {"format": number, "files": files} if number == FORMAT:
            with suppress(msgspec.ValidationError):
                return msgspec.convert(files, dict[str, Checkpoint])
    return None
