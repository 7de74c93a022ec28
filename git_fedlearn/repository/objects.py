"""What a repository holds: commits, trees and blobs, as every reader of them sees them."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, NewType, TypeVar

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import GitError

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  the zone is added by hand
FILE_MODE: Final = 0o100644
_PROGRAM: Final = 0o100755
FOLDER_MODE: Final = 0o040000
"""Modes of tree entries, as git writes them."""

PEER_REFS: Final = "refs/fedlearn/"
"""Where the branches of peers are fetched to."""

Oid = NewType("Oid", str)
"""The hexadecimal name of a git object."""


class TreeEntry(NamedTuple):
    """A file in a tree or in the index."""

    mode: int
    oid: Oid

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file, not a symlink or a submodule."""
        return self.mode in (FILE_MODE, _PROGRAM)


class CommitFacts(NamedTuple):
    """Facts of a commit; `date` is the committer's day, YYYY-MM-DD."""

    date: str
    author: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.lstrip().split("\n", 1)[0]


FileChange = tuple[TreeEntry | None, TreeEntry | None]
"""The entry of a path before and after; None if there is no such file."""

Folder = Mapping[str, TreeEntry]
T = TypeVar("T")

CACHED_ITEMS: Final = 2000
"""Commits, and trees, that are kept in memory."""
MAX_CACHED_ENTRIES: Final = 1000
"""A larger tree is not kept."""

CACHED_BLOBS: Final = 8
MAX_CACHED_BYTES: Final = 4_000_000
"""A larger blob is not cached."""


