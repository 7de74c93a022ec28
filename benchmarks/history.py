"""`status`, `log` and `diff` on 100,000 records and 5,000 commits; `log ID` against `git log -S`.

HISTORY_RECORDS and HISTORY_COMMITS set the numbers. Records are small (250 bytes), or making the history
would take hours; each commit writes two of the sixteen shards. `git log -S` runs without our textconv, and is
given the record's own shard, or the set as by somebody who does not know it.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import WORDS, record_line
from benchmarks.table import Row
from git_fedlearn.core.canonical import JsonObject

STEM = "data/patterns/skills-patterns"
FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")
SHARDS = 16


def rows(folder: Path) -> Iterator[Row]:
    """`log` of an old and of a new record, then what a glance costs."""
    records = int(os.environ.get("HISTORY_RECORDS", "100000"))
    commits = int(os.environ.get("HISTORY_COMMITS", "5000"))
    in_child(_make, folder, records, commits)
    top = folder / "one"
    size = f"{records} records, {commits} commits"
    for number, rival_name in ((1, "git log -S, its shard"), (records - 1, "git log -S, the set")):
        identifier = record_line(_fields(number))[8:40].decode()
        place = f"{STEM}/{identifier[0]}.jsonl" if "shard" in rival_name else STEM
        rival = ("git", "log", "--no-textconv", "--format=%h", f"-S{identifier}", "--", place)
        result = compare(
            lambda i=identifier: run((*FEDLEARN, "log", i), top, ENVIRONMENT),  # type: ignore[misc]
            lambda r=rival: run(r, top, ENVIRONMENT),  # type: ignore[misc]
            _nothing,
            pairs=int(os.environ.get("HISTORY_PAIRS", "1")),
        )
        yield Row(f"log ID, {size}", rival_name, result, note=f"{result.ours:.2f} s (under 1)")
    for verb in (("status",), ("log", "-n", "10"), ("diff", "HEAD~100", "HEAD", "--stat")):
        result = compare(
            lambda v=verb: run((*FEDLEARN, *v), top, ENVIRONMENT),  # type: ignore[misc]
            lambda: _bare(folder),
            _nothing,
            pairs=5,
        )
        target = " (under 0.15)" if verb == ("status",) else ""
        yield Row(f"{' '.join(verb)}, {size}", "python -c pass", result, note=f"{result.ours:.3f} s{target}")


def _nothing() -> None:
    """Both sides find the repository as it is."""


def _bare(folder: Path) -> Run:
    return run((sys.executable, "-c", "pass"), folder)


def _make(folder: Path, records: int, commits: int) -> None:
    top = folder / "one"
    top.mkdir()
    _git(top, "init", "--quiet", "--initial-branch=main")
    subprocess.run(
        (*FEDLEARN, "init"), cwd=top, env={**os.environ, **ENVIRONMENT}, check=True, capture_output=True
    )
    _git(top, "add", "--all")
    _git(top, "commit", "--quiet", "--no-verify", "--message", "federate")
    with subprocess.Popen(
        ("git", "fast-import", "--quiet"), cwd=top, env={**os.environ, **ENVIRONMENT}, stdin=subprocess.PIPE
    ) as process:
        assert process.stdin  # noqa: S101  it is a pipe
        for part in _stream(records, commits):
            process.stdin.write(part)
    _git(top, "reset", "--quiet", "--hard", "main")
    _git(top, "repack", "-adq")


def _stream(records: int, commits: int) -> Iterator[bytes]:
    """First every version of every shard, each a delta of the one before to git; then commits."""
    buckets: dict[int, list[JsonObject]] = {digit: [] for digit in range(SHARDS)}
    for number in range(records):
        fields = _fields(number)
        buckets[int(record_line(dict(fields))[8:9], 16)].append(fields)
    touched = {
        number: (number % SHARDS, (number // SHARDS + 7 * number + 3) % SHARDS) for number in range(commits)
    }
    marks: dict[tuple[int, int], int] = {}
    for digit in range(SHARDS):
        turns = [number for number, digits in touched.items() if digit in digits]
        for turn, data in zip(turns, _versions(buckets[digit], len(turns), digit), strict=True):
            marks[digit, turn] = len(marks) + 1
            yield b"blob\nmark :%d\ndata %d\n%s\n" % (len(marks), len(data), data)
    for number, digits in touched.items():
        message = b"sync: learn\n\nFedlearn-System: sys-aaaaaaaaaa\n"
        when = 1_700_000_000 + number * 3600
        yield b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % when
        yield b"data %d\n%s\n" % (len(message), message) + (b"" if number else b"from refs/heads/main^0\n")
        for digit in sorted(set(digits)):
            yield b"M 644 :%d %s/%x.jsonl\n" % (marks[digit, number], STEM.encode(), digit)


def _versions(fields: list[JsonObject], turns: int, seed: int) -> Iterator[bytes]:
    """A shard as it grows: each turn adds its share, and raises the score of one record."""
    chance = random.Random(seed)
    lines: dict[bytes, bytes] = {}
    for turn in range(turns):
        fresh = fields[turn * len(fields) // turns : (turn + 1) * len(fields) // turns]
        raised = {**chance.choice(fields[: (turn + 1) * len(fields) // turns] or fields)}
        raised["value_score"] = round(0.9 + turn / turns / 10, 4)
        for one in (*fresh, raised):
            line = record_line(dict(one))
            lines[line[8:40]] = line
        yield b"".join(line + b"\n" for _, line in sorted(lines.items()))


def _fields(number: int) -> JsonObject:
    """A small lesson that is the same for the same number."""
    chance = random.Random(number)
    return {
        "pattern": " ".join(chance.choices(WORDS, k=18)),
        "value_score": round(chance.uniform(0.7, 0.9), 3),
        "_seen_by": ["sys-" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=10))],
        "_first_seen": "2026-05-28",
    }


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=repository, env={**os.environ, **ENVIRONMENT}, check=True)
