"""Lessons on the error of another lesson, with other solutions."""

import re
from typing import Final, NamedTuple

from git_fedlearn.core.alternatives import error_key, solution_key, solution_of
from git_fedlearn.core.effective_score import effective_score
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import Record, parse_record
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trust import read_trust

MAX_SOLUTION_CHARACTERS: Final = 60

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
    found = {
        one.id: one
        for one in _with_words(repository, key)
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


def _with_words(repository: Repository, key: str) -> list[Record]:
    """The living records with the longest word of an error: a cheap test before a line is parsed."""
    words = _WORD.findall(key.encode("utf-8", "replace"))
    word = max(words, key=len, default=b"")

    def has_word(data: bytes) -> bool:
        return word in data.lower()

    sets = repository.sets
    lines = (line for name in sets.names() for line in sets.find_lines(name, has_word, has_word))
    return [record for line in lines if not (record := parse_record(line)).is_tombstone]
