"""A store as a coordinator leaves it: collections with vectors in the embedded engine of a clone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from systems import System

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.qdrant.connect import open_store
from git_fedlearn.qdrant.embedded import EdgeStore
from git_fedlearn.qdrant.store import Point, PointId, Schema, VectorSpec
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.embedders.wordllama import DIMENSIONS, WordLlamaEmbedder
from git_fedlearn.search.lesson_text import lesson_text

SCHEMA = Schema({"": VectorSpec(DIMENSIONS)}, indexes={"error_type": {"type": "keyword"}})


@contextmanager
def store_of(system: System) -> Iterator[EdgeStore]:
    """The embedded store of a clone."""
    repository = Repository.discover(system.path, system.environment)
    with open_store(repository, "test") as store:
        assert isinstance(store, EdgeStore)
        yield store


def fill(system: System, name: str, payloads: Mapping[PointId, JsonObject]) -> None:
    """Add points to a collection, made if need be."""
    model = WordLlamaEmbedder()
    with store_of(system) as store:
        collection = store.find(name) or store.create(name, SCHEMA)
        vectors = model.embed([lesson_text(payload).whole for payload in payloads.values()])
        made = [
            Point(identifier, payload, vector)
            for (identifier, payload), vector in zip(payloads.items(), vectors, strict=True)
        ]
        for start in range(0, len(made), 100):
            collection.upsert(made[start : start + 100])


def contents(system: System, name: str) -> dict[PointId, JsonObject]:
    """Every payload of a collection by point id."""
    with store_of(system) as store:
        collection = store.find(name)
        assert collection is not None
        return {point.id: point.payload for page in collection.pages() for point in page}


def answers(system: System, name: str, text: str, limit: int = 3) -> list[PointId]:
    """The points that answer a text by vectors alone."""
    vector = WordLlamaEmbedder().embed([text])[0]
    assert vector is not None
    with store_of(system) as store:
        collection = store.find(name)
        assert collection is not None
        return [found.id for found in collection.nearest(vector, limit)]
