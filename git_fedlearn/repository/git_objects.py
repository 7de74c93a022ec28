"""Objects read and written by git itself: whatever repository git can open, this can.

It is slower than libgit2 and used where libgit2 cannot read: SHA-256 objects, reftable, partial clones, whose
missing objects git fetches when they are asked for, and extensions that libgit2 does not know; and in hooks,
which read so few objects that loading libgit2 would cost more. Two
`git cat-file` processes answer one question after the other, and the trees and commits read last are kept.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import GitError
from git_fedlearn.repository.git import Git, GitBatch
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

CACHED_ITEMS: Final = 2000
"""Commits, and trees, that are kept in memory."""
MAX_CACHED_ENTRIES: Final = 1000
"""A larger tree is not kept."""

_NOT_PROMISED: Final = "from promisor remote"
"""What git before 2.45 says when it ends, because it could not fetch what is missing."""
_SUBMODULE: Final = 0o160000
_MAX_ZONE_HOURS: Final = 14
_DATE: Final = re.compile(
    rb" *(?P<seconds>-?[0-9]{1,19})(?: +(?P<sign>[+-])(?P<hours>[0-9]{0,9})(?P<minutes>[0-9]{2})(?![0-9]))?"
)
_MODE: Final = re.compile(rb"[0-7]{5,6}")
_CRUD: Final = bytes([*range(33), *b".,:;<>\"\\'"])
"""What git strips from both ends of a name (ident.c)."""

_Folder = Mapping[str, TreeEntry]
_T = TypeVar("_T")


class _ParsedCommit(NamedTuple):
    tree: Oid
    parents: tuple[Oid, ...]
    facts: CommitFacts


class GitObjects:
    """The object database of one repository, read by git."""

    def __init__(self, git: Git, common_dir: Path) -> None:
        environment = {**git.environment, "GIT_NO_REPLACE_OBJECTS": "1"}
        self._git = Git(git.directory, environment)
        given = git.environment.get("GIT_SHALLOW_FILE")
        self._shallow_file = git.directory / given if given else common_dir / "shallow"
        self._may_fetch = not git.keeps_config or any(key.endswith(".promisor") for key in git.config)
        self._contents = GitBatch(self._git, "cat-file", "--batch")
        # A commit is never left out of a clone: nothing has to be fetched to know that it is not here.
        here = Git(git.directory, {**environment, "GIT_NO_LAZY_FETCH": "1"})
        self._headers = GitBatch(here, "cat-file", "--batch-check")
        self._blobs = BlobCache()
        self._commits: dict[Oid, _ParsedCommit] = {}
        self._trees: dict[Oid, _Folder] = {}

    def close(self) -> None:
        """End the processes."""
        self._contents.close()
        self._headers.close()

    def find_commit(self, revision: str) -> Oid | None:
        """The commit a revision names, or None."""
        if not self._may_fetch:
            return self._read_commit(f"{revision}^{{commit}}")
        found = self._header(revision)
        peeled = self._header(f"{found[0]}^{{commit}}") if found and found[1] != "commit" else found
        return peeled[0] if peeled else None

    def _read_commit(self, name: str) -> Oid | None:
        """The commit that is named, which is kept because it will be asked for; None if it is not here."""
        if "\n" in name or "\0" in name:
            return None
        answer = self._contents.ask(os.fsencode(name)).split(b" ")
        if len(answer) != len(_Header._fields) or not answer[-1].isdigit():
            return None
        oid = _oid(answer[0])
        _keep(self._commits, oid, _parse_commit(self._contents.take(int(answer[-1]))))
        return oid

    def all_tips(self) -> list[Oid]:
        """HEAD, if it has a commit, and every commit that a ref names: branches, remotes, tags, the stash."""
        return self._tips(without="")

    def own_tips(self) -> list[Oid]:
        """Like `all_tips`, without what was only fetched from peers: it may have failed the check."""
        return self._tips(without=PEER_REFS)

    def _tips(self, *, without: str) -> list[Oid]:
        listed = self._git.text("for-each-ref", "--format=%(objectname) %(refname)").splitlines()
        refs = sorted((ref, oid) for oid, ref in (line.split(" ", 1) for line in listed))
        names = [oid for ref, oid in refs if not (without and ref.startswith(without))]
        return list(dict.fromkeys(oid for name in ("HEAD", *names) if (oid := self.find_commit(name))))

    def files_without_commit(self, oid: str) -> Iterator[tuple[str, Oid]]:
        """A blob, whose path is empty, or the files of a tree: those below its data folder if it has one.

        Tags are followed. Yields nothing for a commit or a missing object.
        """
        found = self._header(f"{oid}^{{}}")
        if found and found[1] == "blob":
            yield "", found[0]
        elif found and found[1] == "tree":
            data = self._folder(found[0]).get(DATA)
            inner = (data.oid, f"{DATA}/") if data and data.mode == FOLDER_MODE else (found[0], "")
            yield from ((path, entry.oid) for path, entry in self._below(*inner) if entry.is_file)

    def parents(self, commit: Oid) -> list[Oid]:
        """The parents of a commit in order, without those that a shallow clone lacks."""
        return [] if commit in self._read_shallow() else [*self._commit(commit).parents]

    def facts(self, commit: Oid) -> CommitFacts:
        """The facts of a commit."""
        return self._commit(commit).facts

    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        """Commits reachable from the tips and not from `without`, children first or parents first."""
        ends = [*tips]
        if not ends:
            return
        named = "".join(f"{end}\n" for end in (*ends, *(f"^{oid}" for oid in without)))
        order = ("--topo-order", "--reverse") if oldest_first else ("--topo-order",)
        for line in self._git.lines("rev-list", *order, "--stdin", stdin=named.encode()):
            yield Oid(line.decode("ascii"))

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

    def has(self, oid: Oid) -> bool:
        """Whether an object is here."""
        return self._header(oid) is not None

    def size(self, oid: Oid) -> int:
        """The size of an object in bytes. Raises GitError if it is missing."""
        found = self._header(oid)
        return found[2] if found else len(self._load(oid, "blob"))

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        """Whether a commit is `newer` or reachable from it; False for a commit that is not here."""
        found = self.find_commit(older)
        return found is not None and self._git.is_true("merge-base", "--is-ancestor", found, newer)

    def write_blob(self, data: bytes) -> Oid:
        """Store the bytes of a file."""
        return _oid(self._git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=data))

    def write_tree(self, commit: Oid | None, files: Mapping[str, Oid]) -> Oid:
        """The tree of a commit (None: an empty tree) with these files replaced or added.

        Raises GitError if there is a file in place of a folder, or a folder or link in place of a file.
        """
        split = {tuple(path.split("/")): oid for path, oid in files.items()}
        root = self._folder(self._commit(commit).tree) if commit else {}
        return self._put(root, split, "")

    def _put(self, tree: _Folder, files: Mapping[tuple[str, ...], Oid], place: str) -> Oid:
        entries = dict(tree)
        folders: dict[str, dict[tuple[str, ...], Oid]] = {}
        for (name, *rest), oid in files.items():
            old = tree.get(name)
            if rest:
                folders.setdefault(name, {})[tuple(rest)] = oid
            elif old and not old.is_file:
                raise GitError(f"{place}{name}: not a regular file", hint="move it away and commit that")
            else:
                entries[name] = TreeEntry(old.mode if old else FILE_MODE, oid)
        for name, inner in folders.items():
            old = tree.get(name)
            if old and old.mode != FOLDER_MODE:
                raise GitError(f"{place}{name}: not a folder", hint="move it away and commit that")
            below = self._folder(old.oid) if old else {}
            entries[name] = TreeEntry(FOLDER_MODE, self._put(below, inner, f"{place}{name}/"))
        kinds = {FOLDER_MODE: "tree", _SUBMODULE: "commit"}
        listed = "".join(
            f"{mode:06o} {kinds.get(mode, 'blob')} {oid}\t{name}\0" for name, (mode, oid) in entries.items()
        )
        # Without --missing a partial clone would fetch every file of the tree.
        return _oid(self._git.run("mktree", "-z", "--missing", stdin=os.fsencode(listed)))

    def read(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError if it is missing or not a blob.

        The last few are cached, because several checks read the same file in turn.
        """
        cached = self._blobs.get(oid)
        return self._blobs.keep(oid, self._load(oid, "blob")) if cached is None else cached

    def _header(self, name: str) -> tuple[Oid, str, int] | None:
        """The id, type and size of what a revision names; None if that is not here."""
        if "\n" in name or "\0" in name:
            return None
        try:
            answer = self._headers.ask(os.fsencode(name)).split(b" ")
        except GitError as error:
            if _NOT_PROMISED in error.message:
                return None
            raise
        oid, kind, size = answer if len(answer) == len(_Header._fields) else (b"", b"", b"")
        return _Header(_oid(oid), kind.decode("ascii"), int(size)) if size.isdigit() else None

    def _load(self, oid: Oid, kind: str) -> bytes:
        """The bytes of an object. Raises GitError if it is missing or of another type."""
        try:
            answer = self._contents.ask(oid.encode("ascii", "replace")).split(b" ")
        except GitError as error:
            raise GitError(f"object {oid} is missing: {error.message}", hint=error.hint) from None
        if not answer[-1].isdigit():
            raise GitError(f"object {oid} is missing", hint="git fsck")
        data = self._contents.take(int(answer[-1]))
        if answer[1] != kind.encode():
            raise GitError(f"object {oid} is not a {kind}")
        return data

    def _commit(self, commit: Oid) -> _ParsedCommit:
        found = self._commits.get(commit)
        if found is None:
            found = _keep(self._commits, commit, _parse_commit(self._load(commit, "commit")))
        return found

    def _folder(self, tree: Oid) -> _Folder:
        """The entries of a tree, by name."""
        found = self._trees.get(tree)
        if found is None:
            found = _parse_tree(self._load(tree, "tree"), len(tree) // 2)
            if len(found) <= MAX_CACHED_ENTRIES:
                _keep(self._trees, tree, found)
        return found

    def _find(self, commit: Oid, path: str) -> TreeEntry | None:
        entry: TreeEntry | None = TreeEntry(FOLDER_MODE, self._commit(commit).tree)
        for part in path.split("/"):
            entry = self._folder(entry.oid).get(part) if entry and entry.mode == FOLDER_MODE else None
        return entry

    def _below(self, tree: Oid, place: str) -> Iterator[tuple[str, TreeEntry]]:
        for name, entry in self._folder(tree).items():
            if entry.mode == FOLDER_MODE:
                yield from self._below(entry.oid, f"{place}{name}/")
            else:
                yield f"{place}{name}", entry

    def _read_shallow(self) -> set[str]:
        """The commits whose parents a shallow clone lacks; a fetch can change them at any time."""
        try:
            return {*self._shallow_file.read_text("ascii").split()}
        except FileNotFoundError:
            return set()


def fetch_missing(git: Git, tips: Iterable[Oid], without: Iterable[Oid]) -> None:
    """Fetch at once what a partial clone lacks of data/ in these commits (git-clone(1), `--filter`).

    Git itself would fetch object by object, when each is read; if this fails, it still does. Other clones
    lack nothing.
    """
    promisors = (key for key, value in git.config.items() if key.endswith(".promisor") and value == "true")
    remote = next(promisors, "").removeprefix("remote.").removesuffix(".promisor")
    if not remote:
        return
    listed = ("rev-list", "--objects", "--missing=print", "--stdin")
    revisions = [*tips, *(f"^{oid}" for oid in without), "--", DATA]
    found = git.attempt(*listed, stdin="".join(f"{line}\n" for line in revisions).encode("ascii"))
    missing = [line[1:] + b"\n" for line in found.out.splitlines() if line.startswith(b"?")]
    # The options with which git fetches a missing object (promisor-remote.c).
    fetch = ("fetch", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none")
    if missing:
        noop = ("-c", "fetch.negotiationAlgorithm=noop")
        git.attempt(*noop, *fetch, "--quiet", "--stdin", remote, stdin=b"".join(missing))


class _Header(NamedTuple):
    oid: Oid
    kind: str
    size: int


def _keep(cache: dict[Oid, _T], oid: Oid, value: _T) -> _T:
    if len(cache) >= CACHED_ITEMS:
        del cache[next(iter(cache))]
    cache[oid] = value
    return value


def _oid(said: bytes) -> Oid:
    return Oid(said.decode("ascii").strip())


def _parse_tree(data: bytes, width: int) -> _Folder:
    """The entries of a tree, whose ids have `width` bytes. Raises GitError if it is broken."""
    entries, at = {}, 0
    while at < len(data):
        end = data.find(b"\0", at)
        mode, _, name = data[at:end].partition(b" ")
        oid = data[end + 1 : end + 1 + width]
        if end < 0 or len(oid) < width or not _MODE.fullmatch(mode):
            raise GitError("a tree object is broken", hint="git fsck")
        entries[os.fsdecode(name)] = TreeEntry(int(mode, 8), Oid(oid.hex()))
        at = end + 1 + width
    return entries


def _parse_commit(data: bytes) -> _ParsedCommit:
    header, _, message = data.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in header.split(b"\n"):
        name, _, value = line.partition(b" ")
        fields.setdefault(name, []).append(value)
    if b"tree" not in fields:
        raise GitError("a commit object is broken", hint="git fsck")
    author, committer = (fields.get(name, [b""])[0] for name in (b"author", b"committer"))
    encoding = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", "replace")
    name = author.rpartition(b"<")[0].strip(_CRUD)
    facts = CommitFacts(
        _parse_day(committer), _decode(name, encoding), _decode(message.lstrip(b"\n"), encoding)
    )
    return _ParsedCommit(_oid(fields[b"tree"][0]), tuple(map(_oid, fields.get(b"parent", []))), facts)


def _parse_day(person: bytes) -> str:
    """The day in a line of a person: `NAME <EMAIL> SECONDS ZONE`."""
    found = _DATE.match(person, person.rfind(b">") + 1)
    if found is None:
        return commit_day(0, 0)
    hours, minutes = int(found["hours"] or 0), int(found["minutes"] or 0)
    zone = hours * 60 + minutes if hours <= _MAX_ZONE_HOURS and minutes < 60 else 0  # noqa: PLR2004  an hour
    return commit_day(int(found["seconds"]), -zone if found["sign"] == b"-" else zone)


def _decode(text: bytes, encoding: str) -> str:
    try:
        return text.decode(encoding, "replace")
    except LookupError:
        return text.decode("utf-8", "replace")
