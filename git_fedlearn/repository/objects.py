"""What a repository holds: commits, trees and blobs, as every reader of them sees them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple, NewType, Protocol

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

CACHED_BLOBS: Final = 8
MAX_CACHED_BYTES: Final = 4_000_000
"""A larger blob is not cached."""


class Objects(Protocol):
    """The object database of one repository, including what git adds later.

    `LibgitObjects` reads it where libgit2 can, `GitObjects` everywhere else, with the same answers.
    """

    def close(self) -> None:
        """Let go of files and processes; nothing may be read afterwards."""

    def find_commit(self, revision: str) -> Oid | None:
        """The commit a revision names, or None."""

    def all_tips(self) -> list[Oid]:
        """HEAD, if it has a commit, and every commit that a ref names: branches, remotes, tags, the stash."""

    def own_tips(self) -> list[Oid]:
        """Like `all_tips`, without what was only fetched from peers: it may have failed the check."""

    def files_without_commit(self, oid: str) -> Iterator[tuple[str, Oid]]:
        """A blob, whose path is empty, or the files of a tree: those below its data folder if it has one.

        Tags are followed. Yields nothing for a commit or a missing object.
        """

    def parents(self, commit: Oid) -> list[Oid]:
        """The parents of a commit in order, without those that a shallow clone lacks."""

    def facts(self, commit: Oid) -> CommitFacts:
        """The facts of a commit."""

    def walk(
        self, tips: Iterable[Oid], *, without: Iterable[Oid] = (), oldest_first: bool = False
    ) -> Iterator[Oid]:
        """Commits reachable from the tips and not from `without`, children first or parents first."""

    def files(self, commit: Oid, folder: str) -> dict[str, TreeEntry]:
        """The files below a folder of a commit's tree, by path."""

    def fresh_entries(self, commit: Oid, folder: str, seen: set[Oid]) -> Iterator[tuple[str, TreeEntry]]:
        """Files and folders in the trees below a folder that are not in `seen`, to which they are added."""

    def tree_oid(self, commit: Oid, folder: str) -> Oid | None:
        """The tree of a folder at the top of a commit, or None."""

    def blobs_at(self, commit: Oid, paths: Iterable[str]) -> tuple[Oid, ...]:
        """The blobs of the paths that are regular files in a commit, in the order of the paths."""

    def changed_files(self, old: Oid | None, new: Oid, folder: str) -> dict[str, FileChange]:
        """The files below a top-level folder that differ between two commits; None counts as empty."""

    def some_files(self, commit: Oid, folder: str, *, depth: int, most: int) -> dict[str, TreeEntry] | None:
        """The files at most `depth` levels below a folder of an untrusted tree.

        None if the folder is missing or not a folder. Raises GitError if there are more than `most` entries.
        """

    def has(self, oid: Oid) -> bool:
        """Whether an object is here."""

    def size(self, oid: Oid) -> int:
        """The size of an object in bytes. Raises GitError if it is missing."""

    def is_ancestor(self, older: str, newer: Oid) -> bool:
        """Whether a commit is `newer` or reachable from it; False for a commit that is not here."""

    def write_blob(self, data: bytes) -> Oid:
        """Store the bytes of a file."""

    def write_tree(self, commit: Oid | None, files: Mapping[str, Oid]) -> Oid:
        """The tree of a commit (None: an empty tree) with these files replaced or added.

        Raises GitError if there is a file in place of a folder, or a folder or link in place of a file.
        """

    def read(self, oid: Oid) -> bytes:
        """The bytes of a blob. Raises GitError if it is missing or not a blob.

        The last few are cached, because several checks read the same file in turn.
        """


class BlobCache:
    """The last few blobs that were read, without large ones."""

    def __init__(self) -> None:
        self._blobs: dict[Oid, bytes] = {}

    def get(self, oid: Oid) -> bytes | None:
        """The bytes of a blob, None if it is not among them."""
        return self._blobs.get(oid)

    def keep(self, oid: Oid, data: bytes) -> bytes:
        """Keep the bytes of a blob, and return them."""
        if len(data) <= MAX_CACHED_BYTES:
            if len(self._blobs) >= CACHED_BLOBS:
                del self._blobs[next(iter(self._blobs))]
            self._blobs[oid] = data
        return data


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
