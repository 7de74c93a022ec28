"""`git merge` that touches 20 record sets, with our driver and with git's built-in union merge."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import base_set, changed_side, format_set
from benchmarks.table import Row
from git_fedlearn.setup.drivers import format_driver
from git_fedlearn.setup.launcher import Launcher

SETS = 20
RECORDS = 500
ENVIRONMENT = {
    **{
        f"GIT_{who}_{what}": "bench@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
}


def rows(folder: Path) -> Iterator[Row]:
    """One merge of two branches that both changed every set."""
    repository = folder / "repository"
    in_child(_make, repository)
    result = compare(
        lambda: _merge(repository, "merge=fedlearn"),
        lambda: _merge(repository, "merge=union"),
        lambda: _git(repository, "reset", "--quiet", "--hard", "before"),
        pairs=5,
    )
    yield Row(f"git merge, {SETS} sets of {RECORDS} records", "git merge with merge=union", result)


def _make(repository: Path) -> None:
    repository.mkdir()
    _git(repository, "init", "--quiet", "--initial-branch=ours")
    (repository / ".git/fedlearn").mkdir()
    driver = format_driver(Launcher((sys.executable, "-I")))
    _git(repository, "config", "merge.fedlearn.driver", driver)
    base = base_set(RECORDS)
    _commit(repository, [format_set(base)] * SETS)
    _git(repository, "branch", "theirs")
    _commit(repository, [format_set(changed_side(base, 2 * n, 0.04)) for n in range(SETS)])
    _git(repository, "tag", "before")
    _git(repository, "checkout", "--quiet", "theirs")
    _commit(repository, [format_set(changed_side(base, 2 * n + 1, 0.04)) for n in range(SETS)])
    _git(repository, "checkout", "--quiet", "ours")


def _merge(repository: Path, attribute: str) -> Run:
    (repository / ".git" / "info" / "attributes").write_text(f"data/**/*.jsonl {attribute}\n")
    return run(("git", "merge", "--quiet", "--no-edit", "theirs"), repository, ENVIRONMENT)


def _commit(repository: Path, sets: list[bytes]) -> None:
    folder = repository / "data" / "collections"
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(sets):
        (folder / f"set-{number}.jsonl").write_bytes(data)
    _git(repository, "add", "--all")
    _git(repository, "commit", "--quiet", "--message", "learn")


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=repository, env={**os.environ, **ENVIRONMENT}, check=True)
