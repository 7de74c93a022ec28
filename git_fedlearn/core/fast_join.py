"""The join of two files in canonical order without parsing the lines they share: the driver's fast path.

Gives the same bytes as the general join of record_set.py, which takes over (None) as soon as a file
is not in canonical order. Shared lines are compared and copied in long runs of bytes; only ours is
split into line starts, because a run equal to ours is in order if ours is.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import islice
from operator import lt
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from git_fedlearn.core.record import CANONICAL_START, CANONICAL_STARTS, START_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from mmap import mmap


Data: TypeAlias = "bytes | mmap"
"""The bytes of a file, in memory or mapped."""

Piece: TypeAlias = "bytes | memoryview"

_FIRST_STEP = 4096
_MAX_STEP = 65536


class Settled(NamedTuple):
    """The lines of a record set in canonical order."""

    records: list[bytes]
    opaque: list[bytes]

    def format(self) -> bytes:
        """The bytes of the file: LF after every line, nothing for an empty set."""
        return b"\n".join([*self.records, *self.opaque, b""])

    @property
    def size(self) -> int:
        """The number of those bytes."""
        return sum(sum(map(len, lines)) + len(lines) for lines in (self.records, self.opaque))


class Index(NamedTuple):
    """Where the lines of a file begin (one more offset than lines) and their first bytes."""

    starts: list[bytes]
    offsets: list[int]


class Aligned(NamedTuple):
    """Our lines, the numbers of those that theirs lacks, and every line that only one file has."""

    lines: Index
    apart: set[int]
    loose: list[bytes]


def align(ours: Data, theirs: Data) -> Aligned | None:
    """Find what two files in canonical order have in common; None if either is in another order.

    Of theirs, only lines that ours lacks need a look: those before the next of ours have all been passed.
    """
    lines = index_lines(ours)
    if lines is None or not _has_plain_ends(theirs):
        return None
    starts, offsets = lines
    apart: set[int] = set()
    loose: list[bytes] = []
    number = place = 0
    previous = b""
    while place < len(theirs):
        common = _common_length(ours, offsets[number], theirs, place)
        after = bisect_right(offsets, offsets[number] + common) - 1
        if after > number:
            place += offsets[after] - offsets[number]
            number, previous = after, starts[after - 1]
            continue
        start = theirs[place : place + START_LENGTH]
        if number < len(starts) and starts[number] <= start:
            apart.add(number)
            loose.append(ours[offsets[number] : offsets[number + 1] - 1])
            number += 1
            if starts[number - 1] < start:
                continue
        if start <= previous or not CANONICAL_START.match(start):
            return None
        end = theirs.find(b"\n", place)
        loose.append(theirs[place:end])
        place, previous = end + 1, start
    apart.update(range(number, len(starts)))
    loose += [ours[offsets[rest] : offsets[rest + 1] - 1] for rest in range(number, len(starts))]
    return Aligned(lines, apart, loose)


def index_lines(data: Data) -> Index | None:
    """The index of a file whose lines all begin as record lines, ascending, ids once each; else None."""
    if not _has_plain_ends(data):
        return None
    starts: list[bytes] = []
    offsets = [0]
    begin, end, find = 0, len(data), data.find
    while begin < end:
        starts.append(data[begin : begin + START_LENGTH])
        begin = find(b"\n", begin) + 1
        offsets.append(begin)
    ascending = all(map(lt, starts, islice(starts, 1, None)))
    return Index(starts, offsets) if ascending and CANONICAL_STARTS.fullmatch(b"".join(starts)) else None


def splice(ours: Data, aligned: Aligned, settled: Settled) -> list[Piece] | None:
    """Ours without the lines apart and with the settled ones; None if one has the id of a shared line."""
    starts, offsets = aligned.lines
    edits = [(offsets[number], offsets[number + 1], b"") for number in aligned.apart]
    for line in settled.records:
        start = line[:START_LENGTH]
        number = bisect_left(starts, start)
        if number < len(starts) and starts[number] == start and number not in aligned.apart:
            return None
        edits.append((offsets[number], offsets[number], line + b"\n"))
    return [*_edited(ours, sorted(edits)), *(line + b"\n" for line in settled.opaque)]


def _edited(data: Data, edits: list[tuple[int, int, bytes]]) -> Iterator[Piece]:
    view = memoryview(data)
    done = 0
    for begin, end, text in edits:
        if done < begin:
            yield view[done:begin]
        if text:
            yield text
        done = end
    yield view[done:]


def _common_length(left: Data, i: int, right: Data, j: int) -> int:
    """How many bytes are equal from these offsets on."""
    begin, step = i, _FIRST_STEP
    while True:
        mine, other = left[i : i + step], right[j : j + step]
        if mine != other:
            return i - begin + _equal_bytes(mine, other)
        if len(mine) < step:
            return i - begin + len(mine)
        i, j = i + step, j + step
        step = min(2 * step, _MAX_STEP)


def _equal_bytes(mine: bytes, other: bytes) -> int:
    equal, differs = 0, min(len(mine), len(other)) + 1
    while differs - equal > 1:
        middle = (equal + differs) // 2
        if mine[equal:middle] == other[equal:middle]:
            equal = middle
        else:
            differs = middle
    return equal


def _has_plain_ends(data: Data) -> bool:
    """Whether every line ends in LF alone."""
    return data.find(b"\r") < 0 and data[-1:] in (b"\n", b"")
