"""Which detectors can find anything in a text: one pass of RE2 over it looks for all gates at once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import re2

from git_fedlearn.privacy.detectors import by_key
from git_fedlearn.privacy.gates import GATES, OPENED_BY_LONG_RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_fedlearn.privacy.detectors import Detector
    from git_fedlearn.privacy.subject import Subject

MAX_AUTOMATON_BYTES: Final = 64 << 20
MAX_CACHED_CHOICES: Final = 4096
_TYPOGRAPHY = re.compile("[\u2010-\u2015\u2018-\u201d\u2022\u2026\u2713\u2714]")
"""Dashes, quotation marks, bullets and the like, of which models are fond: no letters, no blanks, no digits.

To a gate each is a hyphen, which no gate excludes, and which stands for them in numbers too.
"""


class Prefilter:
    """Chooses from some detectors those whose gate is open."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._all = tuple(detectors)
        self._gated = tuple(detector for detector in detectors if detector.__name__ in GATES)
        options = re2.Options()
        options.max_mem = MAX_AUTOMATON_BYTES
        self._gates = re2.Set.SearchSet(options)
        for detector in self._gated:
            self._gates.Add(GATES[detector.__name__])
        self._gates.Compile()
        self._named = lru_cache(maxsize=MAX_CACHED_CHOICES)(self._open_ones)

    def choose(self, subject: Subject) -> tuple[Detector, ...]:
        """The detectors to ask about this text, in their order; gates speak about ASCII only."""
        text = subject.text if subject.text.isascii() else _TYPOGRAPHY.sub("-", subject.text)
        if not text.isascii():
            return self._all
        chosen = self._named(tuple(self._gates.Match(text) or ()), is_long=bool(subject.long_runs))
        if subject.key and (asked := by_key(subject.key)):
            return tuple(d for d in self._all if d in chosen or d in asked)
        return chosen

    def _open_ones(self, gates: tuple[int, ...], *, is_long: bool) -> tuple[Detector, ...]:
        """The detectors of the gates with these numbers, and those that need a long run if there is one."""
        found = {self._gated[number] for number in gates}
        return tuple(d for d in self._all if d in found or (is_long and d.__name__ in OPENED_BY_LONG_RUN))
