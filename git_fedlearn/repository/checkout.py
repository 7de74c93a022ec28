"""Checkouts of another commit, and their rollback if they were interrupted.

git writes the files, then the index, then the branch. Killed in between, it leaves files of the new commit
on the old branch, the last one perhaps truncated, and the lock of the index. A marker file records that a
checkout is running; if its process is gone, the files that the checkout wrote, and no others, are restored.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.repository.git import Git, null_ended
from git_fedlearn.repository.state import read_json, write_json

LANDING: Final = "fedlearn-landing.json"
"""In the git directory of a work tree: a checkout of ours; guarded by the repository's lock."""
PULLING: Final = "fedlearn-pulling.json"
"""In the same place: a `git pull` run by `federate`; guarded by the lock of `federate`."""

ORPHAN_SECONDS: Final = 5.0
"""A lock of git that is older than this was left by a killed process."""
CHECKOUT_TIMEOUT_SECONDS: Final = 3600.0
"""A lock made longer than this after the marker does not belong to that checkout."""
_FROM_INPUT: Final = ("--pathspec-from-file=-", "--pathspec-file-nul")


class _Change(NamedTuple):
    """A file that a checkout changes: its blobs before and after, empty if missing."""

    path: str
    was: str
    becomes: str


@contextmanager
def marked_checkout(git: Git, marker: Path, to: str) -> Iterator[None]:
    """Mark a checkout from HEAD to a commit or tree. Ctrl-C rolls it back at once."""
    write_json(marker, {"head": git.text("rev-parse", "HEAD"), "to": to})
    try:
        yield
    except KeyboardInterrupt:
        rollback_interrupted(git, marker)
        raise
    marker.unlink(missing_ok=True)


def is_interrupted(git_dir: Path) -> bool:
    """Whether a checkout of ours is running, or was killed."""
    return (git_dir / LANDING).exists()


def rollback_interrupted(git: Git, marker: Path) -> None:
    """Roll back an interrupted checkout. The caller holds the lock that guards the marker."""
    if not marker.exists():
        return
    remove_orphaned_locks(marker.parent.glob("*.lock"), since=marker.stat().st_mtime)
    facts = read_json(marker)
    head, to = str(facts.get("head", "")), str(facts.get("to", ""))
    if head and git.text("rev-parse", "HEAD") == head:
        for tree in _ends(git, head, to):
            _restore_files(git, head, tree)
    marker.unlink(missing_ok=True)


def remove_orphaned_locks(locks: Iterable[Path], *, since: float | None = None) -> None:
    """Remove git locks older than ORPHAN_SECONDS: all, or those of a checkout that began `since`."""
    for lock in sorted(locks):
        while (made := _changed(lock)) is not None and abs(time.time() - made) < ORPHAN_SECONDS:
            time.sleep(0.1)
        if made is not None and (since is None or since <= made <= since + CHECKOUT_TIMEOUT_SECONDS):
            lock.unlink(missing_ok=True)


def _changed(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return None


def _ends(git: Git, head: str, to: str) -> Iterator[str]:
    """Trees the checkout may have been writing: the other commit, or (git 2.38) its merge with HEAD."""
    found = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", to)
    if found.code:
        return
    other = os.fsdecode(found.out).strip()
    yield other
    merged = git.attempt("merge-tree", "--write-tree", head, other)
    if merged.code == 0:
        yield os.fsdecode(merged.out).splitlines()[0]


def _restore_files(git: Git, head: str, tree: str) -> None:
    """Restore from `head` every file whose content is that of `tree`, or the beginning of it."""
    written = [
        change
        for change in _changes(git, head, tree)
        if _is_written(git, git.directory / change.path, change)
    ]
    for change in written:
        if not change.was:
            (git.directory / change.path).unlink(missing_ok=True)
    for command, some in (("reset", written), ("checkout", [change for change in written if change.was])):
        if some:
            paths = null_ended(change.path for change in some)
            git.run("--literal-pathspecs", command, "--quiet", head, *_FROM_INPUT, stdin=paths)


def _changes(git: Git, head: str, tree: str) -> Iterator[_Change]:
    """The files that differ."""
    listed = git.items("diff-tree", "-r", "-z", "--no-renames", head, tree)
    for facts, path in zip(listed[::2], listed[1::2], strict=True):
        _, _, was, becomes, _ = facts.split(" ")
        yield _Change(path, was.strip("0") and was, becomes.strip("0") and becomes)


def _is_written(git: Git, file: Path, change: _Change) -> bool:
    """Whether the checkout wrote, began or removed this file, and nobody changed it since."""
    if file.is_symlink():
        return False
    if not file.exists():
        return bool(change.was)
    size = git.attempt("cat-file", "-s", change.becomes or "-")
    if size.code or not file.is_file() or file.stat().st_size > int(size.out):
        return False
    return git.run("cat-file", "blob", change.becomes).startswith(file.read_bytes())
