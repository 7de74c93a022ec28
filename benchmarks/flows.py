"""What one small piece of work passes through in the package: modules, functions, and changes of module.

Each flow is counted once, in a process of its own over fresh repositories. Nothing is timed.
"""

import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple

from benchmarks.git_merge import ENVIRONMENT
from benchmarks.source_tree import PACKAGE, figures, repeated_types
from git_fedlearn.agents.tools import AgentTools
from git_fedlearn.cli import run
from git_fedlearn.console.context import Context
from git_fedlearn.plumbing import merge_driver

Work = Callable[[], object]

LESSON: Final = {"query": "how to pin a channel", "response": "use a flake and commit its lock file"}
SKILLS: Final = "skills-patterns"
FILE: Final = f"data/patterns/{SKILLS}.jsonl"
QUESTION: Final = "pin a channel"


class Counts(NamedTuple):
    """What was called: modules, distinct functions, changes of module, most calls inside each other."""

    modules: int
    functions: int
    changes: int
    depth: int


class _Profile:
    """Counts the calls of functions of the package, for sys.setprofile; work in threads is counted too.

    Bodies of modules and classes, lambdas and comprehensions are no functions; a generator that goes on is
    called again.
    """

    def __init__(self) -> None:
        self._functions: set[tuple[str, str]] = set()
        self._changes = self._depth = 0
        self._last = ""

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or not _is_counted(frame):
            return
        file = frame.f_code.co_filename
        self._functions.add((file, frame.f_code.co_qualname))
        self._changes += file != self._last
        self._last = file
        depth, outer = 1, frame.f_back
        while outer:
            depth += _is_counted(outer)
            outer = outer.f_back
        self._depth = max(self._depth, depth)

    def counts(self) -> Counts:
        files = {file for file, _name in self._functions}
        return Counts(len(files), len(self._functions), self._changes, self._depth)


def _is_counted(frame: FrameType) -> bool:
    code = frame.f_code
    is_function = code.co_flags & 1  # CO_OPTIMIZED (inspect)
    return bool(is_function) and code.co_name[0] != "<" and code.co_filename.startswith(f"{PACKAGE}{os.sep}")


class _Place:
    """A fresh clone, and what the flows set up beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.top = self.repository("here")

    def repository(self, name: str) -> Path:
        top = self.folder / name
        top.mkdir()
        subprocess.run(("git", "init", "--quiet", "--initial-branch=main"), cwd=top, check=True)
        self.command("init", top=top)()
        return top

    def command(self, *arguments: str, top: Path | None = None, code: int = 0) -> Work:
        """A command line of `git fedlearn`, which gets the lesson on standard input."""
        out, err = io.StringIO(), io.StringIO()
        stdin = io.BytesIO(json.dumps(LESSON).encode())
        context = Context(directory=top or self.top, stdin=stdin, stdout=out, stderr=err)

        def work() -> None:
            if run([*arguments], context) != code:
                raise RuntimeError(out.getvalue() + err.getvalue())

        return work

    def learn(self, top: Path | None = None) -> None:
        """One committed lesson."""
        top = top or self.top
        self.command("add", SKILLS, "-", top=top)()
        subprocess.run(("git", "add", "--all"), cwd=top, check=True)
        subprocess.run(("git", "commit", "--quiet", "--no-verify", "--message", "x"), cwd=top, check=True)


def _sync(place: _Place) -> Work:
    log = place.folder / "stack/telemetry/an-events.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(
        json.dumps({"event": "interaction", "status": "success", "value_score": 0.9, **LESSON}) + "\n"
    )
    return place.command("sync", "--source", str(place.folder / "stack"))


def _pull_remotes(place: _Place) -> Work:
    peer = place.repository("peer")
    place.learn(peer)
    place.learn()
    (place.top / FILE).write_bytes(b"")
    subprocess.run(
        ("git", "commit", "--quiet", "--no-verify", "--all", "--message", "x"), cwd=place.top, check=True
    )
    place.command("remote", "add", "peer", str(peer))()
    return place.command("pull-remotes")


def _search(place: _Place, *, warm: bool) -> Work:
    place.learn()
    if warm:
        place.command("search", QUESTION)()
    return place.command("search", QUESTION)


def _status(place: _Place) -> Work:
    place.learn()
    return place.command("status")


def _show(place: _Place) -> Work:
    place.learn()
    return place.command("show", "0123456789ab", code=1)


def _merge(place: _Place) -> Work:
    place.learn()
    ours, theirs = place.top / FILE, place.folder / "theirs"
    theirs.write_bytes(ours.read_bytes().replace(b"flake", b"pin"))
    return lambda: merge_driver.run([os.devnull, str(ours), str(theirs), "7", FILE])


def _text(place: _Place) -> Work:
    context = Context(directory=place.top)
    return lambda: context.privacy.sanitize(f"{LESSON['response']}, or ask jane@{'corp-mail.net'}")


def _mcp(place: _Place, tool: Callable[[AgentTools], object]) -> Work:
    place.learn()
    tools = AgentTools(Context(directory=place.top))
    return lambda: tool(tools)


FLOWS: Final[dict[str, Callable[[_Place], Work]]] = {
    "sync, one event": _sync,
    "add, one record": lambda place: place.command("add", SKILLS, "-"),
    "pull-remotes, one peer with one record": _pull_remotes,
    "search, cold": lambda place: _search(place, warm=False),
    "search, warm": lambda place: _search(place, warm=True),
    "status": _status,
    "show, an unknown id": _show,
    "merge driver, one record on each side": _merge,
    "privacy engine, one text": _text,
    "MCP search": lambda place: _mcp(place, lambda tools: tools.search(QUESTION)),
    "MCP record": lambda place: _mcp(
        place, lambda tools: tools.record(SKILLS, {**LESSON, "query": "another"})
    ),
}


def count_flow(name: str, folder: Path) -> Counts:
    """Run one flow in this process."""
    os.environ.update({**ENVIRONMENT, "HOME": str(folder)})
    folder.mkdir()
    work, profile = FLOWS[name](_Place(folder)), _Profile()
    threading.setprofile(profile)
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return profile.counts()


def print_flows(folder: Path) -> None:
    """A row for each flow, then the package in figures."""
    print(f"{'flow':<50} {'modules':>8} {'functions':>10} {'changes':>8} {'depth':>6}")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for number, name in enumerate(FLOWS):
            counts = pool.apply(count_flow, (name, folder / str(number)))
            print(f"{name:<50} {counts[0]:>8} {counts[1]:>10} {counts[2]:>8} {counts[3]:>6}", flush=True)
    package, repeated = figures(), repeated_types()
    short = 100 * package.short / package.functions
    print(
        f"{package.modules} modules, {package.lines:,} lines (median {package.median_lines}), "
        f"{package.functions:,} functions ({short:.0f}% of at most 2 lines), {package.classes} classes\n"
        f"{len(repeated)} names of types used twice or more: {' '.join(sorted(repeated))}"
    )
