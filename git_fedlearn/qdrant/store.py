"""A vector store as export and import see it: collections of points, in a server or in a folder.

One contract suite runs over every implementation (tests/vectors/test_stores.py). Points are written
when a call returns. A store that cannot be reached or written raises FedlearnError.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.search.embedders.base import Vector

PointId = int | str
"""A 64-bit number or a UUID in lower case with hyphens: what Qdrant takes."""

BATCH: Final = 100
"""Most points written at once."""

BATCH_BYTES: Final = 4_000_000
"""Most bytes of payload written at once."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIN_NUMBER: Final = -(2**63)
MAX_NUMBER: Final = 2**64 - 1


class Point(NamedTuple):
    """A point as it is written; without a vector it can be found by no vector search."""

    id: PointId
    payload: JsonObject
    vector: Vector | None = None


class ScoredPoint(NamedTuple):
    """A point with its similarity to a query."""

    id: PointId
    payload: JsonObject
    score: float


class VectorSpec(NamedTuple):
    """Size of a dense vector and how two are compared (Cosine, Dot, Euclid, Manhattan)."""

    size: int
    distance: str = "Cosine"


class Schema(NamedTuple):
    """What a collection is made of; None where the store cannot say."""

    vectors: Mapping[str, VectorSpec]
    """By name; the unnamed vector is ``""``."""
    sparse: Mapping[str, JsonObject] = {}
    """Sparse vectors by name with the parameters the store tells: `{"modifier": "idf"}`."""
    indexes: Mapping[str, JsonObject] | None = {}
    """Payload indexes by field: `{"type": "keyword"}` with the parameters the store tells."""
    aliases: Sequence[str] | None = None

    @property
    def main(self) -> str:
        """The vector that lessons are embedded in: the unnamed one, else the first by name."""
        return min(self.vectors, default="")


class Collection(Protocol):
    """One collection of an open store."""

    name: str
    most_number: int
    """The largest whole number that a payload may hold."""

    def schema(self) -> Schema:
        """What the collection is made of."""

    def count(self) -> int:
        """How many points it holds, exactly."""

    def pages(self) -> Iterator[list[Point]]:
        """All points, payloads only, page by page in the order of their ids."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same ids."""

    def retell(self, points: Sequence[Point]) -> None:
        """Replace the payloads of points and keep their vectors."""

    def delete(self, points: Sequence[PointId]) -> None:
        """Remove points; ids that are not there are no error."""

    def vector_of(self, point: PointId) -> Vector | None:
        """The main vector of a point as the store keeps it (a unit vector for Cosine), None without one."""

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """The points most similar to a vector."""


class Store(Protocol):
    """An open store."""

    place: str
    """Where it is, as messages name it; never a key."""

    def names(self) -> list[str]:
        """The collections, sorted."""

    def find(self, name: str) -> Collection | None:
        """A collection by its name or an alias, by which it goes then; None when there is none."""

    def create(self, name: str, schema: Schema) -> Collection:
        """Make a collection with its vectors and payload indexes."""

    def switch_alias(self, alias: str, name: str) -> None:
        """Make `alias` stand for a collection, whatever it stood for."""


def main_of(vectors: object, main: str) -> Vector | None:
    """The main vector among those of a point, which a client gives bare when it is unnamed."""
    found = vectors.get(main) if isinstance(vectors, Mapping) else vectors
    return [float(number) for number in found] if isinstance(found, Sequence) and found else None


def parse_point_id(value: Json) -> PointId | None:
    """The point id that a value is, None for one that Qdrant does not take."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= MAX_NUMBER else None
    if isinstance(value, str) and _UUID.fullmatch(value.lower()):
        return value.lower()
    return None


def storage_problem(value: Json, most: int = MAX_NUMBER) -> str:
    """Why a store would give a value back changed; empty when it would not."""
    if isinstance(value, int) and not _MIN_NUMBER <= value <= most:
        return f"a whole number beyond {most.bit_length()} bits"
    if isinstance(value, str):
        return "" if value.isascii() or _is_text(value) else "a lone surrogate"
    if isinstance(value, dict):
        return next((why for item in (*value, *value.values()) if (why := storage_problem(item, most))), "")
    if isinstance(value, list):
        return next((why for item in value if (why := storage_problem(item, most))), "")
    return ""


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
