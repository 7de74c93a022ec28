"""A vector store as export and import see it: collections of points, on a server or in a folder.

Points are durable when a call returns. A store that cannot be reached or written raises FedlearnError. All
implementations pass one contract suite (tests/qdrant/test_stores.py).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import POINT, is_metadata_key
from git_fedlearn.core.record import ID, POINT_ID, RETRACTED, NotARecordError, Record, make_record
from git_fedlearn.errors import FedlearnError
from git_fedlearn.search.embedders.base import Vector

PointId = int | str
"""As in Qdrant: a 64-bit number, or a UUID in lower case with hyphens."""

Admit = Callable[[JsonObject], tuple[Record, Counter[str]]]
"""Makes a sanitized record of a payload, and counts what was redacted. Raises NotARecordError."""

BATCH: Final = 100
"""Points written at a time, at most."""

BATCH_BYTES: Final = 4_000_000
"""Bytes of payload written at a time, at most."""

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MIN_INTEGER: Final = -(2**63)
MAX_INTEGER: Final = 2**64 - 1


def find_imported(payload: JsonObject) -> Record | None:
    """The record that an import made this payload of, by the id in it; None for a point of the user's own.

    A point whose content was changed since is the user's own, too.
    """
    record = find_record(payload)
    return record if record and payload.get(ID) == record.id else None


def find_record(payload: JsonObject) -> Record | None:
    """The payload as a record, None if it cannot be one."""
    try:
        return make_record({key: value for key, value in payload.items() if key != POINT_ID})
    except NotARecordError:
        return None


def own_contents(payload: JsonObject) -> tuple[JsonObject, JsonObject]:
    """What a payload says of its own point: with the metadata in it, and without, in case that is invalid.

    Never that it is retracted, or of which point it is.
    """
    whole = {key: value for key, value in payload.items() if key not in (RETRACTED, POINT_ID, POINT)}
    return whole, {key: value for key, value in whole.items() if not is_metadata_key(key)}


class Point(NamedTuple):
    """A point; vector search finds only those with a vector."""

    id: PointId
    payload: JsonObject
    vector: Vector | None = None


class PointTooLargeError(FedlearnError):
    """The store refuses one point because of its size; others of the same call may be missing, too."""


class ScoredPoint(NamedTuple):
    """A point and its similarity to a query."""

    id: PointId
    payload: JsonObject
    score: float


class VectorSpec(NamedTuple):
    """Size of a dense vector, and the distance function (Cosine, Dot, Euclid, Manhattan)."""

    size: int
    distance: str = "Cosine"


class Schema(NamedTuple):
    """Vectors, payload indexes and aliases of a collection; None if the store cannot tell."""

    vectors: Mapping[str, VectorSpec]
    """By name; `""` for the unnamed vector."""
    sparse: Mapping[str, JsonObject] = {}
    """Sparse vectors by name, with their parameters: `{"modifier": "idf"}`."""
    indexes: Mapping[str, JsonObject] | None = {}
    """Payload indexes by field: `{"type": "keyword"}`, with their parameters."""
    aliases: Sequence[str] | None = None
    multi: Mapping[str, str] = {}
    """Those of the vectors of which a point has many, with how they are compared: `max_sim`."""

    @property
    def main(self) -> str:
        """The name of the vector that lessons are embedded in: the unnamed one, else the first by name.

        One that is not multiple, if there is any.
        """
        return min(self.vectors.keys() - self.multi.keys() or self.vectors, default="")


class Collection(Protocol):
    """One collection of an open store."""

    name: str
    max_integer: int
    """The largest integer that a payload may contain."""

    def schema(self) -> Schema:
        """Vectors, payload indexes and aliases of the collection."""

    def count(self) -> int:
        """The exact number of points."""

    def pages(self, start: PointId | None = None) -> Iterator[list[Point]]:
        """All points (or those from an id on) without their vectors, page by page in the order of ids."""

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same ids. Raises PointTooLargeError."""

    def set_payloads(self, points: Sequence[Point]) -> None:
        """Replace the payloads of points and keep their vectors. Raises PointTooLargeError."""

    def delete(self, points: Sequence[PointId]) -> None:
        """Remove points; missing ids are ignored."""

    def vector_of(self, point: PointId) -> Vector | None:
        """The main vector of a point as stored (a unit vector for Cosine), None if it has none."""

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """The points most similar to a vector, best first."""


class Store(Protocol):
    """An open store."""

    place: str
    """Where it is, for messages; never contains a key."""

    identity: str
    """What no other store has; it may contain what must not be shown."""

    def names(self) -> list[str]:
        """The names of the collections, sorted."""

    def find(self, name: str) -> Collection | None:
        """A collection by its name or an alias, under that name; None if missing."""

    def create(self, name: str, schema: Schema) -> Collection:
        """Create a collection with its vectors and payload indexes."""

    def switch_alias(self, alias: str, name: str) -> None:
        """Point an alias to a collection, also if it pointed to another one."""

    def note(self) -> str:
        """A warning about the store, empty if there is none."""


def main_vector(vectors: object, main: str) -> Vector | None:
    """The main vector among those of a point. Clients return an unnamed vector without a mapping."""
    found = vectors.get(main) if isinstance(vectors, Mapping) else vectors
    if isinstance(found, Sequence) and found and isinstance(found[0], Sequence):
        found = found[0]  # the first of many
    return [float(number) for number in found] if isinstance(found, Sequence) and found else None


def parse_point_id(value: Json) -> PointId | None:
    """A value as a point id, None if Qdrant does not accept it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= MAX_INTEGER else None
    if isinstance(value, str) and _UUID.fullmatch(value.lower()):
        return value.lower()
    return None


def storage_problem(value: Json, max_integer: int = MAX_INTEGER) -> str:
    """Why a store would change or refuse a value; empty if it would not."""
    if isinstance(value, int) and not _MIN_INTEGER <= value <= max_integer:
        return f"an integer of more than {max_integer.bit_length()} bits"
    if isinstance(value, str):
        return "" if value.isascii() or _is_text(value) else "a lone surrogate"
    if isinstance(value, dict):
        return next(
            (why for item in (*value, *value.values()) if (why := storage_problem(item, max_integer))), ""
        )
    if isinstance(value, list):
        return next((why for item in value if (why := storage_problem(item, max_integer))), "")
    return ""


def storable(value: Json, max_integer: int = MAX_INTEGER) -> Json:
    """The value with each larger integer that equals a double as that: the same number to every reader."""
    if isinstance(value, dict):
        return {key: storable(item, max_integer) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item, max_integer) for item in value]
    if isinstance(value, int) and not _MIN_INTEGER <= value <= max_integer:
        with suppress(OverflowError):
            return float(value) if float(value) == value else value
    return value


def _is_text(value: str) -> bool:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
