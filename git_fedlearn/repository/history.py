"""The record sets in history: their changes between trees and commits, losses, and earlier versions.

Only blobs that differ are read.
"""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Final, NamedTuple

from git_fedlearn.core.changes import RecordChange, compare_sets
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, FileKind, SetName, find_set, in_subtree, kind_of, may_share, set_of
from git_fedlearn.core.record import Record, claimed_id
from git_fedlearn.core.record_set import Losses, find_losses, parse_record_set, split_lines
from git_fedlearn.repository.objects import Objects, Oid, TreeEntry
from git_fedlearn.repository.record_sets import find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import (
    ChangedTree,
    CommittedTree,
    DataTree,
    WorkTree,
    committed_tree,
    read_set,
    set_paths,
)
from git_fedlearn.repository.work_tree import WorkState

NestedFiles = dict[str, list[bytes]]
"""The contents of data files of repositories in subfolders, by their paths there."""


def nested_files(repository: Repository, commit: Oid | None) -> NestedFiles:
    """The data files below subfolders of a commit, or of the index (None).

    A merge into a subfolder (git-subtree(1), `-X subtree`) has a parent whose data/ is at the top.
    """
    listing = ("ls-tree", "-r", "-z", "--full-tree", commit) if commit else ("ls-files", "--stage", "-z")
    found: NestedFiles = {}
    for line in repository.git.items(*listing):
        facts, _, path = line.partition("\t")
        inner = in_subtree(path)
        if inner != path:
            mode, *oids = facts.replace("blob ", "").split(" ")
            if TreeEntry(int(mode, 8), Oid(oids[0])).is_file:
                found.setdefault(inner, []).append(repository.objects.read(Oid(oids[0])))
    return found


def find_lost_records(
    repository: Repository, before: list[CommittedTree], after: DataTree, commit: Oid | None
) -> dict[SetName, Losses]:
    """`losses_by_set`, without records in subfolders of `commit` (None: of the index)."""
    losses = losses_by_set(before, after)
    nested = nested_files(repository, commit) if losses else {}
    return losses_by_set(before, after, nested) if nested else losses


def losses_by_set(
    before: Iterable[CommittedTree], after: DataTree, nested: NestedFiles | None = None
) -> dict[SetName, Losses]:
    """The records of each set that any of the trees before had, and `after` and `nested` lack.

    A file is compared with itself first, so one file is in memory at a time, unless lines have left one.
    """
    now, nested = set_paths(after), nested or {}
    found: dict[SetName, Losses] = {}
    for name, old in _old_files(before, after).items():
        gone = [
            line
            for path in old
            for line in find_losses(
                _versions(old[path]), [*_read_file(after, path), *nested.get(path, ())]
            ).lines
        ]
        if gone:
            held = [data for path in now.get(name, ()) for data in _read_file(after, path)]
            held += [data for path, files in nested.items() if set_of(path) == name for data in files]
            losses = find_losses([b"\n".join(gone)], held)
            if losses.lines:
                found[name] = losses
    return found


def gone_lines(before: CommittedTree, after: DataTree) -> dict[SetName, set[bytes]]:
    """The lines of each set that have left their file."""
    gone: dict[SetName, set[bytes]] = {}
    for name, old in _old_files([before], after).items():
        for path, blobs in old.items():
            now = {line for data in _read_file(after, path) for line in split_lines(data)}
            left = {line for data in _versions(blobs) for line in split_lines(data)} - now
            if left:
                gone.setdefault(name, set()).update(left)
    return gone


_Blobs = dict[Oid, Objects]
"""The versions of a file, and where to read each of them."""


def _versions(blobs: _Blobs) -> Iterator[bytes]:
    return (objects.read(oid) for oid, objects in blobs.items())


def _read_file(tree: DataTree, path: str) -> list[bytes]:
    """The bytes of a file, if it is there."""
    return [tree.read(path)] if tree.is_file(path) else []


def _old_files(before: Iterable[CommittedTree], after: DataTree) -> dict[SetName, dict[str, _Blobs]]:
    """The files of each set by path, without those that are unchanged in `after`."""
    same = set(after.entries.items()) if isinstance(after, CommittedTree | ChangedTree) else set()
    found: dict[SetName, dict[str, _Blobs]] = {}
    for tree in before:
        for path, entry in tree.entries.items():
            name = set_of(path) if entry.is_file and (path, entry) not in same else None
            if name:
                found.setdefault(name, {}).setdefault(path, {})[entry.oid] = tree.objects
    return found


