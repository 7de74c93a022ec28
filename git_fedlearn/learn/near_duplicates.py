"""Clusters of lessons that say nearly the same: found by MinHash, then measured exactly.

MinHash (A. Broder, "On the resemblance and containment of documents", 1997) only proposes pairs. A lesson
joins a cluster when its own resemblance to the best one is high enough, so no chain of small steps ties
lessons together that are unlike. The same records give the same clusters on every system.
"""

import importlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.events import words_of
from git_fedlearn.core.identity import ERROR_KEYS, RecordId, content_of
from git_fedlearn.core.normal_form import normal_form
from git_fedlearn.core.record import SEEN_BY, Record, score_of
from git_fedlearn.errors import FedlearnError

EXTRA: Final = "pip install 'git-fedlearn[consolidate]'"
SHINGLE: Final = 3
"""Words in a row that are compared."""

_PERMUTATIONS: Final = 128
_BANDS: Final = 32
"""Bands of four: a pair that resembles by 0.6 is proposed with a chance of 0.99 (1 - (1 - 0.6**4)**32)."""

MINIMUM: Final = 0.6
"""What is less alike would no longer surely be found."""


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
    """Clusters of the living among the records, strongest first. Raises FedlearnError without rensa.

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
    seen = record.fields.get(SEEN_BY)
    systems = len(seen) if isinstance(seen, list) else 0
    return (-systems, -score_of(record.fields), -len(record.form), record.id)


def shingles_of(record: Record) -> frozenset[str]:
    """The runs of words in a lesson, field by field; error messages in their normal form."""
    found: set[str] = set()
    for key, value in content_of(record.fields).items():
        for text in _texts(value):
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
    rensa = _rensa()
    lsh = rensa.RMinHashLSH(threshold=MINIMUM, num_perm=_PERMUTATIONS, num_bands=_BANDS)
    hashes: list[Any] = []
    for number, runs in enumerate(shingles):
        hashed = rensa.RMinHash(num_perm=_PERMUTATIONS, seed=1)
        hashed.update(sorted(runs) or [f"nothing {number}"])
        lsh.insert(number, hashed)
        hashes.append(hashed)
    return [sorted(lsh.query(hashed)) for hashed in hashes]


def _rensa() -> Any:  # noqa: ANN401  an optional package
    try:
        return importlib.import_module("rensa")
    except ImportError:
        raise FedlearnError(
            "finding near duplicates needs rensa, which is not installed", hint=EXTRA
        ) from None


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from _texts([*value.values()])
