"""A hub whose systems each push to a branch `systems/<id>`, and a clone that joins them into `main`.

HUB_SYSTEMS names the numbers of systems (100,300,1000); each begins with 100 lessons. Most branches
are made by `git fast-import`; SAMPLE clones are real and run `git fedlearn federate`, as a timer does.
Raises RuntimeError if a lesson does not arrive.
"""

import bisect
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.measure import Run, in_child, run
from benchmarks.records import record_fields, record_line
from benchmarks.table import machine_line
from git_fedlearn.core.layout import SetName
from git_fedlearn.repository.record_sets import RecordSets

STEM = "data/patterns/skills-patterns"
FEDLEARN = (sys.executable, "-I", "-m", "git_fedlearn.cli")
LESSONS = 100
SAMPLE = 3
HEAD = ("systems", "round", "new lessons", "CPU", "per new lesson", "peak")


def print_hub(folder: Path) -> None:
    """A row for each number of systems and each round of the joining clone, then for what a system pays."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for systems in map(int, os.environ.get("HUB_SYSTEMS", "100,300,1000").split(",")):
        for row in _Hub(folder / str(systems), systems).rows():
            lines.append(f"| {' | '.join((f'{systems:,}', *row))} |")
            print(lines[-1], flush=True)
    print("\n".join(("", machine_line(), "", *lines)))


def _row(work: str, new: int, done: Run) -> tuple[str, ...]:
    each = f"{1000 * done.processor / new:.1f} ms" if new else ""
    return work, f"{new:,}", f"{done.processor:.1f} s", each, f"{done.peak:,.0f} MiB"


class _Hub:
    """A bare repository with a branch for each system, the clone that joins them, some clones of users."""

    def __init__(self, folder: Path, systems: int) -> None:
        self.bare, self.joiner = folder / "hub.git", folder / "joiner"
        self.folder, self.systems = folder, systems
        self.environment = {**ENVIRONMENT, "HOME": str(folder)}
        folder.mkdir(parents=True)

    def rows(self) -> Iterator[tuple[str, ...]]:
        first = self.folder / "first"
        first.mkdir()
        self._git(first, "init", "--quiet", "--initial-branch=main")
        self._fedlearn(first, "init")
        self._git(first, "add", "--all")
        self._git(first, "commit", "--quiet", "--message", "Set up git-fedlearn")
        self._git(self.folder, "clone", "--quiet", "--bare", "first", "hub.git")
        users = [self._clone(f"user{number}") for number in range(SAMPLE)]
        self._clone("joiner")
        self._fedlearn(
            self.joiner, "remote", "add", "hub", str(self.bare), "--branch", "systems/*", "--trust", "full"
        )
        in_child(_push_first, self.bare, self.systems, self.environment)
        lessons = self.systems * LESSONS
        yield _row("the join job: every lesson new", lessons, self._join(lessons))
        yield _row("the join job: nothing new", 0, self._join(lessons))
        for share in (10, 1):
            news = self.systems // share
            in_child(_push_more, self.bare, self.systems, share, self.environment)
            lessons += news
            who = "every system" if share == 1 else f"one system of {share}"
            yield _row(f"the join job: {who} has one more", news, self._join(lessons))
        yield from self._as_users(users, lessons)
        self._git(self.bare, "gc", "--quiet")

    def _as_users(self, users: list[Path], lessons: int) -> Iterator[tuple[str, ...]]:
        """What clones of users pay: all lessons of the others at once, then one of their own."""
        for user in users[:1]:
            done = self._federate(user)
            self._check(user, lessons)
            yield _row("a new system: `federate`", lessons, done)
        for user in users[1:]:
            self._federate(user)
        for number, user in enumerate(users):
            self._add(user, number)
        yield _row("a system: `federate` with one lesson of its own", 1, self._federate(users[0]))
        for user in users[1:]:
            self._federate(user)
        yield _row("the join job: these lessons", SAMPLE, self._join(lessons + SAMPLE))
        done = self._federate(users[0])
        self._check(users[0], lessons + SAMPLE)
        yield _row("a system: `federate`, lessons of two others", SAMPLE - 1, done)

    def _clone(self, name: str) -> Path:
        self._git(self.folder, "clone", "--quiet", "hub.git", name)
        clone = self.folder / name
        self._fedlearn(clone, "install")
        return clone

    def _add(self, clone: Path, number: int) -> None:
        in_child(_learn, clone, number)

    def _federate(self, clone: Path) -> Run:
        return self._fedlearn(clone, "federate", "--push-to", "systems")

    def _join(self, lessons: int) -> Run:
        done = self._fedlearn(self.joiner, "federate")
        self._check(self.joiner, lessons)
        return done

    @staticmethod
    def _check(clone: Path, lessons: int) -> None:
        found = sum(data.count(b"\n") for data in _read_set(clone).values())
        if found != lessons:
            raise RuntimeError(f"{clone.name} has {found} of {lessons} lessons")

    def _git(self, folder: Path, *arguments: str) -> None:
        subprocess.run(("git", *arguments), cwd=folder, env={**os.environ, **self.environment}, check=True)

    def _fedlearn(self, folder: Path, *arguments: str) -> Run:
        done = run((*FEDLEARN, *arguments), folder, self.environment)
        if done.code:
            raise RuntimeError(f"{arguments}: exit code {done.code}")
        return done


def _learn(clone: Path, number: int) -> None:
    """One more lesson in the work tree, without the search index that `add` would build first."""
    line = record_line(record_fields(90_000_000 + number))
    RecordSets(clone, 10_000_000).join(SetName(Path(STEM).name), [line])


def _system(number: int) -> str:
    chance = random.Random(f"system {number}")
    return "sys-" + "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=10))


def _push_first(bare: Path, systems: int, environment: Mapping[str, str]) -> None:
    """Each system has its own lessons on top of the first commit."""
    branches = ((_system(number), {f"{STEM}.jsonl": _own_lessons(number)}) for number in range(systems))
    _push(bare, "refs/heads/main", branches, environment)


def _push_more(bare: Path, systems: int, share: int, environment: Mapping[str, str]) -> None:
    """One system of `share` pulled `main` and learned one more lesson."""
    shards = {path: data.splitlines(keepends=True) for path, data in _read_set_of(bare).items()}
    _push(bare, "refs/heads/main", _with_one_more(shards, range(0, systems, share), share), environment)


def _with_one_more(
    shards: Mapping[str, list[bytes]], numbers: range, share: int
) -> Iterator[tuple[str, dict[str, bytes]]]:
    made = []
    for number in numbers:
        line = record_line(record_fields(10_000_000 * share + number)) + b"\n"
        digits = line[8:40].decode("ascii")
        path = next((path for path in shards if digits.startswith(Path(path).stem)), f"{STEM}.jsonl")
        made.append((path, number, line))
    for path, number, line in sorted(made):  # fast-import makes deltas of what follows each other
        lines = [*shards[path]]
        bisect.insort(lines, line)
        yield _system(number), {path: b"".join(lines)}


def _own_lessons(number: int) -> bytes:
    made = (record_line(record_fields(number * LESSONS + one)) for one in range(LESSONS))
    return b"".join(line + b"\n" for line in sorted(made))


def _push(
    bare: Path, parent: str, branches: Iterator[tuple[str, dict[str, bytes]]], environment: Mapping[str, str]
) -> None:
    """A commit of each of these systems on its branch, on top of `parent`."""
    command = ("git", "fast-import", "--quiet", "--force")
    with subprocess.Popen(
        command, cwd=bare, env={**os.environ, **environment}, stdin=subprocess.PIPE
    ) as process:
        assert process.stdin  # noqa: S101  it is a pipe
        for system, files in branches:
            process.stdin.write(
                b"commit refs/heads/systems/%s\ncommitter A <a@example.org> 1700000000 +0000\ndata 5\nlearn\n"
                b"from %s^0\n" % (system.encode(), parent.encode())
            )
            for path, data in files.items():
                process.stdin.write(b"M 644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
    if process.returncode:
        raise RuntimeError("git fast-import failed")


def _read_set(clone: Path) -> dict[str, bytes]:
    files = [clone / f"{STEM}.jsonl", *(clone / STEM).glob("*.jsonl")]
    return {path.relative_to(clone).as_posix(): path.read_bytes() for path in files}


def _read_set_of(bare: Path) -> dict[str, bytes]:
    """The files of the set on `main`."""
    listed = subprocess.run(
        ("git", "ls-tree", "-r", "--name-only", "main", "data/patterns"),
        cwd=bare,
        capture_output=True,
        check=True,
        text=True,
    )
    return {
        path: subprocess.run(
            ("git", "show", f"main:{path}"), cwd=bare, capture_output=True, check=True
        ).stdout
        for path in listed.stdout.splitlines()
        if path.startswith((f"{STEM}.", f"{STEM}/"))
    }
