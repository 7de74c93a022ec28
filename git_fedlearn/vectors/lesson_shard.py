"""The embedded store of the search index: one Qdrant Edge shard with a dense and a BM25 vector a lesson.

Qdrant Edge raises plain `Exception`, so this module turns those into FedlearnError where they arise.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.vectors.disk_space import TO_OPEN, TO_WRITE, require_space
from git_fedlearn.vectors.embedder import Vector

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")

DENSE: Final = "dense"
WORDS: Final = "bm25"
_PAGE: Final = 10_000


class Entry(NamedTuple):
    """A lesson in the shard: its set, the line it was read from, and digests of the line and its text."""

    set_name: str
    line: str
    line_digest: str
    text_digest: str


class Known(NamedTuple):
    """What the shard holds of a line: the point and the digest of the text that was embedded."""

    point: str
    text_digest: str


class Candidate(NamedTuple):
    """A lesson that may answer a query, with the cosine and the BM25 score."""

    set_name: str
    line: str
    cosine: float
    words: float


class LessonShard:
    """An open shard. One process at a time: the caller holds a lock, and closes the shard."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        """Open the shard in a folder, or make it. Raises FedlearnError for one that cannot be opened."""
        self.folder = folder
        self._bm25 = edge.Bm25()
        require_space(folder, TO_OPEN if folder.is_dir() else TO_WRITE)
        with translated(folder):
            self._shard = edge.EdgeShard.load(str(folder)) if folder.is_dir() else _create(folder, dimensions)

    def known(self, set_name: str) -> dict[str, Known]:
        """What is held of a set, by line digest."""
        found = {}
        for point, payload in self._scroll(set_name):
            found[str(payload["line_digest"])] = Known(point, str(payload["text_digest"]))
        return found

    def put(self, points: Sequence[tuple[str, Entry, Vector | None, str]]) -> None:
        """Add or replace lessons: point, entry, dense vector and the text for BM25."""
        require_space(self.folder, TO_WRITE)
        made = [
            edge.Point(point, self._vectors(vector, text), entry._asdict())
            for point, entry, vector, text in points
        ]
        with translated(self.folder):
            self._shard.update(edge.UpdateOperation.upsert_points(made))

    def retell(self, point: str, entry: Entry) -> None:
        """Replace the entry of a lesson whose text stayed the same."""
        with translated(self.folder):
            self._shard.update(edge.UpdateOperation.overwrite_payload([UUID(point)], entry._asdict()))

    def drop(self, points: Sequence[str]) -> None:
        """Remove lessons."""
        if points:
            with translated(self.folder):
                self._shard.update(edge.UpdateOperation.delete_points([UUID(point) for point in points]))

    def count(self) -> int:
        """How many lessons are held."""
        return self._shard.count(edge.CountRequest(exact=True))

    def candidates(self, vector: Vector | None, text: str, sets: Sequence[str], most: int) -> list[Candidate]:
        """The best `most` lessons of each retriever, all of them scored by both."""
        queries = [edge.Query.Nearest(self._bm25.embed_query(text), using=WORDS)]
        if vector:
            queries.append(edge.Query.Nearest(vector, using=DENSE))
        chosen = edge.Filter(must=[edge.FieldCondition(key="set_name", match=edge.MatchAny([*sets]))])
        with translated(self.folder):
            ids = {point.id for query in queries for point in self._query(query, chosen, most)}
            if not ids:
                return []
            same = edge.Filter(must=[edge.HasIdCondition(ids)])
            words, *cosines = (
                {point.id: point.score for point in self._query(query, same, len(ids))} for query in queries
            )
            found = self._shard.retrieve([*ids], with_payload=["set_name", "line"], with_vector=False)
        cosine = cosines[0] if cosines else {}
        return [
            Candidate(
                str((point.payload or {})["set_name"]),
                str((point.payload or {})["line"]),
                cosine.get(point.id, 0.0),
                words.get(point.id, 0.0),
            )
            for point in found
        ]

    def close(self) -> None:
        """Write everything out and let go of the folder."""
        with translated(self.folder):
            self._shard.flush()
            self._shard.close()

    def _query(self, query: "edge.Query", chosen: "edge.Filter", most: int) -> list["edge.ScoredPoint"]:
        return self._shard.query(edge.QueryRequest(limit=most, query=query, filter=chosen))

    def _vectors(self, vector: Vector | None, text: str) -> dict[str, "edge.NamedVector"]:
        words: dict[str, edge.NamedVector] = {WORDS: self._bm25.embed_document(text)}
        return words | {DENSE: vector} if vector else words

    def _scroll(self, set_name: str) -> Iterator[tuple[str, dict[str, object]]]:
        chosen = edge.Filter(must=[edge.FieldCondition(key="set_name", match=edge.MatchValue(set_name))])
        offset: edge.PointId | None = None
        while True:
            with translated(self.folder):
                page, offset = self._shard.scroll(
                    edge.ScrollRequest(
                        offset=offset,
                        limit=_PAGE,
                        filter=chosen,
                        with_payload=["line_digest", "text_digest"],
                    )
                )
            yield from ((str(record.id), record.payload or {}) for record in page)
            if offset is None:
                return


@contextmanager
def translated(folder: Path) -> Iterator[None]:
    """Turn what Qdrant Edge raises into FedlearnError."""
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise FedlearnError(
            f"{folder}: {str(error).splitlines()[0]}",
            hint=f"it can be made again: rm -r {folder}; if the disk is full, free space first",
        ) from error


def _create(folder: Path, dimensions: int) -> "edge.EdgeShard":
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    edge.EdgeShard.create(
        str(fresh),
        edge.EdgeConfig(
            vectors={DENSE: edge.EdgeVectorParams(size=dimensions, distance=edge.Distance.Cosine)},
            sparse_vectors={WORDS: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)},
        ),
    ).close()
    fresh.rename(folder)
    return edge.EdgeShard.load(str(folder))
