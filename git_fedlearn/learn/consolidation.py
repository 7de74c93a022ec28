"""Taking back lessons that a better one says nearly as well.

The tombstone names the better lesson in `superseded_by`, and what is known about who learned the weaker one
goes over to it. Two systems that judge differently at the same time may take back each other's choice;
`orphans` finds what no living lesson stands for any more.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, Record, make_record
from git_fedlearn.learn.near_duplicates import Cluster, find_clusters
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone

SUPERSEDED_BY: Final = "superseded_by"
REASON: Final = "says nearly the same as a better one"


class Consolidation(NamedTuple):
    """What one set could do without, and what it does without though it should not."""

    name: SetName
    clusters: tuple[Cluster, ...]
    orphans: tuple[RecordId, ...]


def look(
    sets: RecordSets,
    names: Sequence[SetName],
    resemblance: float,
    distinct: Collection[frozenset[RecordId]] = (),
) -> list[Consolidation]:
    """The clusters of each set, without lessons that `distinct` holds apart; reads only."""
    found: list[Consolidation] = []
    for name in names:
        records = sets.read(name)
        clusters = tuple(find_clusters(records, resemblance, distinct))
        found.append(Consolidation(name, clusters, tuple(orphans(records))))
    return found


def apply(repository: Repository, found: Sequence[Consolidation], now: datetime) -> None:
    """Retract every weaker lesson in favour of the best of its cluster; the caller holds the lock."""
    sets = RecordSets(repository.top, repository.settings.record_set_bytes)
    by = repository.system()
    keep_retracted(
        repository,
        [similar.record for one in found for cluster in one.clusters for similar in cluster.weaker],
    )
    for one in found:
        lines: list[bytes] = []
        for cluster in one.clusters:
            lines.append(_strengthened(cluster).line)
            facts: JsonObject = {
                "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                "by": by,
                "reason": REASON,
                SUPERSEDED_BY: cluster.best.id,
            }
            lines += [tombstone(similar.record, facts).line for similar in cluster.weaker]
        if lines:
            sets.join(one.name, lines)


def orphans(records: Sequence[Record]) -> Iterator[RecordId]:
    """Of lessons taken back for each other in a circle, so that none of them is left, the smallest id."""
    successor = {str(record.id): named for record in records if (named := _superseded_by(record))}
    for start in sorted(successor):
        circle = {start}
        follow = successor[start]
        while follow in successor and follow not in circle:
            circle.add(follow)
            follow = successor[follow]
        if follow == start == min(circle):
            yield RecordId(start)


def _superseded_by(record: Record) -> str:
    facts = record.fields.get(RETRACTED)
    named = facts.get(SUPERSEDED_BY) if isinstance(facts, dict) else None
    return named if isinstance(named, str) else ""


def _strengthened(cluster: Cluster) -> Record:
    """The best one, seen by all who learned any of the cluster, first when the first of them did."""
    members = [cluster.best, *(similar.record for similar in cluster.weaker)]
    systems: list[Json] = []
    for member in members:
        seen = member.fields.get(SEEN_BY)
        systems += seen if isinstance(seen, list) else []
    firsts = [first for member in members if isinstance(first := member.fields.get(FIRST_SEEN), str)]
    fields = {**cluster.best.fields}
    if systems:
        fields[SEEN_BY] = systems
    if firsts:
        fields[FIRST_SEEN] = min(firsts)
    return make_record(fields)
