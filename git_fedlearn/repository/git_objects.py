"""Objects read and written by git itself: whatever repository git can open, this can.

It is slower than libgit2 and used where libgit2 cannot read: SHA-256 objects, reftable, partial clones, whose
missing objects git fetches when they are asked for, and extensions that libgit2 does not know; and in hooks,
which read so few objects that loading libgit2 would cost more. Two
`git cat-file` processes answer one question after the other, and the trees and commits read last are kept.
"""

# ruff: noqa: D102  `Objects` says what the methods mean

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import GitError
from git_fedlearn.repository.git import Git, GitBatch
from git_fedlearn.repository.objects import (
    FILE_MODE,
    FOLDER_MODE,
    CommitFacts,
    Folder,
    Objects,
    Oid,
    TreeEntry,
    commit_day,
    keep,
)

_NOT_PROMISED: Final = "from promisor remote"
"""What git before 2.45 says when it ends, because it could not fetch what is missing."""
_SUBMODULE: Final = 0o160000
_MODES: Final = {"blob": FILE_MODE, "tree": FOLDER_MODE}
_MAX_ZONE_HOURS: Final = 14
_DATE: Final = re.compile(
    rb" *(?P<seconds>-?[0-9]{1,19})(?: +(?P<sign>[+-])(?P<hours>[0-9]{0,9})(?P<minutes>[0-9]{2})(?![0-9]))?"
)
_MODE: Final = re.compile(rb"[0-7]{5,6}")
_CRUD: Final = bytes([*range(33), *b".,:;<>\"\\'"])
"""What git strips from both ends of a name (ident.c)."""


class _ParsedCommit(NamedTuple):
    tree: Oid
    parents: tuple[Oid, ...]
    facts: CommitFacts


class GitObjects(Objects):
    """The object database of one repository, read by git."""

    def __init__(self, git: Git, common_dir: Path) -> None:
        super().__init__()
        environment = {**git.environment, "GIT_NO_REPLACE_OBJECTS": "1"}
        self._git = Git(git.directory, environment)
        given = git.environment.get("GIT_SHALLOW_FILE")
        self._shallow_file = git.directory / given if given else common_dir / "shallow"
        self._may_fetch = not git.keeps_config or any(key.endswith(".promisor") for key in git.config)
        self._contents = GitBatch(self._git, "cat-file", "--batch")
        # A commit is never left out of a clone: nothing has to be fetched to know that it is not here.
        here = Git(git.directory, {**environment, "GIT_NO_LAZY_FETCH": "1"})
        self._headers = GitBatch(here, "cat-file", "--batch-check")
        self._commits: dict[Oid, _ParsedCommit] = {}

    def close(self) -> None:
        self._contents.close()
        self._headers.close()

    def find_commit(self, revision: str) -> Oid | None:
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
        keep(self._commits, oid, _parse_commit(self._contents.take(int(answer[-1]))))
        return oid

    def _refs(self) -> list[tuple[str, str]]:
        return [*self._git.refs().items()]

    def _peel(self, oid: str) -> tuple[Oid | None, int]:
        found = self._header(f"{oid}^{{}}")
        return (found[0], _MODES.get(found[1], 0)) if found else (None, 0)

    def parents(self, commit: Oid) -> list[Oid]:
        return [] if commit in self._read_shallow() else [*self._commit(commit).parents]

    def facts(self, commit: Oid) -> CommitFacts:
        return self._commit(commit).facts

    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        ends = [*tips]
        if not ends:
            return
        named = "".join(f"{end}\n" for end in (*ends, *(f"^{oid}" for oid in without)))
        order = ("--topo-order", "--reverse") if oldest_first else ("--topo-order",)
        for line in self._git.lines("rev-list", *order, "--stdin", stdin=named.encode()):
            yield Oid(line.decode("ascii"))

    def has(self, oid: Oid) -> bool:
        return self._header(oid) is not None

    def size(self, oid: Oid) -> int:
        found = self._header(oid)
        return found[2] if found else len(self._load(oid, "blob"))

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        found = self.find_commit(older)
        return found is not None and self._git.is_true("merge-base", "--is-ancestor", found, newer)

    def write_blob(self, data: bytes) -> Oid:
        return _oid(self._git.run("hash-object", "-w", "--no-filters", "--stdin", stdin=data))

    def _write_folder(self, tree: Oid | None, changed: Folder) -> Oid:
        entries = {**(self._folder(tree) if tree else {}), **changed}
        kinds = {FOLDER_MODE: "tree", _SUBMODULE: "commit"}
        listed = "".join(
            f"{mode:06o} {kinds.get(mode, 'blob')} {oid}\t{name}\0" for name, (mode, oid) in entries.items()
        )
        # Without --missing a partial clone would fetch every file of the tree.
        made = _oid(self._git.run("mktree", "-z", "--missing", stdin=os.fsencode(listed)))
        if not self.has(made):  # git 2.39.5 does not say that the disk is full
            raise GitError(
                "git cannot write an object", hint="nothing was changed; free space or fix permissions"
            )
        return made

    def _read_blob(self, oid: Oid) -> bytes:
        return self._load(oid, "blob")

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
            found = _parse_commit(self._load(commit, "commit"))
            keep(self._commits, commit, found)
        return found

    def _root(self, commit: Oid) -> Oid:
        return self._commit(commit).tree

    def _read_folder(self, tree: Oid) -> Folder:
        return _parse_tree(self._load(tree, "tree"), len(tree) // 2)

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


def _oid(said: bytes) -> Oid:
    return Oid(said.decode("ascii").strip())


def _parse_tree(data: bytes, width: int) -> Folder:
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
