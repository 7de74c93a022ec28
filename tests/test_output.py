"""The whole output of every command at 80 columns and in a pipe; if they differ, also at 120 without color.

The expected output of a command is in tests/data/output. To write these files again, and then look at what
changed: REWRITE_OUTPUT=1 python -m pytest tests/test_output.py && git diff tests/data/output
"""

import io
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_tree import leaves
from systems import System, Terminal, World, copy_sparsely

from git_fedlearn.cli import cli, run
from git_fedlearn.command_table import ACTING
from git_fedlearn.console.context import Context

EXPECTED = Path(__file__).parent / "data/output"
REWRITE = bool(os.environ.get("REWRITE_OUTPUT"))

COMMIT = "git commit --quiet --all --message more"

SCENES: dict[str, tuple[str, ...]] = {
    "add": ("add best-practices ../more.jsonl",),
    "agent install": ("agent install codex", "agent install codex", "agent install claude"),
    "agent status": ("agent status codex", "agent install codex", "agent status codex"),
    "agent uninstall": ("agent uninstall codex", "agent install codex", "agent uninstall codex"),
    "bundle apply": ("bundle apply ../friend.bundle --dry-run", COMMIT, "bundle apply ../friend.bundle"),
    "bundle create": ("bundle create made.bundle",),
    "clone": ("clone ../hub two -- --quiet",),
    "completion": ("completion tcsh",),
    "dataset export": ("dataset export --format openai -o out",),
    "dataset list": ("dataset list", "dataset snapshot", "dataset list"),
    "dataset snapshot": ("dataset snapshot", "dataset snapshot"),
    "dataset stats": ("dataset stats",),
    "dataset trained": (
        "dataset trained my-model",
        "dataset snapshot",
        "dataset trained my-model --version v0.1.0",
    ),
    "diff": ("diff HEAD~1 HEAD", "diff HEAD~1 HEAD --stat", "diff"),
    "doctor": ("search 'release channel'", "doctor"),
    "export": ("export", "import", "export"),
    "federate": ("federate --dry-run", "federate --source ../logs", "federate --source ../logs"),
    "import": ("import", "import"),
    "init": ("uninstall", "init", "-C ../new init", "-C ../new init"),
    "install": ("install", "uninstall", "install"),
    "log": ("log", "log {id}", "log --records 1"),
    "mcp": ("mcp --nothing",),
    "metrics": ("metrics",),
    "note": (
        "note 'port 6333 refused => start qdrant first and wait for readyz'",
        "note 'port 6333 refused => start qdrant first and wait for readyz'",
    ),
    "outcome": ("outcome {id} --worked", "outcome {id} --failed --note 'not since version 2'"),
    "prime": ("prime",),
    "publish": (
        "publish friend --dry-run",
        "remote add community ../community",
        "publish community --set best-practices --dry-run",
        "publish community --set best-practices",
        "publish community --set best-practices --yes",
        "retract {id} --reason 'wrong since version 2'",
        "status",
        "publish community --yes",
    ),
    "pull-remotes": ("pull-remotes --dry-run", "pull-remotes", COMMIT, "pull-remotes", "pull-remotes"),
    "remote add": ("remote add other ../hub", "remote add other --trust full"),
    "remote list": ("remote list", COMMIT, "pull-remotes", "remote list"),
    "remote name": ("remote name sys-a laptop", "remote name"),
    "remote remove": ("remote remove friend",),
    "remote show": ("remote show friend", COMMIT, "pull-remotes", "remote show friend"),
    "report": ("report --terminal", "report"),
    "resolve": ("resolve",),
    "restore": ("restore {retracted}", "restore {retracted}"),
    "retract": ("retract {id} --reason 'wrong since version 2.0 of the package set'",),
    "review": ("review", COMMIT, "pull-remotes", "review"),
    "review accept": ("review accept nothing", "review accept {sample}"),
    "review drop": ("review drop nothing", "review drop {sample}"),
    "review edit": ("review edit nothing", "review edit {sample} ../edited.json"),
    "review list": ("review list", COMMIT, "pull-remotes", "review list"),
    "review show": ("review show nothing", "review show {sample}"),
    "sanitize": ("sanitize", "sanitize ../private.txt"),
    "scan": ("scan ../private.txt", "scan"),
    "schedule install": ("schedule install --print --cron",),
    "schedule remove": ("schedule remove",),
    "schedule run-now": ("schedule run-now tea",),
    "schedule show": ("schedule show",),
    "search": (
        "search 'release channel'",
        "search 'no space left on device'",
        "search --set fine-tuning pin",
    ),
    "show": ("show {id} --origin", "show {retracted}"),
    "sources detect": ("sources detect ../logs", "sources detect ../logs --write", "sources detect"),
    "sources list": ("sources list", "sources detect ../logs --write", "sync", "sources list"),
    "sources test": ("sources test ../logs",),
    "status": ("status", "status --check"),
    "sync": ("sync --source ../logs", "sync --source ../logs", "sync"),
    "uninstall": ("uninstall", "uninstall"),
    "verify": ("verify",),
}
"""Command lines for each command, run one after the other in a copy of one clone."""

