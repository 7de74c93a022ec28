"""What happened to the record sets between two trees, or in a commit."""

from collections.abc import Iterator
from typing import NamedTuple

from git_fedlearn.core.changes import Change, compare_sets
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, SetName, find_set
from git_fedlearn.repository.data_tree import ChangedTree, CommittedTree, WorkTree, committed_tree, set_paths
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.work_state import WorkState

SetChanges = dict[SetName, list[Change]]
"""Sets in which nothing happened are left out."""

Tree = CommittedTree | ChangedTree
"""A tree in which equal entries have equal bytes."""


class CommitChanges(NamedTuple):
    """What a commit did that none of its parents had."""

    commit: Oid
    sets: SetChanges


def tree_changes(before: Tree, after: Tree) -> SetChanges:
    """The changes of every set from one tree to another; equal files are read only if they must be."""
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
    """The data files of a commit, none for None."""
    return committed_tree(objects, commit) if commit else CommittedTree({}, objects)


def all_changes(sets: SetChanges) -> list[Change]:
    """The changes of all sets together."""
    return [change for changes in sets.values() for change in changes]


def commit_changes(objects: Objects, commit: Oid) -> SetChanges:
    """What a commit did to each set that makes it differ from every parent; told as against the first."""
    parents = objects.parents(commit)
    data = objects.tree_oid(commit, DATA)
    if any(objects.tree_oid(parent, DATA) == data for parent in parents):
        return {}
    bases: list[Oid | None] = [*parents] or [None]
    changed = [objects.changed_files(base, commit, DATA) for base in bases]
    sets = [{found[0] for path in files if (found := find_set(path))} for files in changed]
    names = set.intersection(*sets)
    if not names:
        return {}
    after = _only(committed_tree(objects, commit), names)
    first, *others = [tree_changes(_only(tree_at(objects, base), names), after) for base in bases]
    for other in others:
        first = {name: _also_in(changes, other.get(name, [])) for name, changes in first.items()}
    return {name: changes for name, changes in first.items() if changes}


def log_changes(objects: Objects, tip: Oid, *, without: tuple[Oid, ...] = ()) -> Iterator[CommitChanges]:
    """What each commit did, newest first; commits that did nothing to records are left out."""
    for commit in objects.walk([tip], without=without):
        sets = commit_changes(objects, commit)
        if sets:
            yield CommitChanges(commit, sets)


def _only(tree: CommittedTree, names: set[SetName]) -> CommittedTree:
    entries = {
        path: entry for path, entry in tree.entries.items() if (found := find_set(path)) and found[0] in names
    }
    return CommittedTree(entries, tree.objects)


def _also_in(changes: list[Change], others: list[Change]) -> list[Change]:
    """Changes of records that differ from the other parent too."""
    ids: set[RecordId] = {change.record.id for change in others}
    return [change for change in changes if change.record.id in ids]


def _paths_to_read(before: Tree, after: Tree, paths: set[str]) -> list[str]:
    """The files that differ, and those in which a record of one of them may stand a second time."""
    old, new = before.entries, after.entries
    differing = {path for path in paths if old.get(path) != new.get(path)}
    shards = {found[1] for path in differing if (found := find_set(path))}
    return sorted(path for path in paths if path in differing or _may_repeat(path, shards))


def _may_repeat(path: str, shards: set[str]) -> bool:
    found = find_set(path)
    return found is not None and any(
        found[1].startswith(shard) or shard.startswith(found[1]) for shard in shards
    )


def _read(tree: Tree, paths: list[str]) -> list[bytes]:
    return [tree.read(path) for path in paths if tree.is_file(path)]
