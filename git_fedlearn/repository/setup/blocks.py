"""Blocks of our own lines in files of other people, between two marker lines.

Inserting twice changes no byte, and removing gives back the bytes from before: what else had to be made
(the file, its folder, the end of a last line) stands in the opening marker. The line ends of the file
are kept. All comments begin with `#`.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from git_fedlearn.errors import FedlearnError

OPENING: Final = b"# >>> git-fedlearn >>>"
CLOSING: Final = b"# <<< git-fedlearn <<<"

MADE_FILE: Final = "file"
MADE_FOLDER: Final = "folder"
MADE_LINE_END: Final = "line end"


class Block(NamedTuple):
    """Where a block stands in a file, and what was made beside it."""

    start: int
    end: int
    made: tuple[str, ...]


def find_block(data: bytes) -> Block | None:
    """The block of git-fedlearn, None if there is none. Raises FedlearnError when its end is missing."""
    start = _line_start(data, OPENING, 0)
    if start < 0:
        return None
    closing = _line_start(data, CLOSING, start)
    if closing < 0:
        raise FedlearnError(
            "a block of git-fedlearn that has no end",
            hint=f"remove the lines from `{OPENING.decode()}` on that are not yours",
        )
    newline = data.find(b"\n", closing)
    end = len(data) if newline < 0 else newline + 1
    return Block(start, end, _parse_made(data[start : data.find(b"\n", start)]))


def put_block(
    data: bytes, lines: Iterable[str], *, made: tuple[str, ...] = (), at: int | None = None
) -> bytes:
    """The file with a block of these lines: in place of the old one, else at byte `at`, else at the end."""
    ending = line_end(data)
    old = find_block(data)
    if old:
        return data[: old.start] + _format(lines, old.made, ending) + data[old.end :]
    position = len(data) if at is None else at
    before, after = data[:position], data[position:]
    if before and not before.endswith(b"\n"):
        before, made = before + ending, (*made, MADE_LINE_END)
    return before + _format(lines, made, ending) + after


def take_block(data: bytes) -> bytes:
    """The file without the block, as it was before."""
    block = find_block(data)
    if not block:
        return data
    before, after = data[: block.start], data[block.end :]
    if MADE_LINE_END in block.made and not after:
        before = before.removesuffix(b"\n").removesuffix(b"\r" if before.endswith(b"\r\n") else b"")
    return before + after


def line_end(data: bytes) -> bytes:
    """The line end a file uses; LF where it has none."""
    newline = data.find(b"\n")
    return b"\r\n" if newline > 0 and data[newline - 1 : newline] == b"\r" else b"\n"


def append_line(data: bytes, line: str) -> bytes:
    """The file with one more line at the end, its last line ended first."""
    ending = line_end(data)
    if data and not data.endswith(b"\n"):
        data += ending
    return data + line.encode() + ending


def _format(lines: Iterable[str], made: tuple[str, ...], ending: bytes) -> bytes:
    opening = OPENING + (f" (also made: {', '.join(made)})".encode() if made else b"")
    return b"".join(line + ending for line in (opening, *(line.encode() for line in lines), CLOSING))


def _parse_made(opening: bytes) -> tuple[str, ...]:
    note = opening.decode("ascii", "replace")
    return tuple(made for made in (MADE_FILE, MADE_FOLDER, MADE_LINE_END) if made in note)


def _line_start(data: bytes, marker: bytes, start: int) -> int:
    """The position of the first line that begins with the marker, -1 if there is none."""
    if data.startswith(marker, start):
        return start
    found = data.find(b"\n" + marker, start)
    return found + 1 if found >= 0 else -1
