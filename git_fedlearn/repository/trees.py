"""The files under data/ in a commit, in the index or in the work tree, read through one interface."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from git_fedlearn.core.layout import DATA, SetName, find_set
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.objects import Objects, Oid, TreeEntry
from git_fedlearn.repository.repository import Repository


class DataTree(Protocol):
    """Files under data/, by path from the top of the repository."""

    def paths(self) -> list[str]:
        """The paths, sorted."""

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises FedlearnError if it is not a regular file."""

    def is_file(self, path: str) -> bool:
        """Whether the path is a regular file, not a symlink, submodule or device."""


class CommittedTree(NamedTuple):
    """The data files of a commit or of the index; equal entries have equal bytes."""

    entries: dict[str, TreeEntry]
    objects: Objects

    def paths(self) -> list[str]:
        """The paths, sorted."""
        return sorted(self.entries)

    def read(self, path: str) -> bytes:
        """The bytes of a file, empty if it is not a regular file."""
        return self.objects.read(self.entries[path].oid) if self.is_file(path) else b""

    def is_file(self, path: str) -> bool:
        """Whether the path is a regular file."""
        return path in self.entries and self.entries[path].is_file

    def sets(self) -> set[SetName]:
        """The record sets that have a file here."""
        return {*set_paths(self)}


class WorkTree(NamedTuple):
    """The data files on disk, without those that our rules ignore (temporary files, `latest.jsonl`).

    Links, and folders named like a data file, are included, so that checks can refuse them.
    """

    top: Path

    def paths(self) -> list[str]:
        """The paths, sorted."""
        found = []
        for folder, folders, names in os.walk(self.top / DATA):
            odd = [name for name in folders if name.endswith(".jsonl") or (Path(folder) / name).is_symlink()]
            found += [(Path(folder) / name).relative_to(self.top).as_posix() for name in (*names, *odd)]
        if (self.top / DATA).is_symlink():
            found.append(DATA)
        return sorted(path for path in found if not is_local(path))

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises FedlearnError if it is not a regular file."""
        return read_file(self.top / path)

    def is_file(self, path: str) -> bool:
        """Whether the path is a regular file."""
        return (self.top / path).is_file() and not (self.top / path).is_symlink()


class ChangedTree(NamedTuple):
    """The data files of the work tree; unchanged ones are read from the commit.

    `changed` are the paths that differ from the commit, from `read_work_state`.
    """

    committed: CommittedTree
    changed: frozenset[str]
    work: WorkTree

    @property
    def entries(self) -> dict[str, TreeEntry]:
        """The entries of the commit, except that changed files have an entry with mode 0 and no blob."""
        here = {path: TreeEntry(0, Oid("")) for path in self.changed if self.work.is_file(path)}
        kept = {path: entry for path, entry in self.committed.entries.items() if path not in self.changed}
        return kept | here

    def paths(self) -> list[str]:
        """The paths, sorted."""
        return sorted(self.entries)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises FedlearnError if it is not a regular file."""
        return self.work.read(path) if path in self.changed else self.committed.read(path)

    def is_file(self, path: str) -> bool:
        """Whether the path is a regular file."""
        return self.work.is_file(path) if path in self.changed else self.committed.is_file(path)

    def sets(self) -> set[SetName]:
        """The record sets that have a file here."""
        return {*set_paths(self)}


def is_local(path: str) -> bool:
    """Whether a file under data/ never leaves this machine."""
    return path.endswith((".tmp", ".bak", "/latest.jsonl")) or "/.local/" in path


def committed_tree(objects: Objects, commit: Oid) -> CommittedTree:
    """The data files of a commit."""
    return CommittedTree(objects.files(commit, DATA), objects)


def index_tree(repository: Repository, objects: Objects) -> CommittedTree:
    """The data files of the current index, without those in conflict."""
    entries = {}
    for mode, oid, stage, path in read_stages(repository):
        if stage == 0:
            entries[path] = TreeEntry(mode, oid)
    return CommittedTree(entries, objects)


def read_stages(repository: Repository) -> Iterator[tuple[int, Oid, int, str]]:
    """(mode, blob, stage, path) of every index entry under data/; git-ls-files(1), `--stage`."""
    for line in repository.git.run("ls-files", "--stage", "-z", "--", f":/{DATA}").split(b"\0"):
        if line:
            facts, _, path = line.partition(b"\t")
            mode, oid, stage = facts.decode("ascii").split(" ")
            yield int(mode, 8), Oid(oid), int(stage), os.fsdecode(path)


def set_paths(tree: DataTree) -> dict[SetName, list[str]]:
    """The files of each record set in a tree."""
    sets: dict[SetName, list[str]] = {}
    for path in tree.paths():
        found = find_set(path)
        if found:
            sets.setdefault(found[0], []).append(path)
    return sets


def read_set(tree: DataTree, name: SetName) -> list[bytes]:
    """The bytes of every file of a set in a tree."""
    return [tree.read(path) for path in set_paths(tree).get(name, [])]
