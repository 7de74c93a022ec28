"""What our hooks cost a commit of 50 changed records, over the pre-commit framework without any hook."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.measure import Run, compare, run
from benchmarks.records import record_fields
from benchmarks.table import Row

RECORDS, CHANGED = 1000, 50
SET = Path("data/patterns/skills-patterns.jsonl")


def rows(folder: Path) -> Iterator[Row]:
    """The figure of the privacy issue that concerns hooks."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    repository = folder / "repository"
    repository.mkdir()
    _prepare(repository, {**os.environ, **environment})
    (folder / "none.yaml").write_text("repos: []\n")
    ours = (sys.executable, "-m", "pre_commit", "run")
    spent: dict[bool, list[float]] = {True: [], False: []}

    def measured(*options: str) -> Run:
        done = run((*ours, *options), repository, environment)
        spent[bool(options)].append(done.processor)
        return done

    result = compare(
        measured,
        lambda: measured("--config", str(folder / "none.yaml")),
        lambda: (repository / ".git/fedlearn/judged").unlink(missing_ok=True),
    )
    extra = (result.ours - result.rival) * 1000
    processor = (median(spent[False]) - median(spent[True])) * 1000
    yield Row(
        f"hooks, {CHANGED} changed records of {RECORDS}",
        "pre-commit run without hooks",
        result,
        note=f"{extra:.0f} ms over it (at most 500), {processor:.0f} ms of processor time",
    )


def _prepare(repository: Path, environment: dict[str, str]) -> None:
    """A federated repository in which changed records are staged."""

    def command(*arguments: str, stdin: str = "") -> None:
        subprocess.run(
            arguments,
            cwd=repository,
            env=environment,
            input=stdin.encode(),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    command("git", "init", "-q")
    command("git", "config", "user.name", "A Tester")
    command("git", "config", "user.email", "tester@example.org")
    command("git", "fedlearn", "init")
    for first, last in ((0, RECORDS), (RECORDS, RECORDS + CHANGED)):
        lines = (json.dumps(record_fields(number)) for number in range(first, last))
        command("git", "fedlearn", "add", "skills-patterns", "-", stdin="\n".join(lines))
        command("git", "add", ".")
        if first == 0:
            command("git", "commit", "-q", "--no-verify", "-m", "base")
