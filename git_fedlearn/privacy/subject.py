"""One text under inspection, with what several detectors want to know about it, worked out once."""

from __future__ import annotations

from functools import cached_property

from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.secret_names import stem_positions

_LONG = 24
_LONG_RUN = lazy_pattern(rf"[A-Za-z0-9_.$~!:|/+=-]{{{_LONG},}}")
_DIGITED = 14
_DIGIT_RUN = lazy_pattern(rf"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{{0,64}}[0-9])[A-Za-z0-9_-]{{{_DIGITED}}}")
_DECIMALS = lazy_pattern(r"[0-9]\.[0-9]{3}")


class Subject:
    """A cleaned text and the name it is stored under: the nearest dict key, or nothing."""

    def __init__(self, text: str, key: str = "") -> None:
        self.text = text
        self.key = key
        lowered = text.lower()
        if len(lowered) != len(text):
            lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
        self.lowered = lowered
        """In lower case, character by character, so that offsets hold."""
        self._long_words = [word for word in text.split() if len(word) >= _DIGITED]
        self.long_runs: list[tuple[int, int]] = []
        """Where many token characters follow each other, as in the shortest token without telling prefix."""
        if any(len(word) >= _LONG for word in self._long_words):
            self.long_runs = [hit.span() for hit in _LONG_RUN.finditer(text)]

    @cached_property
    def stem_positions(self) -> list[int]:
        """Where the name of a secret may stand, in order."""
        return stem_positions(self.lowered)

    @cached_property
    def has_digit_run(self) -> bool:
        """Whether a long word holds a digit early, as all generated tokens do."""
        return any(_DIGIT_RUN.search(word) for word in self._long_words)

    @cached_property
    def has_decimals(self) -> bool:
        """Whether a number with three decimals or a degree sign occurs."""
        return "°" in self.text or _DECIMALS.search(self.text) is not None

    def has_any(self, words: tuple[str, ...]) -> bool:
        """Whether one of these lower-case words occurs, in any case."""
        lowered = self.lowered
        return any(word in lowered for word in words)