ELSEWHERE = {"demo": "tests/commands/test_demo.py"}
"""Commands that play for half a minute, and their own tests."""

LENGTH = 29
"""Of the path of the folder, whatever TMPDIR is: it decides about lines."""

TO_COPY = re.compile(r"\S{60}|^(next|then|hint): |^\s*git |^\d+ .*git-fedlearn")
"""Lines to copy, and words without room in any line."""


ANSWERING_OPTION = re.compile("--(dry-run|print|terminal|explain)")

_COLORS = re.compile(r"\x1b\[[\d;]*m")


def build(world: World) -> None:
    """The clone `base`, with ids and times that are always the same."""
    one, friend, hub = world.system("base"), world.system("friend"), world.bare("hub")
    one.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    friend.git("config", "fedlearn.system", "sys-bbbbbbbbbb")
    title = "pin the release channel of the package set before anything else, and write down why"
    one.add(
        "best-practices",
        {"title": title, "description": f"{title}, so that builds stay the same", "value_score": 0.9},
        {"title": "commit the lock file", "description": "so that all agree", "value_score": 0.75},
        {"title": "a rumor", "description": "restart it every hour", "value_score": 0.3},
    )
    one.commit("learn three practices")
    one.fedlearn("remote", "add", "friend", str(friend.path))
    friend.add("error-solutions", {"error_message": "disk full", "solution": "empty the store first"})
    friend.commit("learn a solution")
    friend.fedlearn("bundle", "create", "../friend.bundle")
    friend.write("data/patterns/skills-patterns.jsonl", b'{"pattern":"loud","value_score":7}\n')
    friend.git("add", "--all")
    friend.git("commit", "--quiet", "--no-verify", "--message", "learn too much")
    one.fedlearn("retract", _id(one, "a rumor"), "--reason", "it hides the leak")
    one.fedlearn("outcome", _id(one, title), "--worked")
    one.add("fine-tuning", {"prompt": "how to pin a channel", "completion": "name its revision"})
    one.commit("learn from use")
    one.git("remote", "add", "origin", str(hub.path))
    one.git("push", "--quiet", "-u", "origin", "main")
    one.add("error-solutions", {"error_message": "port 80 in use", "solution": "stop the other server"})
    world.bare("community")
    world.repository("new")
    events = world.folder / "logs/telemetry/agent-events.jsonl"
    events.parent.mkdir(parents=True)
    found = {"event_type": "error_resolved", "error_message": "no space left on device", "value_score": 0.9}
    events.write_text(json.dumps({**found, "solution": "collect garbage, then build again"}) + "\n")
    (world.folder / "more.jsonl").write_text('{"title": "one more", "description": "and why"}\nnot json\n')
    answer = {"role": "assistant", "content": "The lift is in the east wing."}
    samples = [
        {"messages": [{"role": "user", "content": text}, answer]}
        for text in ("see 0711 2345" + "678 now", "where is the lift")
    ]
    one.add("fine-tuning", samples[0])
    (world.folder / "edited.json").write_text(json.dumps(samples[1]))
    (world.folder / "private.txt").write_text(f"ask {'jane.roe' + '@' + 'corp-mail.net'}\n")


def _id(system: System, title: str) -> str:
    return next(str(one.id) for one in system.records("best-practices") if one.fields.get("title") == title)


def shown(world: World, lines: list[str], columns: int | None, **environment: str) -> str:
    """What commands print in the clone, each with its exit code if that is not 0; nothing stays changed."""
    before = Path(f"{world.folder}-before")
    shutil.copytree(world.folder, before, symlinks=True, copy_function=copy_sparsely)
    try:
        return "".join(_shown(world, line, columns, environment) for line in lines)
    finally:
        shutil.rmtree(world.folder)
        before.rename(world.folder)


def _shown(world: World, line: str, columns: int | None, environment: dict[str, str]) -> str:
    one = System(world.folder / "base", world.home)
    if line.startswith("git "):
        one.git(*shlex.split(line)[1:])
        return f"$ {line}\n"
    return f"$ git fedlearn {line}\n{_run(one, line, columns, environment)}"


