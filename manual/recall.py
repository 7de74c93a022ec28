"""`python -m manual.recall`: docs/recall.svg, a picture of an agent whose failing command a lesson answers.

Everything in it is run: the commands, in repositories of their own, and the hooks that `agent install` wrote,
with the events that Claude Code would send them.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.text import Text

from manual.recording import PICTURE as DEMO
from manual.recording import WIDTH, draw, write_picture

PICTURE: Final = DEMO.with_name("recall.svg")
PROBLEM: Final = "sqlite3.OperationalError: no such table: users"
SOLUTION: Final = "the tests start with an empty database: run `make migrate` first, once in each clone"
FILES: Final = {
    "Makefile": (
        "test:\n\t@python3 -m unittest\n"
        "migrate:\n\t@python3 -c 'import sqlite3; "
        'sqlite3.connect("app.db").execute("create table users (name)")\'\n'
    ),
    "test_users.py": (
        "import sqlite3\nimport unittest\n\n\nclass Users(unittest.TestCase):\n"
        "    def test_nobody_is_there(self):\n        with sqlite3.connect('app.db') as database:\n"
        "            self.assertEqual(database.execute('select * from users').fetchall(), [])\n"
    ),
}
"""The project in which the agent works: its test fails in a new clone."""


class Stage:
    """A folder with two machines, and the lines that they showed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "GIT_CONFIG_GLOBAL": str(folder / ".gitconfig"),
            "GIT_CONFIG_SYSTEM": os.devnull,
            "COLUMNS": str(WIDTH),
            "TERM": "xterm-256color",
        }
        self.app = folder / "src/app"

    def run(self, where: str, command: str, stdin: str = "") -> tuple[int, str]:
        """Run a command line in a folder; its exit code, and what it printed."""
        done = subprocess.run(  # noqa: S603  our own commands
            ["/bin/sh", "-c", command],
            cwd=self.folder / where,
            env=self.environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout.replace(f"{self.folder}/", "~/")

    def set_up(self) -> str:
        """Two clones of one repository, and a project with the hooks in it. Returns what `note` printed."""
        note = f"git fedlearn note {shlex.quote(f'{PROBLEM} => {SOLUTION}')}"
        self.app.mkdir(parents=True)
        for name, text in FILES.items():
            (self.app / name).write_text(text, encoding="utf-8")
        for where, command in (
            (".", "git config --global user.name Mei && git config --global user.email mei@example.org"),
            (".", "git init -q --bare -b main hub.git && git init -q -b main laptop"),
            ("laptop", "git fedlearn init -q && git remote add origin ../hub.git"),
            ("laptop", f"{note} >../said"),
            ("laptop", "git add . && git commit -qm 'Set up' && git push -qu origin main"),
            (".", "git fedlearn clone -q hub.git lessons"),
            ("lessons", "git fedlearn agent install claude --for ~/src/app"),
        ):
            code, said = self.run(where, command)
            if code:
                raise SystemExit(f"{command}: {said}")
        return (self.folder / "said").read_text(encoding="utf-8")

    def tell_hook(self, command: str, code: int, output: str) -> str:
        """Send the event of a finished command to the hook installed for it; what the agent is told."""
        event = "PostToolUseFailure" if code else "PostToolUse"
        facts = {"error": f"Exit code {code}\n{output}"} if code else {"tool_response": {"stdout": output}}
        payload = {
            "session_id": "1",
            "cwd": str(self.app),
            "hook_event_name": event,
            "tool_name": "Bash",
            "tool_input": {"command": command},
            **facts,
        }
        settings = json.loads((self.app / ".claude/settings.local.json").read_text(encoding="utf-8"))
        hook = settings["hooks"][event][0]["hooks"][0]["command"]
        said = self.run("src/app", hook, json.dumps(payload))[1]
        return str(json.loads(said)["hookSpecificOutput"]["additionalContext"]) if said else ""


def perform(stage: Stage) -> Iterator[Text]:
    """The lines of the picture: a lesson of the laptop, a failure on the desktop, and what became of it."""
    noted = stage.set_up()
    yield _title("On the laptop, somebody writes down what cost an hour")
    yield from _typed(f"git fedlearn note '{PROBLEM} =>")
    yield Text(f"    {SOLUTION}'")
    yield from _printed(noted)
    yield _title("Later, on the desktop, Claude Code runs the tests in a new clone")
    code, output = stage.run("src/app", "make test")
    yield from _typed("make test")
    yield from _printed("\n".join(re.findall(r"^(?:sqlite3|FAILED|make:).*", output, re.MULTILINE)), "red")
    yield _title("The hook adds, before the agent's next step")
    told = stage.tell_hook("make test", code, output)
    yield from _printed("\n".join(textwrap.fill(line, WIDTH - 6) for line in told.splitlines()), "cyan")
    yield _title("The agent tries it, and the hook counts that it worked")
    yield from _typed("make migrate")
    stage.run("src/app", "make migrate")
    code, output = stage.run("src/app", "make test")
    yield from _typed("make test")
    yield from _printed(output.splitlines()[-1], "green")
    stage.tell_hook("make test", code, output)
    (lesson,) = re.findall(r"^lesson (\w+)", told, re.MULTILINE)
    command = f"git fedlearn show {lesson}"
    yield from _typed(command)
    yield from _printed("\n".join(stage.run("lessons", command)[1].splitlines()[:3]))


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _typed(command: str) -> Iterator[Text]:
    yield Text("  $ ", style="blue").append(command, style="bold white")


def _printed(text: str, style: str = "") -> Iterator[Text]:
    for line in text.rstrip().splitlines():
        yield Text(f"    {line}" if line.strip() else "", style=style)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        write_picture(
            PICTURE, draw([*perform(Stage(Path(made)))], "a lesson answers a failing command", "recall")
        )
