"""`federate` after a run that was killed: the next one finds a mark, and puts right what git left half done.

The caller holds the lock of `federate`, so whoever made the mark is gone.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from git_fedlearn.federation.upstream import undo_unfinished
from git_fedlearn.repository.data_tree import WorkTree, open_objects
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.verify import earlier_trees, mend, verify_tree

ORPHAN_SECONDS: Final = 5.0
"""How long a lock of git must be left alone before it counts as left by the killed run."""


@contextmanager
def marked_run(repository: Repository) -> Iterator[bool]:
    """Put right what a killed run left, then mark this one; yields whether there was anything to do."""
    mark = repository.state / "federate.json"
    killed = bool(read_file(mark))
    if killed:
        recover(repository, mark)
    write_file(mark, json.dumps({"pid": os.getpid()}).encode())
    try:
        yield killed
    finally:
        mark.unlink(missing_ok=True)


def recover(repository: Repository, mark: Path) -> None:
    """Undo a half-done merge, remove git's orphaned locks, and bring back what the work tree has lost."""
    _remove_orphans(repository, mark.stat().st_mtime)
    undo_unfinished(repository)
    with repository.lock("federate"):
        for path in repository.git.run("ls-files", "--deleted", "-z", "--", ":/data").split(b"\0"):
            if path:
                repository.git.run("checkout", "--", f":/{os.fsdecode(path)}")
        objects = open_objects(repository)
        found = verify_tree(
            repository, WorkTree(repository.top), earlier_trees(repository, objects, history=False)
        )
        if not found.is_sound:
            mend(repository, found)


def _remove_orphans(repository: Repository, since: float) -> None:
    """Locks that a git command of the killed run left: younger than its mark, and untouched for a while."""
    folders = {repository.git_dir, repository.common_dir}
    locks = {lock for folder in folders for lock in folder.glob("*.lock")}
    locks |= set((repository.common_dir / "refs").rglob("*.lock"))
    for lock in sorted(locks):
        while lock.exists() and time.time() - lock.stat().st_mtime < ORPHAN_SECONDS:
            time.sleep(0.1)
        if lock.exists() and lock.stat().st_mtime >= since - 1:
            lock.unlink(missing_ok=True)
