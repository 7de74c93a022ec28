"""State between runs: checkpoints (how far each file was read), and pending lessons (not in a commit yet).

A file is recognized by its content: hashes of its first bytes and of those just before the offset; device and
inode only break ties. So reading resumes in a renamed, copied or compressed log, and starts over in a
truncated or rewritten one. A lost checkpoint only costs time. Checkpoints must be written after the records,
so that a crash repeats work instead of losing it.

Since a log is not read twice, lessons that are discarded before they are committed (git reset, git stash,
another branch) are joined again from the pending ones. A lesson is pending until HEAD contains it with at
least this score. Each worktree has its own checkpoints and pending lessons.
"""

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Final, NamedTuple

from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record_set import find_losses, split_lines
from git_fedlearn.learn.remote_files import Status
from git_fedlearn.learn.sources import FileMark, SourceError, SourceFile, is_compressed, open_source
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import CHECKPOINTS, PENDING, read_json, write_json
from git_fedlearn.repository.trees import committed_tree, read_set

FORMAT: Final = 1
HEAD_BYTES: Final = 1024
TAIL_BYTES: Final = 256
"""Bytes hashed at the start of a file (HEAD_BYTES) and just before the offset (TAIL_BYTES)."""

_UNREADABLE: Final = (OSError, EOFError, ValueError, zlib.error, SourceError)
"""Errors of a file that cannot be read; the reader of its lines reports them."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a file was read; `head` and `tail` are hashes of at most HEAD_BYTES and TAIL_BYTES."""

    offset: int
    number: int
    head: str
    tail: str
    device: int
    inode: int
    size: int
    modified_ns: int


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
    inode = status.st_ino
    if own and own.inode == inode and _matches(file, own, status.st_size):
        is_done = not compressed and own.offset == status.st_size
        return begin._replace(offset=own.offset, number=own.number, is_done=is_done)
    likely = sorted(
        checkpoints.values(),
        key=lambda checkpoint: (checkpoint.inode != inode, checkpoint != own, -checkpoint.offset),
    )
    checkpoint = next(
        (checkpoint for checkpoint in likely if _matches(file, checkpoint, status.st_size)), None
    )
    if checkpoint is None:
        return begin
    is_done = not compressed and checkpoint.offset == status.st_size
    return begin._replace(offset=checkpoint.offset, number=checkpoint.number, is_done=is_done)


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
    first, head, tail = None, "", ""
    with suppress(*_UNREADABLE), open_source(file.path) as stream:
        first, head, tail = _ends(stream, reached.offset)
    if first is None or not first.startswith(reached.first):
        return None
    return Checkpoint(
        offset=reached.offset,
        number=reached.number,
        head=head,
        tail=tail,
        device=status.st_dev,
        inode=status.st_ino,
        size=status.st_size,
        modified_ns=status.st_mtime_ns,
    )


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
    try:
        match read_json(path):
            case {"format": number, "files": dict(files)} if number == FORMAT:
                return {name: _parse_checkpoint(checkpoint) for name, checkpoint in files.items()}
    except (LookupError, TypeError):
        return None
    return None


def _parse_checkpoint(value: Json) -> Checkpoint:
    """Parse one checkpoint. Raises TypeError or LookupError if it is invalid."""
    if not isinstance(value, dict):
        raise TypeError("not a checkpoint")
    found = {field.name: value[field.name] for field in fields(Checkpoint)}
    checkpoint = Checkpoint(**found)  # type: ignore[arg-type]  # checked below
    for field in fields(Checkpoint):
        part = found[field.name]
        if type(part) is not field.type or (isinstance(part, int) and part < 0):
            raise TypeError("not a checkpoint")
    return checkpoint


def read_pending(repository: Repository, sets: RecordSets) -> dict[SetName, list[bytes]]:
    """Pending record lines by set: learned here, not yet in HEAD. The caller holds the lock."""
    files = _pending_files(repository, sets.names())
    kept = {name: split_lines(read_file(file)) for name, file in files.items() if file.exists()}
    lessons = {name: lines for name, lines in kept.items() if lines}
    objects = repository.objects if lessons else None
    head = objects.find_commit("HEAD") if objects else None
    if objects is None or head is None:
        return lessons
    tree = committed_tree(objects, head)
    missing = {
        name: [*find_losses([b"\n".join(lines)], read_set(tree, name)).lines]
        for name, lines in lessons.items()
    }
    return {name: lines for name, lines in missing.items() if lines}


def write_pending(
    repository: Repository, lessons: dict[SetName, list[bytes]], known: Iterable[SetName]
) -> None:
    """Replace the pending lessons of these sets; sets in `known` without lessons have none."""
    for name, path in _pending_files(repository, {*lessons, *known}).items():
        lines = sorted(set(lessons.get(name, ())))
        if lines:
            write_file(path, b"".join([line + b"\n" for line in lines]))
        else:
            path.unlink(missing_ok=True)


def _pending_files(repository: Repository, names: Iterable[SetName]) -> dict[SetName, Path]:
    """The file of pending lessons of each set, in this worktree."""
    folder = repository.state.path(PENDING, xxh3_64_hexdigest(os.fsencode(repository.top)))
    return {name: folder / f"{name.replace('/', '+')}.jsonl" for name in names}
