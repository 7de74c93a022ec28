"""Export collections of a store to the repository: the payload of each point, sanitized and joined.

The store is read page by page, and records are collected on disk until all are read. So an interrupted export
has written nothing under data/; the next one resumes after its last page and adds nothing twice.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.collection_names import escape_name, is_collection_name
from git_fedlearn.core.expressions import Expression, is_true
from git_fedlearn.core.folding import Folds
from git_fedlearn.core.identity import POINT
from git_fedlearn.core.layout import set_of_collection
from git_fedlearn.core.record import POINT_ID, NoContentError, NotARecordError, Record, parse_record
from git_fedlearn.core.record_set import join_into
from git_fedlearn.errors import FedlearnError, StoreDownError, UsageError
from git_fedlearn.qdrant.connect import (
    DEFAULT_COLLECTIONS,
    check_collection,
    open_store,
    read_qdrant_settings,
)
from git_fedlearn.qdrant.expected import RecordFile, disk_errors, open_record_file
from git_fedlearn.qdrant.mirrored import MirroredPoints
from git_fedlearn.qdrant.schema import SNAPSHOTS, write_schema, write_snapshot
from git_fedlearn.qdrant.spool import ExportSpool, ReadPage, ReadRecord, open_spool
from git_fedlearn.qdrant.store import (
    Admit,
    Collection,
    Point,
    PointId,
    Store,
    find_imported,
    own_contents,
)
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import EXPORTS
from git_fedlearn.repository.workers import Progress
from git_fedlearn.training.own_files import remember_own_files


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export: `names`, or without any the collections of the settings, or `everything`.

    Of a collection in `lessons`, equal content of many points is one record; of any other, each point is.
    """

    today: date
    filters: tuple[Expression, ...] = ()
    dry_run: bool = False
    names: tuple[str, ...] = ()
    everything: bool = False
    lessons: frozenset[str] = frozenset(DEFAULT_COLLECTIONS)


@dataclass(slots=True)
class Exported:
    """The result for one collection, in numbers of points and records."""

    name: str
    expected: int = 0
    """Points that the store counted after the last one was read."""
    points: int = 0
    filtered: int = 0
    empty: int = 0
    """Points without content, of which there is nothing to learn."""
    records: int = 0
    """Distinct records."""
    added: int = 0
    raised: int = 0
    replaced: int = 0
    """Records retracted because their mirrored points have another content now."""
    own_ids: set[bytes] = field(default_factory=set)
    """Ids of those that are not of points that an import made."""
    point_ids: set[PointId] = field(default_factory=set)
    """The mirrored points of the records."""
    folds: Folds = field(default_factory=Folds)
    redacted: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[PointId, str]] = field(default_factory=list)
    error: FedlearnError | None = None
    """Why the collection could not be exported at all."""

    @property
    def is_complete(self) -> bool:
        """Whether all points that the store counts were read."""
        return self.error is None and self.points >= self.expected