def _run(system: System, line: str, columns: int | None, environment: dict[str, str]) -> str:
    out, err = Terminal() if columns else io.StringIO(), io.StringIO()
    settings = {**system.environment, "GIT_PAGER": "cat", "TERM": "xterm", **environment}
    settings |= {"COLUMNS": str(columns)} if columns else {}
    context = Context(environment=settings, directory=system.path, stdin=io.BytesIO(), stdout=out, stderr=err)
    code = run(shlex.split(line), context)
    rows = _COLORS.sub("", out.getvalue()).splitlines() if columns else []
    assert [row for row in rows if len(row) > (columns or 0) and not TO_COPY.search(row)] == []
    return out.getvalue() + err.getvalue() + (f"exit code {code}\n" if code else "")


def steady(text: str, world: World, ids: dict[str, str]) -> str:
    """The output without what differs between machines and runs: paths, new ids, commits, durations,
    versions."""
    text = text.replace(str(world.folder), "/FOLDER").replace(sys.prefix, "/VENV")
    text = re.sub(r"sys-(?!a{10}|b{10})[a-z2-7]{10}", "sys-xxxxxxxxxx", text)
    text = re.sub(r"\d+\.\d+ s\b", "0.1 s", text)
    text = re.sub(r"\bgit \d+\.\d+\b", "git 2.99", text)
    text = re.sub(r"(report.html )\([\d,]+ bytes\)", r"\1(9,999 bytes)", text)
    text = re.sub(r"PATH=\S+", "PATH=FOLDERS", text)
    text = re.sub(r"^\d+ (\S+) (?=\* \* \* PATH)", "0 0 ", text, flags=re.MULTILINE)
    text = re.sub(r"(git-fedlearn:)[0-9a-f]{8}$", r"\1TAG", text, flags=re.MULTILINE)
    text = re.sub(r"(extras +)local[^\n]*(\n +[^\n]*)*", r"\1local", text)
    for commit in ids["commits"].split():
        text = text.replace(commit[:12], "C" * 12)
    return re.sub(r" +$", "", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def ids(stage: World) -> dict[str, str]:
    one = System(stage.folder / "base", stage.home)
    records = one.records("best-practices")
    retracted = next(str(one.id) for one in records if one.is_tombstone)
    commits = one.git("log", "--format=%H").out
    (sample,) = one.fedlearn("review", "--json").json()["samples"]
    return {
        "sample": sample["key"][:12],
        "id": _id(one, "commit the lock file"),
        "retracted": retracted,
        "commits": commits,
    }


@pytest.mark.parametrize("name", SCENES)
def test_the_whole_output_of(name: str, stage: World, ids: dict[str, str]) -> None:
    lines = [line.format(**ids) for line in SCENES[name]]
    narrow, piped = [steady(shown(stage, lines, columns), stage, ids) for columns in (80, None)]
    assert "\x1b" not in piped
    sections = {"80 columns": narrow, "pipe": piped}
    if _COLORS.sub("", narrow) != piped:  # something is broken at 80 columns
        sections["120 columns"] = steady(shown(stage, lines, 120, NO_COLOR="1"), stage, ids)
        assert "\x1b" not in sections["120 columns"]
    told = "".join(f"=== {title}\n{text}" for title, text in sections.items()).replace("\x1b", "^")
    path = EXPECTED / f"{name.replace(' ', '-')}.txt"
    if REWRITE:
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(ACTING))
def test_if_quiet_a_command_that_acts_reports_only_failure(
    name: str, stage: World, ids: dict[str, str]
) -> None:
    lines = [line.format(**ids) for line in SCENES[name]]
    told = shown(stage, [line if line.startswith("git ") else f"-q {line}" for line in lines], None)
    runs = re.findall(r"^\$ git fedlearn -q (.*)\n((?:(?!\$ ).*\n)*)", told, re.MULTILINE)
    assert len(runs) == sum(not line.startswith("git ") for line in lines)
    for line, output in runs:
        reports = [row for row in output.splitlines() if not row.startswith("warning: ")]
        failed = reports[-1:] and reports[-1].startswith("exit code")
        if failed:
            assert len(reports) > 1
        elif line.startswith(name) and not ANSWERING_OPTION.search(line):
            assert reports == []


def test_every_command_has_a_scene() -> None:
    assert {*SCENES, *ELSEWHERE} == {path for path, _ in leaves(cli, "", click.Context(cli))}
    assert {path.stem for path in EXPECTED.glob("*.txt")} == {name.replace(" ", "-") for name in SCENES}


@pytest.fixture(scope="module")
def stage() -> Iterator[World]:
    """A clone with lessons, a peer, an upstream and logs, in a folder whose path is always as long."""
    place = next(place for place in (tempfile.gettempdir(), "/tmp") if len(place) < LENGTH // 2)  # noqa: S108
    folder = Path(place, f"fedlearn-{os.getpid():0{LENGTH - len(place) - len('/fedlearn-')}}")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    world = World(folder)
    build(world)
    yield world
    shutil.rmtree(folder)
