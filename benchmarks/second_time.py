"""The second time: what one system learned in its sessions reaches an agent on another one, where the same
failures look different. Counted, not timed, except for the hook.

The failures of benchmarks/failures.py were written with the code that finds them: they show that it works,
not how well. KNOWLEDGE names a folder with lessons and failures that others wrote: `search-corpus.jsonl`
(`ref`, `set`, `fields`) and `search-queries.jsonl` (`kind`, `text`, `relevant`; the kinds that begin with
`pasted` and `no answer`). SESSIONS names a folder with more sessions of Claude Code (`projects/…`) that the
first system learns, too.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.failures import FAILURES, UNRELATED, Failure
from benchmarks.git_merge import ENVIRONMENT
from git_fedlearn.agents.prime import SHORT_ID, count_tokens
from git_fedlearn.learn.readers.fixes import find_error
from git_fedlearn.setup.agent_files import is_our_command

SESSION_COMMANDS = 12
"""Commands that fail in a session whose tokens are counted."""

_FAILS = ("pasted", "no answer")
"""How the kinds of outside text begin that a command could print."""

_EMAIL = {"GIT_AUTHOR_EMAIL": "bench@example.org", "GIT_COMMITTER_EMAIL": "bench@example.org"}
_NAME = {"GIT_AUTHOR_NAME": "bench", "GIT_COMMITTER_NAME": "bench"}


class Told(NamedTuple):
    """What a hook told an agent, and its wall time in seconds."""

    text: str
    seconds: float


def print_second_time(folder: Path) -> None:
    """What an agent is told of failures: of those that others wrote, if there are some, and of our own."""
    knowledge = os.environ.get("KNOWLEDGE")
    if knowledge:
        _print_outside(folder, Path(knowledge))
    _print_own(folder)


def _print_outside(folder: Path, knowledge: Path) -> None:
    """Record the lessons of others on a system, and meet their failures there."""
    system = _System(folder / "outside")
    system.make()
    lessons = _read(knowledge / "search-corpus.jsonl")
    for name in sorted({lesson["set"] for lesson in lessons}):
        mine = [{**lesson["fields"], "_key": lesson["ref"]} for lesson in lessons if lesson["set"] == name]
        system.fedlearn("add", name, "-", stdin="".join(f"{json.dumps(one)}\n" for one in mine))
    system.install(folder / "outside-project")
    names = {record["_id"][:SHORT_ID]: record["_key"] for record in _records(system.path)}
    failures = [one for one in _read(knowledge / "search-queries.jsonl") if one["kind"].startswith(_FAILS)]
    print(f"outside: {len(lessons)} lessons")
    for kind in sorted({one["kind"] for one in failures}):
        cases = [one for one in failures if one["kind"] == kind]
        told = [system.fail("make", one["text"], f"{kind}-{number}") for number, one in enumerate(cases)]
        shown = [{names[word] for word in one.text.split() if word in names} for one in told]
        right = sum(bool(ids & {*one["relevant"]}) for ids, one in zip(shown, cases, strict=True))
        others = sum(map(bool, shown)) - right
        _say(f"{kind}: right lesson shown", right, len(cases))
        _say(f"{kind}: only another lesson shown", others, len(cases))
        _say_latency(told)


def _print_own(folder: Path) -> None:
    """Learn on one system, share, and meet the same failures on another."""
    first, second = _System(folder / "first"), _System(folder / "second")
    first.make()
    _write_sessions(folder / "home")
    extra = os.environ.get("SESSIONS")
    if extra:
        shutil.copytree(extra, folder / "home", dirs_exist_ok=True)
    with (first.path / ".fedlearn.toml").open("a") as settings:
        settings.write('\n[sources.claude]\nprofile = "claude-code"\nfiles = "projects/**/*.jsonl"\n')
    first.fedlearn("sync", "--source", str(folder / "home"))
    first.git("add", "--all")
    first.git("commit", "--quiet", "--message", "learn")
    first.git("clone", "--quiet", ".", str(second.path))
    second.fedlearn("install")
    second.install(folder / "project")
    learned = _learned(first.path)
    print(f"our own: {len(learned)} lessons, learned from {len(FAILURES)} sessions of ours")
    cases = [(failure, *again) for failure in FAILURES for again in failure.again]
    told = [
        second.fail(command, output, f"case-{number}") for number, (_, command, output) in enumerate(cases)
    ]
    shown = [
        any(identifier[:SHORT_ID] in one.text for identifier in _about(learned, failure))
        for (failure, _, _), one in zip(cases, told, strict=True)
    ]
    unrelated = [second.fail(*failure, f"other-{number}") for number, failure in enumerate(UNRELATED)]
    others = sum(bool(one.text) and not right for one, right in zip(told, shown, strict=True))
    tokens = [_session_tokens(second, cases, start) for start in range(0, len(cases), SESSION_COMMANDS)]
    _say("right lesson shown (80% or more)", sum(shown), len(cases))
    _say("only another lesson shown", others, len(cases))
    _say("shown on unrelated failures (5% or less)", sum(bool(one.text) for one in unrelated), len(unrelated))
    print(f"  tokens a session of {SESSION_COMMANDS} failures: {max(tokens)} at most (1,500 or less)")
    _say_latency([*told, *unrelated])
    for (_, command, _), right in zip(cases, shown, strict=True):
        if not right:
            print(f"    not shown: {command}")


def _say(what: str, number: int, of: int) -> None:
    print(f"  {what}: {number} of {of}, {number / of:.0%}")


def _say_latency(told: Sequence[Told]) -> None:
    seconds = [one.seconds for one in told]
    p95 = statistics.quantiles(seconds, n=20)[-1]
    bare = statistics.median(_bare() for _ in range(20))
    print(
        f"  hook: median {statistics.median(seconds) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms (150 or less); "
        f"python -c pass: {bare * 1000:.0f} ms"
    )


def _bare() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - started


class _System:
    """A clone of one of the systems."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {**os.environ, **ENVIRONMENT, **_NAME, **_EMAIL}
        self.environment |= {"PYTHONPATH": str(Path(__file__).parents[1]), "HOME": str(path.parent)}
        self.hooks: dict[str, str] = {}
        self.project = path

    def make(self) -> None:
        self.path.mkdir()
        self.git("init", "--quiet")
        self.fedlearn("init")

    def git(self, *arguments: str) -> None:
        self._run("git", *arguments)

    def fedlearn(self, *arguments: str, stdin: str = "") -> None:
        self._run(sys.executable, "-m", "git_fedlearn.cli", *arguments, stdin=stdin)

    def _run(self, *command: str, stdin: str = "") -> None:
        subprocess.run(
            command,
            cwd=self.path,
            env=self.environment,
            input=stdin.encode(),
            check=True,
            capture_output=True,
        )

    def install(self, project: Path) -> None:
        """Install the hooks for a project, and find their commands as the agent does."""
        project.mkdir()
        self.project = project
        self.fedlearn("agent", "install", "claude", "--for", str(project))
        settings = json.loads((project / ".claude/settings.local.json").read_bytes())
        for event, groups in settings["hooks"].items():
            (self.hooks[event],) = (
                hook["command"]
                for group in groups
                for hook in group["hooks"]
                if is_our_command(hook["command"])
            )

    def hook(self, event: str, session: str, **facts: object) -> Told:
        common = {"session_id": session, "transcript_path": "", "cwd": str(self.project)}
        payload = json.dumps({**common, "hook_event_name": event, **facts}).encode()
        started = time.perf_counter()
        done = subprocess.run(
            ["/bin/sh", "-c", self.hooks[event]],
            cwd=self.project,
            env=self.environment,
            input=payload,
            capture_output=True,
            check=True,
        )
        seconds = time.perf_counter() - started
        answer = json.loads(done.stdout)["hookSpecificOutput"]["additionalContext"] if done.stdout else ""
        return Told(answer, seconds)

    def fail(self, command: str, output: str, session: str) -> Told:
        facts = {"tool_name": "Bash", "tool_input": {"command": command}, "is_interrupt": False}
        return self.hook("PostToolUseFailure", session, error=f"Exit code 1\n{output}", **facts)


