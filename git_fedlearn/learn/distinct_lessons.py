"""Lessons of one run, each distinct content sanitized once.

A log says the same again and again, only with another score and time. Of lessons with one content the join
keeps the highest score and the earliest day, so that is all that is kept here; the result is the same as if
each had been made a record and joined.
"""

from collections import Counter
from datetime import date
from typing import Final

from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN, Record, make_record
from git_fedlearn.learn.intake import Intake

SCORE: Final = "value_score"
MOST: Final = 50_000
"""Distinct lessons known at a time; then their records are handed over, and it starts over."""


class _Known:
    """The record of a content, with the best score and the earliest day met so far."""

    __slots__ = ("count", "learned", "name", "record", "redacted", "score")

    def __init__(self, name: SetName, record: Record, redacted: Counter[str]) -> None:
        self.name = name
        self.record = record
        self.redacted = redacted
        self.score: float | None = None
        self.learned = date.max
        self.count = 0


class DistinctLessons:
    """Takes lessons in, gives record lines out."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._known: dict[bytes, _Known] = {}

    def add(self, name: SetName, content: JsonObject, learned: date) -> Counter[str]:
        """Take in one lesson; returns what was redacted in it. Raises NotARecordError."""
        score = content.get(SCORE)
        rest = {key: value for key, value in content.items() if key != SCORE}
        mark = xxh3_128_digest(b"%s\0%s" % (name.encode(), format_value(rest)))
        known = self._known.get(mark)
        if known is None:
            admitted = self._intake.admit(content, learned)
            known = self._known[mark] = _Known(name, admitted.record, admitted.redacted)
        known.count += 1
        known.learned = min(known.learned, learned)
        if isinstance(score, int | float) and (known.score is None or score > known.score):
            known.score = score
        return known.redacted

    def __len__(self) -> int:
        return len(self._known)

    @property
    def is_full(self) -> bool:
        """Whether it is time to take the records out."""
        return len(self._known) >= MOST

    def take(self) -> dict[SetName, list[bytes]]:
        """The record lines by set, one for every lesson that was taken in; forgets them all."""
        lines: dict[SetName, list[bytes]] = {}
        for known in self._known.values():
            lines.setdefault(known.name, []).extend([_line(known)] * known.count)
        self._known.clear()
        return lines


def _line(known: _Known) -> bytes:
    """The record's line with the best score and earliest day, rewritten only if they are not its own."""
    fields = known.record.fields
    wanted: JsonObject = {FIRST_SEEN: known.learned.isoformat()}
    if known.score is not None:
        wanted[SCORE] = known.score
    if all(fields.get(key) == value for key, value in wanted.items()):
        return known.record.line
    return make_record({**fields, **wanted}).line
