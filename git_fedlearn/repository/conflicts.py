"""Finishing a merge in which our driver did not run, from what git kept of both sides."""

from typing import NamedTuple

from git_fedlearn.core.layout import DATA
from git_fedlearn.core.merge import merge_files
from git_fedlearn.repository.data_tree import open_objects, read_stages
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.objects import Entry, Objects
from git_fedlearn.repository.repository import Repository

OURS, THEIRS = 2, 3
"""Index stages, gitrevisions(7)."""


class Resolved(NamedTuple):
    """Paths by what became of them."""

    joined: list[str]
    foreign: list[str]
    """In conflict, but not data files: for the user to resolve."""
    refused: list[str]
    """In conflict under data/ and no plain file on one side."""


def resolve_conflicts(repository: Repository) -> Resolved:
    """Join both sides of every data file in conflict, and what stands in the work tree; stage the result.

    A side that deleted or renamed the file counts as empty: absence is not deletion. The caller holds
    the lock.
    """
    objects = open_objects(repository)
    sides: dict[str, dict[int, Entry]] = {}
    for mode, oid, stage, path in read_stages(repository):
        if stage in (OURS, THEIRS):
            sides.setdefault(path, {})[stage] = Entry(mode, oid)
    refused = sorted(path for path, found in sides.items() if not _are_files(found))
    joined = sorted(path for path in sides if path not in refused)
    for path in joined:
        write_file(repository.top / path, _join_sides(repository, objects, path, sides[path]))
    if joined:
        repository.git.run("add", "--force", "--", *joined)
    return Resolved(joined, _foreign(repository), refused)


def _join_sides(repository: Repository, objects: Objects, path: str, sides: dict[int, Entry]) -> bytes:
    ours, theirs = (objects.read(sides[stage].oid) if stage in sides else b"" for stage in (OURS, THEIRS))
    edited = read_file(repository.top / path)
    return (
        merge_files(path, merge_files(path, ours, theirs), edited)
        if edited
        else merge_files(path, ours, theirs)
    )


def _are_files(sides: dict[int, Entry]) -> bool:
    return all(entry.is_file for entry in sides.values())


def _foreign(repository: Repository) -> list[str]:
    listed = repository.git.run("diff", "--name-only", "--diff-filter=U", "-z").decode("utf-8", "replace")
    return [path for path in listed.split("\0") if path and not path.startswith(f"{DATA}/")]
