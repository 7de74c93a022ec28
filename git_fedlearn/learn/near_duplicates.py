"""Near duplicates: clusters of lessons that say nearly the same, and retracting the weaker ones of each.

By words: MinHash (A. Broder, "On the resemblance and containment of documents", 1997) only proposes pairs,
which are then measured exactly. A lesson is in a cluster if it resembles the best one itself, so a chain of
small steps does not connect lessons that differ. The same records give the same clusters on every system.

By meaning: two lessons whose vectors of the offline model are close say the same in other words more often
than not. A person decides on those: no bar of similarity tells repeats from lessons that only look alike in
19 of 20 cases (docs/scoring.md).

The tombstone of a weaker lesson names the better one in `superseded_by`, which takes over its systems and
first day. Two systems that choose differently at the same time may retract each other's choice; find_orphans
finds those lessons.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, iter_strings
from git_fedlearn.core.events import words_of
from git_fedlearn.core.identity import ERROR_KEYS, RecordId, content_of, normal_form
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import (
    FIRST_SEEN,
    RETRACTED,
    SEEN_BY,
    Record,
    make_record,
    score_of,
    seen_by,
)
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone
from git_fedlearn.search.embedders.wordllama import DIMENSIONS, WordLlamaEmbedder
from git_fedlearn.search.lesson_text import lesson_text

if TYPE_CHECKING:
    import numpy as np
else:
    np = Lazy("numpy", "local")

rensa = Lazy("rensa", "duplicates")

SHINGLE_WORDS: Final = 3
"""Words in a shingle, the unit of comparison."""

_PERMUTATIONS: Final = 128
_BANDS: Final = 32
"""Bands of four: a resemblance of 0.6 is proposed with probability 1 - (1 - 0.6**4)**32 = 0.99."""

MIN_RESEMBLANCE: Final = 0.6
"""Pairs with less resemblance are not proposed reliably."""

SUPERSEDED_BY: Final = "superseded_by"
REASON: Final = "says nearly the same as a better one"

MIN_COSINE: Final = 0.75
"""Cosine of the vectors of two lessons that are near duplicates by meaning."""

MAX_COMPARED: Final = 30_000
"""Lessons of a set that are compared by meaning, each with each; larger sets are compared by words alone."""

_ROWS: Final = 1_000
"""Lessons that are compared with all others at a time."""


class Similar(NamedTuple):
    """A lesson and its resemblance to the best of its cluster, in [0, 1].

    It is the Jaccard index of shingles, or `by_meaning` the cosine of the vectors.
    """

    record: Record
    resemblance: float
    by_meaning: bool = False


class Cluster(NamedTuple):
    """Near duplicates; `weaker` ones are ordered by strength."""

    best: Record
    weaker: tuple[Similar, ...]

    @property
    def by_meaning(self) -> bool:
        """Whether some of it was found by meaning only."""
        return any(similar.by_meaning for similar in self.weaker)


class Duplicates(NamedTuple):
    """Clusters of one set, and orphans: lessons that were all retracted in favor of each other."""

    name: SetName
    clusters: tuple[Cluster, ...]
    orphans: tuple[RecordId, ...]


def find_clusters(
    records: Sequence[Record],
    resemblance: float,
    distinct: Collection[frozenset[RecordId]] = (),
    *,
    by_meaning: bool = False,
) -> list[Cluster]:
    """Clusters of the living records, strongest first. Raises MissingExtraError.

    `by_meaning` also finds lessons that say the same in other words. Two lessons in one group of `distinct`
    are never in one cluster.
    """
    living = sorted((record for record in records if not record.is_tombstone), key=strength)
    shingles = [shingles_of(record) for record in living]
    near = _propose(shingles)
    cosines = _close(living) if by_meaning and len(living) <= MAX_COMPARED else {}
    taken: set[int] = set()
    clusters: list[Cluster] = []
    for number, record in enumerate(living):
        if number in taken:
            continue
        similar = {
            other: Similar(living[other], cosine, by_meaning=True)
            for other, cosine in cosines.get(number, {}).items()
        }
        similar |= {
            other: Similar(living[other], alike)
            for other in near[number]
            if (alike := jaccard(shingles[number], shingles[other])) >= resemblance
        }
        weaker = [
            (other, similar[other])
            for other in sorted(similar)
            if other > number
            and other not in taken
            and not any({record.id, living[other].id} <= group for group in distinct)
        ]
        if weaker:
            taken.update(other for other, _ in weaker)
            clusters.append(Cluster(record, tuple(one for _, one in weaker)))
    return clusters


def strength(record: Record) -> tuple[int, float, int, str]:
    """A sort key, best first: more systems, higher claimed score, more content, smaller id."""
    return (-len(seen_by(record.fields)), -score_of(record.fields), -len(record.form), record.id)


def shingles_of(record: Record) -> frozenset[str]:
    """The shingles of a lesson, field by field; error messages are in their normal form."""
    found: set[str] = set()
    for key, value in content_of(record.fields).items():
        for text in iter_strings(value):
            words = words_of(normal_form(text) if key in ERROR_KEYS else text)
            found.update(
                " ".join(words[at : at + SHINGLE_WORDS])
                for at in range(max(1, len(words) - SHINGLE_WORDS + 1))
                if words
            )
    return frozenset(found)


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    """The Jaccard index: shared shingles divided by all shingles, rounded to three decimals."""
    either = len(left | right)
    return round(len(left & right) / either, 3) if either else 0.0


def _close(records: Sequence[Record]) -> dict[int, dict[int, float]]:
    """For each lesson the numbers of later ones that are close by meaning, with their cosines."""
    vectors = WordLlamaEmbedder().embed([lesson_text(record.fields).whole for record in records])
    rows = np.array([vector or [0.0] * DIMENSIONS for vector in vectors], dtype=np.float32)
    close: dict[int, dict[int, float]] = {}
    for start in range(0, len(rows), _ROWS):
        cosines = rows[start : start + _ROWS] @ rows[start:].T
        for left, right in zip(*(cosines >= MIN_COSINE).nonzero(), strict=True):
            if left < right:
                found = close.setdefault(start + int(left), {})
                found[start + int(right)] = round(min(float(cosines[left, right]), 1.0), 3)
    return close


def _propose(shingles: Sequence[frozenset[str]]) -> list[list[int]]:
    """For each lesson, the numbers of those that may resemble it, in order."""
    lsh = rensa.RMinHashLSH(threshold=MIN_RESEMBLANCE, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    hashes: list[Any] = []
    for number, words in enumerate(shingles):
        hashed = rensa.RMinHash(num_perm=_PERMUTATIONS, seed=1)
        hashed.update(sorted(words) or [f"nothing {number}"])
        lsh.insert(number, hashed)
        hashes.append(hashed)
    return [sorted(lsh.query(hashed)) for hashed in hashes]


def find_duplicates(
    sets: RecordSets,
    names: Sequence[SetName],
    resemblance: float,
    distinct: Collection[frozenset[RecordId]] = (),
    *,
    by_meaning: bool = False,
) -> list[Duplicates]:
    """The duplicates in each set; see `find_clusters`. Writes nothing."""
    found: list[Duplicates] = []
    for name in names:
        records = [*sets.read(name)]
        clusters = tuple(find_clusters(records, resemblance, distinct, by_meaning=by_meaning))
        found.append(Duplicates(name, clusters, tuple(find_orphans(records))))
    return found


def retract_weaker(repository: Repository, found: Sequence[Duplicates], now: datetime) -> None:
    """Retract the weaker lessons of each cluster in favor of the best one. The caller holds the lock."""
    sets = repository.sets
    by = repository.system()
    keep_retracted(
        repository,
        [similar.record for one in found for cluster in one.clusters for similar in cluster.weaker],
    )
    for one in found:
        lines: list[bytes] = []
        for cluster in one.clusters:
            lines.append(_merge_members(cluster).line)
            facts: JsonObject = {
                "at": f"{now:%Y-%m-%dT%H:%M:%SZ}",
                "by": by,
                "reason": REASON,
                SUPERSEDED_BY: cluster.best.id,
            }
            lines += [tombstone(similar.record, facts).line for similar in cluster.weaker]
        if lines:
            sets.join(one.name, lines)


def find_orphans(records: Sequence[Record]) -> Iterator[RecordId]:
    """The smallest id of each group of lessons that were retracted in favor of each other, in a circle."""
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


def _merge_members(cluster: Cluster) -> Record:
    """The best record, with the systems of all members and the earliest first day."""
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
