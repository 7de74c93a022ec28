"""Conflict markers in a record set: if git merged without our driver, both sides are joined.

A marker counts only at column 0 of a line that is not JSON, and only a whole conflict with at least
one record is resolved; a lone marker stays an opaque line. Marker sizes other than 7 occur in nested
merges (gitattributes(5), conflict-marker-size).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from git_fedlearn.core.fast_join import Data


_MARKER: Final = re.compile(rb"(<{7,63}|\|{7,63}|={7,63}|>{7,63})(?: .*)?", re.DOTALL)
"""Longer runs are not markers: a file of ever longer ones would take quadratic time."""


def format_conflict(ours: bytes, theirs: bytes, *, marker_size: int = 7, reason: bytes = b"") -> bytes:
    """Both sides in full between markers, after a failed merge: nothing is lost, and git sees a conflict."""
    return b"".join(conflict_pieces(ours, theirs, marker_size=marker_size, reason=reason))


def conflict_pieces(
    ours: Data, theirs: Data, *, marker_size: int = 7, reason: bytes = b""
) -> list[bytes | memoryview]:
    """`format_conflict` in pieces to be written in turn, without copies of the sides."""
    label = b" " + reason if reason else b""
    return [
        b"<" * marker_size + b" ours" + label + b"\n",
        *_ended(ours),
        b"=" * marker_size + b"\n",
        *_ended(theirs),
        b">" * marker_size + b" theirs" + label + b"\n",
    ]


def join_conflict_sides(lines: list[bytes], is_record: Callable[[bytes], bool]) -> list[bytes]:
    """The lines without the markers and merge bases of whole conflicts."""
    kept: list[bytes] = []
    index = 0
    while index < len(lines):
        end = _end_of_conflict(lines, index, is_record)
        if end:
            kept.extend(join_conflict_sides(_sides(lines[index:end]), is_record))
            index = end
        else:
            kept.append(lines[index])
            index += 1
    return kept


def _end_of_conflict(lines: list[bytes], start: int, is_record: Callable[[bytes], bool]) -> int:
    """The index after the whole conflict that opens at `start`, or 0."""
    opening = _marker(lines[start])
    if opening[:1] != b"<":
        return 0
    size, middle, records = len(opening), False, False
    for index in range(start + 1, len(lines)):
        marker = _marker(lines[index])
        if len(marker) == size:
            if marker[:1] == b"<":
                return 0
            if marker[:1] == b"=":
                middle = True
            elif marker[:1] == b">":
                return index + 1 if middle and records else 0
        elif not records:
            records = is_record(lines[index])
    return 0


def _sides(conflict: list[bytes]) -> list[bytes]:
    size = len(_marker(conflict[0]))
    sides: list[bytes] = []
    in_base = in_theirs = False
    for line in conflict[1:-1]:
        marker = _marker(line)[:1] if len(_marker(line)) == size else b""
        if marker == b"=" and not in_theirs:
            in_base, in_theirs = False, True
        elif marker == b"|" and not in_theirs:
            in_base = True
        elif not in_base:
            sides.append(line)
    return sides


def _marker(line: bytes) -> bytes:
    if line[:7] not in (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>"):
        return b""
    match = _MARKER.fullmatch(line)
    return match[1] if match else b""


def _ended(data: Data) -> list[bytes | memoryview]:
    """The side with a final LF."""
    return [memoryview(data), b"" if data[-1:] in (b"\n", b"") else b"\n"]
