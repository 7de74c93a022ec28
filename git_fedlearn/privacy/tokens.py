"""Finds tokens of known formats: a keyword check each, then one pattern, then the whole token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_marked_example
from git_fedlearn.privacy.token_formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_BEFORE = r"(?<![A-Za-z0-9])"
_REST = re.compile(r"[A-Za-z0-9_-]*")
_COMPILED: dict[str, re.Pattern[str]] = {}


def find_tokens(subject: Subject) -> Iterator[Match]:
    """Every token of a known format, whole."""
    text = subject.text
    for row in FORMATS:
        if row.keyword not in text:
            continue
        pattern = _COMPILED.get(row.rule) or _compile(row.rule, row.pattern)
        at = 0
        while (hit := pattern.search(text, at)) is not None:
            start, end = hit.span("secret" if "secret" in pattern.groupindex else 0)
            at = end = extend_token(text, end)
            if not is_marked_example(text[start:end]):
                yield Match(start, end, row.kind, row.rule, 0.99)


def extend_token(text: str, end: int) -> int:
    """Where the token that reaches `end` really ends, so that no tail of it stays."""
    rest = _REST.match(text, end)
    return rest.end() if rest else end


def _compile(rule: str, pattern: str) -> re.Pattern[str]:
    compiled = re.compile(f"{_BEFORE}(?:{pattern})")
    _COMPILED[rule] = compiled
    return compiled