class Objects(ABC):
    """The object database of one repository, including what git adds later.

    `LibgitObjects` reads it where libgit2 can, `GitObjects` everywhere else, with the same answers. Each only
    reads and writes single objects; what follows from them is here.
    """

    def __init__(self) -> None:
        self._trees: dict[Oid, Folder] = {}
        self._blobs: dict[Oid, bytes] = {}

    @abstractmethod
    def close(self) -> None:
        """Let go of files and processes; nothing may be read afterwards."""

    @abstractmethod
    def find_commit(self, revision: str) -> Oid | None:
        """The commit a revision names, or None."""

    def all_tips(self) -> list[Oid]:
        """HEAD, if it has a commit, and every commit that a ref names: branches, remotes, tags, the stash."""
        return self._tips(without=())

    def own_tips(self) -> list[Oid]:
        """Like `all_tips`, without what was only fetched from peers: it may have failed the check."""
        return self._tips(without=PEER_REFS)

    def _tips(self, *, without: str | tuple[()]) -> list[Oid]:
        named = sorted((ref, name) for ref, name in self._refs() if not ref.startswith(without))
        names = ["HEAD", *(name for _, name in named)]
        return list(dict.fromkeys(oid for name in names if (oid := self.find_commit(name))))

    @abstractmethod
    def _refs(self) -> Iterable[tuple[str, str]]:
        """The refs, each with a revision that names what it points to."""

    def files_without_commit(self, oid: str) -> Iterator[tuple[str, Oid]]:
        """A blob, whose path is empty, or the files of a tree: those below its data folder if it has one.

        Tags are followed. Yields nothing for a commit or a missing object.
        """
        found, mode = self._peel(oid)
        if found and mode == FILE_MODE:
            yield "", found
        elif found and mode == FOLDER_MODE:
            data = self._folder(found).get(DATA)
            inner = (data.oid, f"{DATA}/") if data and data.mode == FOLDER_MODE else (found, "")
            yield from ((path, entry.oid) for path, entry in self._below(*inner) if entry.is_file)

    @abstractmethod
    def _peel(self, oid: str) -> tuple[Oid | None, int]:
        """The object that is left when tags are followed, and the mode of a tree entry of its type."""

    @abstractmethod
    def parents(self, commit: Oid) -> list[Oid]:
        """The parents of a commit in order, without those that a shallow clone lacks."""

    @abstractmethod
    def facts(self, commit: Oid) -> CommitFacts:
        """The facts of a commit."""

    @abstractmethod
    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        """Commits reachable from the tips and not from `without`, children first or parents first."""

    def files(self, commit: Oid, folder: str) -> dict[str, TreeEntry]:
        """The files below a folder of a commit's tree, by path."""
        found = self._find(commit, folder)
        if found is None or found.mode != FOLDER_MODE:
            return {folder: found} if found else {}
        return dict(self._below(found.oid, f"{folder}/"))

    def fresh_entries(self, commit: Oid, folder: str, seen: set[Oid]) -> Iterator[tuple[str, TreeEntry]]:
        """Files and folders in the trees below a folder that are not in `seen`, to which they are added."""
        top = self._find(commit, folder)
        waiting = [(folder, top)] if top else []
        while waiting:
            path, entry = waiting.pop()
            yield path, entry
            if entry.mode == FOLDER_MODE and entry.oid not in seen:
                seen.add(entry.oid)
                waiting += [(f"{path}/{name}", child) for name, child in self._folder(entry.oid).items()]

    def tree_oid(self, commit: Oid, folder: str) -> Oid | None:
        """The tree of a folder at the top of a commit, or None."""
        found = self._find(commit, folder)
        return found.oid if found else None

    def blobs_at(self, commit: Oid, paths: Iterable[str]) -> tuple[Oid, ...]:
        """The blobs of the paths that are regular files in a commit, in the order of the paths."""
        found = (self._find(commit, path) for path in paths)
        return tuple(entry.oid for entry in found if entry and entry.is_file)

    def changed_files(self, old: Oid | None, new: Oid, folder: str) -> dict[str, FileChange]:
        """The files below a top-level folder that differ between two commits; None counts as empty."""
        before, after = (self._find(commit, folder) if commit else None for commit in (old, new))
        was, now = (entry if entry and entry.mode == FOLDER_MODE else None for entry in (before, after))
        return dict(self._differences(was, now, folder))

    def _differences(
        self, old: TreeEntry | None, new: TreeEntry | None, folder: str
    ) -> Iterator[tuple[str, FileChange]]:
        """The files that differ between two folders; equal ones are not read."""
        if old == new:
            return
        before, after = (self._folder(entry.oid) if entry else {} for entry in (old, new))
        for name in sorted({*before, *after}):
            path = f"{folder}/{name}"
            sides = (before.get(name), after.get(name))
            if sides[0] == sides[1]:
                continue
            trees = [entry if entry and entry.mode == FOLDER_MODE else None for entry in sides]
            if any(trees):
                yield from self._differences(trees[0], trees[1], path)
            files = [None if entry is tree else entry for entry, tree in zip(sides, trees, strict=True)]
            if any(files):
                yield path, (files[0], files[1])

    def some_files(self, commit: Oid, folder: str, *, depth: int, most: int) -> dict[str, TreeEntry] | None:
        """The files at most `depth` levels below a folder of an untrusted tree.

        None if the folder is missing or not a folder. Raises GitError if there are more than `most` entries.
        """
        top = self._find(commit, folder)
        if top is None or top.mode != FOLDER_MODE:
            return None
        found: dict[str, TreeEntry] = {}
        level, entries = [(folder, top.oid)], 0
        for _ in range(depth):
            inner: list[tuple[str, Oid]] = []
            for path, tree in level:
                children = self._folder(tree)
                entries += len(children)
                if entries > most:
                    raise GitError(f"{commit}: more than {most} entries below {folder}/")
                for name, entry in children.items():
                    if entry.mode == FOLDER_MODE:
                        inner.append((f"{path}/{name}", entry.oid))
                    else:
                        found[f"{path}/{name}"] = entry
            level = inner
        return found

    @abstractmethod
    def has(self, oid: Oid) -> bool:
        """Whether an object is here."""

    @abstractmethod
    def size(self, oid: Oid) -> int:
        """The size of an object in bytes. Raises GitError if it is missing."""

    @abstractmethod
    def is_ancestor(self, older: str, newer: Oid) -> bool:
        """Whether a commit is `newer` or reachable from it; False for a commit that is not here."""

    @abstractmethod
    def write_blob(self, data: bytes) -> Oid:
        """Store the bytes of a file."""

    def write_tree(self, commit: Oid | None, files: Mapping[str, Oid]) -> Oid:
        """The tree of a commit (None: an empty tree) with these files replaced or added.

        Raises GitError if there is a file in place of a folder, or a folder or link in place of a file.
        """
        split = {tuple(path.split("/")): oid for path, oid in files.items()}
        return self._put(self._root(commit) if commit else None, split, "")

    def _put(self, tree: Oid | None, files: Mapping[tuple[str, ...], Oid], place: str) -> Oid:
        known = self._folder(tree) if tree else {}
        changed: dict[str, TreeEntry] = {}
        folders: dict[str, dict[tuple[str, ...], Oid]] = {}
        for (name, *rest), oid in files.items():
            old = known.get(name)
            if rest:
                folders.setdefault(name, {})[tuple(rest)] = oid
            elif old and not old.is_file:
                raise GitError(f"{place}{name}: not a regular file", hint="move it away and commit that")
            else:
                changed[name] = TreeEntry(old.mode if old else FILE_MODE, oid)
        for name, inner in folders.items():
            old = known.get(name)
            if old and old.mode != FOLDER_MODE:
                raise GitError(f"{place}{name}: not a folder", hint="move it away and commit that")
            below = self._put(old.oid if old else None, inner, f"{place}{name}/")
            changed[name] = TreeEntry(FOLDER_MODE, below)
        return self._write_folder(tree, changed)

    @abstractmethod
    def _write_folder(self, tree: Oid | None, changed: Folder) -> Oid:
        """A tree, or an empty one, with these entries replaced or added."""

    def read(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError if it is missing or not a blob.

        The last few are cached, because several checks read the same file in turn.
        """
        data = self._blobs.get(oid)
        if data is None:
            data = self._read_blob(oid)
            if len(data) <= MAX_CACHED_BYTES:
                keep(self._blobs, oid, data, CACHED_BLOBS)
        return data

    @abstractmethod
    def _read_blob(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError."""

    @abstractmethod
    def _root(self, commit: Oid) -> Oid:
        """The tree of a commit. Raises GitError."""

    def _folder(self, tree: Oid) -> Folder:
        """The entries of a tree, by name."""
        found = self._trees.get(tree)
        if found is None:
            found = self._read_folder(tree)
            if len(found) <= MAX_CACHED_ENTRIES:
                keep(self._trees, tree, found)
        return found

    @abstractmethod
    def _read_folder(self, tree: Oid) -> Folder:
        """The entries of a tree, by name. Raises GitError."""

    def _find(self, commit: Oid, path: str) -> TreeEntry | None:
        entry: TreeEntry | None = TreeEntry(FOLDER_MODE, self._root(commit))
        for part in path.split("/"):
            entry = self._folder(entry.oid).get(part) if entry and entry.mode == FOLDER_MODE else None
        return entry

    def _below(self, tree: Oid, place: str) -> Iterator[tuple[str, TreeEntry]]:
        for name, entry in self._folder(tree).items():
            if entry.mode == FOLDER_MODE:
                yield from self._below(entry.oid, f"{place}{name}/")
            else:
                yield f"{place}{name}", entry


def keep(cache: dict[Oid, T], oid: Oid, value: T, most: int = CACHED_ITEMS) -> None:
    """Keep a value for an object; the oldest of too many goes."""
    if len(cache) >= most:
        del cache[next(iter(cache))]
    cache[oid] = value


def commit_day(seconds: int, zone_minutes: int) -> str:
    """The day of a commit, YYYY-MM-DD: any program can write any number of seconds and any zone.

    The days beyond the calendar become its first or its last; a zone of a day or more counts as UTC.
    """
    zone = timedelta(minutes=zone_minutes)
    if abs(zone) >= timedelta(days=1):
        zone = timedelta()
    try:
        return (_EPOCH + timedelta(seconds=seconds) + zone).date().isoformat()
    except OverflowError:
        return (date.max if seconds > 0 else date.min).isoformat()