def _learned(top: Path) -> dict[str, str]:
    """The texts of the learned lessons, by id."""
    return {
        record["_id"]: f"{record.get('error_message')}\n{record.get('solution')}" for record in _records(top)
    }


def _records(top: Path) -> list[dict[str, Any]]:
    return [record for file in sorted((top / "data/patterns").rglob("*.jsonl")) for record in _read(file)]


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def _about(learned: dict[str, str], failure: Failure) -> list[str]:
    """The ids of the lessons that were learned from a failure."""
    error = find_error(failure.output)
    return [one for one, text in learned.items() if failure.reason in text or error in text]


def _session_tokens(system: _System, cases: Sequence[tuple[Failure, str, str]], start: int) -> int:
    """The tokens that the hooks print in a session in which commands fail one after the other."""
    session = f"long-{start}"
    told = [system.hook("SessionStart", session, source="startup")]
    told += [
        system.fail(command, output, session)
        for _, command, output in cases[start : start + SESSION_COMMANDS]
    ]
    return sum(count_tokens(one.text) for one in told)


def _write_sessions(home: Path) -> None:
    """One session of Claude Code for each failure."""
    folder = home / "projects" / "-srv-first"
    folder.mkdir(parents=True)
    for number, failure in enumerate(FAILURES):
        lines = [*_session(failure, number)]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        (folder / f"{number:08}-0000-4000-8000-000000000000.jsonl").write_text(text, encoding="utf-8")


def _session(failure: Failure, number: int) -> Iterator[dict[str, object]]:
    if isinstance(failure.fix, str):
        fix = ("Bash", {"command": failure.fix, "description": "Fix it"})
    else:
        path, before, after = failure.fix
        fix = ("Edit", {"file_path": f"/srv/first/{path}", "old_string": before, "new_string": after})
    command = ("Bash", {"command": failure.command, "description": "Run it"})
    parent = None
    blocks: list[tuple[str, object]] = [("user", "Please make this work."), *_call("1", command)]
    blocks.append(("user", [_result("1", f"Exit code 1\n{failure.output}", is_error=True)]))
    blocks += [("assistant", [{"type": "text", "text": failure.reason}]), *_call("2", fix)]
    blocks += [("user", [_result("2", "ok", is_error=False)]), *_call("3", command)]
    blocks.append(("user", [_result("3", "done", is_error=False)]))
    for place, (kind, content) in enumerate(blocks):
        uuid = f"{number}-{place}"
        yield {
            "type": kind,
            "uuid": uuid,
            "parentUuid": parent,
            "sessionId": str(number),
            "timestamp": f"2026-07-{1 + number % 28:02}T10:00:{place:02}Z",
            "message": {"role": kind, "content": content},
        }
        parent = uuid


def _call(identifier: str, call: tuple[str, object]) -> list[tuple[str, object]]:
    return [("assistant", [{"type": "tool_use", "id": identifier, "name": call[0], "input": call[1]}])]


def _result(identifier: str, text: str, *, is_error: bool) -> dict[str, object]:
    return {"type": "tool_result", "tool_use_id": identifier, "content": text, "is_error": is_error}
