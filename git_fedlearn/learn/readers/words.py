"""Words of errors, explanations and changes, to see which belong together."""

import re
from typing import Final

from git_fedlearn.learn.readers.phrases import COMMON_WORDS

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+(?:\.\d+)*")


def words_in(text: str) -> frozenset[str]:
    """The telling words of a text in lower case: parts of names, stems rather than forms."""
    found = {match.group().casefold() for match in _WORD.finditer(text)}
    telling = {word for word in found if len(word) > 1} - COMMON_WORDS
    return frozenset(map(_stem, telling)) - COMMON_WORDS


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:  # noqa: PLR2004  what is left must tell something
            return word[: -len(ending)]
    return word


def sentences_of(text: str) -> list[str]:
    """The sentences and lines of a text."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z`\"'(])|\n+", text)
    return [part.strip() for part in parts if part.strip()]
