"""The one place that uses pygit2: reads commits, trees and blobs without a process for each.

libgit2 runs no merge drivers, hooks or filters, and is restricted to the config of the repository.
"""

# ruff: noqa: D102  `Objects` says what the methods mean

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from git_fedlearn.errors import GitError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.objects import (
    FILE_MODE,
    FOLDER_MODE,
    CommitFacts,
    Folder,
    Objects,
    Oid,
    TreeEntry,
    commit_day,
)

if TYPE_CHECKING:
    import pygit2
else:
    pygit2 = Lazy("pygit2")


class LibgitObjects(Objects):
    """The object database of one repository, read by libgit2.

    Raises GitError if libgit2 does not know its format; objects that a partial clone lacks are missing.
    """

    def __init__(self, git_dir: Path, environment: Mapping[str, str]) -> None:
        super().__init__()
        levels = pygit2.enums.ConfigLevel
        for level in (levels.SYSTEM, levels.XDG, levels.GLOBAL):
            pygit2.settings.search_path[level] = ""
        pygit2.option(
            pygit2.enums.Option.SET_OWNER_VALIDATION, 0
        )  # git itself has checked before we come here
        try:
            self._repository = pygit2.Repository(str(git_dir))
        except pygit2.GitError as error:
            raise GitError(f"libgit2 cannot open {git_dir}: {error}") from error
        settings = [entry.name for entry in self._repository.config]
        if any(name == "extensions.partialclone" or name.endswith(".promisor") for name in settings):
            raise GitError("libgit2 cannot fetch what a partial clone lacks")
        alternates = environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(":")
        for folder in filter(None, (environment.get("GIT_OBJECT_DIRECTORY"), *alternates)):
            self._repository.odb.add_disk_alternate(str(git_dir / folder))

    def close(self) -> None:
        self._repository.free()

    def find_commit(self, revision: str) -> Oid | None:
        try:
            found = self._repository.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return Oid(str(found.id))

    def _refs(self) -> list[tuple[str, str]]:
        with _reading("the refs"):
            return [(name, name) for name in self._repository.references]

    def _peel(self, oid: str) -> tuple[Oid | None, int]:
        found = self._repository.get(oid)
        while isinstance(found, pygit2.Tag):
            found = self._repository.get(found.target)
        modes = {pygit2.Blob: FILE_MODE, pygit2.Tree: FOLDER_MODE}
        return (Oid(str(found.id)), modes.get(type(found), 0)) if found else (None, 0)

    def parents(self, commit: Oid) -> list[Oid]:
        found = self._commit(commit).parent_ids
        if self._repository.is_shallow:
            found = [parent for parent in found if parent in self._repository]
        return [Oid(str(parent)) for parent in found]

    def facts(self, commit: Oid) -> CommitFacts:
        found = self._commit(commit)
        return CommitFacts(
            commit_day(found.commit_time, found.commit_time_offset), found.author.name, found.message
        )

    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        sort = pygit2.enums.SortMode
        walker = self._repository.walk(
            None, sort.TOPOLOGICAL | sort.REVERSE if oldest_first else sort.TOPOLOGICAL
        )
        with _reading("the history"):
            for tip in tips:
                walker.push(tip)
            for tip in without:
                walker.hide(tip)
            for commit in walker:
                yield Oid(str(commit.id))

    def has(self, oid: Oid) -> bool:
        return oid in self._repository

    def size(self, oid: Oid) -> int:
        with _reading(f"object {oid}"):
            return int(self._repository.odb.read_header(oid)[1])

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        found = self.find_commit(older)
        return found is not None and (found == newer or bool(self._repository.descendant_of(newer, found)))

    def write_blob(self, data: bytes) -> Oid:
        with _writing():
            return Oid(str(self._repository.create_blob(data)))

    def _write_folder(self, tree: Oid | None, changed: Folder) -> Oid:
        builder = self._repository.TreeBuilder(*([self._tree(tree)] if tree else []))
        for name, (mode, oid) in changed.items():
            builder.insert(name, oid, mode)
        with _writing():
            return Oid(str(builder.write()))

    def _read_blob(self, oid: Oid) -> bytes:
        blob = self._get(oid)
        if not isinstance(blob, pygit2.Blob):
            raise GitError(f"object {oid} is not a blob")
        return blob.data

    def _root(self, commit: Oid) -> Oid:
        return Oid(str(self._commit(commit).tree_id))

    def _find(self, commit: Oid, path: str) -> TreeEntry | None:
        tree = self._tree(self._root(commit))
        with _reading(f"a folder of commit {commit}"):
            return _entry(tree[path]) if path in tree else None

    def _read_folder(self, tree: Oid) -> Folder:
        return {str(item.name): _entry(item) for item in self._tree(tree)}

    def _tree(self, tree: Oid) -> pygit2.Tree:
        found = self._get(tree)
        if not isinstance(found, pygit2.Tree):
            raise GitError(f"object {tree} is not a tree")
        return found

    def _commit(self, commit: Oid) -> pygit2.Commit:
        found = self._get(commit)
        if not isinstance(found, pygit2.Commit):
            raise GitError(f"{commit}: not a commit")
        return found

    def _get(self, oid: Oid) -> pygit2.Object:
        with _reading(f"object {oid}"):
            return self._repository[oid]


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Raise GitError if something is missing or damaged, as an object that is empty after a power failure."""
    try:
        yield
    except KeyError:
        raise GitError(f"{what} is missing", hint="git fsck") from None
    except pygit2.GitError as error:
        raise GitError(f"{what} cannot be read: {error}", hint="git fsck") from error


@contextmanager
def _writing() -> Iterator[None]:
    """Raise GitError where libgit2 cannot write: to a full disk, or a folder of somebody else."""
    try:
        yield
    except (pygit2.GitError, OSError) as error:
        raise GitError(
            f"git cannot write an object: {error}", hint="nothing was changed; free space or fix permissions"
        ) from error


def _entry(item: pygit2.Object) -> TreeEntry:
    return TreeEntry(int(item.filemode or FILE_MODE), Oid(str(item.id)))
