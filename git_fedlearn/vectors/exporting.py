"""A collection of a store into the repository: every point, payload only, sanitized and joined.

The store is read page by page; what was read waits on disk until all is there. So a killed export has
written nothing, and one that is repeated adds nothing twice: the join sees to that.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import POINT_ID, RETRACTED, NotARecordError, Record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.vectors.collection_files import snapshot_root, write_schema, write_snapshot
from git_fedlearn.vectors.payload_filter import PayloadFilter
from git_fedlearn.vectors.progress import Progress
from git_fedlearn.vectors.spool import Spool, open_spool
from git_fedlearn.vectors.store import Collection, Point, PointId

Admit = Callable[[JsonObject], tuple[Record, Counter[str]]]
"""The door to the record sets: a sanitized record, and what was redacted. Raises NotARecordError."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """How to export."""

    today: date
    filters: tuple[PayloadFilter, ...] = ()
    dry_run: bool = False


@dataclass(slots=True)
class Exported:
    """What became of the points of one collection."""

    name: str
    expected: int = 0
    """Points the store counted after the last of them was read."""
    points: int = 0
    filtered: int = 0
    records: int = 0
    """Distinct lessons among the points."""
    added: int = 0
    raised: int = 0
    redacted: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[PointId, str]] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether every point that the store counts was read."""
        return self.points >= self.expected


def export_collection(
    repository: Repository,
    collection: Collection,
    admit: Admit,
    request: ExportRequest,
    progress: Progress | None = None,
) -> Exported:
    """Export one collection; takes the repository's lock for the writes."""
    exported = Exported(collection.name)
    with open_spool(repository.state.folder) as spool:
        for point in _all_points(collection, exported, progress):
            _take(point, admit, request, exported, spool)
        if request.dry_run:
            _join(repository, exported, spool, write=False)
        else:
            with repository.lock("export"):
                _join(repository, exported, spool, write=True)
                if exported.records:
                    _write_own(repository, collection, spool, request.today)
    return exported


def _all_points(collection: Collection, exported: Exported, progress: Progress | None) -> Iterator[Point]:
    """Every point once; a second pass fetches what appeared during the first."""
    seen: set[PointId] = set()
    total = collection.count()
    for _ in range(2):
        for page in collection.pages():
            fresh = [point for point in page if point.id not in seen]
            seen.update(point.id for point in fresh)
            yield from fresh
            if progress:
                progress(len(seen), max(total, len(seen)))
        exported.points, exported.expected = len(seen), collection.count()
        if exported.points == exported.expected == total:
            return


def _take(point: Point, admit: Admit, request: ExportRequest, exported: Exported, spool: Spool) -> None:
    if not all(one.accepts(point.payload) for one in request.filters):
        exported.filtered += 1
        return
    try:
        record, redacted = _admitted(point, admit)
    except NotARecordError as error:
        exported.faults.append((point.id, str(error)))
        return
    exported.redacted += redacted
    spool.add(record.line)


def _admitted(point: Point, admit: Admit) -> tuple[Record, Counter[str]]:
    """The record of a point. Keys of ours without their form are left out; a payload retracts nothing."""
    payload = {key: value for key, value in point.payload.items() if key not in (RETRACTED, POINT_ID)}
    try:
        record, redacted = admit({**payload, POINT_ID: point.id})
    except NotARecordError:
        payload = {key: value for key, value in payload.items() if not is_ours(key)}
        record, redacted = admit({**payload, POINT_ID: point.id})
    if point.id == str(UUID(record.id)):  # the id that an import gives: no news
        record, redacted = admit(payload)
    return record, redacted


def _join(repository: Repository, exported: Exported, spool: Spool, *, write: bool) -> None:
    sets = repository.sets
    name = SetName(f"collections/{exported.name}")
    for lines in spool.parts():
        if lines:
            joined = sets.join(name, lines, write=write)
            exported.records += len(lines)
            exported.added += len(joined.added)
            exported.raised += len(joined.changed)


def _write_own(repository: Repository, collection: Collection, spool: Spool, today: date) -> None:
    folder = snapshot_root(repository.top) / repository.system()
    pieces = (b"\n".join([*part, b""]) for part in spool.parts() if part)
    write_snapshot(folder, collection.name, pieces, today)
    write_schema(folder, collection.name, collection.schema(), today)
