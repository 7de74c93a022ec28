"""Telling how far the reading of sources has come, for whoever shows it."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.learn.lines import BrokenLine, Line, SkimmedLines, SourceEvent
from git_fedlearn.learn.sources import SourceFault, SourceFile, is_compressed

STEP: Final = 1 << 20
"""Bytes between two reports."""


class Reading(NamedTuple):
    """Bytes read of all there are in files that are not compressed, and distinct lessons found in them."""

    done: int
    total: int
    kept: int


Watch = Callable[[Reading], None]


class Watcher:
    """Reports on files read one after the other."""

    def __init__(self, watch: Watch, files: Iterable[SourceFile], kept: Callable[[], int]) -> None:
        self._watch = watch
        self._kept = kept
        self._total = sum(map(_size, files))
        self._before = 0

    def lines(
        self, file: SourceFile, offset: int, lines: Iterator[Line | SourceFault]
    ) -> Iterator[Line | SourceFault]:
        """The same lines, reported on as they are taken; `offset` is where they begin."""
        if is_compressed(file.path):
            yield from lines
            return
        shown = offset
        self._report(offset)
        for line in lines:
            yield line
            if isinstance(line, SkimmedLines | SourceEvent | BrokenLine) and line.end - shown >= STEP:
                shown = line.end
                self._report(shown)

    def finish(self, file: SourceFile) -> None:
        """Count a file as read to its end."""
        self._before += _size(file)
        self._report(0)

    def _report(self, here: int) -> None:
        self._watch(Reading(min(self._before + here, self._total), self._total, self._kept()))


def _size(file: SourceFile) -> int:
    try:
        return 0 if is_compressed(file.path) else file.path.stat().st_size
    except OSError:
        return 0
