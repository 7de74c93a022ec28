"""The search index as a Qdrant Edge shard, with a dense and a BM25 vector per lesson.

Qdrant Edge raises plain `Exception`; `edge_errors` turns it into FedlearnError where it occurs. It writes
through memory maps: if the disk is full, the kernel kills the process (SIGBUS). So `require_space` checks the
free space before each write.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.search.centering import center_of, centered, shift
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")

OPEN_BYTES: Final = 4_000_000
"""Bytes that must be free to open a shard: files of the log, and flags."""

WRITE_BYTES: Final = 48_000_000
"""Bytes that must be free to write a batch: the log, and pages, which Edge allocates 32 MB at a time."""

LESSON_BYTES: Final = 4_000
"""Bytes of a lesson of 1 KB in the shard."""

DENSE: Final = "dense"
WORDS: Final = "bm25"
_SET: Final = "set_name"
_SCROLL_PAGE: Final = 1_000
_MANY_ADDED: Final = 1_000
"""Lessons added at once after which they are arranged for fast opening, which takes 30 µs for each."""
_SEGMENT_LESSONS: Final = 50_000
"""Lessons that are arranged together: until then their words are in memory, 2 KB a lesson."""
_MAX_SEGMENTS: Final = 32
"""Segments from which on small ones are joined."""
_ID_DIGITS: Final = 32
_CENTER_SAMPLE: Final = 1_000
"""Lessons whose vectors are averaged for the center. Their ids are hashes, so the first ones are a sample."""


class IndexedLesson(NamedTuple):
    """A lesson in the shard: its set, its record line, and digests of the line and of the embedded text."""

    set_name: str
    line: str
    line_digest: str
    text_digest: str


class IndexedState(NamedTuple):
    """The point of an indexed line, and the digest of the embedded text."""

    point: str
    text_digest: str


class Candidate(NamedTuple):
    """A lesson that may answer a query, with its cosine (from the center, if given) and its BM25 score."""

    set_name: str
    line: str
    cosine: float
    words: float


class LessonShard:
    """An open shard. The caller holds a lock, since only one process may use it, and closes it."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        """Open the shard in a folder, or create it. Raises FedlearnError if it cannot be opened."""
        self.folder = folder
        self._bm25 = edge.Bm25()
        self._added = 0
        self._is_written = False
        require_space(folder, OPEN_BYTES if folder.is_dir() else WRITE_BYTES)
        with edge_errors(folder):
            self._shard = edge.EdgeShard.load(str(folder)) if folder.is_dir() else _create(folder, dimensions)

    def known(self, set_name: str, start: str) -> dict[str, IndexedState]:
        """The indexed lines of the part of a set whose ids begin with `start`, by line digest."""
        found = {}
        for point, payload in self._scroll(set_name, start):
            found[str(payload["line_digest"])] = IndexedState(point, str(payload["text_digest"]))
        return found

    def put(self, points: Sequence[tuple[str, IndexedLesson, Vector | None, str]]) -> None:
        """Add or replace lessons, given as point, entry, dense vector and text for BM25."""
        require_space(self.folder, WRITE_BYTES)
        made = [
            edge.Point(point, self._vectors(vector, text), entry._asdict())
            for point, entry, vector, text in points
        ]
        self._update(edge.UpdateOperation.upsert_points(made))
        self._added += len(made)
        if self._added >= _SEGMENT_LESSONS:
            self.settle()

    def set_payload(self, point: str, entry: IndexedLesson) -> None:
        """Replace the entry of a lesson and keep its vectors."""
        self._update(edge.UpdateOperation.overwrite_payload([UUID(point)], entry._asdict()))

    def drop(self, points: Sequence[str]) -> None:
        """Remove lessons."""
        if points:
            self._update(edge.UpdateOperation.delete_points([UUID(point) for point in points]))

    def _update(self, operation: "edge.UpdateOperation") -> None:
        self._is_written = True
        with edge_errors(self.folder):
            self._shard.update(operation)

    def settle(self) -> None:
        """Write everything to disk; after many additions, also arrange them for fast opening."""
        with edge_errors(self.folder):
            if self._added >= _MANY_ADDED:
                require_space(self.folder, WRITE_BYTES + self._added * LESSON_BYTES)
                self._shard.flush()
                self._shard.optimize()
            self._shard.flush()
        self._added, self._is_written = 0, False

    def count(self) -> int:
        """The number of lessons in the shard."""
        return self._shard.count(edge.CountRequest(exact=True))

    def center(self) -> Vector:
        """The mean vector of the lessons, as `center_of` defines it."""
        with edge_errors(self.folder):
            request = edge.ScrollRequest(limit=_CENTER_SAMPLE, with_payload=False, with_vector=[DENSE])
            page, _ = self._shard.scroll(request)
        return center_of([vector for point in page if (vector := _dense(point))])

    def candidates(
        self,
        windows: Sequence[str],
        vectors: Sequence[Vector | None],
        sets: Sequence[str],
        limit: int,
        center: Vector | None = None,
    ) -> list[list[Candidate]]:
        """For each window of a query the best `limit` lessons by words, and as many by its vector.

        A lesson that is not among the best by words has a BM25 score of 0. Without vectors, cosines are 0.
        """
        if not sets:
            return [[] for _ in windows]
        chosen = edge.Filter(must=[edge.FieldCondition(key=_SET, match=edge.MatchAny([*sets]))])
        shifted = [shift(vector, center or []) if vector else None for vector in vectors]
        with edge_errors(self.folder):
            words = [self._query(self._bm25.embed_query(window), WORDS, chosen, limit) for window in windows]
            near = [
                self._cosines(vector, by_words, chosen, limit)
                for vector, by_words in zip(shifted, words, strict=True)
            ]
            stored = self._retrieve({*chain(*words, *near)})
            at_center = self._query_among(center, {*stored}) if center and any(vectors) else {}
        seen = [centered(vector, center or []) if vector else None for vector in shifted]
        return [
            [
                Candidate(
                    *stored[point],
                    see(cosines[point], at_center.get(point)) if see and point in cosines else 0.0,
                    by_words.get(point, 0.0),
                )
                for point in by_words | cosines
            ]
            for see, by_words, cosines in zip(seen, words, near, strict=True)
        ]

    def _cosines(
        self, vector: Vector | None, known: Iterable["edge.PointId"], chosen: "edge.Filter", limit: int
    ) -> dict["edge.PointId", float]:
        """The cosines of the lessons nearest to a vector, and of those known already that have one."""
        if not vector:
            return {}
        nearest = self._query(vector, DENSE, chosen, limit)
        return nearest | self._query_among(vector, {*known} - nearest.keys())

    def _query_among(self, vector: Vector, points: set["edge.PointId"]) -> dict["edge.PointId", float]:
        """The cosines of these lessons, as far as they have vectors."""
        if not points:
            return {}
        these = edge.Filter(must=[edge.HasIdCondition(point_ids=points)])
        return self._query(vector, DENSE, these, len(points))

    def _query(
        self, vector: "Vector | edge.SparseVector", using: str, chosen: "edge.Filter", limit: int
    ) -> dict["edge.PointId", float]:
        nearest = edge.Query.Nearest(vector, using=using)
        found = self._shard.query(edge.QueryRequest(limit=limit, query=nearest, filter=chosen))
        return {point.id: point.score for point in found}

    def _retrieve(self, ids: set["edge.PointId"]) -> dict["edge.PointId", tuple[str, str]]:
        """The set and the record line of lessons."""
        found = self._shard.retrieve([*ids], with_payload=["set_name", "line"], with_vector=False)
        payloads = {point.id: point.payload or {} for point in found}
        return {point: (str(one["set_name"]), str(one["line"])) for point, one in payloads.items()}

    def close(self) -> None:
        """Flush and close the shard."""
        with edge_errors(self.folder):
            if self._is_written:
                self._shard.flush()
            self._shard.close()

    def _vectors(self, vector: Vector | None, text: str) -> dict[str, "edge.NamedVector"]:
        words: dict[str, edge.NamedVector] = {WORDS: self._bm25.embed_document(text)}
        return words | {DENSE: vector} if vector else words

    def _scroll(self, set_name: str, start: str) -> Iterator[tuple[str, dict[str, object]]]:
        chosen = edge.Filter(must=[edge.FieldCondition(key=_SET, match=edge.MatchValue(set_name))])
        offset: edge.PointId | None = UUID(start.ljust(_ID_DIGITS, "0"))
        while offset is not None:
            with edge_errors(self.folder):
                page, offset = self._shard.scroll(
                    edge.ScrollRequest(
                        offset=offset,
                        limit=_SCROLL_PAGE,
                        filter=chosen,
                        with_payload=["line_digest", "text_digest"],
                    )
                )
            for record in page:
                if not str(record.id).startswith(start):
                    return
                yield str(record.id), record.payload or {}


def _dense(point: "edge.Record") -> Vector | None:
    """The dense vector of a point; None if it has none."""
    found = point.vector.get(DENSE) if isinstance(point.vector, Mapping) else None
    return [x for x in found if isinstance(x, float)] if isinstance(found, list) else None


def require_space(folder: Path, size: int) -> None:
    """Raise FedlearnError if the file system of a folder has less than `size` bytes free."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < size:
        raise FedlearnError(
            f"{folder}: {free // 1_000_000} MB free on this disk, {size // 1_000_000} MB needed",
            hint="free space, then run it again; nothing is lost",
        )


