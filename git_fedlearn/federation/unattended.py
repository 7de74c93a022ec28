"""What `federate` needs when nobody watches it: recovery, its last result, and anonymous commits.

A file marks a running `federate`. A run that finds it although it has the lock of `federate` knows that the
earlier run was killed, and repairs what git left unfinished.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.layout import is_data_file
from git_fedlearn.federation.upstream import undo_unfinished
from git_fedlearn.repository.checkout import PULLING, remove_orphaned_locks, rollback_interrupted
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATED, FEDERATING, read_json, write_json
from git_fedlearn.repository.trees import work_files
from git_fedlearn.repository.verify import earlier_trees, repair, verify_tree

FORMAT: Final = 1
"""Of the file with the last result."""


@contextmanager
def marked_run(repository: Repository) -> Iterator[bool]:
    """Recover from a run that was killed, then mark this one; yields whether there was such a run."""
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
    """Abort an unfinished merge, remove git's orphaned locks, and restore deleted files and lost records."""
    folders = {repository.git_dir, repository.common_dir}
    locks = {lock for folder in folders for lock in folder.glob("*.lock")}
    locks |= set((repository.common_dir / "refs").rglob("*.lock"))
    remove_orphaned_locks(locks, since=mark.stat().st_mtime)
    undo_unfinished(repository)
    with repository.lock("federate"):
        rollback_interrupted(repository.git, repository.git_dir / PULLING)
        for path in filter(is_data_file, repository.git.items("ls-files", "--deleted", "-z", "--", ":/data")):
            repository.git.run("checkout", "--", f":/{path}")
        objects = repository.objects
        found = verify_tree(
            repository, work_files(repository), earlier_trees(repository, objects, history=False)
        )
        if not found.is_sound:
            repair(repository, found)


MAX_AGE: Final = timedelta(days=35)


class LastRun(NamedTuple):
    """When `federate` last ran to its end, and the names of the steps that failed."""

    ended: datetime
    failed: tuple[str, ...]

    def is_late(self, now: datetime) -> bool:
        """Whether no timer can have run since: the longest interval, and a few days, have passed."""
        return now - self.ended > MAX_AGE


def read_last_run(repository: Repository) -> LastRun | None:
    """The last run; None if there was none, or its file is damaged."""
    match read_json(repository.state.path(FEDERATED)):
        case {"format": number, "ended": str(when), "failed": [*failed]} if number == FORMAT:
            try:
                ended = datetime.fromisoformat(when)
            except ValueError:
                return None
            return LastRun(ended, tuple(map(str, failed))) if ended.tzinfo else None
    return None


def write_last_run(repository: Repository, run: LastRun) -> None:
    """Replace the last run."""
    ended = run.ended.isoformat(timespec="seconds")
    write_json(repository.state.path(FEDERATED), {"format": FORMAT, "ended": ended, "failed": [*run.failed]})


def anonymous_environment(repository: Repository) -> dict[str, str]:
    """The environment in which git commits under the system id, unsigned, whatever the config says."""
    system = repository.system()
    known = dict(repository.environment)
    number = int(known.get("GIT_CONFIG_COUNT") or 0)
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", system), ("EMAIL", f"{system}@fedlearn.invalid"))
    }
    return {
        **known,
        **identity,
        "TZ": "UTC",
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": "commit.gpgSign",
        f"GIT_CONFIG_VALUE_{number}": "false",
    }
