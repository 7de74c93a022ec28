"""Dumps of collections, as scripts make them with Qdrant's scroll API, taken into record sets."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import POINT, is_metadata_key
from git_fedlearn.core.layout import SetName, set_of_collection
from git_fedlearn.core.record import POINT_ID, NotARecordError
from git_fedlearn.qdrant.connect import read_qdrant_settings
from git_fedlearn.qdrant.store import Admit
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.older_layout import dumped_collection, is_committed, read_dump
from git_fedlearn.repository.repository import Repository


@dataclass(slots=True)
class TakenDump:
    """What became of a dump: its set, its points, and those that cannot be records."""

    path: str
    set_name: SetName
    points: int = 0
    faults: list[str] = field(default_factory=list)
    redacted: Counter[str] = field(default_factory=Counter)
    is_removed: bool = False


def take_dumps(repository: Repository, paths: Iterable[str], admit: Admit) -> list[TakenDump]:
    """Join the points of dumps into the sets of their collections, as an export of them would.

    A dump is removed if HEAD has it and all its points are records. The caller holds the lock.
    """
    return [_take(repository, path, admit) for path in paths]


def _take(repository: Repository, path: str, admit: Admit) -> TakenDump:
    name = dumped_collection(path)
    taken = TakenDump(path, set_of_collection(name))
    repository.sets.check_name(taken.set_name)
    key = POINT_ID if name in read_qdrant_settings(repository.top).lessons else POINT
    lines = list[bytes]()
    for point in read_dump(repository.top / path) or []:
        payload = point.get("payload")
        content: JsonObject = (
            {name: value for name, value in payload.items() if not is_metadata_key(name)}
            if isinstance(payload, dict)
            else {}
        )
        try:
            record, redacted = admit({**content, key: point["id"]})
        except NotARecordError as error:
            taken.faults.append(f"point {point['id']}: {error}")
            continue
        lines.append(record.line)
        taken.redacted += redacted
    taken.points = len(lines)
    if lines:
        if key == POINT_ID:
            Ledger(repository).add(lines)
        repository.sets.join(taken.set_name, lines)
    if not taken.faults and is_committed(repository, path):
        (repository.top / path).unlink()
        taken.is_removed = True
    return taken
