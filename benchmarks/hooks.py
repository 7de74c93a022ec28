"""What our hooks cost, over git and over the pre-commit framework alone, with 50 changed records."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.measure import Run, compare, run
from benchmarks.records import record_fields
from benchmarks.table import Row

RECORDS, CHANGED = 1000, 50
SET = Path("data/patterns/skills-patterns.jsonl")


def rows(folder: Path) -> Iterator[Row]:
    """Our hooks in git alone, then behind the pre-commit framework."""
    yield from _in_git(folder / "git")
    environment = _environment(folder)
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


def _environment(folder: Path) -> dict[str, str]:
    people = {
        f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    return {
        **people,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }


def _in_git(folder: Path) -> Iterator[Row]:
    """Commit, pull (a merge of one set) and push, with and without hooks."""
    folder.mkdir()
    environment = _environment(folder)
    _make_clones(folder, {**os.environ, **environment})
    spent: dict[bool, list[float]] = {True: [], False: []}

    def measured(*options: str) -> Run:
        commands = (("commit", "-qm", "learn"), ("pull", "-q", "--no-edit"), ("push", "-q"))
        done = [run(("git", *options, *command), folder / "work", environment) for command in commands]
        processor = sum(one.processor for one in done)
        spent[bool(options)].append(processor)
        return Run(sum(one.seconds for one in done), max(one.peak for one in done), processor)

    def fresh() -> None:
        for kept, name in (("hub", "origin.git"), ("one", "work")):
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(folder / kept, folder / name, symlinks=True)
        subprocess.run(("git", "update-index", "-q", "--refresh"), cwd=folder / "work", check=False)

    result = compare(measured, lambda: measured("-c", f"core.hooksPath={os.devnull}"), fresh)
    processor = (median(spent[False]) - median(spent[True])) * 1000
    yield Row(
        f"commit, pull and push, {CHANGED} changed records of {RECORDS}",
        "git without hooks",
        result,
        note=f"{processor:.0f} ms of processor time over it (at most 500)",
    )


def _make_clones(folder: Path, environment: dict[str, str]) -> None:
    """A hub, and a clone with staged records of which the hub has others."""

    def command(place: str, *arguments: str, stdin: str = "") -> None:
        _command(folder / place, environment, *arguments, stdin=stdin)

    def add(place: str, first: int, last: int) -> None:
        lines = "\n".join(json.dumps(record_fields(number)) for number in range(first, last))
        command(place, "git", "fedlearn", "add", "skills-patterns", "-", stdin=lines)
        command(place, "git", "add", ".")

    command(".", "git", "init", "-q", "--bare", "-b", "main", "hub")
    command(".", "git", "init", "-q", "-b", "main", "one")
    command("one", "git", "fedlearn", "init")
    add("one", 0, RECORDS)
    command("one", "git", "commit", "-qm", "base")
    command("one", "git", "remote", "add", "origin", str(folder / "hub"))
    command("one", "git", "push", "-qu", "origin", "main")
    command("one", "git", "remote", "set-url", "origin", str(folder / "origin.git"))
    command(".", "git", "clone", "-q", "hub", "two")
    command("two", "git", "fedlearn", "install")
    add("two", RECORDS, RECORDS + CHANGED)
    command("two", "git", "commit", "-qm", "learn")
    command("two", "git", "push", "-q")
    add("one", RECORDS + CHANGED, RECORDS + 2 * CHANGED)


def _prepare(repository: Path, environment: dict[str, str]) -> None:
    """A federated repository in which changed records are staged."""

    command = partial(_command, repository, environment)
    command("git", "init", "-q")
    command("git", "fedlearn", "init")
    for first, last in ((0, RECORDS), (RECORDS, RECORDS + CHANGED)):
        lines = (json.dumps(record_fields(number)) for number in range(first, last))
        command("git", "fedlearn", "add", "skills-patterns", "-", stdin="\n".join(lines))
        command("git", "add", ".")
        if first == 0:
            command("git", "commit", "-q", "--no-verify", "-m", "base")


def _command(folder: Path, environment: dict[str, str], *arguments: str, stdin: str = "") -> None:
    subprocess.run(
        arguments, cwd=folder, env=environment, input=stdin.encode(), check=True, capture_output=True
    )
