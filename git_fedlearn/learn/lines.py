"""Lines of a JSONL stream with their places; each takes bounded memory, and low scores are skipped unparsed.

A broken line is a result with its place and a reason, never an exception; events in it that are intact are
results of their own. A last line that neither parses nor has a line ending is unfinished: it is not consumed,
but read again next time.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import IO, Final, NamedTuple, cast

import msgspec

from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, parse_value
from git_fedlearn.learn.damage import LinePiece, find_pieces

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line; longer ones are reported and skipped without being kept in memory."""

START_BYTES: Final = 2000
"""Bytes kept of the start of a broken line."""

SCORE_ROUNDING: Final = 0.001
"""Scores are compared after rounding to three decimals, so a line this near the threshold is parsed."""

_BLOCK: Final = 64 * 1024  # fits into the cache of a processor
_TOO_LONG: Final = "line too long"
_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n\f\v\0,[]\xef\xbb\xbf"
"""Bytes of a line without an event: white space, a hole of NUL bytes, the brackets of an array."""


class SourceEvent(NamedTuple):
    """A JSON object; `data` is its bytes, `end` the offset of what follows, mostly the next line."""

    fields: JsonObject
    number: int
    offset: int
    end: int
    data: bytes = b""
    repeated: frozenset[str] = frozenset()
    """Keys, at any depth, that occur twice with different values; the last one is in `fields`."""


class BrokenLine(NamedTuple):
    """An invalid line, consumed and reported; `start` is its beginning, not redacted."""

    number: int
    offset: int
    end: int
    reason: str
    start: bytes = b""


class UnfinishedLine(NamedTuple):
    """A last line that is still being written; the next run reads it again from `offset`."""

    number: int
    offset: int


class SkimmedLines(NamedTuple):
    """Lines skipped for their low scores, or a blank line (0 skipped); `number` is that of the next line."""

    skipped: int
    number: int
    end: int


Line = SourceEvent | BrokenLine | UnfinishedLine | SkimmedLines


class Skimmer:
    """Finds the lines that must be parsed, for a threshold below which no event has a lesson.

    A line is skipped if it is UTF-8, one JSON object by its grammar, and its `value_score` is a number surely
    below the threshold: then its other fields do not matter. Further rules for records (no repeated key, no
    huge number, limited depth) are not checked.
    """

    def __init__(self, threshold: float) -> None:
        self._below = threshold - SCORE_ROUNDING

    def pick(self, lines: list[bytes], block: bytes) -> list[int]:
        """The numbers, from 0, of the lines that must be parsed. `block` is the lines, with line endings."""
        below = self._below
        chosen = [at for at, claim in enumerate(_claims(lines, block)) if not 0 <= claim.value_score < below]
        if _is_utf8(block):
            return chosen
        parsed = set(chosen)
        return [at for at, line in enumerate(lines) if at in parsed or not _is_utf8(line)]


def read_lines(
    stream: IO[bytes],
    *,
    offset: int = 0,
    number: int = 1,
    limit: int | None = None,
    max_line: int = MAX_LINE,
    skimmer: Skimmer | None = None,
) -> Iterator[Line]:
    """The lines of a stream from its position `offset` to `limit`, of at most `max_line` bytes each.

    Blank lines, and with a skimmer those with too low a score, are given as SkimmedLines.
    """
    rest = b""
    while True:
        if rest.startswith(b"\0"):
            hole, rest = len(rest), rest.lstrip(b"\0")
            offset += hole - len(rest)
        if len(rest) > max_line:
            intact = _intact_start(find_pieces(rest, is_whole=False))
            if intact:
                yield from lines_of(intact, rest, number, offset, offset + intact[-1].end)
                rest, offset = rest[intact[-1].end :], offset + intact[-1].end
                continue
            end, is_ended = _skip_line(stream, offset + len(rest), limit)
            too_long = BrokenLine(number, offset, end, _TOO_LONG)
            yield too_long if is_ended else UnfinishedLine(number, offset)
            rest, offset, number = b"", end, number + 1
        block = _next_block(stream, rest, None if limit is None else limit - offset, max_line)
        if len(block) == len(rest):
            if rest:
                yield from _parse_last(rest, number, offset)
            return
        whole = block.rfind(b"\n") + 1
        ended = block[:whole]
        lines = io.BytesIO(ended).readlines()
        is_short = len(block) <= max_line  # so that no line in it is too long
        chosen = skimmer.pick(lines, ended) if skimmer and is_short else range(len(lines))
        yield from _parse_chosen(lines, chosen, offset, number, max_line)
        rest, offset, number = block[whole:], offset + whole, number + len(lines)


def _parse_chosen(
    lines: list[bytes], chosen: Iterable[int], offset: int, number: int, max_line: int
) -> Iterator[Line]:
    """The chosen lines, parsed, and the others as SkimmedLines."""
    starts = [*accumulate(map(len, lines), initial=offset)]
    done = 0
    for at in chosen:
        if at > done:
            yield SkimmedLines(at - done, number + at, starts[at])
        line = lines[at]
        if len(line) > max_line:
            yield BrokenLine(number + at, starts[at], starts[at + 1], _TOO_LONG)
        else:
            yield from _parse(line.rstrip(b"\r\n"), number + at, starts[at], starts[at + 1])
        done = at + 1
    if done < len(lines):
        yield SkimmedLines(len(lines) - done, number + len(lines), starts[-1])


