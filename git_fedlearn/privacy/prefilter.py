"""Which detectors can find anything in a text, told by one pass of RE2 over it; without RE2, all of them.

Findings are the same either way; the extra `[fast]` only saves time.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from git_fedlearn.privacy.detectors import by_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_fedlearn.privacy.detectors import Detector
    from git_fedlearn.privacy.subject import Subject

_MEMORY = 64 << 20
_TYPOGRAPHY = re.compile("[\u2010-\u2015\u2018-\u201d\u2022\u2026\u2713\u2714]")
"""Dashes, quotation marks, bullets and the like, of which models are fond: no letters, no blanks, no digits.

To a gate each is a hyphen, which no gate excludes, and which stands for them in numbers too.
"""


class _PatternSet(Protocol):
    """The part of RE2's set that is used, under its names."""

    def Add(self, pattern: str) -> int: ...  # noqa: N802
    def Compile(self) -> None: ...  # noqa: N802
    def Match(self, text: str) -> list[int] | None: ...  # noqa: N802


class Prefilter:
    """Chooses from some detectors those whose gate is open."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._all = tuple(detectors)
        self._gates = _compile(tuple(detector.__name__ for detector in detectors))
        self._open: dict[tuple[bool, tuple[int, ...]], tuple[Detector, ...]] = {}

    @property
    def is_fast(self) -> bool:
        """Whether RE2 is here."""
        return self._gates is not None

    def choose(self, subject: Subject) -> tuple[Detector, ...]:
        """The detectors to ask about this text, in their order; gates speak about ASCII only."""
        gates = self._gates
        text = subject.text if subject.text.isascii() else _TYPOGRAPHY.sub("-", subject.text)
        if gates is None or not text.isascii():
            return self._all
        found = (bool(subject.long_runs), tuple(gates.patterns.Match(text) or ()))
        chosen = self._open.get(found)
        if chosen is None:
            names = gates.names(*found)
            chosen = self._open[found] = tuple(d for d in self._all if d.__name__ in names)
        if subject.key and (asked := by_key(subject.key)):
            return tuple(d for d in self._all if d in chosen or d in asked)
        return chosen


class _Gates(NamedTuple):
    """The gates that RE2 looks for, in the order of its numbers, and the detectors of the one it does not."""

    patterns: _PatternSet
    order: tuple[str, ...]
    opened_by_long_run: frozenset[str]

    def names(self, is_long: bool, found: tuple[int, ...]) -> frozenset[str]:  # noqa: FBT001 -- as it is looked up
        """The detectors that are open."""
        names = frozenset(self.order[number] for number in found)
        return names | self.opened_by_long_run if is_long else names


@cache
def _compile(names: tuple[str, ...]) -> _Gates | None:
    try:
        import re2  # noqa: PLC0415 -- an extra
    except ImportError:
        return None
    from git_fedlearn.privacy.gates import GATES, OPENED_BY_LONG_RUN  # noqa: PLC0415 -- only for RE2

    options = re2.Options()
    options.max_mem = _MEMORY
    patterns: _PatternSet = re2.Set.SearchSet(options)
    order = tuple(name for name in names if name in GATES)
    for name in order:
        patterns.Add(GATES[name])
    patterns.Compile()
    return _Gates(patterns, order, OPENED_BY_LONG_RUN)