def history_trees(objects: Objects, tips: Iterable[Oid]) -> Iterator[CommittedTree]:
    """The data files of every commit reachable from the tips, each distinct tree once."""
    seen: set[Oid | None] = {None}
    for commit in objects.walk(tips):
        tree = objects.tree_oid(commit, DATA)
        if tree not in seen:
            seen.add(tree)
            yield committed_tree(objects, commit)


class TreeVersion(NamedTuple):
    """An entry with its path in the oldest commit that has it there."""

    commit: Oid
    path: str
    entry: TreeEntry


def history_versions(
    objects: Objects, tips: Iterable[Oid], without: Iterable[Oid] = ()
) -> Iterator[TreeVersion]:
    """Every entry below data/ of the commits, oldest first, each blob with its first commit and path.

    Folders are included for their names; an entry is repeated under another name. Entries of the commits
    in `without` are omitted.
    """
    without = list(without)
    trees: set[Oid] = set()
    known = {
        (path, entry.oid) for commit in without for path, entry in objects.fresh_entries(commit, DATA, trees)
    }
    for commit in objects.walk(tips, without=without, oldest_first=True):
        for path, entry in objects.fresh_entries(commit, DATA, trees):
            if (path, entry.oid) not in known:
                known.add((path, entry.oid))
                yield TreeVersion(commit, path, entry)


def live_versions(trees: Iterable[CommittedTree], name: SetName, identifier: RecordId) -> Iterator[Record]:
    """Every version of a lesson that a set has in these trees."""
    seen: set[Oid] = set()
    for tree in trees:
        for path, entry in tree.entries.items():
            if set_of(path) == name and entry.is_file and entry.oid not in seen:
                seen.add(entry.oid)
                yield from _lessons(tree.objects.read(entry.oid), identifier)


def _lessons(data: bytes, identifier: RecordId) -> Iterator[Record]:
    lines = b"\n".join(line for line in data.split(b"\n") if claimed_id(line) in (identifier, None))
    for line in parse_record_set(lines):
        if line.record and line.record.id == identifier and not line.record.is_tombstone:
            yield line.record


def find_ids(objects: Objects, start: str) -> set[tuple[RecordId, SetName]]:
    """Every id that begins with `start` in any version of any set. Reads all history of all refs."""
    wanted = re.compile(
        rb'^\{"_id":"(%s[0-9a-f]{%d})"' % (start.encode("ascii"), 32 - len(start)), re.MULTILINE
    )
    seen: set[Oid] = set()
    found: set[tuple[RecordId, SetName]] = set()
    for tree in history_trees(objects, objects.all_tips()):
        for path, entry in tree.entries.items():
            of = find_set(path)
            if of and entry.is_file and entry.oid not in seen and may_share(of[1], start):
                seen.add(entry.oid)
                ids = wanted.findall(objects.read(entry.oid))
                found |= {(RecordId(identifier.decode("ascii")), of[0]) for identifier in ids}
    return found


def introduced_records(objects: Objects, commit: Oid) -> dict[SetName, list[Record]]:
    """The lessons of a commit, by set, whose id no parent has, as a lesson or as a tombstone."""
    after = committed_tree(objects, commit)
    parents = [committed_tree(objects, parent) for parent in objects.parents(commit)]
    return {name: _new_records(after, parents, name) for name in set_paths(after)}


def _new_records(after: CommittedTree, parents: list[CommittedTree], name: SetName) -> list[Record]:
    old = {line for parent in parents for data in read_set(parent, name) for line in split_lines(data)}
    new = {line for data in read_set(after, name) for line in split_lines(data)} - old
    known = {claimed_id(line) for line in old}
    known |= {record.id for line in old if not claimed_id(line) and (record := find_record(line))}
    found = [record for line in sorted(new) if (record := find_record(line)) and not record.is_tombstone]
    return [record for record in found if record.id not in known]


def merge_parents(repository: Repository, objects: Objects) -> list[Oid]:
    """The parents of the next commit, as far as git has recorded them.

    During pre-merge-commit git names the merged commits in `GITHEAD_<oid>` (git-merge(1)) only.
    """
    named = [key.removeprefix("GITHEAD_") for key in repository.environment if key.startswith("GITHEAD_")]
    path = repository.git_dir / "MERGE_HEAD"
    if path.is_file():
        named += path.read_text(encoding="ascii").split()
    found = [objects.find_commit(revision) for revision in ("HEAD", *named)]
    return list(dict.fromkeys(oid for oid in found if oid))


PICK_BY_NAME: Final = "git cherry-pick --strategy=recursive -X no-renames"
"""Picks commits without looking for renamed files. Before git 2.50, the strategy `ort` always does."""


