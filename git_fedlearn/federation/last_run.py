"""When `federate` last ran to its end in this clone, and what failed then."""

from datetime import datetime
from typing import Final, NamedTuple

from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATED, read_json, write_json

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
