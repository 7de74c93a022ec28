"""What people write beside files: messages of commits and tags, and notes, read from git in batches."""

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from git_fedlearn.repository.git import Git, GitBatch
from git_fedlearn.repository.objects import Oid

BATCH: Final = 1000
"""Commits that one git command reads."""
NOTES: Final = "refs/notes/"
TAGS: Final = "refs/tags/"

_FORMAT: Final = "%H%n%an%n%ae%n%cn%n%ce%n%B"
_HEADER_LINES: Final = 5


class CommitText(NamedTuple):
    """A commit, the names and addresses of its author and committer, and its message."""

    oid: Oid
    people: tuple[str, ...]
    message: str


class TagText(NamedTuple):
    """An annotated tag, by the object that was asked for, and its message."""

    oid: str
    message: str


class NoteBlob(NamedTuple):
    """A blob of a notes ref, and the object that it is about: git-notes(1)."""

    oid: Oid
    about: str


def read_messages(git: Git, commits: Iterable[Oid]) -> Iterator[CommitText]:
    """The messages of commits, in UTF-8, as they are pushed: without replacements."""
    waiting = iter(commits)
    while batch := [*islice(waiting, BATCH)]:
        listed = git.run(
            "--no-replace-objects",
            *("log", "-z", "--no-walk=unsorted", "--no-patch", "--no-color", "--no-notes"),
            *("--no-show-signature", "--encoding=UTF-8", f"--format=tformat:{_FORMAT}", "--stdin"),
            stdin="".join(f"{oid}\n" for oid in batch).encode("ascii"),
        )
        for entry in listed.decode("utf-8", "replace").split("\0"):
            lines = entry.split("\n", _HEADER_LINES)
            if len(lines) > _HEADER_LINES:
                yield CommitText(Oid(lines[0]), tuple(lines[1:_HEADER_LINES]), lines[_HEADER_LINES])


def read_tags(git: Git, oids: Iterable[str]) -> Iterator[TagText]:
    """The messages of those objects that are annotated tags, and of the tags that they lead to."""
    batch = GitBatch(git, "cat-file", "--batch")
    for asked in dict.fromkeys(oids):
        oid = asked
        while oid:
            _, kind, *size = batch.ask(oid.encode("ascii", "replace")).decode("ascii").split(" ")
            header, _, message = (batch.take(int(size[0])) if size else b"").partition(b"\n\n")
            oid = ""
            if kind == "tag":
                yield TagText(asked, message.decode("utf-8", "replace"))
                oid = header.split(b"\n", 1)[0].removeprefix(b"object ").decode("ascii", "replace")
    batch.close()


def find_note_blobs(git: Git, tip: Oid, without: Iterable[Oid]) -> Iterator[NoteBlob]:
    """The blobs that the commits of a notes ref have, and those in `without` lack."""
    listed = git.run("rev-list", "--objects", tip, "--not", *without, "--")
    for line in os.fsdecode(listed).splitlines():
        oid, _, path = line.partition(" ")
        if len(path.replace("/", "")) == len(oid):
            yield NoteBlob(Oid(oid), path.replace("/", ""))


def tagged(git: Git) -> dict[str, str]:
    """The annotated tags of the repository: the tag object by the name of its ref."""
    listed = git.run("for-each-ref", "--format=%(objecttype) %(objectname) %(refname)", TAGS)
    found = (os.fsdecode(line).split(" ", 2) for line in listed.splitlines())
    return {ref: oid for kind, oid, ref in found if kind == "tag"}
