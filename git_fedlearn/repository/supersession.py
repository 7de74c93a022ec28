"""Which lessons of this clone were replaced by newer ones, and how far it believes that.

Anyone can write a record that names another in `supersedes`. So a link counts in full if the newer lesson is
this system's own, came with the user's own commits or from upstream, or worked here. If a peer of less than
full trust brought it (`pull-remotes`, a bundle), it counts in full against lessons that the same peer
brought, half against those of others, and not at all against what this system learned, until a second peer
agrees. Systems that a peer names in `_seen_by` change nothing.
"""

from collections.abc import Collection, Iterable
from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.supersession import SUPERSEDES, NewerLessons, Successor, find_last, superseded_ids
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.state import REMOVED_PEERS, facts_of
from git_fedlearn.repository.trust import introduced_by_peers

HALF_BELIEVED: Final = 0.5
AGREEING_PEERS: Final = 2
"""Peers that must replace a lesson before what this system learned gives way."""

_KEY: Final = b'"%s"' % SUPERSEDES.encode("ascii")


def find_successors(
    repository: Repository, ids: Collection[RecordId]
) -> dict[RecordId, tuple[Successor, ...]]:
    """The newest lessons that replace each of these; only lessons that are replaced have an entry."""
    newer = _newer_lessons(repository)
    if newer.keys().isdisjoint(ids):
        return {}
    belief = _Belief(repository, newer)
    return {one: last for one in ids if one in newer and (last := tuple(find_last(one, newer, belief.share)))}


def find_superseded(repository: Repository, starts: Iterable[str]) -> list[RecordId]:
    """The lessons whose ids start like this, for a new record that replaces them.

    Raises NoSuchRecordError, UsageError if one is ambiguous or retracted.
    """
    found: list[RecordId] = []
    for start in starts:
        record = select(repository.sets, start)[0][1]
        if record.is_tombstone:
            raise UsageError(f"{start}: this lesson was retracted", hint="add the new lesson on its own")
        found.append(record.id)
    return found


def _newer_lessons(repository: Repository) -> NewerLessons:
    """Remembered until a data file changes: a search asks each time."""
    top = repository.top
    paths = [repository.relative(path) for path in (top / "data").rglob("*.jsonl")]
    links = repository.state.remember("superseded", facts_of(top, paths), lambda: _links(repository.sets))
    found: dict[RecordId, set[RecordId]] = {}
    for newer, older in links.items():
        for one in older if isinstance(older, list) else ():
            found.setdefault(RecordId(str(one)), set()).add(RecordId(newer))
    return {older: frozenset(ids) for older, ids in found.items()}


def _links(sets: RecordSets) -> JsonObject:
    """The lessons that each living record replaces; files without any are not read line by line."""
    found: JsonObject = {}
    for record in sets.find_living(lambda data: _KEY in data):
        if older := [one for one in superseded_ids(record.fields) if one != record.id]:
            found[record.id] = [*older]
    return found


class _Belief:
    """How far this clone believes that one lesson replaces another."""

    def __init__(self, repository: Repository, newer: NewerLessons) -> None:
        linked = {one for ids in newer.values() for one in ids}
        self._newer = newer
        self._learned = Ledger(repository).peek()
        own, counted = repository.git.find_config(SYSTEM_KEY), read_outcomes(repository, linked)
        self._worked = {one for one, by in counted.items() if own in by and by[own].worked > by[own].failed}
        self._peers = introduced_by_peers(repository)

    def share(self, newer: RecordId, older: RecordId) -> float:
        """The share of one link, in [0, 1]."""
        peers = self._brought(newer)
        if not peers or newer in self._learned or newer in self._worked or peers & self._brought(older):
            return 1.0
        if older not in self._learned:
            return HALF_BELIEVED
        agreeing = {peer for one in self._newer.get(older, ()) for peer in self._brought(one)} - {
            REMOVED_PEERS
        }
        return 1.0 if len(agreeing) >= AGREEING_PEERS else 0.0

    def _brought(self, identifier: RecordId) -> set[str]:
        if identifier in self._learned:
            return set()
        return {peer for peer, ids in self._peers.items() if identifier in ids}
