"""Which detectors can find anything in a text, told by one pass of RE2 over it; without RE2, all of them.

Findings are the same either way; the extra `[fast]` only saves time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Protocol

from git_fedlearn.privacy.detectors import by_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_fedlearn.privacy.detectors import Detector
    from git_fedlearn.privacy.subject import Subject

_MEMORY = 64 << 20


class _PatternSet(Protocol):
    """The part of RE2's set that is used, under its names."""

    def Add(self, pattern: str) -> int: ...  # noqa: N802
    def Compile(self) -> None: ...  # noqa: N802
    def Match(self, text: str) -> list[int] | None: ...  # noqa: N802


class Prefilter:
    """Chooses from some detectors those whose gate is open."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._all = tuple(detectors)
        self._set = _compile(tuple(detector.__name__ for detector in detectors))
        self._open: dict[tuple[int, ...], tuple[Detector, ...]] = {}

    @property
    def is_fast(self) -> bool:
        """Whether RE2 is here."""
        return self._set is not None

    def choose(self, subject: Subject) -> tuple[Detector, ...]:
        """The detectors to ask about this text, in their order; gates speak about ASCII only."""
        if self._set is None or not subject.text.isascii():
            return self._all
        found = self._set.Match(subject.text)
        chosen = self._named(tuple(found)) if found else ()
        if subject.key and (asked := by_key(subject.key)):
            return tuple(d for d in self._all if d in chosen or d in asked)
        return chosen

    def _named(self, found: tuple[int, ...]) -> tuple[Detector, ...]:
        chosen = self._open.get(found)
        if chosen is None:
            numbers = set(found)
            chosen = tuple(d for number, d in enumerate(self._all) if number in numbers)
            self._open[found] = chosen
        return chosen


@cache
def _compile(names: tuple[str, ...]) -> _PatternSet | None:
    try:
        import re2  # noqa: PLC0415 -- an extra
    except ImportError:
        return None
    from git_fedlearn.privacy.gates import GATES  # noqa: PLC0415 -- only for RE2

    options = re2.Options()
    options.max_mem = _MEMORY
    patterns: _PatternSet = re2.Set.SearchSet(options)
    for name in names:
        patterns.Add(GATES[name])
    patterns.Compile()
    return patterns
