"""Blocks of our own lines in other people's files, between two marker lines.

Inserting twice changes no byte, and removing restores the original bytes: the opening marker records what
else was created (the file, its folder, the newline of a last line). The line endings of the file are kept.
A file is written only if that changes it. Comments begin with `#`, in Markdown they are those of HTML.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file


class BlockMarks(NamedTuple):
    """How the two marker lines of a block begin, and how both end."""

    opening: bytes
    closing: bytes
    ending: bytes = b""


HASH_MARKS: Final = BlockMarks(b"# >>> git-fedlearn >>>", b"# <<< git-fedlearn <<<")
HTML_MARKS: Final = BlockMarks(b"<!-- >>> git-fedlearn >>>", b"<!-- <<< git-fedlearn <<<", b" -->")
OPENING: Final = HASH_MARKS.opening

MADE_FILE: Final = "file"
MADE_FOLDER: Final = "folder"
MADE_LINE_END: Final = "line end"


class Block(NamedTuple):
    """The position of a block in a file, and what was created with it."""

    start: int
    end: int
    made: tuple[str, ...]


def missing_parts(path: Path) -> tuple[str, ...]:
    """What has to be made to write a file: itself, its folder."""
    made = () if path.parent.exists() else (MADE_FOLDER,)
    return () if path.exists() else (MADE_FILE, *made)


def find_block(data: bytes, marks: BlockMarks = HASH_MARKS) -> Block | None:
    """The git-fedlearn block, None if there is none. Raises FedlearnError if its end is missing."""
    start = _line_start(data, marks.opening, 0)
    if start < 0:
        return None
    closing = _line_start(data, marks.closing, start)
    if closing < 0:
        raise FedlearnError(
            "the git-fedlearn block has no end marker",
            hint=f"remove the lines from `{marks.opening.decode()}` on that are not yours",
        )
    newline = data.find(b"\n", closing)
    end = len(data) if newline < 0 else newline + 1
    note = data[start : data.find(b"\n", start)].decode("ascii", "replace")
    return Block(start, end, tuple(one for one in (MADE_FILE, MADE_FOLDER, MADE_LINE_END) if one in note))


def put_block(
    data: bytes,
    lines: Iterable[str],
    *,
    made: tuple[str, ...] = (),
    at: int | None = None,
    marks: BlockMarks = HASH_MARKS,
) -> bytes:
    """The file with a block of these lines: in place of the old one, else at byte `at`, else at the end."""
    ending = line_end(data)
    old = find_block(data, marks)
    if old:
        return data[: old.start] + _format(lines, old.made, ending, marks) + data[old.end :]
    position = len(data) if at is None else at
    before, after = data[:position], data[position:]
    if before and not before.endswith(b"\n"):
        before, made = before + ending, (*made, MADE_LINE_END)
    return before + _format(lines, made, ending, marks) + after


def take_block(data: bytes, marks: BlockMarks = HASH_MARKS) -> bytes:
    """The file without the block, as it was before."""
    block = find_block(data, marks)
    if not block:
        return data
    before, after = data[: block.start], data[block.end :]
    if MADE_LINE_END in block.made and not after:
        before = before.removesuffix(b"\n").removesuffix(b"\r" if before.endswith(b"\r\n") else b"")
    return before + after


def line_end(data: bytes) -> bytes:
    """The line ending of a file; LF if it has none."""
    newline = data.find(b"\n")
    return b"\r\n" if newline > 0 and data[newline - 1 : newline] == b"\r" else b"\n"


def append_line(data: bytes, line: str) -> bytes:
    """The file with one more line, after the newline that its last line may lack."""
    ending = line_end(data)
    if data and not data.endswith(b"\n"):
        data += ending
    return data + line.encode() + ending


def _format(lines: Iterable[str], made: tuple[str, ...], ending: bytes, marks: BlockMarks) -> bytes:
    opening = marks.opening + (f" (also made: {', '.join(made)})".encode() if made else b"") + marks.ending
    closing = marks.closing + marks.ending
    return b"".join(line + ending for line in (opening, *(line.encode() for line in lines), closing))


def _line_start(data: bytes, marker: bytes, start: int) -> int:
    """The position of the first line that begins with the marker, -1 if there is none."""
    if data.startswith(marker, start):
        return start
    found = data.find(b"\n" + marker, start)
    return found + 1 if found >= 0 else -1


def find_file_block(path: Path, marks: BlockMarks = HASH_MARKS) -> Block | None:
    """The block in a file, None if there is no block or file. Raises FedlearnError if its end is missing."""
    if not path.is_file():
        return None
    try:
        return find_block(read_file(path), marks)
    except FedlearnError as error:
        raise FedlearnError(f"{path}: {error.message}", hint=error.hint) from None


def put_file_block(
    path: Path,
    lines: list[str],
    *,
    at: int | None = None,
    marks: BlockMarks = HASH_MARKS,
) -> bool:
    """Write a block into a file, in place of the old one; returns whether that changed it."""
    find_file_block(path, marks)
    before = read_file(path)
    after = put_block(before, lines, made=missing_parts(path), at=at, marks=marks)
    if after == before:
        return False
    write_file(path, after)
    return True


def take_file_block(path: Path, *, bare: bytes = b"", marks: BlockMarks = HASH_MARKS) -> bool:
    """Remove a block; returns whether there was one.

    A file that was created for it is removed too if only `bare` is left in it, and then its empty folder.
    """
    block = find_file_block(path, marks)
    if not block:
        return False
    after = take_block(read_file(path), marks)
    if MADE_FILE not in block.made or after != bare:
        write_file(path, after)
        return True
    path.unlink()
    if MADE_FOLDER in block.made and not any(path.parent.iterdir()):
        path.parent.rmdir()
    return True
