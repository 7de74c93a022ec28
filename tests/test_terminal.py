"""Output on a terminal: its width, colors and pager; in a pipe, none of them; failures as JSON."""

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_tree import leaves
from systems import System, Terminal, World

from git_fedlearn.cli import cli, run
from git_fedlearn.console.context import Context, fit, paint, render

TITLE = "pin the release channel of the package set before anything else, " * 3
COMMANDS = (
    *("status", "log", "log {id}", "show {id}", "diff HEAD~1 HEAD", "diff --stat HEAD~1 HEAD", "metrics"),
    *("doctor", "verify", "remote list", "remote show friend", "search release channel", "review list"),
    *("show {id} --origin", "sync --dry-run --source ../logs", "dataset stats", "schedule show"),
)
"""Commands that print something about a clone with two commits, a peer and long texts."""
UNBROKEN = re.compile(r"\S{60}|^(next|then|hint): |^\s*git ")
"""Lines to copy, and words that have no room in any line."""


def shown(system: System, line: str, **environment: str) -> str:
    """What a command prints on a terminal."""
    out = Terminal()
    settings = {**system.environment, "GIT_PAGER": "cat", "TERM": "xterm", **environment}
    context = Context(environment=settings, directory=system.path, stdin=io.BytesIO(), stdout=out)
    context.stderr = io.StringIO()
    run(line.split(), context)
    return out.getvalue()


def _two_lessons(one: System) -> None:
    one.git("config", "user.name", "me")
    one.add(
        "best-practices",
        {"title": TITLE, "description": TITLE * 2, "value_score": 0.9},
        {"title": "short", "description": TITLE, "value_score": 0.3},
    )
    one.commit("learn " + TITLE)


@pytest.fixture
def clone(world: World) -> System:
    one, friend = world.system("one", _two_lessons), world.system("friend")
    one.fedlearn("remote", "add", "friend", str(friend.path))
    (world.folder / "logs/telemetry").mkdir(parents=True)
    return one


def identifier(clone: System) -> str:
    return next(str(one.id) for one in clone.records("best-practices") if one.fields["title"] == TITLE)


@pytest.mark.parametrize("columns", [80, 120])
def test_every_line_fits_the_terminal(clone: System, columns: int) -> None:
    found = identifier(clone)
    broken = {}
    for command in COMMANDS:
        out = shown(clone, command.format(id=found), COLUMNS=str(columns), NO_COLOR="1")
        long = [line for line in out.splitlines() if len(line) > columns and not UNBROKEN.search(line)]
        if long:
            broken[command] = long
    assert broken == {}
    wide = shown(clone, f"show {found}", COLUMNS="120", NO_COLOR="1")
    assert max(map(len, wide.splitlines())) > 80


def test_a_pipe_gets_whole_lines_without_color(clone: System) -> None:
    found = identifier(clone)
    out = clone.fedlearn("log", found).out
    assert TITLE.strip()[:60] in out
    assert "\x1b" not in out
    assert not re.search("[\ufdd0-\ufdef]", out)


def test_color_is_what_git_and_the_environment_say(clone: System) -> None:
    line = f"show {identifier(clone)}"
    assert "\x1b[33m" in shown(clone, line)
    assert "\x1b" not in shown(clone, line, NO_COLOR="1")
    assert "\x1b" not in shown(clone, line, TERM="dumb")
    clone.git("config", "color.ui", "false")
    assert "\x1b" not in shown(clone, line)
    clone.git("config", "color.ui", "always")
    assert "\x1b[33m" in clone.fedlearn(*line.split()).out


def test_colors_have_a_meaning(clone: System) -> None:
    clone.fedlearn("retract", identifier(clone), "--reason", "wrong")
    out = shown(clone, "diff")
    assert "\x1b[31mretracted" in out
    assert "\x1b[36mbest-practices\x1b[0m\n" in out
    learned = shown(clone, "diff HEAD~1 HEAD")
    assert "\x1b[32mlearned" in learned
    assert re.search(r"\x1b\[32m0\.90 *\x1b\[0m", learned)
    assert re.search(r"\x1b\[31m0\.30 *\x1b\[0m", learned)


