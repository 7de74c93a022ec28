"""The repository into a collection: what is missing is embedded and added, what was retracted goes.

The store itself says what is there: its payloads are read first and compared by identity. So an import
that was killed goes on where it was, and a second one adds nothing twice, under whatever point ids.
In memory are a page of the store, a batch, and about 400 bytes for each record and point.
Points that only the store knows are left alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import is_volatile
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import ID, POINT_ID, NotARecordError, Record, make_record, score_of
from git_fedlearn.qdrant.expected import RecordFile, digest
from git_fedlearn.qdrant.export import Admit
from git_fedlearn.qdrant.store import (
    BATCH,
    BATCH_BYTES,
    Collection,
    Point,
    PointId,
    parse_point_id,
    storage_problem,
)
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.lesson_text import lesson_text


class RejectedRecord(NamedTuple):
    """A record that did not enter the collection, and why."""

    record: str
    reason: str


@dataclass(slots=True)
class Imported:
    """What became of a collection."""

    name: str
    added: int = 0
    updated: int = 0
    deleted: int = 0
    present: int = 0
    """Records that were there already, the updated ones among them."""
    count: int = 0
    expected: int = 0
    faults: list[RejectedRecord] = field(default_factory=list)

    @property
    def is_verified(self) -> bool:
        """Whether the store counts what it should hold."""
        return self.count == self.expected

    @property
    def is_sound(self) -> bool:
        """Whether every record that belongs into the collection is in it."""
        return self.is_verified and not self.faults


class Gist(NamedTuple):
    """How points are understood: the embedder, the door that sanitizes, and the fields that are embedded."""

    embedder: Embedder
    admit: Admit
    text_fields: Sequence[str] = ()


def import_records(
    collection: Collection, wanted: RecordFile, gist: Gist, progress: Progress | None = None
) -> Imported:
    """Bring a collection up to the wanted records."""
    return _Import(collection, wanted, gist, progress or (lambda _done, _all: None)).run()


class _Import:
    """One import. `_points` are the ids in the store, `_there` the digests of wanted forms in it."""

    def __init__(self, collection: Collection, wanted: RecordFile, gist: Gist, progress: Progress) -> None:
        self._collection = collection
        self._wanted = wanted
        self._gist = gist
        self._progress = progress
        self._points: set[PointId] = set()
        self._there: set[bytes] = set()
        self._done = Imported(collection.name)

    def run(self) -> Imported:
        """Settle what is there, then add what is missing."""
        total = self._collection.count()
        for page in self._collection.pages():
            self._points.update(point.id for point in page)
            self._settle(page)
            self._progress(len(self._points), max(total, len(self._points)))
        self._done.present = len(self._there)
        held, handled = self._collection.count(), 0
        missing = len(self._wanted) - self._done.present
        for batch in _batches(self._new_points()):
            self._add(batch)
            handled += len(batch)
            self._progress(handled, max(missing, handled))
        self._done.count, self._done.expected = self._collection.count(), held + self._done.added
        return self._done

    def _settle(self, page: list[Point]) -> None:
        """Of the points of a page, delete what was retracted and update what was learned since.

        A point with private data is known by its sanitized form and left alone.
        """
        changed, gone = [], []
        for point in page:
            there = _find_record(point.payload)
            if there is None:
                continue
            ours = self._find_wanted(there)
            if ours:
                payload = _updated(point.payload, there, ours, self._collection.most_number)
                changed += [Point(point.id, payload)] if payload else []
            elif self._is_retracted(there):
                gone.append(point.id)
        for start in range(0, len(gone), BATCH):
            self._collection.delete(gone[start : start + BATCH])
        for start in range(0, len(changed), BATCH):
            self._collection.retell(changed[start : start + BATCH])
        self._points.difference_update(gone)
        self._done.deleted += len(gone)
        self._done.updated += len(changed)

    def _is_retracted(self, there: Record) -> bool:
        """Whether a point that is no wanted record as it stands must go; one that is when sanitized stays."""
        shared = there
        if self._wanted.retracted(there.id) < 0:
            shared = self._gist.admit({**there.fields})[0]
            if self._find_wanted(shared):
                return False
        return self._wanted.retracted(shared.id) >= shared.gen

    def _find_wanted(self, there: Record) -> Record | None:
        """The wanted record with the same identity form, which counts as there from now on."""
        lessons = self._wanted.lessons(bytes.fromhex(there.id))
        ours = next((lesson for lesson in lessons if lesson.form == there.form), None)
        if ours:
            self._there.add(digest(ours.form))
        return ours

    def _new_points(self) -> Iterator[Point]:
        """A point for each record that is missing."""
        for key in self._wanted.ids():
            for record in self._wanted.lessons(key):
                if digest(record.form) in self._there:
                    continue
                payload = _payload(record.fields)
                why = storage_problem(payload, self._collection.most_number)
                if why:
                    self._done.faults.append(RejectedRecord(record.id, f"Qdrant cannot hold it: {why}"))
                else:
                    yield Point(self._choose_id(record), payload)

    def _choose_id(self, record: Record) -> PointId:
        """The record's own point id where that is free, else one made of its content."""
        chosen = parse_point_id(record.fields.get(POINT_ID))
        if chosen is None or chosen in self._points:
            chosen = str(UUID(record.id))
        if chosen in self._points:
            chosen = str(UUID(xxh3_128_hexdigest(b"point\0" + record.form)))
        self._points.add(chosen)
        return chosen

    def _add(self, batch: list[Point]) -> None:
        texts = [lesson_text(point.payload, self._gist.text_fields).whole for point in batch]
        vectors = self._gist.embedder.embed(texts)
        made = [point._replace(vector=vector) for point, vector in zip(batch, vectors, strict=True)]
        taken = [point for point in made if point.vector]
        if taken:
            self._collection.upsert(taken)
        self._done.added += len(taken)
        self._done.faults += [
            RejectedRecord(str(point.payload[ID]), f"{self._gist.embedder.name} does not take its text")
            for point in made
            if not point.vector
        ]


def _updated(payload: JsonObject, there: Record, ours: Record, most: int) -> "JsonObject | None":
    """The payload after a join with our record, None when there is no news.

    What the store itself counts (uses, times) stays, unless ours has the higher score.
    """
    joined = join_records([there, ours])[0].fields
    if score_of(there.fields) >= score_of(ours.fields):
        joined = {**joined, **{key: value for key, value in there.fields.items() if is_volatile(key)}}
    news = {**payload, **_payload(joined)}
    if storage_problem(news, most) or format_value(make_record({**news}).fields) == format_value(
        there.fields
    ):
        return None
    return news


def _batches(points: Iterator[Point]) -> Iterator[list[Point]]:
    """Points in batches of at most BATCH points and BATCH_BYTES bytes, but at least one point."""
    batch: list[Point] = []
    size = 0
    for point in points:
        length = len(format_value(point.payload))
        if batch and (len(batch) == BATCH or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(point)
        size += length
    if batch:
        yield batch


def _payload(fields: JsonObject) -> JsonObject:
    """What a point holds of a record; its id is the point's own affair."""
    return {key: value for key, value in fields.items() if key != POINT_ID}


def _find_record(payload: JsonObject) -> Record | None:
    try:
        return make_record({key: value for key, value in payload.items() if key != POINT_ID})
    except NotARecordError:
        return None
