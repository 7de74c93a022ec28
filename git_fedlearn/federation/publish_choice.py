"""Which lessons to publish: by id, set, score, and the number of systems that learned them on their own.

Without ids, what a peer brought is left out unless this system learned it, too: it is not ours to publish.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.effective_score import Trust, effective_score
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import Record, seen_by
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trust import read_trust

LESSON_SETS: Final = (SKILLS_PATTERNS, ERROR_SOLUTIONS, BEST_PRACTICES)
"""The sets to choose from if none is named: no training samples, no collections."""


class PublishChoice(NamedTuple):
    """The options of a choice; without any, no lesson is chosen."""

    ids: tuple[str, ...] = ()
    sets: tuple[SetName, ...] = ()
    min_score: float | None = None
    learners: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is chosen, so that only what was published before is followed."""
        return self == PublishChoice()


def choose_lessons(
    repository: Repository, choice: PublishChoice, sets: Sequence[SetName] = LESSON_SETS
) -> list[tuple[SetName, Record]]:
    """The living lessons that are chosen, of `sets` if none is named.

    Raises NoSuchRecordError, UsageError for an id without one.
    """
    if choice.is_empty:
        return []
    for name in choice.sets:
        repository.sets.check_name(name)
    found = _by_id(repository, choice) if choice.ids else _by_set(repository, choice.sets or sets)
    ids = {record.id for _, record in found}
    trust, outcomes = read_trust(repository, ids), read_outcomes(repository, ids)
    return [
        (name, record)
        for name, record in found
        if (choice.ids or _is_ours(record, trust))
        and (choice.learners is None or count_learners(record, trust) >= choice.learners)
        and (
            choice.min_score is None
            or effective_score(record, trust, outcomes.get(record.id)) >= choice.min_score
        )
    ]


def count_learners(record: Record, trust: Trust) -> int:
    """How many systems learned a lesson on their own.

    A peer can name any systems, so all that it names count as one; and what was received before it was
    learned was not learned on one's own.
    """
    return 1 if record.id in trust.brought else len(seen_by(record.fields))


def _is_ours(record: Record, trust: Trust) -> bool:
    return record.id not in trust.brought or record.id in trust.learned


def _by_id(repository: Repository, choice: PublishChoice) -> list[tuple[SetName, Record]]:
    found = []
    for start in choice.ids:
        named = [one for one in select(repository.sets, start) if not choice.sets or one[0] in choice.sets]
        living = [one for one in named if not one[1].is_tombstone]
        if not living:
            what = "retracted here" if named else f"not in {', '.join(choice.sets)}"
            raise UsageError(f"{start}: {what}", hint=f"git fedlearn show {start}")
        found += living
    return found


def _by_set(repository: Repository, sets: Sequence[SetName]) -> list[tuple[SetName, Record]]:
    return [
        (name, record) for name in sets for record in repository.sets.read(name) if not record.is_tombstone
    ]
