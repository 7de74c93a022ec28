"""`pull-remotes` of 50 peers with 1,000 new records each against 50 times `git pull`; again with nothing new.

PEERS and PEER_RECORDS set the numbers. The rival is what a user does without `pull-remotes`: one `git pull`
after the other in a clone that `git fedlearn install` set up, so that the driver joins and the hooks check.
The second rival has the driver alone: its hooks are off, and nothing is checked. The peers share the history
up to the start, or `git pull` could not merge them. Every one of these runs is made once: they are long.
"""

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Result, Run, compare, in_child, run
from benchmarks.records import base_set, format_set, record_fields
from benchmarks.table import Row

SKILLS = Path("data/patterns/skills-patterns.jsonl")
FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")
RIVALS = {"git pull, driver and hooks": "", "git pull, driver only": "-c core.hooksPath=/dev/null"}


class Once(NamedTuple):
    """One run, with the CPU seconds of all processes it started."""

    run: Run
    cpu: float


def rows(folder: Path) -> Iterator[Row]:
    """All peers new, then nothing new."""
    peers, records = int(os.environ.get("PEERS", "50")), int(os.environ.get("PEER_RECORDS", "1000"))
    in_child(_make, folder, peers, records)
    ours = folder / "ours"
    _fresh(folder)
    mine = _once(lambda: run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT))
    for rival, options in RIVALS.items():
        _fresh(folder)
        other = _once(lambda options=options: _pull_all(folder / "rival", peers, options))  # type: ignore[misc]
        result = Result(
            mine.run.seconds, other.run.seconds, mine.run.seconds / other.run.seconds, mine.run.peak
        )
        note = f"CPU {mine.cpu:.1f} s against {other.cpu:.1f} s"
        yield Row(
            f"pull-remotes, {peers} peers, {records} new records each",
            f"{peers} times {rival}",
            result,
            0.2,
            note,
        )
    _fresh(folder)
    run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT)
    again = _once(lambda: run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT))
    result = compare(
        lambda: run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT),
        lambda: _bare(folder),
        lambda: None,
        pairs=5,
    )
    note = f"{result.ours:.2f} s (under 1), CPU {again.cpu:.2f} s"
    yield Row(f"pull-remotes, {peers} peers, nothing new", "python -c pass", result, note=note)


def _once(work: Callable[[], Run]) -> Once:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Once(done, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _pull_all(rival: Path, peers: int, options: str) -> Run:
    pulls = (f"git {options} pull --quiet --no-rebase --no-edit peer{number} main" for number in range(peers))
    done = run(("sh", "-c", " && ".join(pulls)), rival, ENVIRONMENT)
    if (rival / ".git" / "MERGE_HEAD").exists() or not (rival / ".git" / "FETCH_HEAD").exists():
        raise RuntimeError("a git pull of the rival failed")
    return done


def _bare(folder: Path) -> Run:
    return run((sys.executable, "-c", "pass"), folder)


def _make(folder: Path, peers: int, records: int) -> None:
    start = folder / "start"
    start.mkdir()
    _git(start, "init", "--quiet", "--initial-branch=main")
    subprocess.run(
        (*FEDLEARN, "init"), cwd=start, env={**os.environ, **ENVIRONMENT}, check=True, capture_output=True
    )
    (start / SKILLS).write_bytes(format_set(base_set(100)))
    _commit(start)
    for number in range(peers):
        peer = folder / f"peer{number}"
        _git(folder, "clone", "--quiet", "start", peer.name)
        new = [record_fields(1_000_000 * (number + 1) + n) for n in range(records)]
        (peer / SKILLS).write_bytes(format_set([*base_set(100), *new]))
        _commit(peer)
        _git(start, "remote", "add", peer.name, str(peer))
        _git(start, "config", f"remote.{peer.name}.fedlearn", "true")


def _fresh(folder: Path) -> None:
    for name in ("ours", "rival"):
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(folder / "start", folder / name, symlinks=True)


def _commit(repository: Path) -> None:
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--no-verify", "--message", "learn")


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=repository, env={**os.environ, **ENVIRONMENT}, check=True)
