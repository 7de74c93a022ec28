"""`federate` after a run that was killed: the next one finds a mark, and puts right what git left half done.

The caller holds the lock of `federate`, so whoever made the mark is gone.

When `federate` last ran to its end in this clone, and what failed then.

`fedlearn.anonymous`: commits under the system id in place of a name and an e-mail address, unsigned.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.federation.upstream import undo_unfinished
from git_fedlearn.repository.checkout import PULLING, remove_orphaned_locks, rollback_interrupted
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATED, FEDERATING, read_json, write_json
from git_fedlearn.repository.trees import WorkTree
from git_fedlearn.repository.verify import earlier_trees, repair, verify_tree


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
        rollback_interrupted(repository.git, repository.git_dir / PULLING)
        for path in repository.git.run("ls-files", "--deleted", "-z", "--", ":/data").split(b"\0"):
            if path:
                repository.git.run("checkout", "--", f":/{os.fsdecode(path)}")
        objects = repository.objects
        found = verify_tree(
            repository, WorkTree(repository.top), earlier_trees(repository, objects, history=False)
        )
        if not found.is_sound:
            repair(repository, found)


FORMAT: Final = 1


class LastRun(NamedTuple):
    """`failed` names the steps that failed."""

    ended: datetime
    failed: tuple[str, ...]


def read_last_run(repository: Repository) -> LastRun | None:
    """The last run; None when there was none, or what was remembered is damaged."""
    match read_json(repository.state.path(FEDERATED)):
        case {"format": number, "ended": str(when), "failed": [*failed]} if number == FORMAT:
            try:
                ended = datetime.fromisoformat(when)
            except ValueError:
                return None
            return LastRun(ended, tuple(map(str, failed))) if ended.tzinfo else None
    return None


def write_last_run(repository: Repository, run: LastRun) -> None:
    """Remember a run."""
    ended = run.ended.isoformat(timespec="seconds")
    write_json(repository.state.path(FEDERATED), {"format": FORMAT, "ended": ended, "failed": [*run.failed]})


KEY = "fedlearn.anonymous"


def is_anonymous(repository: Repository) -> bool:
    """Whether this clone makes its own commits without saying who its user is."""
    return repository.git.attempt("config", "--type=bool", "--get", KEY).out == b"true\n"


def anonymous_environment(repository: Repository) -> dict[str, str]:
    """The environment in which git commits as this system, whatever the config says."""
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
