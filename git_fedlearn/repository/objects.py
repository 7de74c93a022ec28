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

    def some_files(self, commit: Oid, folder: str, *, depth: int, most: int) -> dict[str, Entry] | None:
        """The files of at most `depth` names below a folder of a tree that nobody has checked.

        None when the folder is no folder. Raises GitError when there are more than `most` entries.
        """
        root = self._commit(commit).tree
        top = root[folder] if folder in root else None  # noqa: SIM401  a tree has no get
        if not isinstance(top, pygit2.Tree):
            return None
        found: dict[str, Entry] = {}
        level, entries = [(folder, top)], 0
        for _ in range(depth):
            inner: list[tuple[str, pygit2.Tree]] = []
            for path, tree in level:
                entries += len(tree)
                if entries > most:
                    raise GitError(f"{commit}: more than {most} entries below {folder}/")
                for item in tree:
                    name = f"{path}/{item.name}"
                    if item.type == ObjectType.TREE:
                        inner.append((name, self._tree(item)))
                    else:
                        found[name] = _entry(item)
            level = inner
        return found

    def has(self, oid: Oid) -> bool:
        """Whether an object is here."""
        return oid in self._repository

    def size(self, oid: Oid) -> int:
        """The size of an object in bytes, without reading it. Raises GitError when it is missing."""
        try:
            return int(self._repository.odb.read_header(oid)[1])
        except (KeyError, pygit2.GitError):
            raise GitError(f"object {oid} is missing", hint="git fsck") from None

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        """Whether a commit is `newer` or reachable from it; a commit that is not here is none."""
        found = self.find_commit(older)
        return found is not None and (found == newer or bool(self._repository.descendant_of(newer, found)))

    def write_blob(self, data: bytes) -> Oid:
        """Store the bytes of a file."""
        return Oid(str(self._repository.create_blob(data)))

    def write_tree(self, commit: Oid, files: Mapping[str, Oid]) -> Oid:
        """The tree of a commit with these files put in; every other entry stays what it was.

        Raises GitError where a file stands in place of a folder, or a folder or link in place of a file.
        """
        root = self._commit(commit).tree
        split = {tuple(path.split("/")): oid for path, oid in files.items()}
        return Oid(str(self._put(root, split, "")))

    def _put(self, tree: pygit2.Tree | None, files: Mapping[tuple[str, ...], Oid], place: str) -> pygit2.Oid:
        builder = self._repository.TreeBuilder(tree) if tree else self._repository.TreeBuilder()
        folders: dict[str, dict[tuple[str, ...], Oid]] = {}
        for (name, *rest), oid in files.items():
            if rest:
                folders.setdefault(name, {})[tuple(rest)] = oid
                continue
            old = tree[name] if tree and name in tree else None
            if old is not None and not _entry(old).is_file:
                raise GitError(f"{place}{name}: not a plain file", hint="move it away and commit that")
            builder.insert(name, oid, old.filemode if old else FileMode.BLOB)
        for name, inner in folders.items():
            old = tree[name] if tree and name in tree else None
            if old is not None and not isinstance(old, pygit2.Tree):
                raise GitError(f"{place}{name}: not a folder", hint="move it away and commit that")
            builder.insert(name, self._put(old, inner, f"{place}{name}/"), FileMode.TREE)
        return builder.write()

    def _tree(self, item: pygit2.Object) -> pygit2.Tree:
        found = self._repository.get(item.id)
        if not isinstance(found, pygit2.Tree):
            raise GitError(f"object {item.id} is missing")
        return found

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
