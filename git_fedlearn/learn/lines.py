"""Lines of a JSONL stream with their places, each bounded in memory.

A broken line is a result, never an exception, and carries its place and a reason, never its text.
A last line without a line end that does not parse is unfinished: not consumed, and read again next time.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, cast

import jsonlines

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value

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


Line = SourceEvent | BrokenLine | UnfinishedLine


def read_lines(
    stream: IO[bytes], *, offset: int = 0, number: int = 1, limit: int | None = None, max_line: int = MAX_LINE
) -> Iterator[RawLine]:
    """The lines of a stream that stands at `offset`, up to `limit`, each held to `max_line` bytes."""
    while limit is None or offset < limit:
        room = max_line + 1 if limit is None else min(max_line + 1, limit - offset)
        data = stream.readline(room)
        if not data:
            return
        end = offset + len(data)
        too_long = len(data) > max_line
        is_ended = data.endswith(b"\n")
        if too_long and not is_ended:
            data = b""
            end, is_ended = _pass_over(stream, end, limit)
        yield RawLine(data.rstrip(b"\r\n"), number, offset, end, is_ended, too_long)
        offset, number = end, number + 1


def parse_lines(lines: Iterator[RawLine]) -> Iterator[Line]:
    """Events, broken lines and at most one unfinished line; blank lines are passed over."""
    current: list[RawLine] = []
    reader = jsonlines.Reader(_remembering(lines, current), loads=_parse)
    while True:
        try:
            fields = cast("JsonObject", reader.read(type=dict, skip_empty=True))
        except EOFError:
            return
        except jsonlines.InvalidLineError as error:
            yield _broken(current[0], error)
        else:
            line = current[0]
            yield SourceEvent(fields, line.number, line.offset, line.end)


def _remembering(lines: Iterator[RawLine], current: list[RawLine]) -> Iterator[bytes]:
    """The data of lines; compressed data that ends early must not look like their end, an EOFError too."""
    try:
        for line in lines:
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
