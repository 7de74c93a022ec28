"""`sync` of an event log against passes of `jq` over it. EVENT_LOG_MB sets its size (330).

FEDLEARN_EVAL names a folder of JSON lines that others wrote, whose words make up the lessons of one more log.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.event_log import read_words, write_log
from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.table import Row

DISTINCT = 100_000
"""Lessons of a log that hardly meets one twice."""


def rows(folder: Path) -> Iterator[Row]:
    """A first run over a whole log, of lessons that come again or do not, and a second with nothing new."""
    size = int(os.environ.get("EVENT_LOG_MB", "330")) * 1_000_000
    log = folder / "source" / "telemetry" / "bench-events.jsonl"
    in_child(write_log, log, size)
    repository = folder / "repository"
    if not shutil.which("jq"):
        sys.exit("error: this benchmark compares with jq\nhint: apt-get install jq")
    result = compare(
        lambda: _sync(repository), lambda: _jq(log, folder), lambda: fresh_repository(repository), pairs=3
    )
    yield Row(f"sync of {size // 1_000_000} MB, 4 % high-value", "jq, three passes", result, at_most=0.125)
    logs: dict[str, Path | None] = {"4 % distinct lessons": None}
    if outside := os.environ.get("FEDLEARN_EVAL"):
        logs["4 % distinct lessons of outside words"] = Path(outside)
    for number, (what, texts) in enumerate(logs.items()):
        source = folder / str(number)
        in_child(_write_distinct, source / "telemetry" / "bench-events.jsonl", size, texts)
        result = compare(
            lambda at=number: _sync(repository, f"../{at}"),  # type: ignore[misc]
            lambda at=source: _jq(at / "telemetry" / "bench-events.jsonl", folder),  # type: ignore[misc]
            lambda: fresh_repository(repository),
            pairs=3,
        )
        yield Row(f"sync of {size // 1_000_000} MB, {what}", "jq, three passes", result, at_most=0.25)
    fresh_repository(repository)
    _sync(repository)
    result = compare(
        lambda: _sync(repository), lambda: run((sys.executable, "-c", "pass"), folder), lambda: None
    )
    yield Row("sync, nothing new", "python -c pass", result, note=f"{result.ours:.2f} s (under 0.5)")
    numbers = count()
    result = compare(
        lambda: _sync(repository),
        lambda: run((sys.executable, "-c", "pass"), folder),
        lambda: _append(log, next(numbers)),
    )
    yield Row("sync, one new event", "python -c pass", result, note=f"{result.ours:.2f} s (under 0.6)")


def _write_distinct(path: Path, size: int, texts: Path | None) -> None:
    """In a process of its own: a child that is forked from a large one counts its memory, too."""
    write_log(path, size, DISTINCT, read_words(texts) if texts else ())


def _sync(repository: Path, source: str = "../source") -> Run:
    command = (sys.executable, "-I", "-m", "git_fedlearn.cli", "sync", "--source", source)
    return run(command, repository, ENVIRONMENT)


def _append(log: Path, number: int) -> None:
    event = {"query": f"how to do the new thing {number}", "response": "Do it.", "value_score": 0.9}
    with log.open("a") as file:
        file.write(json.dumps(event) + "\n")


def _jq(log: Path, folder: Path) -> Run:
    once = f"jq -c 'select(.value_score >= 0.7)' {log} > {folder}/selected"
    return run(("sh", "-c", f"{once}; {once}; {once}"), folder)


def fresh_repository(repository: Path) -> None:
    """Make an empty repository anew, and install git-fedlearn in it."""
    shutil.rmtree(repository, ignore_errors=True)
    (repository / "data").mkdir(parents=True)
    for command in (("init", "--quiet"), ("config", "fedlearn.system", "sys-abcdefghij")):
        subprocess.run(("git", *command), cwd=repository, check=True)
    install = (sys.executable, "-I", "-m", "git_fedlearn.cli", "--quiet", "install")
    subprocess.run(install, cwd=repository, env=ENVIRONMENT, check=True, stderr=subprocess.DEVNULL)