@contextmanager
def edge_errors(folder: Path) -> Iterator[None]:
    """Turn exceptions of Qdrant Edge into FedlearnError."""
    try:
        yield
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise FedlearnError(
            f"{folder}: {str(error).splitlines()[0]}",
            hint=f"rm -r {folder}    (it is built again; if the disk is full, free space first)",
        ) from error


def _create(folder: Path, dimensions: int) -> "edge.EdgeShard":
    """Create a shard without a graph and without a log, which is mapped into memory rather than loaded.

    Comparing all of 100,000 vectors takes 10 ms; a graph of them takes minutes to build. A log is read whole
    when a shard is opened, and the index needs none: what an interrupted refresh wrote is compared again.
    """
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    made = edge.EdgeShard.create(
        str(fresh),
        edge.EdgeConfig(
            vectors={
                DENSE: edge.EdgeVectorParams(
                    size=dimensions,
                    distance=edge.Distance.Cosine,
                    datatype=edge.VectorStorageDatatype.Float16,
                    memory=edge.Memory.Cold,
                )
            },
            sparse_vectors={
                WORDS: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf, memory=edge.Memory.Cold)
            },
            payload_memory=edge.Memory.Cold,
            id_tracker_memory=edge.Memory.Cold,
            hnsw_config=edge.HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=10_000),
            optimizers=edge.EdgeOptimizersConfig(
                indexing_threshold=1_000, default_segment_number=_MAX_SEGMENTS
            ),
            wal_enabled=False,
        ),
    )
    made.update(edge.UpdateOperation.create_field_index(_SET, edge.PayloadSchemaType.Keyword))
    made.flush()
    made.close()
    fresh.rename(folder)
    return edge.EdgeShard.load(str(folder))
