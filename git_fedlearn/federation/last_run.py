"""When `federate` last ran to its end in this clone, and what failed then."""

import json
from datetime import datetime
from typing import Final, NamedTuple

from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository

FORMAT: Final = 1


class LastRun(NamedTuple):
    """`failed` names the steps that failed."""

    ended: datetime
    failed: tuple[str, ...]


def read_last_run(repository: Repository) -> LastRun | None:
    """The last run; None when there was none, or what was remembered is damaged."""
    try:
        facts = json.loads(read_file(repository.state / "federated.json"))
        ended = datetime.fromisoformat(facts["ended"])
        failed = tuple(str(step) for step in facts["failed"])
    except (ValueError, TypeError, KeyError):
        return None
    return LastRun(ended, failed) if facts.get("format") == FORMAT and ended.tzinfo else None


def write_last_run(repository: Repository, run: LastRun) -> None:
    """Remember a run."""
    facts = {"format": FORMAT, "ended": run.ended.isoformat(timespec="seconds"), "failed": [*run.failed]}
    write_file(repository.state / "federated.json", json.dumps(facts).encode())
