"""The join of two canonical files without taking apart what both hold: the merge driver's fast path.

Gives the same bytes as the general join of record_set.py, which takes over (None) as soon as a file
is not in canonical order. What both sides hold is copied in long runs, never split into lines.
"""

from bisect import bisect_left
from itertools import pairwise
from typing import NamedTuple

from git_fedlearn.core.record import CANONICAL_START, START_LENGTH


class Settled(NamedTuple):
    """The lines of a record set in their one order."""

    records: list[bytes]
    opaque: list[bytes]

    def format(self) -> bytes:
        """The bytes of the file: LF after every line, nothing for an empty set."""
        return b"\n".join([*self.records, *self.opaque, b""])


class Index(NamedTuple):
    """Where the lines of a file begin (one offset more than lines) and what they begin with."""

    starts: list[bytes]
    offsets: list[int]


class Aligned(NamedTuple):
    """What both files hold, as line numbers of ours, and the lines that only one of them holds."""

    lines: Index
    kept: list[int]
    loose: list[bytes]


def align(ours: bytes, theirs: bytes) -> Aligned | None:
    """Find what two files in canonical order have in common; None if either is in another order."""
    left = index_lines(ours)
    right = index_lines(theirs) if left else None
    if left is None or right is None:
        return None
    kept: list[int] = []
    loose: list[bytes] = []
    i = j = 0
    while i < len(left.starts) and j < len(right.starts):
        mine, other = left.starts[i], right.starts[j]
        if mine == other:
            line = ours[left.offsets[i] : left.offsets[i + 1]]
            if line == theirs[right.offsets[j] : right.offsets[j + 1]]:
                kept.append(i)
            else:
                loose += (line[:-1], _line(theirs, right, j))
            i, j = i + 1, j + 1
        elif mine < other:
            loose.append(_line(ours, left, i))
            i += 1
        else:
            loose.append(_line(theirs, right, j))
            j += 1
    loose += [_line(ours, left, rest) for rest in range(i, len(left.starts))]
    loose += [_line(theirs, right, rest) for rest in range(j, len(right.starts))]
    return Aligned(left, kept, loose)


def index_lines(data: bytes) -> Index | None:
    """The index of a file whose lines all begin as record lines, ascending, ids once each; else None."""
    if b"\r" in data or data[-1:] not in (b"\n", b""):
        return None
    starts: list[bytes] = []
    offsets = [0]
    begin, find = 0, data.find
    while begin < len(data):
        starts.append(data[begin : begin + START_LENGTH])
        begin = find(b"\n", begin) + 1
        offsets.append(begin)
    ascending = starts == sorted(starts) and len(set(starts)) == len(starts)
    return Index(starts, offsets) if ascending and all(map(CANONICAL_START.match, starts)) else None


def splice(ours: bytes, aligned: Aligned, settled: Settled) -> bytes | None:
    """The kept lines of ours with the settled lines in their places; None if an id is in both."""
    starts = [aligned.lines.starts[number] for number in aligned.kept]
    insertions: list[tuple[int, bytes]] = []
    for line in settled.records:
        place = bisect_left(starts, line[:START_LENGTH])
        if place < len(starts) and starts[place] == line[:START_LENGTH]:
            return None
        insertions.append((place, line))
    pieces: list[bytes | memoryview] = []
    view = memoryview(ours)
    done = 0
    for place, line in insertions:
        pieces += _runs(view, aligned, done, place)
        pieces += (line, b"\n")
        done = place
    pieces += _runs(view, aligned, done, len(aligned.kept))
    return b"".join([*pieces, *(line + b"\n" for line in settled.opaque)])


def _runs(ours: memoryview, aligned: Aligned, first: int, last: int) -> list[memoryview]:
    """The bytes of kept lines first..last-1, in as few pieces as they lie in ours."""
    kept, offsets = aligned.kept[first:last], aligned.lines.offsets
    if not kept:
        return []
    if kept[-1] - kept[0] == len(kept) - 1:
        return [ours[offsets[kept[0]] : offsets[kept[-1] + 1]]]
    breaks = [0, *(i for i, (a, b) in enumerate(pairwise(kept), 1) if b != a + 1), len(kept)]
    return [ours[offsets[kept[a]] : offsets[kept[b - 1] + 1]] for a, b in pairwise(breaks)]


def _line(data: bytes, index: Index, number: int) -> bytes:
    return data[index.offsets[number] : index.offsets[number + 1] - 1]
