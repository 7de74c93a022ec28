"""Search over the collections of a vector store, exported or not, with the ranking of search/search.py.

The store finds candidates by their vectors; their words are compared here, so it needs no full-text index.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

from git_fedlearn.core.record import NotARecordError, make_record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.qdrant.connect import read_qdrant_settings
from git_fedlearn.qdrant.store import Collection, Store
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.centering import center_of, centered, shift
from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.embedders.base import Embedder, Vector
from git_fedlearn.search.relevance import WordMatcher, best_matches
from git_fedlearn.search.search import Hit, Query, rank_matches
from git_fedlearn.search.windows import windows_of

MAX_STORE_LINES: Final = 50
"""Different lines of a paste that a store is asked for: each takes two requests to a collection."""


_CENTER_SAMPLE: Final = 20
"""Points of a collection whose vectors are averaged for its center, each with a request."""


def find_in_store(repository: Repository, store: Store, query: Query, model: Embedder) -> list[Hit]:
    """The points that answer a query, best first; `query.sets` name collections.

    Raises UsageError for a missing collection, FedlearnError for vectors of another size.
    """
    windows = windows_of(query.text, MAX_STORE_LINES)
    vectors = model.embed(windows)
    collections = _chosen(repository, store, query.sets)
    for collection in collections:
        _check_size(collection, next(filter(None, vectors), []), model)
    centers = [_center(collection) for collection in collections]
    near = [
        [
            one
            for collection, center in zip(collections, centers, strict=True)
            for one in _candidates(collection, vector, query.candidates, center)
        ]
        if vector
        else []
        for vector in vectors
    ]
    lines = sorted({one.line for candidates in near for one in candidates})
    matcher = WordMatcher()
    found = []
    for window, candidates in zip(windows, near, strict=True):
        words = dict(zip(lines, matcher.scores(window, lines), strict=True))
        found.append([one._replace(words=words[one.line]) for one in candidates])
    return rank_matches(repository, query, best_matches(windows, found, query.bar, query.follow_share))


def _chosen(repository: Repository, store: Store, names: Sequence[str]) -> list[Collection]:
    chosen = []
    for name in names or read_qdrant_settings(repository.top).collections:
        collection = store.find(name)
        if collection:
            chosen.append(collection)
        elif names:
            existing = ", ".join(store.names()) or "none"
            raise UsageError(f"{store.place}: no collection {name}", hint=f"collections: {existing}")
    return chosen


def _check_size(collection: Collection, vector: Vector, model: Embedder) -> None:
    schema = collection.schema()
    spec = schema.vectors.get(schema.main)
    if vector and (spec is None or spec.size != len(vector)):
        raise FedlearnError(
            f"{collection.name}: vectors have {spec.size if spec else 0} dimensions, "
            f"those of {model.name} have {len(vector)}",
            hint="set the embedder that made them: git config fedlearn.embedder",
        )


def _center(collection: Collection) -> Vector:
    first = next(collection.pages(), [])
    vectors = (collection.vector_of(point.id) for point in first)
    return center_of([*islice(filter(None, vectors), _CENTER_SAMPLE)])


def _candidates(collection: Collection, vector: Vector, limit: int, center: Vector) -> Iterator[Candidate]:
    shifted = shift(vector, center)
    seen = centered(shifted, center)
    for one in collection.nearest(shifted, limit):
        with suppress(NotARecordError):
            line = make_record({**one.payload}).line.decode("utf-8")
            yield Candidate(collection.name, line, seen(one.score, None), 0.0)
