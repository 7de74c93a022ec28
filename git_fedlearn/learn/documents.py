"""Logs that are JSON over several lines: one object, or an array of objects, indented for people to read."""

import re
from collections.abc import Iterator
from typing import IO, Final

from git_fedlearn.learn.damage import find_pieces
from git_fedlearn.learn.lines import BrokenLine, Line, SkimmedLines, UnfinishedLine, lines_of

HEAD_BYTES: Final = 4096
"""Bytes that show whether a file is indented."""

_START: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{[ \t]*\r?\n")
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}]')


def is_document(head: bytes) -> bool:
    """Whether a file that starts like this has objects over several lines."""
    return bool(_START.match(head))


def read_document(
    stream: IO[bytes], *, offset: int, number: int, limit: int | None, max_line: int
) -> Iterator[Line]:
    """The outermost objects of an indented file, from the start of one; `max_line` limits their bytes."""
    parts: list[bytes] = []
    start, first, depth, size = offset, number, 0, 0
    while line := stream.readline(max_line if limit is None else max(0, min(max_line, limit - offset))):
        offset, number = offset + len(line), number + line.endswith(b"\n")
        depth += sum(1 if token == b"{" else -1 for token in _TOKEN.findall(line) if token in (b"{", b"}"))
        size += len(line)
        if size <= max_line:
            parts.append(line)
        if depth > 0:
            continue
        if size > max_line:
            yield BrokenLine(first, start, offset, "object too long")
        elif depth < 0:
            yield BrokenLine(first, start, offset, "not a JSON object", line.strip())
        else:
            data = b"".join(parts)
            if pieces := find_pieces(data):
                yield from lines_of(pieces, data, max(first, number - 1), start, offset)
            else:
                yield SkimmedLines(0, number, offset)
        parts, start, first, depth, size = [], offset, number, 0, 0
    if parts:
        yield UnfinishedLine(first, start)
