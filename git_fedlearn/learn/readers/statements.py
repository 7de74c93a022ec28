"""From a session: conventions that the user stated, and corrections that the agent followed.

Most of what a user says is a wish of the day. A rule speaks of all cases, of here and us, in the present
tense, often with a reason; a wish speaks of this one thing, of today, of what somebody did or wants.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.readers.phrases import (
    AGREEMENT,
    OPENING,
    REFUSAL,
    SPEAKS_AGAINST_A_RULE,
    SPEAKS_FOR_A_RULE,
    sentences_of,
)
from git_fedlearn.learn.readers.session import Ran, Said, Step

STATED_SCORE: Final = 0.8
FOLLOWED_SCORE: Final = 0.85
"""The score of a convention, and of a correction that was followed."""

RULE_WEIGHT: Final = 2.0
"""A statement of this weight is a rule."""

MAX_STATEMENT: Final = 450
"""Characters of a statement that is judged as a whole; of a longer one, each sentence is judged alone."""

MIN_WORDS: Final = 4
SHORT_WORDS: Final = 6
SHORT_EXTRA: Final = 0.5
"""A statement of fewer words than SHORT_WORDS needs so much more weight."""

MAX_TITLE: Final = 100


def find_statements(steps: Sequence[Step]) -> Iterator[JsonObject]:
    """The lessons, as events."""
    by_user = [(at, step) for at, step in enumerate(steps) if isinstance(step, Said) and step.by_user]
    ends = [-1, *(place for place, _ in by_user), len(steps)]
    for number, (place, step) in enumerate(by_user):
        previous, following = ends[number], ends[number + 2]
        answer = by_user[number + 1][1].text if following < len(steps) else ""
        agreed = bool(AGREEMENT.search(answer))
        refused = not agreed and bool(REFUSAL.match(answer))
        acted = number > 0 and place > previous + 1
        corrects = acted and bool(REFUSAL.search(step.text))
        reacted = following > place + 1
        for statement in _statements(step.text):
            weight = rule_weight(statement) + (corrects and reacted and agreed)
            is_short = len(statement.split()) < SHORT_WORDS
            wanted = RULE_WEIGHT + (corrects and refused) + SHORT_EXTRA * is_short
            if weight >= wanted and (reacted or not corrects):
                yield _event(statement, corrects=corrects, when=_time_near(steps, place))


def _statements(text: str) -> Iterator[str]:
    """The parts of a message that are judged alone: all of a short one, else its sentences."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL).strip()
    for part in [prose] if len(prose) <= MAX_STATEMENT else sentences_of(prose):
        if len(part.split()) >= MIN_WORDS and len(part) <= MAX_STATEMENT:
            yield part


def rule_weight(statement: str) -> float:
    """How much speaks for a rule, less what speaks for a wish of the day."""
    found = sum(weight for weight, pattern in SPEAKS_FOR_A_RULE if pattern.search(statement))
    return found - sum(weight for weight, pattern in SPEAKS_AGAINST_A_RULE if pattern.search(statement))


def _event(statement: str, *, corrects: bool, when: object) -> JsonObject:
    plain = OPENING.sub("", sentences_of(statement)[0]) or statement
    title = plain if len(plain) <= MAX_TITLE else f"{plain[:MAX_TITLE].rsplit(' ', 1)[0]} …"
    return {
        "event_type": "convention",
        "title": title[:1].upper() + title[1:],
        "category": "correction" if corrects else "convention",
        "description": statement,
        "outcome": "success",
        "value_score": FOLLOWED_SCORE if corrects else STATED_SCORE,
        "timestamp": when if isinstance(when, str | int | float) else None,
    }


def _time_near(steps: Sequence[Step], place: int) -> object:
    """The time of the next command after a step, else of the last one before it."""
    places = chain(range(place, len(steps)), range(place - 1, -1, -1))
    return next((step.when for at in places if isinstance(step := steps[at], Ran)), None)
