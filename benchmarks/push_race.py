"""Clones push to one branch at the same moment: how many tries each takes. PUSHERS sets their number (50).

Each runs `git fedlearn federate` with one new lesson. Raises RuntimeError if a lesson does not arrive.
"""

import os
import re
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import in_child
from benchmarks.records import record_fields, record_line
from benchmarks.table import machine_line
from git_fedlearn.core.layout import SetName
from git_fedlearn.repository.record_sets import RecordSets

FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")


def print_push_race(folder: Path) -> None:
    """The tries of all pushes: their median and their maximum."""
    pushers = int(os.environ.get("PUSHERS", "50"))
    environment = {**os.environ, **ENVIRONMENT, "HOME": str(folder)}

    def command(clone: Path, *words: str) -> str:
        return subprocess.run(
            words, cwd=clone, env=environment, check=True, capture_output=True, text=True
        ).stdout

    first = folder / "first"
    first.mkdir()
    command(first, "git", "init", "--quiet", "--initial-branch=main")
    command(first, *FEDLEARN, "init")
    command(first, "git", "add", "--all")
    command(first, "git", "commit", "--quiet", "--message", "Set up git-fedlearn")
    command(folder, "git", "clone", "--quiet", "--bare", "first", "hub.git")
    clones = [folder / str(number) for number in range(pushers)]
    for number, clone in enumerate(clones):
        command(folder, "git", "clone", "--quiet", "hub.git", clone.name)
        command(clone, *FEDLEARN, "install")
        in_child(_learn, clone, number)
    with ThreadPoolExecutor(pushers) as pool:
        answers = [*pool.map(lambda clone: command(clone, *FEDLEARN, "federate"), clones)]
    tries = [int(found[1]) if (found := re.search(r"after (\d+) attempts", said)) else 1 for said in answers]
    lessons = command(folder / "hub.git", "git", "show", "main:data/patterns/skills-patterns.jsonl").count(
        "\n"
    )
    if lessons != pushers:
        raise RuntimeError(f"{lessons} of {pushers} lessons arrived")
    print(f"{pushers} pushes at once: median {statistics.median(tries):g} tries, at most {max(tries)}")
    print(machine_line())


def _learn(clone: Path, number: int) -> None:
    RecordSets(clone, 10_000_000).join(SetName("skills-patterns"), [record_line(record_fields(number))])
