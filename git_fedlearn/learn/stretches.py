"""Cutting source files into stretches that are read at the same time.

A stretch is a run of whole lines, so the events of a file are those of its stretches, in whatever order
they are read. What is appended while they are read belongs to the next run.
"""

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from git_fedlearn.learn.lines import MAX_LINE
from git_fedlearn.learn.sources import SourceFile, is_compressed, open_source

SIZE: Final = 8 * 1024 * 1024
"""Bytes of a stretch, but for the end of its last line."""


class Stretch(NamedTuple):
    """The lines of a file that begin from `start` on and before `stop` (None: to the end of the file)."""

    file: SourceFile
    start: int
    stop: int | None


def cut(file: SourceFile, start: int, size: int = SIZE) -> Iterator[Stretch]:
    """The stretches of a file from an offset at which a line begins. Raises OSError when it is gone.

    Compressed data can be read from the front only, so it is one stretch.
    """
    if is_compressed(file.path):
        yield Stretch(file, start, None)
        return
    with open_source(file.path) as stream:
        end = stream.seek(0, 2)
        while end - start > size:
            stop = _next_line(stream, start + size, end)
            yield Stretch(file, start, stop)
            start = stop
    if start < end:
        yield Stretch(file, start, end)


def _next_line(stream: IO[bytes], at: int, end: int) -> int:
    """Where the first line begins that does not begin before `at`."""
    stream.seek(at - 1)
    while (found := stream.readline(MAX_LINE)) and not found.endswith(b"\n"):
        pass
    return min(stream.tell(), end)