def _parse(data: bytes, number: int, offset: int, end: int) -> Iterator[Line]:
    """The events and the damage in a line; SkimmedLines if it is blank or only a bracket of an array."""
    if not data.strip(_BLANK):
        yield SkimmedLines(0, number + 1, end)
        return
    fields, reason = parse_line(data)
    if fields is not None:
        yield SourceEvent(fields, number, offset, end, data.removeprefix(_BOM))
        return
    pieces = find_pieces(data)
    if any(piece.fields is not None for piece in pieces):
        yield from lines_of(pieces, data, number, offset, end)
    else:
        yield BrokenLine(number, offset, end, reason, data.removeprefix(_BOM)[:START_BYTES])


def _parse_last(data: bytes, number: int, offset: int) -> Iterator[Line]:
    """What a last line without a line ending holds; what follows its last event is unfinished."""
    end = offset + len(data)
    if not data.strip(_BLANK) or parse_line(data.rstrip(b"\r"))[0] is not None:
        yield from _parse(data.rstrip(b"\r"), number, offset, end)
        return
    pieces = find_pieces(data, is_whole=False)
    intact = _intact_start(pieces)
    if intact:
        yield from lines_of(intact, data, number, offset, offset + intact[-1].end)
    if len(intact) < len(pieces) or not pieces:
        yield UnfinishedLine(number, offset + (intact[-1].end if intact else 0))


def _intact_start(pieces: list[LinePiece]) -> list[LinePiece]:
    """The pieces up to the last event."""
    last = max((at for at, piece in enumerate(pieces) if piece.fields is not None), default=-1)
    return pieces[: last + 1]


def lines_of(pieces: list[LinePiece], data: bytes, number: int, offset: int, end: int) -> Iterator[Line]:
    """The pieces of a line as results of their own; the last one ends with the line."""
    ends = [*(offset + piece.end for piece in pieces[:-1]), end]
    for piece, piece_end in zip(pieces, ends, strict=True):
        start = offset + piece.start
        if piece.fields is None:
            damaged = data[piece.start : piece.end][:START_BYTES]
            yield BrokenLine(number, start, piece_end, piece.reason, damaged)
        else:
            yield SourceEvent(piece.fields, number, start, piece_end, piece.data, piece.repeated)


def parse_line(data: bytes) -> "tuple[JsonObject | None, str]":
    """The object that a line is, None if it is not one, and why."""
    data = data.removeprefix(_BOM)
    try:
        fields = parse_value(data)
    except InvalidJsonError as error:
        return None, "NUL bytes" if b"\0" in data else str(error)
    return (fields, "") if isinstance(fields, dict) else (None, "not a JSON object")


def _next_block(stream: IO[bytes], rest: bytes, room: int | None, max_line: int) -> bytes:
    """`rest` and the data after it, with a line ending if one follows within `max_line`; `rest` at the end.

    `read1` returns readable data that precedes damaged data, so none is lost.
    """
    parts, size, block = [rest], len(rest), min(_BLOCK, max_line // 2 + 1)
    while size <= max_line:
        number = block if room is None else min(block, room - size)
        data = cast("io.BufferedIOBase", stream).read1(number) if number > 0 else b""
        parts.append(data)
        size += len(data)
        if not data or b"\n" in data:
            break
    return b"".join(parts)


def _skip_line(stream: IO[bytes], end: int, limit: int | None) -> tuple[int, bool]:
    """Skip the rest of a line that is too long; the offset reached, and whether its line ending was found."""
    while limit is None or end < limit:
        data = stream.readline(_BLOCK if limit is None else min(_BLOCK, limit - end))
        if not data:
            break
        end += len(data)
        if data.endswith(b"\n"):
            return end, True
    return end, False


_NO_SCORE: Final = 2.0
_FIRST: Final = itemgetter(0)
_LAST: Final = itemgetter(-2)
"""The byte before the line ending."""


class _Claim(msgspec.Struct, gc=False):
    """The only field that is decoded; the others are only checked against the grammar."""

    value_score: float = _NO_SCORE


_decoder: Final = msgspec.json.Decoder(_Claim)
_UNREADABLE: Final = _Claim()


def _claims(lines: list[bytes], block: bytes) -> list[_Claim]:
    """The claim of each line.

    The decoder skips blank lines, and accepts several objects on one line or one on several. So it gets the
    whole block only if each line starts with `{` and ends with `}`: then an object ends with each line, and
    if there are as many objects as lines, each line is one.
    """
    if set(map(_FIRST, lines)) == {ord("{")} and set(map(_LAST, lines)) == {ord("}")}:
        try:
            claims = _decoder.decode_lines(block)
        except (msgspec.MsgspecError, RecursionError):
            claims = []
        if len(claims) == len(lines):
            return claims
    return [*map(_claim, lines)]


def _claim(line: bytes) -> _Claim:
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError):
        return _UNREADABLE


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