def find_left_out(objects: Objects, picked: Iterable[Oid], there: Container[str]) -> list[str]:
    """The data files that the picked commits changed and that are not there, sorted.

    If git merges a change of a file that our side never had, it takes a similar file for that one, perhaps
    of another system: git-merge(1), "find-renames".
    """
    changed: set[str] = set()
    for commit in picked:
        parent = next(iter(objects.parents(commit)), None)
        found = objects.changed_files(parent, commit, DATA)
        changed |= {path for path, (_, now) in found.items() if now and kind_of(path) is not FileKind.OTHER}
    return sorted(path for path in changed if path not in there)


SetChanges = dict[SetName, list[RecordChange]]
"""Changes by set, without sets that did not change."""

Tree = CommittedTree | ChangedTree
"""A tree in which equal entries have equal bytes."""


class CommitChanges(NamedTuple):
    """The changes of a commit that none of its parents has."""

    commit: Oid
    sets: SetChanges


def tree_changes(before: Tree, after: Tree) -> SetChanges:
    """The changes of every set from one tree to another; equal files are read only if necessary."""
    old, new = set_paths(before), set_paths(after)
    found: SetChanges = {}
    for name in sorted({*old, *new}):
        paths = _paths_to_read(before, after, {*old.get(name, ()), *new.get(name, ())})
        changes = compare_sets(_read(before, paths), _read(after, paths)) if paths else []
        if changes:
            found[name] = changes
    return found


def revision_changes(objects: Objects, old: Oid | None, new: Oid) -> SetChanges:
    """The changes from one commit, or from nothing, to another."""
    return tree_changes(tree_at(objects, old), committed_tree(objects, new))


def uncommitted_changes(repository: Repository, state: WorkState) -> SetChanges:
    """The changes from HEAD to the work tree."""
    objects = repository.objects
    return tree_changes(tree_at(objects, state.commit), changed_tree(repository, objects, state))


def changed_tree(repository: Repository, objects: Objects, state: WorkState) -> ChangedTree:
    """The work tree."""
    return ChangedTree(tree_at(objects, state.commit), frozenset(state.changed), WorkTree(repository.top))


def tree_at(objects: Objects, commit: Oid | None) -> CommittedTree:
    """The data files of a commit; no files for None."""
    return committed_tree(objects, commit) if commit else CommittedTree({}, objects)


def all_changes(sets: SetChanges) -> list[RecordChange]:
    """The changes of all sets together."""
    return [change for changes in sets.values() for change in changes]


def commit_changes(objects: Objects, commit: Oid) -> SetChanges:
    """The changes of each set that differs from every parent, compared with the first parent."""
    parents = objects.parents(commit)
    data = objects.tree_oid(commit, DATA)
    if any(objects.tree_oid(parent, DATA) == data for parent in parents):
        return {}
    bases: list[Oid | None] = [*parents] or [None]
    changed = [objects.changed_files(base, commit, DATA) for base in bases]
    names = set.intersection(*({name for path in files if (name := set_of(path))} for files in changed))
    if not names:
        return {}
    after = _only(committed_tree(objects, commit), names)
    first, *others = [tree_changes(_only(tree_at(objects, base), names), after) for base in bases]
    for other in others:
        first = {name: _also_in(changes, other.get(name, [])) for name, changes in first.items()}
    return {name: changes for name, changes in first.items() if changes}


def log_changes(objects: Objects, tip: Oid, *, without: tuple[Oid, ...] = ()) -> Iterator[CommitChanges]:
    """The changes of each commit, newest first, without commits that change no record."""
    for commit in objects.walk([tip], without=without):
        sets = commit_changes(objects, commit)
        if sets:
            yield CommitChanges(commit, sets)


def _only(tree: CommittedTree, names: set[SetName]) -> CommittedTree:
    entries = {path: entry for path, entry in tree.entries.items() if set_of(path) in names}
    return CommittedTree(entries, tree.objects)


def _also_in(changes: list[RecordChange], others: list[RecordChange]) -> list[RecordChange]:
    """The changes of records that also differ from the other parent."""
    ids: set[RecordId] = {change.record.id for change in others}
    return [change for change in changes if change.record.id in ids]


def _paths_to_read(before: Tree, after: Tree, paths: set[str]) -> list[str]:
    """The files that differ, and those that may contain a second line of one of their records."""
    old, new = before.entries, after.entries
    shards = {path: found[1] for path in paths if (found := find_set(path))}
    differing = {shard for path, shard in shards.items() if old.get(path) != new.get(path)}
    return sorted(path for path, shard in shards.items() if any(may_share(shard, one) for one in differing))


def _read(tree: Tree, paths: list[str]) -> list[bytes]:
    return [tree.read(path) for path in paths if tree.is_file(path)]