def test_a_record_cannot_color_or_move_the_terminal(world: World) -> None:
    one = world.system("one")
    one.add("best-practices", {"title": "a \x1b[31mred\x1b[2J b", "description": "\ufdd0 and \x9b31m"})
    (record,) = one.records("best-practices")
    out = shown(one, f"show {record.id}")
    assert "\x1b[2J" not in out
    assert "\x9b" not in out
    assert "\x1b[31m" not in out


def in_terminal(system: System, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command in a pseudo-terminal of 80 columns; returns exit code and output."""
    master, slave = pty.openpty()
    settings = {**system.environment, "TERM": "xterm", "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "git_fedlearn.cli", *arguments]
    with subprocess.Popen(
        command, cwd=system.path, env=settings, stdin=slave, stdout=slave, stderr=slave
    ) as process:
        os.close(slave)
        parts = []
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux: all other ends are closed
                break
            if not part:
                break
            parts.append(part)
    os.close(master)
    return process.returncode, b"".join(parts).decode().replace("\r\n", "\n")


def test_log_diff_and_show_are_paged_as_git_does(clone: System, tmp_path: Path) -> None:
    pager = "sed 's/^/> /'"
    for arguments in (("log",), ("diff", "HEAD~1", "HEAD"), ("show", identifier(clone))):
        code, out = in_terminal(clone, *arguments, GIT_PAGER=pager)
        assert code == (1 if arguments[0] == "diff" else 0), out
        assert all(line.startswith("> ") for line in out.splitlines()), out
        assert "\x1b[33m" in out
    clone.git("config", "core.pager", f"tee {tmp_path}/paged")
    assert in_terminal(clone, "log")[0] == 0
    assert (tmp_path / "paged").read_text()
    assert not in_terminal(clone, "status", GIT_PAGER=pager)[1].startswith("> ")
    code, out = in_terminal(clone, "log", GIT_PAGER="head -n 1")
    assert (code, out.count("\n")) == (0, 1)
    assert not clone.fedlearn("log").out.startswith("> ")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("clone ../nothing --json", 3),
        ("show deadbeef --json", 1),
        ("sync --json --source /nope", 3),
        ("status --json --nope", 2),
    ],
)
def test_a_failure_is_json_if_that_was_asked_for(clone: System, line: str, code: int) -> None:
    done = clone.fedlearn(*line.split(), code=code)
    answer = done.json()
    assert answer["schema"] == "fedlearn.error/v1"
    assert done.err.startswith(f"error: {answer['error']}\n")
    assert f"hint: {answer['hint']}\n" in done.err
    plain = clone.fedlearn(*line.replace("--json ", "").replace(" --json", "").split(), code=code)
    assert (plain.out, plain.err) == ("", done.err)


def test_commands_that_change_something_answer_in_json_too(world: World, clone: System) -> None:
    found = identifier(clone)
    for line, expected in (
        (f"retract {found} --reason wrong", {"retracted": [{"set": "best-practices", "id": found}]}),
        (f"restore {found}", {"restored": [{"set": "best-practices", "id": found}]}),
        ("resolve", {"merged": [], "refused": [], "foreign": []}),
        ("sanitize", {"files": [], "redacted": {}}),
        ("remote add friend --trust full", {"name": "friend", "trust": "full", "branch": "HEAD"}),
        ("remote remove friend", {"name": "friend", "retracted": 0, "dropped": 0}),
        ("schedule install --print --cron --sync off", {"scheduler": "cron", "installed": False}),
        ("schedule remove", {"removed": 0}),
        ("install", {"scope": "local", "config": [], "hooks": []}),
        ("init", {"created": [], "extended": [], "left": []}),
        ("uninstall", {"unlinked": 0}),
    ):
        name = line.partition(" --")[0].replace(f" {found}", "").replace(" friend", "").replace(" ", "-")
        answer = clone.fedlearn(*line.split(), "--json").json()
        assert answer["schema"] == f"fedlearn.{name}/v1"
        assert {key: answer[key] for key in expected} == expected
    assert clone.fedlearn("schedule", "show", "--json", code=1).json()["jobs"] == []
    made = world.repository("two").fedlearn("init", "--json").json()
    assert "data/README.md" in made["created"]
    assert "pre-commit" in made["hooks"]


def test_every_command_has_an_answer_for_programs() -> None:
    own_language = {"completion", "mcp"}
    """A script for a shell, and a protocol."""
    lacking = {
        path
        for path, command in leaves(cli, "", click.Context(cli))
        if not any("--json" in parameter.opts for parameter in command.params)
    }
    assert lacking == own_language


def test_a_bug_is_json_if_that_was_asked_for(clone: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("git_fedlearn.console.context.Context.data_repository", property(lambda _: 1 / 0))
    answer = clone.fedlearn("metrics", "--json", code=3).json()
    assert answer["error"].startswith("this is a bug in git-fedlearn ")


def test_scan_answers_in_json_whatever_it_does(clone: System) -> None:
    clone.write("notes.txt", f"ask {'jane.roe' + '@' + 'corp-mail.net'}\n".encode())
    (finding,) = clone.fedlearn("scan", "notes.txt", "--json", code=1).json()["findings"]
    assert finding["kind"] == "EMAIL_ADDRESS"
    mark = finding["fingerprint"]
    allow = ("scan", "--allow", mark, "--reason", "ours", "--json")
    assert clone.fedlearn(*allow).json()["allowed"] == [{"fingerprint": mark, "new": True}]
    assert clone.fedlearn(*allow).json()["allowed"] == [{"fingerprint": mark, "new": False}]
    assert "--json and --format" in clone.fedlearn("scan", "--json", "--format", "sarif", code=2).err


def test_what_runs_other_programs_answers_in_json(world: World, clone: System) -> None:
    here = world.folder_system("here")
    answer = here.fedlearn("clone", str(clone.path), "two", "--json", "--", "--quiet").json()
    assert answer["path"] == f"{here.path}/two"
    assert (answer["imported"], "pre-commit" in answer["hooks"]) == (None, True)
    ran = clone.fedlearn("schedule", "run-now", "sync", "--json", code=3).json()
    assert (ran["name"], ran["exit_code"]) == ("sync", 3)
    assert ran["output"].startswith("error: no logs to read: ")
    added = clone.fedlearn("agent", "install", "codex", "--json").json()
    assert [one["what"] for one in added["changes"]] == ["added"]
    removed = clone.fedlearn("agent", "uninstall", "codex", "--json").json()
    assert [one["path"] for one in removed["changes"]] == [one["path"] for one in added["changes"]]


def test_what_is_searched_for_is_no_option(clone: System) -> None:
    assert clone.fedlearn("search", "--", "zzz", "--json", code=2).out == ""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("short", "short"),
        ("name    one two three four five", "name    one two\n        three four\n        five"),
        ("one two three four five six", "one two three four\n  five six"),
        ("next: git add one two three four", "next: git add one two three four"),
        ("x" * 30, "x" * 30),
    ],
)
def test_lines_are_broken_between_words_under_their_text(line: str, expected: str) -> None:
    assert fit(line, 18) == expected


def test_marks_take_no_room() -> None:
    line = paint("id", "a" * 9) + " " + paint("set", "b" * 8)
    assert fit(line, 18) == line
    assert render(line, colored=False) == "aaaaaaaaa bbbbbbbb"
    assert render(line, colored=True) == "\x1b[33maaaaaaaaa\x1b[0m \x1b[36mbbbbbbbb\x1b[0m"
