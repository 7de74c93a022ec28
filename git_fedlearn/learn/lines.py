"""Lines of a JSONL stream with their places, each bounded in memory.

A broken line is a result, never an exception, and carries its place and a reason, never its text.
A last line without a line end that does not parse is unfinished: not consumed, and read again next time.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, cast

import jsonlines

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.learn.skimming import Skimmer

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line; a longer one is reported and passed over without being held in memory."""

_CHUNK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line as it stands in the file, less its line end. `end` is where the next one begins."""

    data: bytes
    number: int
    offset: int
    end: int
    is_ended: bool
    """False for the last line of a file that has no line end (yet)."""
    is_too_long: bool = False


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """A line that is a JSON object."""

    fields: JsonObject
    number: int
    offset: int
    end: int


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that is no JSON object; consumed, reported, never shown."""

    number: int
    offset: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class UnfinishedLine:
    """A last line still being written; not consumed: the next run reads it again from `offset`."""

    number: int
    offset: int


@dataclass(frozen=True, slots=True)
class SkimmedLines:
    """Sound lines whose events claim too low a score; `number` is that of the next line."""

    count: int
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
    """The lines of a stream that stands at `offset`, up to `limit`, each held to `max_line` bytes."""
    block, at = b"", 0
    while True:
        is_short = len(block) <= max_line  # so that no line in it is too long
        if skimmer and is_short and (stop := skimmer.skip(block, at)) > at:
            count = block.count(b"\n", at, stop)
            offset, number, at = offset + stop - at, number + count, stop
            yield SkimmedLines(count, number, offset)
        newline = block.find(b"\n", at)
        if newline >= 0:
            end = offset + newline + 1 - at
            too_long = end - offset > max_line
            data = b"" if too_long else block[at:newline].rstrip(b"\r")
            yield RawLine(data, number, offset, end, is_ended=True, is_too_long=too_long)
            offset, number, at = end, number + 1, newline + 1
            continue
        rest = block[at:]
        if len(rest) > max_line:
            end, is_ended = _pass_over(stream, offset + len(rest), limit)
            yield RawLine(b"", number, offset, end, is_ended, is_too_long=True)
            block, at, offset, number = b"", 0, end, number + 1
            continue
        block, at = _next_block(stream, rest, None if limit is None else limit - offset, max_line), 0
        if len(block) == len(rest):
            if rest:
                yield RawLine(rest.rstrip(b"\r"), number, offset, offset + len(rest), is_ended=False)
            return


def parse_lines(lines: Iterator[RawLine | SkimmedLines], skimmer: Skimmer | None = None) -> Iterator[Line]:
    """Events, broken lines and at most one unfinished line; blank lines are passed over."""
    current: list[RawLine] = []
    skimmed: list[SkimmedLines] = []
    reader = jsonlines.Reader(_remembering(lines, current, skimmed), loads=_parse)
    while True:
        found: Line | None
        try:
            fields = cast("JsonObject", reader.read(type=dict, skip_empty=True))
        except EOFError:
            yield from skimmed
            return
        except jsonlines.InvalidLineError as error:
            found = _broken(current[0], error)
        else:
            line = current[0]
            found = SourceEvent(fields, line.number, line.offset, line.end)
            if skimmer:
                skimmer.learn(line.data, fields)
        yield from skimmed
        skimmed.clear()
        yield found


def _remembering(
    lines: Iterator[RawLine | SkimmedLines], current: list[RawLine], skimmed: list[SkimmedLines]
) -> Iterator[bytes]:
    """The data of lines; compressed data that ends early must not look like their end, an EOFError too."""
    try:
        for line in lines:
            if isinstance(line, SkimmedLines):
                skimmed.append(line)
                continue
            current[:] = [line]
            yield line.data if not line.is_too_long else b"\0"
    except EOFError as error:
        raise zlib.error(str(error)) from error


def _parse(text: str | bytes) -> Json:
    return parse_value(text.encode() if isinstance(text, str) else text)


def _broken(line: RawLine, error: jsonlines.InvalidLineError) -> BrokenLine | UnfinishedLine:
    """What a line that did not parse is; the library's own message may quote the line, so it is not used."""
    if not line.is_ended:
        return UnfinishedLine(line.number, line.offset)
    if line.is_too_long:
        reason = "the line is too long"
    elif b"\0" in line.data:
        reason = "NUL bytes"
    elif isinstance(error.__cause__, InvalidJsonError):
        reason = str(error.__cause__)
    else:
        reason = "not valid UTF-8" if isinstance(error.__cause__, UnicodeDecodeError) else "not a JSON object"
    return BrokenLine(line.number, line.offset, line.end, reason)


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
