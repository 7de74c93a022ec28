"""The files under data/ in a commit, in the index or in the work tree, read through one interface."""

# ruff: noqa: D102  `DataTree` says what the methods mean

import os
import shlex
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple, Protocol

from git_fedlearn.core.layout import (
    DATA,
    FOLDERS,
    README,
    FileKind,
    SetName,
    find_original,
    find_set,
    is_data_file,
    kind_of,
    set_of,
)
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.objects import Objects, Oid, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.state import facts_of

RULES: Final = (SETTINGS_FILE, ".gitattributes", ".gitignore")
"""The files at the top that rule data/."""
HIDDEN: Final = "changed, but git takes it for unchanged (git update-index), so no commit gets its lessons"
_ROOTS: Final = {DATA, *(folder.rpartition("/")[0] for folder in FOLDERS), *FOLDERS}
_PLAIN_INDEX: Final = 2
_FOLDER_DEPTH: Final = 2
"""Levels of folders below those of the layout that may contain files of ours."""


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
        return sorted(self.entries)

    def read(self, path: str) -> bytes:
        """The bytes of a file, empty if it is not a regular file."""
        return self.objects.read(self.entries[path].oid) if self.is_file(path) else b""

    def is_file(self, path: str) -> bool:
        return path in self.entries and self.entries[path].is_file