class ExportRun(NamedTuple):
    """The results for all collections, and the place of the store with a warning about it, if any."""

    place: str
    collections: list[Exported]
    note: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all points were read, and those with content exported or filtered out."""
        return all(one.is_complete and not one.faults for one in self.collections)


def export_collections(
    repository: Repository,
    request: ExportRequest,
    *,
    admit: Admit,
    check_name: Callable[[str], None],
    progress: Progress | None = None,
) -> ExportRun:
    """Export collections of the configured store; `check_name` raises for a name that may not be shared.

    A collection that cannot be exported has an error and does not stop the others. Raises UsageError for a
    named collection that is missing, FedlearnError if none can be exported.
    """
    settings = read_qdrant_settings(repository.top)
    request = replace(request, lessons=settings.lessons)
    with open_store(repository, "export") as store:
        names = store.names() if request.everything else request.names or settings.collections
        _refuse_missing(store, request.names)
        done = []
        for name in names:
            try:
                check_name(check_collection(name))
            except FedlearnError as error:
                done.append(Exported("…", error=error))
                continue
            try:
                collection = store.find(name)
                if collection:
                    done.append(
                        export_collection(repository, collection, admit, request, store.identity, progress)
                    )
            except StoreDownError:
                raise
            except FedlearnError as error:
                done.append(Exported(name, error=error))
        if done and done[0].error and all(one.error for one in done):
            raise done[0].error
        return ExportRun(store.place, done, store.note())


def _refuse_missing(store: Store, names: Sequence[str]) -> None:
    for name in names:
        if is_collection_name(name) and _is_missing(store, name):
            existing = ", ".join(store.names()) or "none"
            raise UsageError(f"{store.place}: no collection {name}", hint=f"collections: {existing}")


def _is_missing(store: Store, name: str) -> bool:
    """Whether the store has no such collection; one that it does not let us see is not missing."""
    try:
        return store.find(name) is None
    except StoreDownError:
        raise
    except FedlearnError:
        return False


def export_collection(
    repository: Repository,
    collection: Collection,
    admit: Admit,
    request: ExportRequest,
    store: str,
    progress: Progress | None = None,
) -> Exported:
    """Export one collection; holds the lock of the repository while it writes.

    `store` is its identity: an interrupted export of it resumes, unless points are filtered.
    """
    exported = Exported(collection.name)
    folder = repository.state.path(EXPORTS)
    name = f"{xxh3_64_hexdigest(store.encode())}-{escape_name(collection.name)}.jsonl"
    header: JsonObject = {"day": request.today.isoformat(), "lessons": collection.name in request.lessons}
    is_whole = not (request.dry_run or request.filters)
    with open_record_file(repository.state.folder) as lines, ExitStack() as stack:
        spool = stack.enter_context(open_spool(folder, name, header)) if is_whole else ExportSpool(None, {})
        with disk_errors(repository.state.folder):
            _Reading(collection, admit, request, exported, lines, spool).run(progress)
            lines.finish()
        for part in lines.parts():
            exported.folds.add(part)
        if request.dry_run:
            _join(repository, request, exported, lines, write=False)
        else:
            with repository.lock("export"):
                _join(repository, request, exported, lines, write=True)
                if exported.records:
                    _write_own_files(repository, collection, lines, request.today)
        spool.remove()
    return exported


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads the points of a collection, or takes them from the spool, and makes records of them."""

    collection: Collection
    admit: Admit
    request: ExportRequest
    exported: Exported
    lines: RecordFile
    spool: ExportSpool
    seen: set[PointId] = field(default_factory=set)

    def run(self, progress: Progress | None) -> None:
        """Take all points, each once; a second pass reads those added during the first."""
        start: PointId | None = None
        for kept in self.spool.pages():
            self._take(self._sanitized_again(kept))
            start = kept.points[-1] if kept.points else start
        total = self.collection.count()
        for _ in range(2):
            for points in self.collection.pages() if start is None else self.collection.pages(start):
                fresh = [point for point in points if point.id not in self.seen]
                page = self._make_page(fresh)
                self._take(page)
                self.spool.add(page)
                if progress:
                    progress(len(self.seen), max(total, len(self.seen)))
            self.exported.points, self.exported.expected = len(self.seen), self.collection.count()
            if self.exported.points == self.exported.expected == total:
                return
            start = None

    def _take(self, page: ReadPage) -> None:
        """Count a page, and keep its records for the join."""
        self.seen.update(page.points)
        self.exported.filtered += page.filtered
        self.exported.empty += page.empty
        self.exported.faults += page.faults
        self.exported.redacted.update(page.redacted)
        for line, is_own, point in page.records:
            identifier = bytes.fromhex(line[8:40].decode("ascii"))
            if is_own:
                self.exported.own_ids.add(identifier)
            if point is not None:
                self.exported.point_ids.add(point)
            self.lines.put(identifier, line)

    def _make_page(self, points: list[Point]) -> ReadPage:
        page = ReadPage([point.id for point in points], [], [], Counter())
        filtered = empty = 0
        for point in points:
            if not all(is_true(accepts(point.payload)) for accepts in self.request.filters):
                filtered += 1
                continue
            is_mirrored = self.exported.name not in self.request.lessons
            try:
                record, redacted = _make_record(point, self.admit, mirrored=is_mirrored)
            except NoContentError:
                empty += 1
                continue
            except NotARecordError as error:
                page.faults.append((point.id, str(error)))
                continue
            page.redacted.update(redacted)
            own_point = point.id if POINT in record.fields else None
            page.records.append(ReadRecord(record.line, not find_imported(point.payload), own_point))
        return page._replace(filtered=filtered, empty=empty)

    def _sanitized_again(self, page: ReadPage) -> ReadPage:
        """A page of the spool under the rules of today."""
        records = []
        for one in page.records:
            record, redacted = self.admit({**parse_record(one.line).fields})
            page.redacted.update(redacted)
            records.append(one._replace(line=record.line))
        return page._replace(records=records)


def _make_record(point: Point, admit: Admit, *, mirrored: bool) -> tuple[Record, Counter[str]]:
    """The record of a point, without invalid metadata; a payload cannot retract anything.

    A point that an import made stays the record that it was.
    """
    place: JsonObject = {POINT if mirrored else POINT_ID: point.id}
    imported = find_imported(point.payload)
    if imported:
        is_mirrored = POINT in imported.fields
        place = {POINT: imported.fields[POINT]} if is_mirrored else {POINT_ID: point.id}
    content, bare = own_contents(point.payload)
    try:
        record, redacted = admit({**content, **place})
    except NotARecordError:
        content = bare
        record, redacted = admit({**content, **place})
    if POINT_ID in place and point.id == str(UUID(record.id)):  # made by an import from the record id
        record, redacted = admit(content)
    return record, redacted


def _join(
    repository: Repository, request: ExportRequest, exported: Exported, lines: RecordFile, *, write: bool
) -> None:
    sets = repository.sets
    name = set_of_collection(exported.name)
    points = MirroredPoints(repository, name)
    for part in map(_joined, lines.parts()):
        if write:
            Ledger(repository).add(
                line for line in part if bytes.fromhex(line[8:40].decode()) in exported.own_ids
            )
        joined = sets.join(name, points.in_their_generation(part), write=write)
        exported.records += len(part)
        exported.added += len(joined.added)
        exported.raised += len(joined.changed)
    if exported.point_ids:
        today, ids = request.today.isoformat(), {*lines.ids()}
        exported.replaced = points.retract_replaced(exported.point_ids, ids, today, write=write)


def _joined(lines: Iterable[bytes]) -> list[bytes]:
    return join_into([b"".join([line + b"\n" for line in sorted({*lines})])], ()).records


def _write_own_files(repository: Repository, collection: Collection, lines: RecordFile, today: date) -> None:
    folder = repository.top / SNAPSHOTS / repository.system()
    pieces = (b"\n".join([*part, b""]) for part in map(_joined, lines.parts()))
    remember_own_files(repository, [write_snapshot(folder, collection.name, pieces, today)])
    write_schema(folder, collection.name, collection.schema(), today)
