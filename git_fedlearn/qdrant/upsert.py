"""Bring one collection up to date: add missing records, update changed ones, delete retracted ones.

The payloads in the store are read first and compared by identity, whatever their point ids. So an interrupted
import resumes where it stopped, and a repeated one adds nothing twice. Only points that an import made are
written: their payload has the id of its record. Those of the user's own are left alone. Memory: a page of the
store, a batch, and about 400 bytes per record and point.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import POINT, is_volatile
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import ID, POINT_ID, NotARecordError, Record, make_record, score_of
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.expected import RecordFile, digest
from git_fedlearn.qdrant.store import (
    BATCH,
    BATCH_BYTES,
    MAX_INTEGER,
    Admit,
    Collection,
    Point,
    PointId,
    PointTooLargeError,
    find_imported,
    find_record,
    own_contents,
    parse_point_id,
    storable,
    storage_problem,
)
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.lesson_text import lesson_text


class RejectedRecord(NamedTuple):
    """A record that was not imported, and why."""

    record: str
    reason: str


@dataclass(slots=True)
class Imported:
    """The result for one collection, in numbers of points."""

    name: str
    added: int = 0
    updated: int = 0
    deleted: int = 0
    present: int = 0
    """Records that were in the collection before, including updated ones."""
    count: int = 0
    expected: int = 0
    faults: list[RejectedRecord] = field(default_factory=list)
    error: FedlearnError | None = None
    """Why the collection could not be imported at all."""

    @property
    def is_verified(self) -> bool:
        """Whether the store counts the expected number of points."""
        return self.error is None and self.count == self.expected

    @property
    def is_sound(self) -> bool:
        """Whether all expected records are in the collection."""
        return self.is_verified and not self.faults


class PointBuilder(NamedTuple):
    """What makes points of records: the embedder, the intake, and the fields to embed."""

    embedder: Embedder
    admit: Admit
    text_fields: Sequence[str] = ()


def import_records(
    collection: Collection, expected: RecordFile, builder: PointBuilder, progress: Progress | None = None
) -> Imported:
    """Bring a collection up to date with the expected records."""
    return _Import(collection.name, collection, expected, builder, progress).run()


def rehearse_import(
    name: str, collection: Collection | None, expected: RecordFile, builder: PointBuilder
) -> Imported:
    """What `import_records` would do to a collection, which may not exist; writes and embeds nothing.

    Texts that the embedder does not accept are counted as added.
    """
    return _Import(name, collection, expected, builder, is_rehearsal=True).run()


class _Import:
    """One import. `_points`: all point ids in the store; `_present`: digests of the expected forms in it."""

    def __init__(
        self,
        name: str,
        collection: Collection | None,
        expected: RecordFile,
        builder: PointBuilder,
        progress: Progress | None = None,
        *,
        is_rehearsal: bool = False,
    ) -> None:
        self._collection = collection
        self._max_integer = collection.max_integer if collection else MAX_INTEGER
        self._expected = expected
        self._builder = builder
        self._progress = progress or (lambda _done, _all: None)
        self._is_rehearsal = is_rehearsal
        self._points: set[PointId] = set()
        self._present: set[bytes] = set()
        self._done = Imported(name)

    def run(self) -> Imported:
        """Update the points in the store, then add the missing ones."""
        total = self._count()
        for page in self._collection.pages() if self._collection else ():
            self._points.update(point.id for point in page)
            self._update(page)
            self._progress(len(self._points), max(total, len(self._points)))
        self._done.present = len(self._present)
        before, handled = total - self._done.deleted if self._is_rehearsal else self._count(), 0
        missing = len(self._expected) - self._done.present
        for batch in _batches(self._new_points()):
            self._add(batch)
            handled += len(batch)
            self._progress(handled, max(missing, handled))
        self._done.expected = before + self._done.added
        self._done.count = self._done.expected if self._is_rehearsal else self._count()
        return self._done

    def _count(self) -> int:
        return self._collection.count() if self._collection else 0

    def _update(self, page: list[Point]) -> None:
        """Of the points that an import made, delete the retracted ones and update the changed ones.

        A point of the user's own is read, to see whether its lesson is there, and never written.
        """
        changed, retracted = [], []
        for point in page:
            stored = find_imported(point.payload)
            if stored is None:
                self._find_own(point)
                continue
            ours = self._find_expected(stored)
            if ours:
                payload = _updated(point.payload, stored, ours, self._max_integer)
                changed += [Point(point.id, payload)] if payload else []
            elif self._expected.retracted(stored.id) >= stored.gen:
                retracted.append(point.id)
        updated = len(changed)
        if self._collection and not self._is_rehearsal:
            for start in range(0, len(retracted), BATCH):
                self._collection.delete(retracted[start : start + BATCH])
            batches = (changed[start : start + BATCH] for start in range(0, len(changed), BATCH))
            updated = sum(self._write(batch, self._collection.set_payloads) for batch in batches)
        self._points.difference_update(retracted)
        self._done.deleted += len(retracted)
        self._done.updated += updated

    def _find_own(self, point: Point) -> None:
        """Mark the expected record of a point of the user's own, as a lesson or mirrored, also sanitized."""
        whole, bare = own_contents(point.payload)
        content = whole if find_record(whole) else bare
        forms = [content, {**content, POINT: point.id}] if self._expected.has_points else [content]
        stored = [record for form in forms if (record := find_record(form))]
        found = [self._find_expected(record) for record in stored]
        if any(found):
            return
        for record in stored:
            with suppress(NotARecordError):
                self._find_expected(self._builder.admit({**record.fields})[0])

    def _find_expected(self, stored: Record) -> Record | None:
        """The expected record with the same identity form, which is then marked as present."""
        lessons = self._expected.lessons(bytes.fromhex(stored.id))
        ours = next((lesson for lesson in lessons if lesson.form == stored.form), None)
        if ours:
            self._present.add(digest(ours.form))
        return ours

    def _new_points(self) -> Iterator[Point]:
        """A point for each missing record."""
        for key in self._expected.ids():
            for record in self._expected.lessons(key):
                if digest(record.form) in self._present:
                    continue
                payload = _payload(record.fields, self._max_integer)
                problem = storage_problem(payload, self._max_integer)
                if problem:
                    self._done.faults.append(RejectedRecord(record.id, f"Qdrant cannot store it: {problem}"))
                else:
                    yield Point(self._choose_id(record), payload)

    def _choose_id(self, record: Record) -> PointId:
        """The point id of the record if it is free, else one derived from its content."""
        chosen = parse_point_id(record.fields.get(POINT, record.fields.get(POINT_ID)))
        if chosen is None or chosen in self._points:
            chosen = str(UUID(record.id))
        if chosen in self._points:
            chosen = str(UUID(xxh3_128_hexdigest(b"point\0" + record.form)))
        self._points.add(chosen)
        return chosen

    def _add(self, batch: list[Point]) -> None:
        if self._collection is None or self._is_rehearsal:
            self._done.added += len(batch)
            return
        texts = [lesson_text(point.payload, self._builder.text_fields).whole for point in batch]
        vectors = self._builder.embedder.embed(texts)
        made = [point._replace(vector=vector) for point, vector in zip(batch, vectors, strict=True)]
        embedded = [point for point in made if point.vector]
        self._done.added += self._write(embedded, self._collection.upsert)
        self._done.faults += [
            RejectedRecord(str(point.payload[ID]), f"{self._builder.embedder.name} does not accept its text")
            for point in made
            if not point.vector
        ]

    def _write(self, points: list[Point], send: Callable[[Sequence[Point]], None]) -> int:
        """Send points; returns how many the store took. One that is too large for it is a fault."""
        try:
            if points:
                send(points)
        except PointTooLargeError as error:
            half = len(points) // 2
            if half:
                return self._write(points[:half], send) + self._write(points[half:], send)
            self._done.faults.append(RejectedRecord(str(points[0].payload[ID]), error.message))
            return 0
        return len(points)


def _updated(payload: JsonObject, stored: Record, ours: Record, max_integer: int) -> "JsonObject | None":
    """The payload joined with our record, None if that changes nothing.

    Volatile fields (uses, times) of the store are kept, unless our record has a higher score.
    """
    joined = join_records([stored, ours])[0].fields
    if score_of(stored.fields) >= score_of(ours.fields):
        joined = {**joined, **{key: value for key, value in stored.fields.items() if is_volatile(key)}}
    updated = {**payload, **_payload(joined, max_integer)}
    if storage_problem(updated, max_integer) or format_value(make_record({**updated}).fields) == format_value(
        stored.fields
    ):
        return None
    return updated


def _batches(points: Iterator[Point]) -> Iterator[list[Point]]:
    """Batches of at most BATCH points and BATCH_BYTES bytes, with at least one point each."""
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


def _payload(fields: JsonObject, max_integer: int) -> JsonObject:
    """The payload for a record; the point id is not part of it."""
    return {key: storable(value, max_integer) for key, value in fields.items() if key != POINT_ID}
