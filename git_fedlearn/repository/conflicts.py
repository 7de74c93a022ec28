"""Finish a merge in which our driver did not run, from the two sides that git kept."""

from functools import partial, reduce
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.layout import FileKind, find_set, kind_of
from git_fedlearn.core.merge import merge_files
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.objects import Objects, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import read_stages
from git_fedlearn.repository.work_tree import find_unmerged

BASE, OURS, THEIRS = 1, 2, 3
"""Index stages, gitrevisions(7)."""


class Resolved(NamedTuple):
    """Paths by result."""

    joined: list[str]
    foreign: list[str]
    """In conflict, but not data files of ours: the user must resolve them."""
    refused: list[str]
    """In conflict, and not a regular file on one side or in the work tree."""


def resolve_conflicts(repository: Repository) -> Resolved:
    """Join both sides of every data file in conflict with the file in the work tree; stage the result.

    A side that deleted or renamed the file counts as empty: absence is not deletion. The caller holds
    the lock.
    """
    objects = repository.objects
    sides: dict[str, dict[int, TreeEntry]] = {}
    for mode, oid, stage, path in read_stages(repository):
        if stage and kind_of(path) is not FileKind.OTHER:
            sides.setdefault(path, {})[stage] = TreeEntry(mode, oid)
    refused = sorted(path for path, found in sides.items() if not _are_files(repository.top / path, found))
    odd = {
        path
        for path in sides.keys() - refused
        if any(find_foreign_content(objects.read(entry.oid)) for entry in sides[path].values())
    }
    # Both sides dropped or renamed the file; a record set is never deleted.
    dropped = (path for path in sides.keys() - {*refused, *odd} if sides[path].keys() == {BASE})
    gone = sorted(path for path in dropped if find_set(path) is None)
    joined = sorted(sides.keys() - {*refused, *odd, *gone})
    for path in joined:
        write_file(repository.top / path, _join_sides(repository, objects, path, sides[path]))
    if joined:
        repository.git.run("add", "--force", "--", *(f":(top,literal){path}" for path in joined))
    if gone:
        repository.git.run("rm", "--quiet", "--cached", "--", *(f":(top,literal){path}" for path in gone))
    foreign = [path for path in find_unmerged(repository) if path not in refused]
    return Resolved(joined, foreign, refused)


def _join_sides(repository: Repository, objects: Objects, path: str, sides: dict[int, TreeEntry]) -> bytes:
    """The join of the sides, or the base if both dropped the file, with the file in the work tree."""
    versions = {stage: objects.read(entry.oid) for stage, entry in sides.items()}
    # Either histories are in conflict, or git applies one change: rebase, pick, revert, am, stash.
    is_merge = any((repository.git_dir / name).exists() for name in ("MERGE_HEAD", "SQUASH_MSG"))
    base = b"" if is_merge else versions.get(BASE, b"")
    ours = versions.get(OURS, b"") if sides.keys() - {BASE} else versions[BASE]
    merge = partial(merge_files, path, replayed=base)
    return reduce(merge, [versions.get(THEIRS, b""), read_file(repository.top / path)], ours)


def _are_files(path: Path, sides: dict[int, TreeEntry]) -> bool:
    exists = path.exists() or path.is_symlink()
    is_plain = path.is_file() and not path.is_symlink()
    return all(entry.is_file for entry in sides.values()) and (is_plain or not exists)
