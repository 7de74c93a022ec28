"""What a merge did to the lessons of this system: everybody who may push to the upstream can retract them."""

from typing import NamedTuple

from git_fedlearn.core.changes import ChangeKind, RecordChange, compare_sets
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import claimed_id, score_of, seen_by
from git_fedlearn.core.record_set import parse_record_set, split_lines
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.history import gone_lines
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import RETRACTED_HERE
from git_fedlearn.repository.trees import CommittedTree, DataTree, read_set


class OwnChanges(NamedTuple):
    """Ids of lessons, sorted."""

    retracted: list[RecordId]
    """Learned here, retracted elsewhere."""
    replaced: list[RecordId]
    """Learned here; a higher generation has a lower score, or does not name this system."""
    returned: list[RecordId]
    """Retracted here, brought back elsewhere."""


def find_own_changes(repository: Repository, before: CommittedTree, after: DataTree) -> OwnChanges:
    """The changes from one tree to another that undo what this system did. Reads only sets that differ."""
    changes: list[RecordChange] = []
    for name, gone in gone_lines(before, after).items():
        ids = {claimed_id(line) for line in gone} - {None}
        now = read_set(after, name) if ids else ()
        come = [line for data in now for line in split_lines(data) if claimed_id(line) in ids]
        changes += compare_sets([b"\n".join(gone)], [b"\n".join(come)]) if ids else []
    if not changes:
        return OwnChanges([], [], [])
    kept = parse_record_set(read_file(repository.state.path(RETRACTED_HERE)))
    buried_here = {line.record.id for line in kept if line.record}
    learned, system = Ledger(repository).ids(), repository.system()
    found: dict[str, set[RecordId]] = {"retracted": set(), "replaced": set(), "returned": set()}
    for change in changes:
        what = _what(change, system)
        identifier = change.record.id
        is_ours = identifier in buried_here if what == "returned" else identifier in learned - buried_here
        if what and is_ours:
            found[what].add(identifier)
    return OwnChanges(*(sorted(ids) for ids in found.values()))


def _what(change: RecordChange, system: str) -> str:
    """The name of the list that a change belongs to; empty for any other change."""
    was, now = change.before, change.after
    if change.kind is ChangeKind.RETRACTED:
        return "retracted"
    if change.kind is not ChangeKind.RESTORED or was is None or now is None:
        return ""
    if was.is_tombstone:
        return "returned"
    is_named = system in seen_by(now.fields) or system not in seen_by(was.fields)
    return "" if is_named and score_of(now.fields) >= score_of(was.fields) else "replaced"
