"""What becomes of an event, remembered: a log says the same again and again, with another score and time."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.events import unit_number
from git_fedlearn.core.identity import is_volatile
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.routing import Lesson, Skipped, route_event
from git_fedlearn.core.scoring import Score, score_event
from git_fedlearn.learn.extracts import Rules

SCORE: Final = "value_score"
MOST: Final = 5000
"""Events remembered; then it starts over."""


class Learned(NamedTuple):
    """A lesson by its set, its canonical content without the score, and the hash of both."""

    set_name: SetName
    content: bytes
    mark: bytes


class Judged(NamedTuple):
    """The score of an event, and its lesson or why it has none; no terms where it was remembered."""

    score: float
    outcome: Learned | Skipped
    terms: Score | None = None


class Judge:
    """Judges events by rules that do not change."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._known: dict[bytes, Learned | Skipped] = {}

    def judge(self, event: JsonObject) -> Judged:
        """The verdict on an event."""
        claim = unit_number(event, SCORE)
        mark = _mark(event) if claim is not None and not self._rules.explain else None
        known = self._known.get(mark) if mark else None
        if claim is not None and known and (score := round(claim, 3)) >= self._rules.threshold:
            return Judged(score, known)
        scored = self._score(event)
        routed = route_event(event, scored, self._rules.threshold)
        outcome = learned(routed.set_name, routed.content) if isinstance(routed, Lesson) else routed
        if mark and scored.value >= self._rules.threshold:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[mark] = outcome
        return Judged(scored.value, outcome, scored)

    def _score(self, event: JsonObject) -> Score:
        scored = score_event(event, self._rules.weights)
        own = self._rules.scorer.score(event) if self._rules.scorer and not scored.is_claimed else None
        return own or scored


def learned(set_name: SetName, content: JsonObject) -> Learned:
    """A lesson in the form in which equal ones are equal."""
    data = format_value({key: value for key, value in content.items() if key != SCORE})
    return Learned(set_name, data, xxh3_128_digest(b"%s\0%s" % (set_name.encode(), data)))


def _mark(event: Mapping[str, object]) -> bytes | None:
    """A hash of all that decides on an event which claims its score; None where it cannot be had."""
    try:
        return xxh3_128_digest(msgspec.json.encode({k: v for k, v in event.items() if _decides(k)}))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None


@lru_cache(maxsize=1024)
def _decides(key: str) -> bool:
    """Whether a field can make a difference to the lesson or the refusal of an event with a claimed score."""
    return key in ("finish_reason", "endorsement_count") or not is_volatile(key)
