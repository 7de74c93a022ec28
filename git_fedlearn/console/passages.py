"""The part of a lesson that answers a question, for a terminal."""

import re
import textwrap

WIDTH = 96
"""Columns of a line; longer ones are wrapped."""

CUT = "…"
"""Stands for lines that are left out."""

_WORD = re.compile(r"\w{3,}")


def passage(text: str, question: str, most: int) -> list[str]:
    """At most `most` lines of a text: those around the most words of the question, CUT for what is left out.

    Control characters, which records may hold, are escaped.
    """
    lines = [part for line in _printable(text).split("\n") if line.strip() for part in _wrapped(line)]
    start = _best_start(lines, {word.lower() for word in _WORD.findall(question)}, most)
    shown = lines[start : start + most]
    return [CUT] * (start > 0) + shown + [CUT] * (start + most < len(lines))


def _best_start(lines: list[str], asked: set[str], most: int) -> int:
    """Where the window with the most different words of the question begins, the first of equals."""
    found = [asked & {word.lower() for word in _WORD.findall(line)} for line in lines]
    starts = range(max(len(lines) - most, 0) + 1)
    return max(starts, key=lambda start: (len(set[str]().union(*found[start : start + most])), -start))


def _wrapped(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line.rstrip()]
    indent = line[: len(line) - len(line.lstrip())][: WIDTH // 2]
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=True, break_on_hyphens=False)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)
