"""The one place that uses pygit2: reading commits, trees and blobs without a process for each.

libgit2 runs no merge drivers, hooks or filters, and is told to read no config but the repository's.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, NewType

import pygit2
from pygit2.enums import ConfigLevel, FileMode, ObjectType, Option, SortMode

from git_fedlearn.errors import GitError

Oid = NewType("Oid", str)
"""The hexadecimal name of a git object."""


class Entry(NamedTuple):
    """A file in a tree or in the index."""

    mode: int
    oid: Oid

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file, not a symlink or a submodule."""
        return self.mode in (FileMode.BLOB, FileMode.BLOB_EXECUTABLE)


class Objects:
    """The object database of one repository."""

    def __init__(self, git_dir: Path, environment: Mapping[str, str]) -> None:
        for level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
            pygit2.settings.search_path[level] = ""
        pygit2.option(Option.SET_OWNER_VALIDATION, 0)  # git itself has checked before we come here
        try:
            self._repository = pygit2.Repository(str(git_dir))
        except pygit2.GitError as error:
            raise GitError(f"{git_dir}: cannot be opened: {error}") from error
        for folder in (environment.get("GIT_OBJECT_DIRECTORY"), *_alternates(environment)):
            if folder:
                self._repository.odb.add_disk_alternate(str(git_dir / folder))

    def find_commit(self, revision: str) -> Oid | None:
        """The commit a revision names, or None."""
        try:
            found = self._repository.revparse_single(revision).peel(ObjectType.COMMIT)
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return Oid(str(found.id))

    def parents(self, commit: Oid) -> list[Oid]:
        """The parents of a commit, first to last."""
        return [Oid(str(parent)) for parent in self._commit(commit).parent_ids]

    def walk(self, tips: Iterable[Oid], *, without: Iterable[Oid] = ()) -> Iterator[Oid]:
        """Commits reachable from the tips and from none of `without`, children before parents."""
        walker = self._repository.walk(None, SortMode.TOPOLOGICAL)
        for tip in tips:
            walker.push(tip)
        for tip in without:
            walker.hide(tip)
        for commit in walker:
            yield Oid(str(commit.id))

    def files(self, commit: Oid, folder: str) -> dict[str, Entry]:
        """The files below a folder of a commit's tree, by path."""
        tree: pygit2.Object = self._commit(commit).tree
        for part in folder.split("/"):
            if not isinstance(tree, pygit2.Tree) or part not in tree:
                return {}
            tree = tree / part
        return dict(_entries(tree, folder)) if isinstance(tree, pygit2.Tree) else {folder: _entry(tree)}

    def tree_oid(self, commit: Oid, folder: str) -> Oid | None:
        """The tree of a folder at the top of a commit, or None."""
        tree = self._commit(commit).tree
        return Oid(str(tree[folder].id)) if folder in tree else None

    def read(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError when it is missing or none."""
        try:
            blob = self._repository[oid]
        except KeyError:
            raise GitError(f"object {oid} is missing", hint="git fsck") from None
        if not isinstance(blob, pygit2.Blob):
            raise GitError(f"object {oid} is not a blob")
        return blob.data

    def _commit(self, commit: Oid) -> pygit2.Commit:
        found = self._repository[commit]
        if not isinstance(found, pygit2.Commit):
            raise GitError(f"{commit}: not a commit")
        return found


def _entries(tree: pygit2.Tree, folder: str) -> Iterator[tuple[str, Entry]]:
    for item in tree:
        path = f"{folder}/{item.name}"
        if isinstance(item, pygit2.Tree):
            yield from _entries(item, path)
        else:
            yield path, _entry(item)


def _entry(item: pygit2.Object) -> Entry:
    return Entry(int(item.filemode or FileMode.BLOB), Oid(str(item.id)))


def _alternates(environment: Mapping[str, str]) -> list[str]:
    return environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(":")
