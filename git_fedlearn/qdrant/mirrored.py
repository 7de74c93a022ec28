"""One mirrored point is one live record: when its content changes, the one of the old content is retracted.

Only a record that this system alone made is retracted: by the ledger and by the systems that it names. A
point of another system may have the same id, and a point that two systems export is left to both.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from git_fedlearn.core.identity import POINT, RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import GEN, RETRACTED, Record, claimed_id, make_record, parse_record, seen_by
from git_fedlearn.qdrant.store import PointId
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import retract_records

REPLACED: Final = "its point has another content now"
"""The reason of such a retraction; if the old content comes back, so does its record."""


class MirroredPoints:
    """The records of mirrored points in a set; the caller holds the lock to write."""

    def __init__(self, repository: Repository, name: SetName) -> None:
        self._repository = repository
        self._name = name
        self._system = repository.system()

    def in_their_generation(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Lines made of points, each in the generation in which its record lives, or lives again."""
        levels = {record.id: self._level(record) for record in self._find(GEN, RETRACTED)}
        for line in lines:
            level = levels.get(claimed_id(line) or RecordId(""), 0)
            is_point = level > 0 and b'"%s":' % POINT.encode() in line
            yield make_record({**parse_record(line).fields, GEN: level}).line if is_point else line

    def retract_replaced(self, points: set[PointId], ids: set[bytes], day: str, *, write: bool) -> int:
        """Retract our records of these points that are not among the `ids` made of them; returns how many."""
        found = [record for record in self._find(POINT) if bytes.fromhex(record.id) not in ids]
        stale = [record for record in found if record.fields.get(POINT) in points and self._is_ours(record)]
        learned = Ledger(self._repository).ids() if stale else set()
        stale = [record for record in stale if record.id in learned]
        if stale and write:
            retract_records(self._repository, [(self._name, record) for record in stale], REPLACED, day)
        return len(stale)

    def _find(self, *keys: str) -> Iterator[Record]:
        """The records of the set that have one of these keys."""
        marks = [b'"%s"' % key.encode() for key in keys]

        def has_mark(data: bytes) -> bool:
            return any(mark in data for mark in marks)

        for line in self._repository.sets.find_lines(self._name, has_mark, has_mark):
            record = find_record(line)
            if record and any(key in record.fields for key in keys):
                yield record

    def _is_ours(self, record: Record) -> bool:
        return not record.is_tombstone and seen_by(record.fields) == [self._system]

    def _level(self, record: Record) -> int:
        """The generation in which to write the record again; 0 if it was retracted for another reason."""
        if not record.is_tombstone:
            return record.gen
        retracted = record.fields[RETRACTED]
        facts = retracted if isinstance(retracted, dict) else {}
        is_replaced = (facts.get("by"), facts.get("reason")) == (self._system, REPLACED)
        return record.gen + 1 if is_replaced else 0
