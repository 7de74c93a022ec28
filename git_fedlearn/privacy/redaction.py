"""Placeholders for the private values of one record, numbered in the order of their first appearance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.invisible import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_fedlearn.privacy.model import Match
    from git_fedlearn.privacy.text_scan import TextScanner


class Redactor:
    """Redacts the texts of one record: equal values get equal placeholders, new ones a new number."""

    def __init__(self, scanner: TextScanner, texts: Iterable[str]) -> None:
        """`texts` are all of the record: a placeholder in one of them never stands for a new value."""
        self._scanner = scanner
        self._names: dict[tuple[str, str], str] = {}
        self._taken: dict[str, int] = {}
        for text in texts:
            if "<" in text:
                for hit in scanner.placeholders.finditer(text):
                    self._taken[hit[1]] = max(self._taken.get(hit[1], 0), int(hit[2] or 1))

    def redact(self, text: str, key: str = "", parts: Sequence[Match] = ()) -> str:
        """A cleaned text without anything private, and without these parts of secrets.

        Repeated until nothing more is found, hence idempotent. Each round leaves fewer characters outside
        placeholders, so it ends.
        """
        while matches := self._scanner.matches(text, key, parts):
            parts = ()
            pieces: list[str] = []
            at = 0
            for match in matches:
                pieces += (text[at : match.start], self._name(match.kind, text[match.start : match.end]))
                at = match.end
            pieces.append(text[at:])
            text = clean_text("".join(pieces))
        return text

    def _name(self, kind: str, value: str) -> str:
        if kind in kinds.FIXED:
            return kinds.FIXED[kind]
        found = self._names.get((kind, value))
        if found is None:
            number = self._taken.get(kind, 0) + 1
            self._taken[kind] = number
            found = f"<{kind}>" if number == 1 else f"<{kind}_{number}>"
            self._names[kind, value] = found
        return found
