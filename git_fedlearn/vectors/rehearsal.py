"""An import without consequences: a collection that keeps no write, and a model that is not asked."""

from collections.abc import Iterator, Sequence

from git_fedlearn.vectors.embedder import Vector
from git_fedlearn.vectors.store import MOST_NUMBER, Collection, Found, Point, PointId, Schema


class Rehearsal:
    """A collection, or one that is not there yet, as it would be; the real one is only read."""

    def __init__(self, name: str, collection: Collection | None) -> None:
        self.name = name
        self.most_number = collection.most_number if collection else MOST_NUMBER
        self._collection = collection
        self._change = 0

    def schema(self) -> Schema:
        """That of the real one."""
        return self._collection.schema() if self._collection else Schema({})

    def count(self) -> int:
        """How many points it would hold."""
        return (self._collection.count() if self._collection else 0) + self._change

    def pages(self) -> Iterator[list[Point]]:
        """The points of the real one."""
        return self._collection.pages() if self._collection else iter(())

    def upsert(self, points: Sequence[Point]) -> None:
        """Count points that would be new."""
        self._change += len(points)

    def retell(self, points: Sequence[Point]) -> None:
        """Leave all as it is."""

    def delete(self, points: Sequence[PointId]) -> None:
        """Count points that would go."""
        self._change -= len(points)

    def vector_of(self, point: PointId) -> Vector | None:
        """That of the real one."""
        return self._collection.vector_of(point) if self._collection else None

    def nearest(self, vector: Vector, limit: int) -> list[Found]:
        """Those of the real one."""
        return self._collection.nearest(vector, limit) if self._collection else []


class Unasked:
    """Stands for a model where vectors are thrown away."""

    name = "no model"

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector of one number for each text."""
        return [[1.0] for _ in texts]
