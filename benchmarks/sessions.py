"""`sync` of a folder of agents' sessions against `jq -c .` over it. SESSIONS_MB sets its size (200)."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.agent_sessions import write_sessions
from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.sync import fresh_repository
from benchmarks.table import Row


def rows(folder: Path) -> Iterator[Row]:
    """A first run over all sessions, and a second with nothing new."""
    if not shutil.which("jq"):
        sys.exit("error: this benchmark compares with jq\nhint: apt-get install jq")
    size = int(os.environ.get("SESSIONS_MB", "200"))
    in_child(write_sessions, folder / "projects", size * 1_000_000)
    repository = folder / "repository"
    result = compare(
        lambda: _sync(repository), lambda: _jq(folder), lambda: fresh_repository(repository), pairs=3
    )
    yield Row(f"sync of {size} MB of sessions", "jq -c .", result, at_most=1.5)
    fresh_repository(repository)
    _sync(repository)
    result = compare(
        lambda: _sync(repository), lambda: run((sys.executable, "-c", "pass"), folder), lambda: None
    )
    yield Row(
        "sync of sessions, nothing new", "python -c pass", result, note=f"{result.ours:.2f} s (under 0.5)"
    )


def _sync(repository: Path) -> Run:
    command = (sys.executable, "-I", "-m", "git_fedlearn.cli", "sync", "--source", "../projects")
    return run(command, repository, ENVIRONMENT)


def _jq(folder: Path) -> Run:
    return run(("sh", "-c", f"cat {folder}/projects/*/*.jsonl | jq -c . > {folder}/printed"), folder)
