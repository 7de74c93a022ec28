"""One text under inspection, with what several detectors want to know about it, worked out once."""

from __future__ import annotations

import re
from functools import cached_property

_LONG_RUN = re.compile(r"[A-Za-z0-9_.$~!:|/+=-]{30}")
_DIGIT_RUN = re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{14}")
_DECIMALS = re.compile(r"[0-9]\.[0-9]{3}")


class Subject:
    """A cleaned text and the name it is stored under: the nearest dict key, or nothing."""

    def __init__(self, text: str, key: str = "") -> None:
        self.text = text
        self.key = key
        self.lowered = _lower(text)

    @cached_property
    def has_long_run(self) -> bool:
        """Whether anything in it is as long as the shortest token that has no telling prefix."""
        return _LONG_RUN.search(self.text) is not None

    @cached_property
    def has_digit_run(self) -> bool:
        """Whether a long word holds a digit early, as all generated tokens do."""
        return _DIGIT_RUN.search(self.text) is not None

    @cached_property
    def has_decimals(self) -> bool:
        """Whether a number with three decimals or a degree sign occurs."""
        return "°" in self.text or _DECIMALS.search(self.text) is not None

    def has_any(self, words: tuple[str, ...]) -> bool:
        """Whether one of these lower-case words occurs, in any case."""
        lowered = self.lowered
        return any(word in lowered for word in words)


def _lower(text: str) -> str:
    """The text in lower case, character by character, so that offsets hold."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)
