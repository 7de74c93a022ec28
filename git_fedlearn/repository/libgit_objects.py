"""The one place that uses pygit2: reads commits, trees and blobs without a process for each.

libgit2 runs no merge drivers, hooks or filters, and is restricted to the config of the repository.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import GitError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.objects import (
    FILE_MODE,
    FOLDER_MODE,
    PEER_REFS,
    BlobCache,
    CommitFacts,
    FileChange,
    Oid,
    TreeEntry,
    commit_day,
)

if TYPE_CHECKING:
    import pygit2
else:
    pygit2 = Lazy("pygit2")


class LibgitObjects:
    """The object database of one repository, read by libgit2.

    Raises GitError if libgit2 does not know its format; objects that a partial clone lacks are missing.
    """

    def __init__(self, git_dir: Path, environment: Mapping[str, str]) -> None:
        self._cached = BlobCache()
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
        if any(map(_is_promise, self._repository.config)):
            raise GitError("libgit2 cannot fetch what a partial clone lacks")
        for folder in (environment.get("GIT_OBJECT_DIRECTORY"), *_alternates(environment)):
            if folder:
                self._repository.odb.add_disk_alternate(str(git_dir / folder))

    def close(self) -> None:
        """Close the files of the repository."""
        self._repository.free()

    def find_commit(self, revision: str) -> Oid | None:
        """The commit a revision names, or None."""
        try:
            found = self._repository.revparse_single(revision).peel(pygit2.Commit)
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return Oid(str(found.id))

    def all_tips(self) -> list[Oid]:
        """HEAD, if it has a commit, and every commit that a ref names: branches, remotes, tags, the stash."""
        names = ["HEAD", *sorted(self._repository.references)]
        return list(dict.fromkeys(oid for name in names if (oid := self.find_commit(name))))

    def own_tips(self) -> list[Oid]:
        """Like `all_tips`, without what was only fetched from peers: it may have failed the check."""
        names = [name for name in sorted(self._repository.references) if not name.startswith(PEER_REFS)]
        return list(dict.fromkeys(oid for name in ("HEAD", *names) if (oid := self.find_commit(name))))

    def files_without_commit(self, oid: str) -> Iterator[tuple[str, Oid]]:
        """A blob, whose path is empty, or the files of a tree: those below its data folder if it has one.

        Tags are followed. Yields nothing for a commit or a missing object.
        """
        found = self._repository.get(oid)
        while isinstance(found, pygit2.Tag):
            found = self._repository.get(found.target)
        if isinstance(found, pygit2.Blob):
            yield "", Oid(str(found.id))
        elif isinstance(found, pygit2.Tree):
            data = found[DATA] if DATA in found else None  # noqa: SIM401  a tree has no get
            inner = (data, DATA) if isinstance(data, pygit2.Tree) else (found, "")
            yield from ((path.lstrip("/"), entry.oid) for path, entry in _entries(*inner) if entry.is_file)

    def parents(self, commit: Oid) -> list[Oid]:
        """The parents of a commit in order, without those that a shallow clone lacks."""
        found = self._commit(commit).parent_ids
        if self._repository.is_shallow:
            found = [parent for parent in found if parent in self._repository]
        return [Oid(str(parent)) for parent in found]

    def facts(self, commit: Oid) -> CommitFacts:
        """The facts of a commit."""
        found = self._commit(commit)
        return CommitFacts(
            commit_day(found.commit_time, found.commit_time_offset), found.author.name, found.message
        )

    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        """Commits reachable from the tips and not from `without`, children first or parents first."""
        sort = pygit2.enums.SortMode
        walker = self._repository.walk(
            None, sort.TOPOLOGICAL | sort.REVERSE if oldest_first else sort.TOPOLOGICAL
        )
        for tip in tips:
            walker.push(tip)
        for tip in without:
            walker.hide(tip)
        for commit in walker:
            yield Oid(str(commit.id))

    def files(self, commit: Oid, folder: str) -> dict[str, TreeEntry]:
        """The files below a folder of a commit's tree, by path."""
        tree: pygit2.Object = self._commit(commit).tree
        for part in folder.split("/"):
            if not isinstance(tree, pygit2.Tree) or part not in tree:
                return {}
            tree = tree / part
        return dict(_entries(tree, folder)) if isinstance(tree, pygit2.Tree) else {folder: _entry(tree)}

    def fresh_entries(self, commit: Oid, folder: str, seen: set[Oid]) -> Iterator[tuple[str, TreeEntry]]:
        """Files and folders in the trees below a folder that are not in `seen`, to which they are added."""
        root = self._commit(commit).tree
        waiting: list[tuple[str, pygit2.Object]] = [(folder, root[folder])] if folder in root else []
        while waiting:
            path, item = waiting.pop()
            yield path, _entry(item)
            if isinstance(item, pygit2.Tree) and Oid(str(item.id)) not in seen:
                seen.add(Oid(str(item.id)))
                waiting += [(f"{path}/{child.name}", child) for child in item]

    def tree_oid(self, commit: Oid, folder: str) -> Oid | None:
        """The tree of a folder at the top of a commit, or None."""
        tree = self._commit(commit).tree
        return Oid(str(tree[folder].id)) if folder in tree else None

    def blobs_at(self, commit: Oid, paths: Iterable[str]) -> tuple[Oid, ...]:
        """The blobs of the paths that are regular files in a commit, in the order of the paths."""
        tree = self._commit(commit).tree
        found = [tree[path] for path in paths if path in tree]
        return tuple(_entry(item).oid for item in found if _entry(item).is_file)

    def changed_files(self, old: Oid | None, new: Oid, folder: str) -> dict[str, FileChange]:
        """The files below a top-level folder that differ between two commits; None counts as empty."""
        before = self._folder(old, folder) if old else None
        return dict(_differences(before, self._folder(new, folder), folder))

    def _folder(self, commit: Oid, folder: str) -> pygit2.Tree | None:
        tree = self._commit(commit).tree
        found = tree[folder] if folder in tree else None  # noqa: SIM401  a tree has no get
        return found if isinstance(found, pygit2.Tree) else None

    def some_files(self, commit: Oid, folder: str, *, depth: int, most: int) -> dict[str, TreeEntry] | None:
        """The files at most `depth` levels below a folder of an untrusted tree.

        None if the folder is missing or not a folder. Raises GitError if there are more than `most` entries.
        """
        root = self._commit(commit).tree
        top = root[folder] if folder in root else None  # noqa: SIM401  a tree has no get
        if not isinstance(top, pygit2.Tree):
            return None
        found: dict[str, TreeEntry] = {}
        level, entries = [(folder, top)], 0
        for _ in range(depth):
            inner: list[tuple[str, pygit2.Tree]] = []
            for path, tree in level:
                entries += len(tree)
                if entries > most:
                    raise GitError(f"{commit}: more than {most} entries below {folder}/")
                for item in tree:
                    name = f"{path}/{item.name}"
                    if item.type == pygit2.enums.ObjectType.TREE:
                        inner.append((name, self._tree(item)))
                    else:
                        found[name] = _entry(item)
            level = inner
        return found

    def has(self, oid: Oid) -> bool:
        """Whether an object is here."""
        return oid in self._repository

    def size(self, oid: Oid) -> int:
        """The size of an object in bytes, without reading it. Raises GitError if it is missing."""
        try:
            return int(self._repository.odb.read_header(oid)[1])
        except (KeyError, pygit2.GitError):
            raise GitError(f"object {oid} is missing", hint="git fsck") from None

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        """Whether a commit is `newer` or reachable from it; False for a commit that is not here."""
        found = self.find_commit(older)
        return found is not None and (found == newer or bool(self._repository.descendant_of(newer, found)))

    def write_blob(self, data: bytes) -> Oid:
        """Store the bytes of a file."""
        return Oid(str(self._repository.create_blob(data)))

    def write_tree(self, commit: Oid | None, files: Mapping[str, Oid]) -> Oid:
        """The tree of a commit (None: an empty tree) with these files replaced or added.

        Raises GitError if there is a file in place of a folder, or a folder or link in place of a file.
        """
        root = self._commit(commit).tree if commit else None
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
                raise GitError(f"{place}{name}: not a regular file", hint="move it away and commit that")
            builder.insert(name, oid, old.filemode if old else FILE_MODE)
        for name, inner in folders.items():
            old = tree[name] if tree and name in tree else None
            if old is not None and not isinstance(old, pygit2.Tree):
                raise GitError(f"{place}{name}: not a folder", hint="move it away and commit that")
            builder.insert(name, self._put(old, inner, f"{place}{name}/"), FOLDER_MODE)
        return builder.write()

    def _tree(self, item: pygit2.Object) -> pygit2.Tree:
        found = self._repository.get(item.id)
        if not isinstance(found, pygit2.Tree):
            raise GitError(f"object {item.id} is missing")
        return found

    def read(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError if it is missing or not a blob.

        The last few are cached, because several checks read the same file in turn.
        """
        cached = self._cached.get(oid)
        if cached is not None:
            return cached
        try:
            blob = self._repository[oid]
        except KeyError:
            raise GitError(f"object {oid} is missing", hint="git fsck") from None
        if not isinstance(blob, pygit2.Blob):
            raise GitError(f"object {oid} is not a blob")
        return self._cached.keep(oid, blob.data)

    def _commit(self, commit: Oid) -> pygit2.Commit:
        found = self._repository[commit]
        if not isinstance(found, pygit2.Commit):
            raise GitError(f"{commit}: not a commit")
        return found


def _is_promise(entry: pygit2.config.ConfigEntry) -> bool:
    """Whether a setting says that a remote has the objects that are missing here."""
    name = entry.name
    return name == "extensions.partialclone" or (name.startswith("remote.") and name.endswith(".promisor"))


def _entries(tree: pygit2.Tree, folder: str) -> Iterator[tuple[str, TreeEntry]]:
    for item in tree:
        path = f"{folder}/{item.name}"
        if isinstance(item, pygit2.Tree):
            yield from _entries(item, path)
        else:
            yield path, _entry(item)


def _differences(
    old: pygit2.Tree | None, new: pygit2.Tree | None, folder: str
) -> Iterator[tuple[str, FileChange]]:
    """The files that differ; equal folders are not read."""
    if old and new and old.id == new.id:
        return
    before, after = ({item.name: item for item in tree or ()} for tree in (old, new))
    for name in sorted({*before, *after}, key=str):
        path = f"{folder}/{name}"
        was, now = before.get(name), after.get(name)
        if was and now and (was.id, was.filemode) == (now.id, now.filemode):
            continue
        trees = [item if isinstance(item, pygit2.Tree) else None for item in (was, now)]
        if any(trees):
            yield from _differences(trees[0], trees[1], path)
        files = [
            None if item is None or tree else _entry(item)
            for item, tree in zip((was, now), trees, strict=True)
        ]
        if any(files):
            yield path, (files[0], files[1])


def _entry(item: pygit2.Object) -> TreeEntry:
    return TreeEntry(int(item.filemode or FILE_MODE), Oid(str(item.id)))


def _alternates(environment: Mapping[str, str]) -> list[str]:
    return environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "").split(":")
