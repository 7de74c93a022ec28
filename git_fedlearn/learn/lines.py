"""Lines of a JSONL stream with their places, each bounded in memory; low ones are passed over unparsed.

A broken line is a result, never an exception, and carries its place and a reason. A last line without a
line ending that does not parse is unfinished: not consumed, and read again next time.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import accumulate
from operator import itemgetter
from typing import IO, Final, NamedTuple, cast

import msgspec

from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, parse_value

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line; a longer one is reported and passed over without being held in memory."""

START_BYTES: Final = 2000
"""Bytes kept of the start of a broken line."""

SCORE_ROUNDING: Final = 0.001
"""Scores are rounded to three decimals before they are compared: a line nearer than this is parsed."""

_BLOCK: Final = 64 * 1024  # what stays in a cache of the processor
_BOM: Final = b"\xef\xbb\xbf"


class SourceEvent(NamedTuple):
    """A line that is a JSON object; `data` is the line without its ending, `end` where the next begins."""

    fields: JsonObject
    number: int
    offset: int
    end: int
    data: bytes = b""


class BrokenLine(NamedTuple):
    """An invalid line; consumed and reported. `start` is how it begins, not yet redacted."""

    number: int
    offset: int
    end: int
    reason: str
    start: bytes = b""


class UnfinishedLine(NamedTuple):
    """A last line still being written; not consumed: the next run reads it again from `offset`."""

    number: int
    offset: int


class SkimmedLines(NamedTuple):
    """Lines passed over for their low scores, or a blank line (none passed); `number` is the next line's."""

    passed: int
    number: int
    end: int


Line = SourceEvent | BrokenLine | UnfinishedLine | SkimmedLines


class Skimmer:
    """Finds the lines that must be parsed. `threshold` is the score below which nothing is learned.

    A line is passed over when it is UTF-8, one JSON object by its grammar, and its `value_score` is a number
    that is surely below the threshold. Nothing is learned of such an event, whatever else is in it. What else
    a record may not contain (a key twice, numbers beyond all bounds, a hundred levels) is not looked for.
    """

    def __init__(self, threshold: float) -> None:
        self._below = threshold - SCORE_ROUNDING

    def pick(self, lines: list[bytes], block: bytes) -> list[int]:
        """The numbers, from 0, of those lines of a block, each with its line ending, that must be parsed."""
        below = self._below
        wanted = [at for at, claim in enumerate(_claims(lines, block)) if not 0 <= claim.value_score < below]
        if _is_utf8(block):
            return wanted
        parsed = set(wanted)
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
    """The lines of a stream whose position is `offset`, up to `limit`, each held to `max_line` bytes.

    Blank lines, and with a skimmer those that claim too low a score, come as counts.
    """
    rest = b""
    while True:
        if len(rest) > max_line:
            end, is_ended = _pass_over(stream, offset + len(rest), limit)
            yield _too_long(number, offset, end) if is_ended else UnfinishedLine(number, offset)
            rest, offset, number = b"", end, number + 1
        block = _next_block(stream, rest, None if limit is None else limit - offset, max_line)
        if len(block) == len(rest):
            if rest:
                last = _parse(rest.rstrip(b"\r"), number, offset, offset + len(rest))
                yield UnfinishedLine(number, offset) if isinstance(last, BrokenLine) else last
            return
        whole = block.rfind(b"\n") + 1
        ended = block[:whole]
        lines = io.BytesIO(ended).readlines()
        is_short = len(block) <= max_line  # so that no line in it is too long
        wanted = skimmer.pick(lines, ended) if skimmer and is_short else range(len(lines))
        yield from _parse_some(lines, wanted, offset, number, max_line)
        rest, offset, number = block[whole:], offset + whole, number + len(lines)


def _parse_some(
    lines: list[bytes], wanted: Iterable[int], offset: int, number: int, max_line: int
) -> Iterator[Line]:
    """The wanted lines, given with their line endings, parsed; the others between them as counts."""
    starts = [*accumulate(map(len, lines), initial=offset)]
    given = 0
    for at in wanted:
        if at > given:
            yield SkimmedLines(at - given, number + at, starts[at])
        line = lines[at]
        if len(line) > max_line:
            yield _too_long(number + at, starts[at], starts[at + 1])
        else:
            yield _parse(line.rstrip(b"\r\n"), number + at, starts[at], starts[at + 1])
        given = at + 1
    if given < len(lines):
        yield SkimmedLines(len(lines) - given, number + len(lines), starts[-1])


def _parse(data: bytes, number: int, offset: int, end: int) -> SourceEvent | BrokenLine | SkimmedLines:
    data = data.removeprefix(_BOM)
    if not data.strip():
        return SkimmedLines(0, number + 1, end)
    reason = "not a JSON object"
    try:
        fields = parse_value(data)
    except InvalidJsonError as error:
        fields, reason = None, "NUL bytes" if b"\0" in data else str(error)
    if isinstance(fields, dict):
        return SourceEvent(fields, number, offset, end, data)
    return BrokenLine(number, offset, end, reason, data[:START_BYTES])


def _too_long(number: int, offset: int, end: int) -> BrokenLine:
    return BrokenLine(number, offset, end, "the line is too long")


def _next_block(stream: IO[bytes], rest: bytes, room: int | None, max_line: int) -> bytes:
    """The rest of a block and what follows, to a line ending if there is one; the rest alone at the end.

    `read1` returns what there is before data that cannot be read, so nothing that can be is lost.
    """
    parts, size, block = [rest], len(rest), min(_BLOCK, max_line // 2 + 1)
    while size <= max_line:
        wanted = block if room is None else min(block, room - size)
        data = cast("io.BufferedIOBase", stream).read1(wanted) if wanted > 0 else b""
        parts.append(data)
        size += len(data)
        if not data or b"\n" in data:
            break
    return b"".join(parts)


def _pass_over(stream: IO[bytes], end: int, limit: int | None) -> tuple[int, bool]:
    """Read on to the end of a line that is too long; where it ends, and whether it does."""
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
    """The one field that is read of a line; the rest is only checked against the grammar."""

    value_score: float = _NO_SCORE


_decoder: Final = msgspec.json.Decoder(_Claim)
_UNREADABLE: Final = _Claim()


def _claims(lines: list[bytes], block: bytes) -> list[_Claim]:
    """The claim of each line.

    The decoder passes over blank lines, takes several objects from one line and one from several, so it is
    given the block as a whole only if each line begins an object and ends one: where `}` and `{` meet, an
    object ends, and where no more objects end than lines, each line is one.
    """
    if set(map(_FIRST, lines)) == {ord("{")} and set(map(_LAST, lines)) == {ord("}")}:
        try:
            claims = _decoder.decode_lines(block)
        except msgspec.MsgspecError:
            claims = []
        if len(claims) == len(lines):
            return claims
    return [*map(_claim, lines)]


def _claim(line: bytes) -> _Claim:
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError:
        return _UNREADABLE


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
