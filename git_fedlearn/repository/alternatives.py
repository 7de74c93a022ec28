"""Lessons on the error of another lesson, told by its message in normal form, with other solutions."""

import re
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.effective_score import effective_score
from git_fedlearn.core.events import words_of
from git_fedlearn.core.identity import RecordId, normal_form
from git_fedlearn.core.record import Record
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trust import read_trust

MAX_SOLUTION_CHARACTERS: Final = 60

MESSAGE_FIELDS: Final = ("error_message", "error", "error_msg")
SOLUTION_FIELDS: Final = ("solution", "fix", "resolution")

_WORD: Final = re.compile(rb"[a-z]{4,}")


class Alternative(NamedTuple):
    """A lesson on the same error: its id, its effective score, and its solution in one line."""

    id: RecordId
    effective: float
    solution: str


def find_alternatives(repository: Repository, record: Record) -> list[Alternative]:
    """The other living lessons on the error of this one, those with more evidence first."""
    key = error_key(record.fields)
    if key is None:
        return []
    # The longest word of the error: a cheap test before a line is parsed.
    word = max(_WORD.findall(key.encode("utf-8", "replace")), key=len, default=b"")
    found = {
        one.id: one
        for one in repository.sets.find_living(lambda data: word in data.lower())
        if error_key(one.fields) == key and solution_key(one.fields) != solution_key(record.fields)
    }
    found.pop(record.id, None)
    trust, outcomes = read_trust(repository, found.keys()), read_outcomes(repository, found.keys())
    weighed = [
        Alternative(
            one.id,
            effective_score(one, trust, outcomes.get(one.id)),
            " ".join(solution_of(one.fields).split())[:MAX_SOLUTION_CHARACTERS],
        )
        for one in found.values()
    ]
    return sorted(weighed, key=lambda one: (-one.effective, one.id))


def error_key(fields: JsonObject) -> str | None:
    """Equal for lessons about one error; None for a lesson without an error message.

    The error type does not count: logs name one error by many types.
    """
    message = _first_text(fields, MESSAGE_FIELDS)
    return " ".join(words_of(normal_form(message))) or None


def solution_key(fields: JsonObject) -> str:
    """Equal for solutions in the same words."""
    return " ".join(words_of(solution_of(fields)))


def solution_of(fields: JsonObject) -> str:
    """The solution of a lesson on an error; empty if it has none."""
    return _first_text(fields, SOLUTION_FIELDS)


def _first_text(fields: JsonObject, names: tuple[str, ...]) -> str:
    texts = (text for name in names if isinstance(text := fields.get(name), str) and text.strip())
    return next(texts, "")
