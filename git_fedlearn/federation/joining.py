"""The join of HEAD's record sets with accepted lines, in memory: what its files become."""

from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, find_set, path_of, stem_of
from git_fedlearn.core.record import parse_record
from git_fedlearn.core.record_set import join_into, split_lines
from git_fedlearn.core.shards import ROOT, distribute, level_of
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.data_tree import CommittedTree


class HeadSet(NamedTuple):
    """One record set of a commit: the bytes of each of its files by shard, and all its lines."""

    name: SetName
    files: dict[str, bytes]
    lines: frozenset[bytes]

    def ids(self) -> set[bytes]:
        """The ids that its lines claim."""
        return {line[8:40] for line in self.lines}

    def generations(self, ids: set[RecordId]) -> dict[RecordId, tuple[int, bool]]:
        """For each of these ids that the set holds: its generation, and whether it is retracted."""
        wanted = {identifier.encode("ascii") for identifier in ids}
        records = (parse_record(line) for line in self.lines if line[8:40] in wanted)
        return {record.id: (record.gen, record.is_tombstone) for record in records}


class JoinedSet(NamedTuple):
    """A set after a join: the files that differ, by path, and the ids that are new and that changed."""

    name: SetName
    files: dict[str, bytes]
    added: frozenset[RecordId]
    changed: frozenset[RecordId]


def read_head_set(tree: CommittedTree, name: SetName) -> HeadSet:
    """A record set as a commit holds it."""
    files: dict[str, bytes] = {}
    for path in tree.paths():
        found = find_set(path)
        if found and found[0] == name:
            files[found[1]] = tree.read(path)
    return HeadSet(name, files, frozenset(line for data in files.values() for line in split_lines(data)))


def join_head_set(head: HeadSet, accepted: Iterable[bytes], limit: int) -> JoinedSet:
    """Join accepted lines into a set; files that would pass `limit` bytes are sharded."""
    stem = stem_of(head.name)
    if stem is None:
        raise UsageError(f"{head.name}: no record set has this name")
    settled = join_into(head.files.values(), accepted)
    _level, spread = distribute(settled, level_of(head.files), limit, head.files)
    files = {
        path_of(stem, shard): data
        for shard, data in spread.items()
        if data != head.files.get(shard, b"") or (shard == ROOT and ROOT not in head.files)
    }
    known = head.ids()
    fresh = [line[8:40] for line in settled.records if line not in head.lines]
    return JoinedSet(
        head.name,
        files,
        added=frozenset(RecordId(found.decode("ascii")) for found in fresh if found not in known),
        changed=frozenset(RecordId(found.decode("ascii")) for found in fresh if found in known),
    )
