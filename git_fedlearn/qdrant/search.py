"""Search over the collections of a vector store, exported or not, with the ranking of search/search.py.

The store finds candidates by their vectors; their words are compared here, so it needs no full-text index.
"""

from collections.abc import Sequence

from git_fedlearn.core.record import NotARecordError, make_record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.qdrant.connect import read_qdrant_settings
from git_fedlearn.qdrant.store import Collection, Store
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.embedders.base import Embedder, Vector
from git_fedlearn.search.search import Hit, Query, WordMatcher, candidate_text, rank_candidates


def find_in_store(repository: Repository, store: Store, query: Query, model: Embedder) -> list[Hit]:
    """The points that answer a query, best first; `query.sets` name collections.

    Raises UsageError for a missing collection, FedlearnError for vectors of another size.
    """
    vector = model.embed([query.text])[0]
    if not vector:
        return []
    found = [
        candidate
        for collection in _chosen(repository, store, query.sets)
        for candidate in _candidates(collection, vector, query, model)
    ]
    words = WordMatcher().scores(query.text, [candidate_text(one) for one in found])
    scored = [one._replace(words=score) for one, score in zip(found, words, strict=True)]
    return rank_candidates(repository, query, scored)


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


def _candidates(collection: Collection, vector: Vector, query: Query, model: Embedder) -> list[Candidate]:
    schema = collection.schema()
    spec = schema.vectors.get(schema.main)
    if spec is None or spec.size != len(vector):
        raise FedlearnError(
            f"{collection.name}: vectors have {spec.size if spec else 0} dimensions, "
            f"those of {model.name} have {len(vector)}",
            hint="set the embedder that made them: git config fedlearn.embedder",
        )
    made = []
    for found in collection.nearest(vector, query.candidates):
        try:
            line = make_record({**found.payload}).line.decode("utf-8")
        except NotARecordError:
            continue
        made.append(Candidate(collection.name, line, max(-1.0, min(found.score, 1.0)), 0.0))
    return made
