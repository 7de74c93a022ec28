"""Lessons that replace others: a record names the ids of those it replaces in `supersedes`.

The link is content of the newer record, so it is shared and retracted with it. It is a claim, and counts as
much as the reader's clone has reason to believe it (repository/supersession.py). Pure.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import ID_FORM

SUPERSEDES: Final = "supersedes"
"""The field of a record with the ids of the lessons that it replaces."""

MAX_SUPERSEDED: Final = 16
"""Lessons that one record can replace; further ids have no effect."""

MAX_CHAIN: Final = 64
"""Lessons of a chain that are followed."""

NewerLessons = Mapping[RecordId, frozenset[RecordId]]
"""The living lessons that name an older one in `supersedes`, by the id of the older one."""


class Successor(NamedTuple):
    """A lesson that replaces another, directly or through others, and how far this clone believes it.

    `share` is in [0, 1]; 0 is a claim that has no effect.
    """

    id: RecordId
    share: float


def superseded_ids(fields: JsonObject) -> list[RecordId]:
    """The lessons that a record replaces; a single id counts as a list of one."""
    value = fields.get(SUPERSEDES)
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    ids = [RecordId(item) for item in listed if isinstance(item, str) and ID_FORM.fullmatch(item)]
    return list(dict.fromkeys(ids))[:MAX_SUPERSEDED]


def superseding(fields: JsonObject, older: Iterable[RecordId]) -> JsonObject:
    """The fields of a record that also replaces these lessons."""
    listed: list[Json] = [*sorted({*superseded_ids(fields), *older})]
    return {**fields, SUPERSEDES: listed} if listed else fields


def find_last(
    older: RecordId, newer: NewerLessons, share_of: Callable[[RecordId, RecordId], float]
) -> list[Successor]:
    """The newest lessons that replace `older`, the most believed first.

    `share_of(newer, older)` is how far one link is believed. A chain is followed over links that are
    believed in full. Links on a cycle replace nothing.
    """
    found: dict[RecordId, float] = {}
    for direct in _direct(older, newer):
        share = share_of(direct, older)
        for last in _ends(direct, newer, share_of) if share else (direct,):
            found[last] = max(share, found.get(last, 0.0))
    return sorted((Successor(*one) for one in found.items()), key=lambda one: (-one.share, one.id))


def _ends(
    start: RecordId, newer: NewerLessons, share_of: Callable[[RecordId, RecordId], float]
) -> Iterator[RecordId]:
    """The ends of the believed chains that begin at a lesson; the lesson itself if nothing replaces it."""
    pending, seen = [start], {start}
    while pending:
        at = pending.pop()
        steps = [one for one in _direct(at, newer) if share_of(one, at) == 1.0]
        if not steps or len(seen) >= MAX_CHAIN:
            yield at
            continue
        pending += [one for one in steps if one not in seen]
        seen.update(steps)


def _direct(older: RecordId, newer: NewerLessons) -> list[RecordId]:
    """The lessons that name `older`, in order, except those that it replaces in turn."""
    return [one for one in sorted(newer.get(older, ())) if not _reaches(one, older, newer)]


def _reaches(start: RecordId, goal: RecordId, newer: NewerLessons) -> bool:
    pending, seen = [start], {start}
    while pending and len(seen) <= MAX_CHAIN:
        steps = newer.get(pending.pop(), frozenset())
        if goal in steps or goal == start:
            return True
        pending += [one for one in steps if one not in seen]
        seen.update(steps)
    return False
