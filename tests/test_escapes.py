"""Every command, in a repository with terminal escapes wherever others can write: none is printed raw."""

import io
import json

import pytest
from federation.foreign import ERRORS, SKILLS, Foreign, line, lines_of
from systems import System, World

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context
from git_fedlearn.core.record import make_record

ESCAPE = "\x1b[31mRED\x1b]0;owned\x07\x9b31m\u202eX"
PRACTICES = "data/patterns/best-practices.jsonl"
LESSON = make_record({"pattern": ESCAPE, "response": ESCAPE, "value_score": 0.8, ESCAPE: ESCAPE})
BURIED = make_record({"_id": "1" * 32, "_retracted": {"at": "2026-05-01", "by": ESCAPE, "reason": ESCAPE}})
SYSTEM = "sys-aaaaaaaaaa"
OUTCOME = {"_id": LESSON.id, "failed": 1, "worked": 2}
NOTE = {"at": "2026-05-01", "text": ESCAPE, "worked": False}
FIGURES = {"format": 1, "month": ESCAPE, "synced_at": "2026-05-28T20:26:40Z", "sets": {ESCAPE: {"bytes": 1}}}

FILES = {
    SKILLS: lines_of([LESSON.line, BURIED.line, line(pattern="plain", _note=ESCAPE)]),
    ERRORS: lines_of([line(error_message=ESCAPE, error_type=ESCAPE, solution=ESCAPE)]),
    PRACTICES: lines_of([line(title=ESCAPE, category=ESCAPE, description=ESCAPE)]) + b"\x1b[31mopaque\n",
    "data/collections/notes.jsonl": lines_of([line(text=ESCAPE)]),
    "data/fine-tuning/dataset.jsonl": lines_of([line(prompt=ESCAPE, completion=ESCAPE)]),
    f"data/outcomes/{SYSTEM}.jsonl": json.dumps({**OUTCOME, "notes": [NOTE]}).encode() + b"\n",
    f"data/metrics/monthly/{SYSTEM}/2026-05.json": json.dumps(FIGURES).encode(),
    f"data/telemetry/snapshots/{SYSTEM}/2026-05-01.jsonl": lines_of([LESSON.line]),
    "data/patterns/skills-patterns (conflict \x1b[31m copy).jsonl": b'{"a":1}\n',
    "data/\x1b[31mfile.txt": b"x",
}

COMMANDS = [
    *("status", "status --short", "doctor", "log", f"log {LESSON.id}", "diff HEAD~1", "diff", "metrics"),
    *(f"show {LESSON.id}", f"show {LESSON.id} --origin", f"show {'1' * 32}", "search RED owned"),
    *("report --terminal", "report", "verify", "scan", "scan --history", "sanitize --dry-run"),
    *(
        "pull-remotes",
        "remote list",
        "remote show peer",
        "review list",
        "review --duplicates skills-patterns",
    ),
    *("dataset stats", "dataset export -", f"retract {LESSON.id} --reason x", f"restore {LESSON.id}"),
    *("resolve", "federate --dry-run", "bundle create ../x.bundle", "sync --source nowhere"),
    *("show \x1b[31m", "search \x1b[31m", "remote add x \x1b[31m", "remote show \x1b[31m", "\x1b[31m"),
    *("export \x1b[31m", "bundle apply \x1b[31m", "scan \x1b[31m", "add skills-patterns \x1b[31m"),
]

MIN_SHOWING = 8
"""Commands that show what others wrote; with fewer this test would not test much."""


def is_raw(char: str) -> bool:
    return (char < " " and char not in "\n\t") or "\x7f" <= char < "\xa0" or char == "\u202e"


@pytest.fixture
def hostile(world: World) -> System:
    here, peer = world.system("here"), Foreign(world, "peer")
    for path, data in FILES.items():
        here.write(path, data)
    trailers = f"Fedlearn-System: {ESCAPE}\nFedlearn-Peer: {ESCAPE}"
    here.git("add", "--all")
    here.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", f"{ESCAPE}\n\n{trailers}")
    peer.offer(line(pattern=f"{ESCAPE}!"), line(pattern="q", value_score=7, x=ESCAPE), b"\x1b[31mgarbage\x9b")
    here.fedlearn("remote", "add", "peer", str(peer.path))
    return here


def test_no_command_prints_an_escape_that_others_wrote(hostile: System) -> None:
    printed, showing = {}, 0
    for command in COMMANDS:
        out, err = io.StringIO(), io.StringIO()
        context = Context(
            environment=hostile.environment,
            directory=hostile.path,
            stdin=io.BytesIO(),
            stdout=out,
            stderr=err,
        )
        run(command.split(" "), context)
        text = out.getvalue() + err.getvalue()
        assert "this is a bug" not in text, command
        showing += "RED" in text
        printed[command] = [text[max(0, at - 30) : at + 9] for at, char in enumerate(text) if is_raw(char)]
    assert {command: found[:2] for command, found in printed.items() if found} == {}
    assert showing >= MIN_SHOWING
