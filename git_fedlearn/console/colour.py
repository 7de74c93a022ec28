"""Colours: on a terminal only, and none where `NO_COLOR` is set (no-color.org)."""

from collections.abc import Mapping
from typing import Final, TextIO

_RESET: Final = "\x1b[0m"
_CODES: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[33m",
    "hint": "\x1b[36m",
    "note": "\x1b[2m",
    "problem": "\x1b[1;31m",
    "fixed": "\x1b[33m",
    "ok": "\x1b[32m",
}
"""The words that carry a colour; what they mean must be clear without it."""


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream. `FORCE_COLOR` colours a pipe too."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return bool(environment.get("FORCE_COLOR")) or stream.isatty()


def paint_marks(text: str) -> str:
    """The text with the mark that a line begins with, such as `error:`, in its colour."""
    return "\n".join(_paint_mark(line) for line in text.split("\n"))


def paint(word: str) -> str:
    """A word in its own colour, white space around it left as it is."""
    code = _CODES.get(word.strip())
    return f"{code}{word}{_RESET}" if code else word


def _paint_mark(line: str) -> str:
    mark, colon, rest = line.partition(": ")
    return f"{_CODES[mark]}{mark}:{_RESET} {rest}" if colon and mark in _CODES else line