class SparseFiles:
    """The files of ours that are in the index but not in the work tree, and that git does not miss there.

    A sparse checkout leaves them out (git-sparse-checkout(1)), or `update-index --skip-worktree`.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @cached_property
    def entries(self) -> dict[str, TreeEntry]:
        """The index entries of the data files."""
        return {path: entry for path, entry in self._skipped.items() if is_data_file(path)}

    @cached_property
    def _skipped(self) -> dict[str, TreeEntry]:
        repository = self._repository
        if not _may_skip(repository):
            return {}
        found = {}
        for line in repository.git.items("ls-files", "-t", "--stage", "-z", "--", DATA, *RULES):
            facts, _, path = line.partition("\t")
            tag, mode, oid, _stage = facts.split(" ")
            if tag == "S" and not os.path.lexists(repository.top / path):
                found[path] = TreeEntry(int(mode, 8), Oid(oid))
        return found

    def below(self, folder: str) -> list[str]:
        """The paths of all files that are left out below a folder under data/, ours or not."""
        return [path for path in self._skipped if path.startswith(f"{folder}/")]

    def rules(self) -> list[str]:
        """Those of `RULES` that are left out; git reads its own from the index."""
        return [path for path in RULES if path in self._skipped]

    def read(self, path: str) -> bytes:
        """The bytes of a file that is left out, in the index; empty for any other path."""
        entry = self._skipped.get(path)
        return self._repository.objects.read(entry.oid) if entry and entry.is_file else b""


def _may_skip(repository: Repository) -> bool:
    """Whether the index may have an entry that is marked `skip-worktree`, judged by its first bytes.

    Version 2 of the index cannot mark one (gitformat-index(5)), unless the marks are in a shared index.
    """
    index = repository.environment.get("GIT_INDEX_FILE") or repository.git_dir / "index"
    try:
        with (repository.top / index).open("rb") as file:
            version = int.from_bytes(file.read(8)[4:])
    except FileNotFoundError:
        return False
    return version != _PLAIN_INDEX or any(repository.git_dir.glob("sharedindex.*"))


def find_hidden_changes(repository: Repository) -> tuple[list[str], str]:
    """The data files whose changes git does not look for, and the command that makes it look again.

    Somebody marked them with git-update-index(1), or git did by `core.ignoreStat`. No commit has the changes.
    """
    marked: dict[str, list[str]] = {}
    for line in repository.git.items("ls-files", "-v", "--stage", "-z", "--", f":/{DATA}"):
        facts, _, path = line.partition("\t")
        tag, _, oid, _ = facts.split(" ")
        options = ["--no-assume-unchanged"] * tag.islower() + ["--no-skip-worktree"] * (tag in "Ss")
        file = repository.top / path
        is_ours = options and is_data_file(path) and file.is_file()
        if is_ours and read_file(file) != repository.objects.read(Oid(oid)):
            for option in options:
                marked.setdefault(option, []).append(path)
    steps = [f"git update-index {option} {shlex.join(paths)}" for option, paths in marked.items()]
    return sorted({path for paths in marked.values() for path in paths}), " && ".join(steps)


class SparseTree(NamedTuple):
    """Our data files on disk, and those that a sparse checkout leaves out, read from the index."""

    work: "WorkTree"
    sparse: SparseFiles

    def paths(self) -> list[str]:
        return sorted({*self.work.paths(), *self.sparse.entries})

    def read(self, path: str) -> bytes:
        return self.work.read(path) or self.sparse.read(path)

    def is_file(self, path: str) -> bool:
        entry = self.sparse.entries.get(path)
        return self.work.is_file(path) or (entry is not None and entry.is_file)


def work_files(repository: Repository) -> SparseTree:
    """The data files of the work tree of a repository; absence from a sparse checkout is not absence."""
    return SparseTree(WorkTree(repository.top), repository.sparse)


def set_facts(repository: Repository) -> str:
    """A key that changes with the record sets of the work tree."""
    return facts_of(repository.top, filter(find_set, work_files(repository).paths()))


def matching_files(repository: Repository, pattern: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    """The paths and bytes of the data files that a pattern matches, in order, without links."""
    paths = {repository.relative(path) for path in repository.top.glob(pattern)}
    paths |= {path for path in repository.sparse.entries if PurePosixPath(path).match(pattern)}
    tree = work_files(repository)
    for path in sorted(paths):
        if tree.is_file(path):
            yield PurePosixPath(path), tree.read(path)


class WorkTree(NamedTuple):
    """Our data files on disk, without those that our rules ignore (temporary files, `latest.jsonl`).

    Links in place of files or folders, and folders named like a data file, are included, so that checks can
    refuse them. Other files under data/ are not: they are the user's.
    """

    top: Path

    def paths(self) -> list[str]:
        found = [root for root in _ROOTS if (self.top / root).is_symlink()]
        if (self.top / README).exists():
            found.append(README)
        for root in FOLDERS:
            found += self._below(root)
        return sorted({path for path in found if not is_local(path)})

    def copies(self) -> list[str]:
        """The copies of data files that file synchronizers and merge tools left, sorted."""
        places = (place for root in FOLDERS for place in self._walk(root))
        return sorted(path for path, is_file in places if is_file and find_original(path))

    def _below(self, root: str) -> Iterator[str]:
        for path, is_file in self._walk(root):
            if kind_of(path) is not FileKind.OTHER or (not is_file and _is_set_folder(path)):
                yield path

    def _walk(self, root: str) -> Iterator[tuple[str, bool]]:
        """Each file below a folder of the layout with True, each linked folder with False."""
        for folder, folders, names in os.walk(self.top / root):
            place = Path(folder).relative_to(self.top).as_posix()
            if place.count("/") - root.count("/") >= _FOLDER_DEPTH:
                folders.clear()
            yield from ((f"{place}/{name}", True) for name in names)
            for name in folders:
                if name.endswith(".jsonl") or (Path(folder) / name).is_symlink():
                    yield f"{place}/{name}", False

    def read(self, path: str) -> bytes:
        return read_file(self.top / path)

    def is_file(self, path: str) -> bool:
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
        return sorted(self.entries)

    def read(self, path: str) -> bytes:
        return self.work.read(path) if path in self.changed else self.committed.read(path)

    def is_file(self, path: str) -> bool:
        return self.work.is_file(path) if path in self.changed else self.committed.is_file(path)


def is_local(path: str) -> bool:
    """Whether a file under data/ is ours and never leaves this machine."""
    if path.endswith((".tmp", ".bak")):
        return is_data_file(path[: -len(".tmp")])
    is_latest = path.endswith("/latest.jsonl") and kind_of(path) is not FileKind.RECORD_SET
    return (is_latest and kind_of(path) is not FileKind.OTHER) or "/.local/" in path


def is_layout_link(path: str, tree: DataTree) -> bool:
    """Whether a path that is not a regular file is in place of a file or folder of ours."""
    return path in _ROOTS or kind_of(path) is not FileKind.OTHER or tree.is_file(f"{path}.jsonl")


def _is_set_folder(path: str) -> bool:
    return kind_of(f"{path}.jsonl") is FileKind.RECORD_SET or kind_of(f"{path}/0.jsonl") is not FileKind.OTHER


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
    for line in repository.git.items("ls-files", "--stage", "-z", "--", f":/{DATA}"):
        facts, _, path = line.partition("\t")
        mode, oid, stage = facts.split(" ")
        yield int(mode, 8), Oid(oid), int(stage), path


def set_paths(tree: DataTree) -> dict[SetName, list[str]]:
    """The files of each record set in a tree."""
    sets: dict[SetName, list[str]] = {}
    for path in tree.paths():
        if name := set_of(path):
            sets.setdefault(name, []).append(path)
    return sets


def read_set(tree: DataTree, name: SetName) -> Iterator[bytes]:
    """The bytes of every file of a set in a tree, one at a time."""
    return map(tree.read, set_paths(tree).get(name, ()))
