"""`federate` after a run that was killed: the next one finds a mark, and puts right what git left half done.

The caller holds the lock of `federate`, so whoever made the mark is gone.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from git_fedlearn.federation.upstream import undo_unfinished
from git_fedlearn.repository.data_tree import WorkTree
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.moves import PULLING, remove_orphaned_locks, undo_half_move
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATING, write_json
from git_fedlearn.repository.verify import earlier_trees, mend, verify_tree


@contextmanager
def marked_run(repository: Repository) -> Iterator[bool]:
    """Put right what a killed run left, then mark this one; yields whether there was anything to do."""
    mark = repository.state.path(FEDERATING)
    killed = bool(read_file(mark))
    if killed:
        recover(repository, mark)
    write_json(mark, {"pid": os.getpid()})
    try:
        yield killed
    finally:
        mark.unlink(missing_ok=True)


def recover(repository: Repository, mark: Path) -> None:
    """Undo a half-done merge, remove git's orphaned locks, and bring back what the work tree has lost."""
    folders = {repository.git_dir, repository.common_dir}
    locks = {lock for folder in folders for lock in folder.glob("*.lock")}
    locks |= set((repository.common_dir / "refs").rglob("*.lock"))
    remove_orphaned_locks(locks, since=mark.stat().st_mtime)
    undo_unfinished(repository)
    with repository.lock("federate"):
        undo_half_move(repository.git, repository.git_dir / PULLING)
        for path in repository.git.run("ls-files", "--deleted", "-z", "--", ":/data").split(b"\0"):
            if path:
                repository.git.run("checkout", "--", f":/{os.fsdecode(path)}")
        objects = repository.objects
        found = verify_tree(
            repository, WorkTree(repository.top), earlier_trees(repository, objects, history=False)
        )
        if not found.is_sound:
            mend(repository, found)
