"""`pull-remotes` of 50 peers with 1,000 new records each against 50 times `git pull`; again with nothing new.

PEERS and PEER_RECORDS set the numbers. Both sides have the hooks and the driver of `git fedlearn install`.
The peers share the history up to the start, or `git pull` could not merge them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import base_set, format_set, record_fields
from benchmarks.table import Row

SKILLS = Path("data/patterns/skills-patterns.jsonl")
FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")


def rows(folder: Path) -> Iterator[Row]:
    """All peers new, then nothing new."""
    peers, records = int(os.environ.get("PEERS", "50")), int(os.environ.get("PEER_RECORDS", "1000"))
    in_child(_make, folder, peers, records)
    names = [f"peer{number}" for number in range(peers)]
    pulls = "; ".join(f"git pull --quiet --no-rebase --no-edit {name} main" for name in names)
    ours, rival = folder / "ours", folder / "rival"
    result = compare(
        lambda: run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT),
        lambda: run(("sh", "-c", pulls), rival, ENVIRONMENT),
        lambda: _fresh(folder),
        pairs=1,
    )
    yield Row(
        f"pull-remotes, {peers} peers, {records} new records each",
        f"{peers} times git pull",
        result,
        at_most=0.2,
    )
    _fresh(folder)
    run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT)
    result = compare(
        lambda: run((*FEDLEARN, "pull-remotes"), ours, ENVIRONMENT),
        lambda: _bare(folder),
        lambda: None,
        pairs=5,
    )
    yield Row(
        f"pull-remotes, {peers} peers, nothing new",
        "python -c pass",
        result,
        note=f"{result.ours:.2f} s (under 1)",
    )


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
