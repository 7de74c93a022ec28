"""How far each source file has been read, so that a run reads only what is new.

A file is known by what it holds: the hash of its first bytes and of the bytes just before the offset, with
device and inode to prefer one of several. So a renamed, copied or compressed log is read on from its offset,
and a truncated or rewritten one from the start. A lost or corrupt checkpoint only costs time. Write
checkpoints after the records are safely on disk: then a crash repeats work, and loses none.
"""

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Final, NamedTuple

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.remote_files import Status
from git_fedlearn.learn.sources import SourceError, SourceFile, is_compressed, open_source
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import CHECKPOINTS, read_json, write_json

FORMAT: Final = 1
HEAD: Final = 1024
TAIL: Final = 256
"""Bytes hashed at the start of a file, and just before the offset."""

_UNREADABLE: Final = (OSError, EOFError, ValueError, zlib.error, SourceError)
"""What a file that cannot be read raises; the run that reads the rest of it reports it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read. The hashes are of `min(HEAD, offset)` and `min(TAIL, offset)` bytes."""

    offset: int
    number: int
    head: str
    tail: str
    device: int
    inode: int
    size: int
    modified_ns: int


Checkpoints = Mapping[str, Mark]
"""Marks by source name."""


class Start(NamedTuple):
    """Where to begin in a file, or how far it was read: a byte offset, and the number of the line there."""

    offset: int
    number: int
    device: int
    inode: int
    first: bytes
    """How the file began when it was opened, at most HEAD bytes: a rewritten one begins otherwise."""
    is_done: bool = False
    """Whether there is nothing new to read."""


def read_checkpoints(path: Path) -> Checkpoints:
    """What was written; nothing when the file is missing, corrupt or of another version."""
    return _read(path) or {}


def find_broken_checkpoints(repository: Repository) -> Iterator[Path]:
    """The checkpoint files of a clone that cannot be read, or are of another version."""
    for path in sorted(repository.state.path(CHECKPOINTS).glob("*.json")):
        if _read(path) is None:
            yield path


def write_checkpoints(path: Path, checkpoints: Checkpoints) -> None:
    """Replace the file as a whole."""
    files: JsonObject = {name: asdict(mark) for name, mark in sorted(checkpoints.items())}
    write_json(path, {"format": FORMAT, "files": files})


def find_start(file: SourceFile, checkpoints: Checkpoints) -> Start:
    """Where to read on, from a mark of this content under any name. Raises OSError when the file is gone."""
    status, compressed = file.path.stat(), is_compressed(file.path)
    own = checkpoints.get(file.name)
    if own and compressed and _is_untouched(own, status):
        return Start(own.offset, own.number, status.st_dev, status.st_ino, b"", is_done=True)
    begin = Start(0, 1, status.st_dev, status.st_ino, _first_bytes(file), is_done=not status.st_size)
    inode = status.st_ino
    likely = sorted(checkpoints.values(), key=lambda mark: (mark.inode != inode, mark != own, -mark.offset))
    mark = next((mark for mark in likely if _holds(file, mark, status.st_size)), None)
    if mark is None:
        return begin
    is_done = not compressed and mark.offset == status.st_size
    return begin._replace(offset=mark.offset, number=mark.number, is_done=is_done)


def make_mark(file: SourceFile, reached: Start, checkpoints: Checkpoints) -> Mark | None:
    """The mark of a file of which everything before `reached` has been read; reads the bytes to hash.

    None when the path holds another file by now, less, or another beginning, as after a truncation: what is
    hashed must be what was read. It is then found by content in the next run.
    """
    status = file.path.stat()
    known = checkpoints.get(file.name)
    if known and known.offset == reached.offset and _is_untouched(known, status):
        return known
    shrunk = reached.offset > status.st_size and not is_compressed(file.path)
    if (status.st_dev, status.st_ino) != (reached.device, reached.inode) or shrunk:
        return None
    first, head, tail = None, "", ""
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        first, head, tail = _ends(stream, reached.offset)
    if first is None or not first.startswith(reached.first):
        return None
    return Mark(
        offset=reached.offset,
        number=reached.number,
        head=head,
        tail=tail,
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
    )


def _holds(file: SourceFile, mark: Mark, size: int) -> bool:
    """Whether the file holds, up to the mark's offset, what was read then."""
    if not mark.offset or (mark.offset > size and not is_compressed(file.path)):
        return False
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        return _ends(stream, mark.offset)[1:] == (mark.head, mark.tail)
    return False


def _ends(stream: IO[bytes], offset: int) -> tuple[bytes, str, str]:
    """The first bytes of a file, and the hashes of the head and the tail of what comes before an offset."""
    first = stream.read(HEAD)
    start = max(0, offset - TAIL)
    if start >= len(first):
        stream.seek(start)
        tail = stream.read(offset - start)
    else:
        tail = (first[start:] + stream.read(max(0, offset - len(first))))[: offset - start]
    return first, xxh3_128_hexdigest(first[:offset]), xxh3_128_hexdigest(tail)


def _first_bytes(file: SourceFile) -> bytes:
    """How a file begins; nothing where that cannot be read, which is reported when the rest is."""
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        return stream.read(HEAD)
    return b""


def _is_untouched(mark: Mark, status: os.stat_result | Status) -> bool:
    now = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    return now == (mark.device, mark.inode, mark.size, mark.modified_ns)


def _read(path: Path) -> Checkpoints | None:
    """The marks of a file, None for one that is missing, corrupt or of another version."""
    try:
        match read_json(path):
            case {"format": number, "files": dict(files)} if number == FORMAT:
                return {name: _parse_mark(mark) for name, mark in files.items()}
    except (LookupError, TypeError):
        return None
    return None


def _parse_mark(value: Json) -> Mark:
    """Raises TypeError or LookupError for anything but a mark."""
    if not isinstance(value, dict):
        raise TypeError("not a mark")
    mark = Mark(**{field.name: value[field.name] for field in fields(Mark)})  # type: ignore[arg-type]  # below
    for field in fields(Mark):
        found = getattr(mark, field.name)
        if type(found) is not field.type or (field.type is int and found < 0):
            raise TypeError("not a mark")
    return mark
