"""Lines of a JSONL stream with their places, each bounded in memory.

A broken line is a result, never an exception, and carries its place and a reason. A last line without a
line end that does not parse is unfinished: not consumed, and read again next time.
"""

import io
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import IO, Final, NamedTuple, cast

from git_fedlearn.core.canonical import InvalidJsonError, JsonObject, parse_value
from git_fedlearn.learn.skimming import Skimmer

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line; a longer one is reported and passed over without being held in memory."""

START: Final = 2000
"""Bytes kept of the start of a broken line."""

_CHUNK: Final = 64 * 1024  # what stays in a cache of the processor
_BOM: Final = b"\xef\xbb\xbf"


class RawLine(NamedTuple):
    """A line as it stands in the file, less its line end. `end` is where the next one begins."""

    data: bytes
    number: int
    offset: int
    end: int
    is_ended: bool
    """False for the last line of a file that has no line end (yet)."""
    is_too_long: bool = False


class SourceEvent(NamedTuple):
    """A line that is a JSON object; `data` is the line itself."""

    fields: JsonObject
    number: int
    offset: int
    end: int
    data: bytes = b""


class BrokenLine(NamedTuple):
    """A line that is no JSON object; consumed and reported. `start` is how it begins, not yet redacted."""

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
    """Lines passed over for their low scores, or blank lines (none passed); `number` is the next line's."""

    passed: int
    number: int
    end: int


Line = SourceEvent | BrokenLine | UnfinishedLine | SkimmedLines


def read_lines(
    stream: IO[bytes],
    *,
    offset: int = 0,
    number: int = 1,
    limit: int | None = None,
    max_line: int = MAX_LINE,
    skimmer: Skimmer | None = None,
) -> Iterator[RawLine | SkimmedLines]:
    """The lines of a stream that stands at `offset`, up to `limit`, each held to `max_line` bytes.

    With a skimmer, lines that claim too low a score come as counts.
    """
    rest = b""
    while True:
        if len(rest) > max_line:
            end, is_ended = _pass_over(stream, offset + len(rest), limit)
            yield RawLine(b"", number, offset, end, is_ended, is_too_long=True)
            rest, offset, number = b"", end, number + 1
        block = _next_block(stream, rest, None if limit is None else limit - offset, max_line)
        if len(block) == len(rest):
            if rest:
                yield RawLine(rest.rstrip(b"\r"), number, offset, offset + len(rest), is_ended=False)
            return
        whole = block.rfind(b"\n") + 1
        ended = block[:whole]
        lines = io.BytesIO(ended).readlines()
        is_short = len(block) <= max_line  # so that no line in it is too long
        wanted = skimmer.pick(lines, ended) if skimmer and is_short else range(len(lines))
        yield from _placed(lines, wanted, offset, number, max_line)
        rest, offset, number = block[whole:], offset + whole, number + len(lines)


def _placed(
    lines: list[bytes], wanted: Iterable[int], offset: int, number: int, max_line: int
) -> Iterator[RawLine | SkimmedLines]:
    """The wanted lines, given with their ends, by their places, the others between them as counts."""
    starts = [*accumulate(map(len, lines), initial=offset)]
    given = 0
    for at in wanted:
        if at > given:
            yield SkimmedLines(at - given, number + at, starts[at])
        line = lines[at]
        too_long = len(line) > max_line
        data = b"" if too_long else line.rstrip(b"\r\n")
        yield RawLine(data, number + at, starts[at], starts[at + 1], is_ended=True, is_too_long=too_long)
        given = at + 1
    if given < len(lines):
        yield SkimmedLines(len(lines) - given, number + len(lines), starts[-1])


def parse_lines(lines: Iterable[RawLine | SkimmedLines]) -> Iterator[Line]:
    """Events, broken lines and at most one unfinished line, with blank and skimmed lines as counts."""
    for line in lines:
        yield line if isinstance(line, SkimmedLines) else _parse(line)


def _parse(line: RawLine) -> Line:
    data = line.data.removeprefix(_BOM)
    if not line.is_too_long and not data.strip():
        return SkimmedLines(0, line.number + 1, line.end)
    reason = "the line is too long" if line.is_too_long else "not a JSON object"
    try:
        fields = None if line.is_too_long else parse_value(data)
    except InvalidJsonError as error:
        fields, reason = None, "NUL bytes" if b"\0" in data else str(error)
    if isinstance(fields, dict):
        return SourceEvent(fields, line.number, line.offset, line.end, data)
    if not line.is_ended:
        return UnfinishedLine(line.number, line.offset)
    return BrokenLine(line.number, line.offset, line.end, reason, data[:START])


def _next_block(stream: IO[bytes], rest: bytes, room: int | None, max_line: int) -> bytes:
    """The rest of a block and what comes next, to a line end if there is one; equal to the rest at the end.

    `read1` returns what there is before data that cannot be read, so nothing that can be is lost.
    """
    parts, size, chunk = [rest], len(rest), min(_CHUNK, max_line // 2 + 1)
    while size <= max_line:
        wanted = chunk if room is None else min(chunk, room - size)
        data = cast("io.BufferedIOBase", stream).read1(wanted) if wanted > 0 else b""
        parts.append(data)
        size += len(data)
        if not data or b"\n" in data:
            break
    return b"".join(parts)


def _pass_over(stream: IO[bytes], end: int, limit: int | None) -> tuple[int, bool]:
    """Read on to the end of a line that is too long; where it ends, and whether it does."""
    while limit is None or end < limit:
        data = stream.readline(_CHUNK if limit is None else min(_CHUNK, limit - end))
        if not data:
            break
        end += len(data)
        if data.endswith(b"\n"):
            return end, True
    return end, False
