"""The repository into a collection: what is missing is embedded and added, what was retracted goes.

The store itself says what is there: its payloads are read first and compared by identity. So an import
that was killed goes on where it was, and a second one adds nothing twice, under whatever point ids.
Points that only the store knows are left alone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from xxhash import xxh3_128_digest, xxh3_128_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.identity import is_volatile
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import (
    ID,
    POINT_ID,
    NotARecordError,
    Record,
    make_record,
    parse_record,
    score_of,
)
from git_fedlearn.vectors.embedder import Embedder
from git_fedlearn.vectors.exporting import Admit
from git_fedlearn.vectors.gathering import Gathered
from git_fedlearn.vectors.lesson_text import lesson_text
from git_fedlearn.vectors.store import (
    BATCH,
    BATCH_BYTES,
    Collection,
    Point,
    PointId,
    as_point_id,
    why_unstorable,
)

Progress = Callable[[int, int], None]
"""Called with the number of points added so far and the number to add."""


class Fault(NamedTuple):
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
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_verified(self) -> bool:
        """Whether the store counts what it should hold."""
        return self.count == self.expected


class Gist(NamedTuple):
    """How points are understood: the embedder, the door that sanitizes, and the fields that are embedded."""

    embedder: Embedder
    admit: Admit
    text_fields: Sequence[str] = ()


class _Survey(NamedTuple):
    """What the store holds: point ids, forms (by digest) of wanted records, new payloads, what must go."""

    points: set[PointId]
    forms: set[bytes]
    changed: list[Point]
    gone: list[PointId]


def import_records(
    collection: Collection, gathered: Gathered, gist: Gist, progress: Progress | None = None
) -> Imported:
    """Bring a collection up to the gathered records."""
    imported = Imported(collection.name)
    wanted = {_digest(parse_record(line)): line for line in gathered.lines}
    survey = _survey(collection, wanted, gathered, gist.admit)
    _settle(collection, survey, imported)
    held = collection.count()
    missing = [line for digest, line in wanted.items() if digest not in survey.forms]
    done = 0
    for batch in _batches(_points(missing, survey, imported)):
        _add(collection, batch, gist, imported)
        done += len(batch)
        if progress:
            progress(done, len(missing))
    imported.count, imported.expected = collection.count(), held + imported.added
    return imported


def _survey(collection: Collection, wanted: dict[bytes, bytes], gathered: Gathered, admit: Admit) -> _Survey:
    """Read every payload once. A point with private data is known by its sanitized form and left alone."""
    survey = _Survey(set(), set(), [], [])
    for point in (point for page in collection.pages() for point in page):
        survey.points.add(point.id)
        there = _find_record(point.payload)
        if there is None:
            continue
        line = wanted.get(_digest(there))
        if line is not None:
            survey.forms.add(_digest(there))
            payload = _updated(point.payload, there, parse_record(line))
            if payload:
                survey.changed.append(Point(point.id, payload))
            continue
        shared = there if there.id in gathered.buried else admit({**there.fields})[0]
        if _digest(shared) in wanted:
            survey.forms.add(_digest(shared))
        elif gathered.buried.get(shared.id, -1) >= shared.gen:
            survey.gone.append(point.id)
    return survey


def _settle(collection: Collection, survey: _Survey, imported: Imported) -> None:
    """Delete what was retracted and update what was learned since."""
    for start in range(0, len(survey.gone), BATCH):
        collection.delete(survey.gone[start : start + BATCH])
    for point in survey.changed:
        collection.retell(point.id, point.payload)
    imported.deleted, imported.updated = len(survey.gone), len(survey.changed)
    imported.present = len(survey.forms)
    survey.points.difference_update(survey.gone)


def _add(collection: Collection, batch: list[Point], gist: Gist, imported: Imported) -> None:
    texts = [lesson_text(point.payload, gist.text_fields).whole for point in batch]
    vectors = gist.embedder.embed(texts)
    made = [point._replace(vector=vector) for point, vector in zip(batch, vectors, strict=True)]
    taken = [point for point in made if point.vector]
    if taken:
        collection.upsert(taken)
    imported.added += len(taken)
    imported.faults += [
        Fault(str(point.payload[ID]), f"{gist.embedder.name} does not take its text")
        for point in made
        if not point.vector
    ]


def _updated(payload: JsonObject, there: Record, ours: Record) -> "JsonObject | None":
    """The payload after a join with our record, None when there is no news.

    What the store itself counts (uses, times) stays, unless ours has the higher score.
    """
    joined = join_records([there, ours])[0].fields
    if score_of(there.fields) >= score_of(ours.fields):
        joined = {**joined, **{key: value for key, value in there.fields.items() if is_volatile(key)}}
    news = {**payload, **_payload(joined)}
    if why_unstorable(news) or format_value(make_record({**news}).fields) == format_value(there.fields):
        return None
    return news


def _points(lines: list[bytes], survey: _Survey, imported: Imported) -> Iterator[Point]:
    """A point for each record; its own point id where that is free, else one made of its content."""
    for line in lines:
        record = parse_record(line)
        payload = _payload(record.fields)
        why = why_unstorable(payload)
        if why:
            imported.faults.append(Fault(record.id, f"Qdrant cannot hold it: {why}"))
            continue
        chosen = as_point_id(record.fields.get(POINT_ID))
        if chosen is None or chosen in survey.points:
            chosen = str(UUID(record.id))
        if chosen in survey.points:
            chosen = str(UUID(xxh3_128_hexdigest(b"point\0" + record.form)))
        survey.points.add(chosen)
        yield Point(chosen, payload)


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


def _digest(record: Record) -> bytes:
    return xxh3_128_digest(record.form)
