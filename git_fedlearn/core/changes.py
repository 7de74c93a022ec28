"""What happened to the records of a set between two versions of it.

Lines that both versions have are never parsed. The join of all lines of one id is compared, so it does
not matter in which file of the set, how often or in what form a record occurs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import (
    CANONICAL_START,
    RETRACTED,
    NotARecordError,
    Record,
    parse_record,
    score_of,
    seen_by,
)
from git_fedlearn.core.record_set import split_lines


class ChangeKind(Enum):
    """The name of a change; stable in `--json`."""

    LEARNED = "learned"
    RAISED = "raised"
    LOWERED = "lowered"
    ENDORSED = "endorsed"
    """More systems learned it independently."""
    RETRACTED = "retracted"
    RESTORED = "restored"
    CHANGED = "changed"
    """Another field: metadata, or the volatile fields of an equal score."""
    LOST = "lost"
    """A lesson or tombstone disappeared, or a lesson is back without being restored."""


class RecordChange(NamedTuple):
    """One change of one record; one that was raised and endorsed at once has two."""

    kind: ChangeKind
    before: Record | None
    after: Record | None

    @property
    def record(self) -> Record:
        """The record after the change, or before it if it was lost."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a change of nothing")
        return found

    @property
    def lesson(self) -> JsonObject:
        """The fields of the lesson; of a retracted one, those before the retraction, if known."""
        if self.after and not self.after.is_tombstone:
            return self.after.fields
        return self.before.fields if self.before else self.record.fields

    @property
    def systems(self) -> list[str]:
        """The systems that made the change, if the record names them: new learners, or who retracted it."""
        if self.kind is ChangeKind.RETRACTED:
            retracted = self.record.fields[RETRACTED]
            by = retracted.get("by") if isinstance(retracted, dict) else None
            return [by] if isinstance(by, str) else []
        if self.kind not in (ChangeKind.LEARNED, ChangeKind.ENDORSED):
            return []
        return sorted(_systems(self.after) - _systems(self.before))


ORDER = {kind: number for number, kind in enumerate(ChangeKind)}
"""The order in which changes are reported."""


def compare_sets(before: Iterable[bytes], after: Iterable[bytes]) -> list[RecordChange]:
    """The changes from all files of a set before to all files after, by kind and id.

    Equal files may be omitted on both sides, unless a changed record may occur in one of them too.
    """
    old = {line for data in before for line in split_lines(data)}
    new = {line for data in after for line in split_lines(data)}
    gone, come = _records(old - new), _records(new - old)
    ids = gone.keys() | come.keys()
    shared = _records(line for line in old & new if _may_be_of(line, ids)) if ids else {}
    changes: list[RecordChange] = []
    for identifier in ids:
        both = shared.get(identifier, [])
        changes += _compare([*gone.get(identifier, []), *both], [*come.get(identifier, []), *both])
    return sorted(changes, key=lambda change: (ORDER[change.kind], change.record.id, change.record.line))


def count_kinds(changes: Iterable[RecordChange]) -> Counter[ChangeKind]:
    """The number of changes of each kind, in the order in which they are reported."""
    counted = Counter(change.kind for change in changes)
    return Counter({kind: counted[kind] for kind in ChangeKind if counted[kind]})


def _systems(record: Record | None) -> set[str]:
    return set(seen_by(record.fields)) if record else set()


def _may_be_of(line: bytes, ids: set[RecordId]) -> bool:
    """Whether a line may be one of these records: its id is one of them, or it has none."""
    return not CANONICAL_START.match(line) or line[8:40].decode("ascii") in ids


def _records(lines: Iterable[bytes]) -> dict[RecordId, list[Record]]:
    found: dict[RecordId, list[Record]] = {}
    for line in lines:
        try:
            record = parse_record(line)
        except NotARecordError:
            continue
        found.setdefault(record.id, []).append(record)
    return found


def _compare(before: list[Record], after: list[Record]) -> Iterator[RecordChange]:
    """The changes of one id. Lessons of different form (a hash collision) are records of their own."""
    old = {record.form: record for record in (join_records(before) if before else ())}
    new = {record.form: record for record in (join_records(after) if after else ())}
    buried, tombstone = old.get(b""), new.get(b"")
    for form in {*old, *new} - {b""}:
        was, now = old.get(form), new.get(form)
        if was and now:
            yield from _compare_lessons(was, now)
        elif now:
            is_restored = buried is not None and now.gen > buried.gen
            kind = ChangeKind.RESTORED if is_restored else ChangeKind.LOST if buried else ChangeKind.LEARNED
            yield RecordChange(kind, buried, now)
        elif was:
            yield RecordChange(ChangeKind.RETRACTED if tombstone else ChangeKind.LOST, was, tombstone)
    if buried and not new:
        yield RecordChange(ChangeKind.LOST, buried, None)
    elif buried and tombstone and buried != tombstone:
        is_later = tombstone.gen > buried.gen
        yield RecordChange(ChangeKind.RETRACTED if is_later else ChangeKind.CHANGED, buried, tombstone)
    elif tombstone and not old:
        yield RecordChange(ChangeKind.RETRACTED, None, tombstone)


def _compare_lessons(was: Record, now: Record) -> Iterator[RecordChange]:
    if was == now:
        return
    old, new = score_of(was.fields), score_of(now.fields)
    kinds: list[ChangeKind] = []
    if now.gen > was.gen:
        kinds.append(ChangeKind.RESTORED)
    elif new != old:
        kinds.append(ChangeKind.RAISED if new > old else ChangeKind.LOWERED)
    if _systems(now) - _systems(was):
        kinds.append(ChangeKind.ENDORSED)
    for kind in kinds or [ChangeKind.CHANGED]:
        yield RecordChange(kind, was, now)
