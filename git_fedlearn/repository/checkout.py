"""Moving the work tree from one commit to another, and back again when that was killed half way.

git writes the files, then the index, then the branch. Killed in between, it leaves files of the new commit
under the old branch, the last of them perhaps cut short, and the lock of the index. A mark says that a move
is under way; whoever finds one whose process is gone puts back the files that the move wrote, and no others.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.repository.git import Git
from git_fedlearn.repository.state import read_json, write_json

LANDING: Final = "fedlearn-landing.json"
"""In the git folder of a work tree: we are moving it; guarded by the repository's lock."""
PULLING: Final = "fedlearn-pulling.json"
"""There too: `git pull` is moving it on behalf of `federate`; guarded by the lock of `federate`."""

ORPHAN_SECONDS: Final = 5.0
"""How long a lock of git must be left alone before it counts as left by a process that was killed."""
CHECKOUT_TIMEOUT_SECONDS: Final = 3600.0
"""A lock that was made later than so many seconds after a mark is not that of the move."""
_FROM_INPUT: Final = ("--pathspec-from-file=-", "--pathspec-file-nul")


class _Change(NamedTuple):
    """A file that a move changes: its blob before and after, empty where there is none."""

    path: str
    was: str
    becomes: str


@contextmanager
def marked_move(git: Git, mark: Path, to: str) -> Iterator[None]:
    """Mark that git moves from HEAD to a commit or tree. An interrupt is put right at once."""
    write_json(mark, {"head": git.text("rev-parse", "HEAD"), "to": to})
    try:
        yield
    except KeyboardInterrupt:
        rollback_interrupted(git, mark)
        raise
    mark.unlink(missing_ok=True)


def is_interrupted(git_dir: Path) -> bool:
    """Whether a move of ours is under way, or was killed."""
    return (git_dir / LANDING).exists()


def rollback_interrupted(git: Git, mark: Path) -> None:
    """Put back what a move left half done. The caller holds the lock that guards the mark."""
    if not mark.exists():
        return
    remove_orphaned_locks(mark.parent.glob("*.lock"), since=mark.stat().st_mtime)
    facts = read_json(mark)
    head, to = str(facts.get("head", "")), str(facts.get("to", ""))
    if head and git.text("rev-parse", "HEAD") == head:
        for tree in _ends(git, head, to):
            _restore_files(git, head, tree)
    mark.unlink(missing_ok=True)


def remove_orphaned_locks(locks: Iterable[Path], *, since: float | None = None) -> None:
    """Remove locks of git that nobody has touched for a while: all, or those of a move that began `since`."""
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
    """What the work tree was to become: the other commit, or both merged (git 2.38 or later knows how)."""
    found = git.attempt("rev-parse", "--verify", "--quiet", "--end-of-options", to)
    if found.code:
        return
    other = os.fsdecode(found.out).strip()
    yield other
    merged = git.attempt("merge-tree", "--write-tree", head, other)
    if merged.code == 0:
        yield os.fsdecode(merged.out).splitlines()[0]


def _restore_files(git: Git, head: str, tree: str) -> None:
    """Give every file that stands as it is in `tree`, or as its beginning, the form it has in `head`."""
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
            paths = b"".join(os.fsencode(change.path) + b"\0" for change in some)
            git.run("--literal-pathspecs", command, "--quiet", head, *_FROM_INPUT, stdin=paths)


def _changes(git: Git, head: str, tree: str) -> Iterator[_Change]:
    """Every file that differs."""
    raw = git.run("diff-tree", "-r", "-z", "--no-renames", head, tree).split(b"\0")
    for facts, path in zip(raw[::2], raw[1::2], strict=False):
        _, _, was, becomes, _ = facts.decode("ascii").split(" ")
        yield _Change(os.fsdecode(path), was.strip("0") and was, becomes.strip("0") and becomes)


def _is_written(git: Git, file: Path, change: _Change) -> bool:
    """Whether the move has written, begun or removed this file, and nobody has changed it since."""
    if file.is_symlink():
        return False
    if not file.exists():
        return bool(change.was)
    size = git.attempt("cat-file", "-s", change.becomes or "-")
    if size.code or not file.is_file() or file.stat().st_size > int(size.out):
        return False
    return git.run("cat-file", "blob", change.becomes).startswith(file.read_bytes())
