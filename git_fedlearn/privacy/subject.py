"""One text under inspection, with what several detectors want to know about it, worked out once."""

from __future__ import annotations

from functools import cached_property


class Subject:
    """A cleaned text and the name it is stored under: the nearest dict key, or nothing."""

    def __init__(self, text: str, key: str = "") -> None:
        self.text = text
        self.key = key

    @cached_property
    def lowered(self) -> str:
        """For asking whether a word occurs; offsets in it may differ from those of the text."""
        return self.text.lower()
