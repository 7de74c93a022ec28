"""Clusters of lessons that say nearly the same: found by MinHash, then measured exactly.

MinHash (A. Broder, "On the resemblance and containment of documents", 1997) only proposes pairs. A lesson
joins a cluster when its own resemblance to the best one is high enough, so no chain of small steps ties
lessons together that are unlike. The same records give the same clusters on every system.

Of a cluster the weaker lessons are retracted: the tombstone names the better lesson in `superseded_by`, and
what is known about who learned the weaker one goes over to it. Two systems that judge differently at the same
time may retract each other's choice; `orphans` finds what no living lesson stands for any more.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, iter_strings
from git_fedlearn.core.events import words_of
from git_fedlearn.core.identity import ERROR_KEYS, RecordId, content_of, normal_form
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, Record, make_record, score_of, seen_by
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone

rensa = Lazy("rensa", "duplicates")

SHINGLE: Final = 3
"""Words in a row that are compared."""

_PERMUTATIONS: Final = 128
_BANDS: Final = 32
"""Bands of four: a pair that resembles by 0.6 is proposed with a chance of 0.99 (1 - (1 - 0.6**4)**32)."""

MINIMUM: Final = 0.6
"""What is less alike would no longer surely be found."""


SUPERSEDED_BY: Final = "superseded_by"
REASON: Final = "says nearly the same as a better one"


class Similar(NamedTuple):
    """A lesson that resembles the best of its cluster, from 0 to 1 (Jaccard, of runs of three words)."""

    record: Record
    resemblance: float


class Cluster(NamedTuple):
    """Lessons that say nearly the same; `weaker` in order of strength."""

    best: Record
    weaker: tuple[Similar, ...]


def find_clusters(
    records: Sequence[Record], resemblance: float, distinct: Collection[frozenset[RecordId]] = ()
) -> list[Cluster]:
    """Clusters of the living among the records, strongest first. Raises MissingExtraError.

    Two lessons that a group of `distinct` names both are not duplicates of each other.
    """
    living = sorted((record for record in records if not record.is_tombstone), key=strength)
    shingles = [shingles_of(record) for record in living]
    near = _propose(shingles)
    taken: set[int] = set()
    clusters: list[Cluster] = []
    for number, record in enumerate(living):
        if number in taken:
            continue
        weaker = [
            (other, Similar(living[other], alike))
            for other in near[number]
            if other > number
            and other not in taken
            and not any({record.id, living[other].id} <= group for group in distinct)
            and (alike := jaccard(shingles[number], shingles[other])) >= resemblance
        ]
        if weaker:
            taken.update(other for other, _ in weaker)
            clusters.append(Cluster(record, tuple(similar for _, similar in weaker)))
    return clusters


def strength(record: Record) -> tuple[int, float, int, str]:
    """A key that sorts the best first: learned by more systems, a higher claimed score, more said, its id."""
    return (-len(seen_by(record.fields)), -score_of(record.fields), -len(record.form), record.id)


def shingles_of(record: Record) -> frozenset[str]:
    """The runs of words in a lesson, field by field; error messages in their normal form."""
    found: set[str] = set()
    for key, value in content_of(record.fields).items():
        for text in iter_strings(value):
            words = words_of(normal_form(text) if key in ERROR_KEYS else text)
            found.update(
                " ".join(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1)) if words
            )
    return frozenset(found)


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """The share of runs that both have, of those that either has."""
    either = len(left | right)
    return round(len(left & right) / either, 3) if either else 0.0


def _propose(shingles: Sequence[frozenset[str]]) -> list[list[int]]:
    """For each lesson the numbers of those that may resemble it, in order."""
    lsh = rensa.RMinHashLSH(threshold=MINIMUM, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    hashes: list[Any] = []
    for number, runs in enumerate(shingles):
        hashed = rensa.RMinHash(num_perm=_PERMUTATIONS, seed=1)
        hashed.update(sorted(runs) or [f"nothing {number}"])
        lsh.insert(number, hashed)
        hashes.append(hashed)
    return [sorted(lsh.query(hashed)) for hashed in hashes]


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
    sets = repository.sets
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
        systems += seen_by(member.fields)
    firsts = [first for member in members if isinstance(first := member.fields.get(FIRST_SEEN), str)]
    fields = {**cluster.best.fields}
    if systems:
        fields[SEEN_BY] = systems
    if firsts:
        fields[FIRST_SEEN] = min(firsts)
    return make_record(fields)
