"""What commands cost on a set of 10,000, 100,000 and 1,000,000 records of 1 KB: a table of Markdown.

LARGE_SETS names the sizes (10000,100000). The text is made at random here: it is only good for sizes. The
records name no systems, as most that are added do not.
"""

import itertools
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, in_child, run
from benchmarks.records import record_fields
from benchmarks.table import machine_line
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.learn.repeats import MAX_CHECKED

SET = "skills-patterns"
FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")
SHARE = 100
"""One record of so many is new on each side of the merge."""


def print_large_sets(folder: Path) -> None:
    """A row a command, a column a size: CPU seconds of all processes, MiB of the largest one."""
    sizes = [int(size) for size in os.environ.get("LARGE_SETS", "10000,100000").split(",")]
    measured: dict[str, list[str]] = {}
    for size in sizes:
        top = folder / str(size)
        for work, done in _measure(top, size):
            print(f"{size:>9,}  {work:<55} {done.processor:>8.1f} s {done.peak:>6.0f} MiB", flush=True)
            measured.setdefault(work, []).append(f"{done.processor:.1f} s, {done.peak:,.0f} MiB")
        shutil.rmtree(top)
    print(f"\n{machine_line()}\n")
    print(f"| | {' | '.join(f'{size:,}' for size in sizes)} |\n|---|{'---|' * len(sizes)}")
    for work, cells in measured.items():
        print(f"| {work} | {' | '.join(cells)} |")


def _measure(top: Path, size: int) -> Iterator[tuple[str, Run]]:
    """Every command in turn, in a repository that grows to `size` records and a few."""
    top.mkdir(parents=True)
    environment = {**ENVIRONMENT, "HOME": str(top)}
    repository = top / "repository"
    repository.mkdir()

    def command(*words: str, code: int = 0) -> Run:
        done = run(words, repository, environment)
        if done.code != code:
            raise RuntimeError(f"{words}: exit code {done.code}")
        return done

    def fedlearn(*words: str, code: int = 0) -> Run:
        return command(*FEDLEARN, *words, code=code)

    def git(*words: str) -> Run:
        return command("git", *words)

    git("init", "--quiet", "--initial-branch=main")
    fedlearn("init")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Set up")
    new = _input_maker(top, fedlearn, size)
    yield "`add` of all records", new(size)
    git("add", "--all")
    yield "`git commit` of all records, with our hooks", git("commit", "--quiet", "--message", "all")
    for branch in ("theirs", "ours"):
        git("checkout", "--quiet", "-b", branch, "main")
        new(max(size // SHARE, MAX_CHECKED + 1))  # fewer are compared with the others, by the search index
        git("commit", "--quiet", "--no-verify", "--all", "--message", branch)
    yield (
        f"`git merge`, {100 // SHARE}% new records on each side",
        git("merge", "--quiet", "--no-edit", "theirs"),
    )
    yield "`status`", fedlearn("status")
    yield "`verify`", fedlearn("verify")
    yield from _reading(fedlearn, repository)
    yield "`add` of one record", new(1)
    git("add", "--all")
    yield "`git commit` of one record, with our hooks", git("commit", "--quiet", "--message", "one")
    yield "`import` into the built-in store", fedlearn("import", SET)
    yield "`export` from it", fedlearn("export", SET)


def _reading(fedlearn: Callable[..., Run], repository: Path) -> Iterator[tuple[str, Run]]:
    largest = max((repository / "data/patterns").rglob("*.jsonl"), key=lambda path: path.stat().st_size)
    with largest.open() as file:
        one = json.loads(file.readline())
    yield "`log ID`", fedlearn("log", one["_id"])
    yield "`show ID`", fedlearn("show", one["_id"])
    yield "`report`", fedlearn("report", "-o", "../report.html")
    yield (
        "`dataset export`",
        fedlearn("dataset", "export", "--format", "openai", "--from", SET, "-o", "../samples"),
    )
    question = " ".join(str(one["query"]).split()[:6])
    yield "`search`, first: builds the index", fedlearn("search", question)
    yield "`search`, again", fedlearn("search", question)


def _input_maker(top: Path, fedlearn: Callable[..., Run], size: int) -> Callable[[int], Run]:
    """Adds so many records that were not there before."""
    numbers = itertools.count()

    def new(count: int) -> Run:
        path = top / "records.jsonl"
        in_child(_write, path, next(numbers) * size, count)
        done = fedlearn("add", SET, str(path))
        path.unlink()
        return done

    return new


def _write(path: Path, start: int, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number in range(start, start + count):
            made = {
                **record_fields(number),
                "response": f"{record_fields(number)['response']}.",
            }  # a whole answer
            fields = {key: value for key, value in made.items() if not is_metadata_key(key)}
            file.write(json.dumps(fields) + "\n")
