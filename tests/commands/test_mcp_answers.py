"""Answers of `git fedlearn mcp`: why a lesson was found, within a budget, and refusals in words."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from mcp_agent import Agent, serve
from privacy.private_samples import github_token
from systems import System, prepared

from git_fedlearn.agents.tools import AgentTools, Wanted
from git_fedlearn.console.context import Context
from git_fedlearn.core.record import make_record

ESCAPE = "\x1b]0;x\x07\u202e\u2028"
NOISE = [
    f"2026-05-28T10:00:{n % 60:02} INFO worker {n}: handled request /v1/items/{n} in {n} ms"
    for n in range(300)
]
ERROR = "ModuleNotFoundError: No module named 'tomllib' while reading pyproject"


def error(message: str, solution: str, **more: object) -> dict[str, Any]:
    return {"error_message": message, "solution": solution, "value_score": 0.8, **more}


@prepared
def learned(system: System) -> None:
    system.add(
        "error-solutions",
        error(ERROR, "install tomli on Python before 3.11", language="Python 3.10", tags=["packaging"]),
        error(
            "module not found: tomllib shim in the bundle", "add the shim to webpack", language="JavaScript"
        ),
        *(
            error(
                f"disk quota exceeded on volume {name}",
                f"raise the quota of {name}, then prune what {name} no longer needs",
                source="A long story that search does not read. " * 60,
            )
            for name in ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel")
        ),
    )
    system.commit()
    system.fedlearn("search", "disk quota exceeded")  # so that there is an index


def tools_of(system: System) -> AgentTools:
    return AgentTools(Context(environment=system.environment, directory=system.path))


@pytest.mark.parametrize("budget", [300, 600, 1_000, 2_000, 5_000, 50_000])
def test_an_answer_keeps_to_its_budget(learned: System, budget: int) -> None:
    tools = tools_of(learned)
    answer = tools.search("disk quota exceeded on volume", Wanted(limit=8, budget=budget))
    size = max(len(answer.text.encode()), len(json.dumps(answer.facts, ensure_ascii=False).encode()))
    assert size <= 4 * budget
    lessons: Any = answer.facts["lessons"]
    assert lessons
    assert all(one["headline"] and one["relevance"] and one["matched"] for one in lessons)
    assert len(lessons) + int(str(answer.facts.get("more", 0))) == 8
    for one in lessons:
        assert f"lesson {one['id']}" in answer.text
        assert one["is_cut"] is (f"more characters: get {one['id']}" in answer.text)
    if budget == 50_000:
        assert not any(one["is_cut"] for one in lessons)
    whole: Any = tools.get(lessons[0]["id"])
    assert "more characters" not in whole.text
    (first,) = whole.facts["lessons"]
    assert first["lesson"].startswith(lessons[0].get("lesson", ""))


def test_the_best_lesson_is_shown_first_and_longest(learned: System) -> None:
    lessons: Any = tools_of(learned).search("disk quota exceeded on volume", Wanted(limit=8)).facts["lessons"]
    lengths = [len(one.get("lesson", "")) for one in lessons]
    assert lengths[0] > 1_000
    assert lengths[0] > 1.5 * lengths[1] > 0


def test_a_pasted_log_of_any_length_finds_its_lesson(learned: System) -> None:
    async def use(agent: Agent) -> None:
        paste = "\n".join([*NOISE, ERROR, *NOISE] * 20)
        assert len(paste) > 500_000
        text = await agent.call("search", text=paste)
        (lesson,) = agent.facts["lessons"]
        assert lesson["matched"] == ERROR
        assert f"; matches: {ERROR}\n" in text
        assert "| solution: install tomli" in text
        assert (await agent.call("search", text="\n".join(NOISE))) == "No lesson matches."

    serve(learned, then=use)


def test_what_models_write_instead_of_a_list_or_nothing_is_understood(learned: System) -> None:
    (lesson, *_) = learned.records("error-solutions")

    async def use(agent: Agent) -> None:
        for sets in ("error-solutions", '["error-solutions"]', "error-solutions, best-practices", None, ""):
            assert ERROR in await agent.call("search", text=ERROR, sets=sets, limit=None, budget=None)
        await agent.call("search", text=ERROR, sets="best-practices")
        assert agent.facts["lessons"] == []
        assert lesson.id in await agent.call("get", id=lesson.id, budget=None)
        await agent.call("outcome", id=lesson.id, worked="yes", note=None)
        fields = json.dumps({"title": "pin ruff", "description": "pin ruff to 0.8, since 0.9 formats anew"})
        text = await agent.call("record", set="best-practices", fields=fields, supersedes=lesson.id)
        assert text.startswith("recorded: ")
        text = await agent.call("search", fails=True, text=ERROR, limit="many")
        assert text.startswith("error: limit: input should be a valid integer")
        assert "\nhint: " in text
        text = await agent.call("search", fails=True, text=ERROR, budget=7)
        assert text == "error: budget 7: from 300 to 50000 tokens\nhint: leave it out for 2000"

    serve(learned, then=use)


def test_lessons_for_something_else_are_left_out(learned: System) -> None:
    scopes: list[tuple[dict[str, Any], set[str]]] = [
        ({}, {"tomli", "webpack"}),
        ({"language": "py"}, {"tomli"}),
        ({"language": ["JavaScript"]}, {"webpack"}),
        ({"language": "rust"}, set()),
        ({"tool": "packaging"}, {"tomli", "webpack"}),
    ]

    async def use(agent: Agent) -> None:
        for scope, solutions in scopes:
            text = await agent.call("search", text="module not found: tomllib", limit=10, **scope)
            found = text.split("matches", 1)[-1]
            assert {word for word in ("tomli", "webpack") if f" {word}" in found} == solutions
            assert solutions or text == "No lesson in this scope matches."

    serve(learned, then=use)


def test_a_refused_lesson_is_told_why(learned: System) -> None:
    token = github_token()
    known = make_record({"error_message": ERROR, "solution": "install tomli on Python before 3.11"})
    retracted = {"error_message": "the build hangs on arm64", "solution": "set QEMU_CPU=max before the build"}

    async def use(agent: Agent) -> None:
        for fields, reason in (
            ({"error_message": ERROR, "solution": "TODO: not resolved yet"}, "not resolved yet"),
            ({"error_message": ERROR, "solution": "n/a"}, "it says nothing"),
            ({"error_message": "error", "solution": "install tomli"}, "the error is not named"),
            ({"error_message": ERROR, "solution": "x" * 10_000}, "longer than 6000 characters"),
        ):
            text = await agent.call("record", fails=True, set="error-solutions", fields=fields)
            assert text == (
                f"error: not recorded, since it is not a lesson: {reason}\n"
                "hint: say what to do, in general words that are clear without this session"
            )
        text = await agent.call("record", set="error-solutions", fields=retracted)
        learned.fedlearn("retract", str(agent.facts["id"]), "--reason", "it broke\x1b[31m x86")
        text = await agent.call("record", set="error-solutions", fields=retracted)
        assert text.startswith("not recorded: this lesson was retracted: ")
        assert text.endswith("The reason:\n| it broke x86")

        similar = {
            "error_message": "No module named 'tomllib' while reading pyproject.toml",
            "solution": f"install tomli on Python before 3.11, with TOKEN={token}",
        }
        text = await agent.call("record", set="error-solutions", fields=similar)
        assert text.startswith("recorded: ")
        assert "; redacted 1 " in text
        (near,) = agent.facts["near_duplicates"]
        assert near["headline"] == ERROR
        assert f"\n{near['id']} in error-solutions says nearly the same (" in text
        assert f"\n| {ERROR}\n" in text

    serve(learned, then=use)
    assert [record.fields.get("solution") for record in learned.records("error-solutions")].count("n/a") == 0
    assert known.id not in {record.id for record in learned.records("error-solutions")}


def test_a_repeated_call_changes_nothing(learned: System) -> None:
    (lesson, *_) = learned.records("error-solutions")
    fields = {"title": "pin ruff", "description": "pin ruff to 0.8, since 0.9 formats anew"}
    calls: list[Callable[[Agent], Any]] = [
        lambda agent: agent.call("record", set="best-practices", fields=fields),
        lambda agent: agent.call("outcome", id=lesson.id, worked=True, note="the disk has room again"),
        lambda agent: agent.call("propose_retraction", id=lesson.id, reason="too old"),
    ]

    def state() -> list[bytes]:
        return [file.read_bytes() for file in sorted((learned.path / "data").rglob("*.jsonl"))]

    async def all_calls(agent: Agent) -> None:
        for call in calls:
            await call(agent)

    serve(learned, then=all_calls)
    before = state()
    serve(learned, then=all_calls)  # by the server that the client starts after it lost the first one
    assert state() == before
    listed = learned.fedlearn("review", "list", "--retractions")
    assert len(listed.out.splitlines()) == 1

    async def again(agent: Agent) -> None:
        text = await agent.call("outcome", id=lesson.id, worked=True, note="the disk has room again")
        assert text.startswith("already counted, a few minutes ago: ")
        text = await agent.call("outcome", id=lesson.id, worked=True, note="another day, another disk")
        assert text.startswith("counted: ")
        assert "(worked 2, failed 0)" in text

    serve(learned, then=again)


def test_nothing_that_controls_a_terminal_is_in_an_answer(learned: System) -> None:
    lines = [
        {
            "_note": ESCAPE,
            "title": f"pin{ESCAPE}",
            "description": f"pin the{ESCAPE} channel",
            "version": ESCAPE,
        },
        {"error_message": f"pin {ESCAPE} failed", "solution": ["a", {f"k{ESCAPE}": ESCAPE}]},
    ]
    learned.write(
        "data/patterns/best-practices.jsonl", b"".join(json.dumps(one).encode() + b"\n" for one in lines)
    )
    learned.fedlearn("verify", "--fix")

    async def use(agent: Agent) -> None:
        told = [await agent.call("search", text=f"pin the channel {ESCAPE}")]
        told += [json.dumps(agent.facts, ensure_ascii=False)]
        for record in learned.records("best-practices"):
            told += [await agent.call("get", id=record.id), json.dumps(agent.facts, ensure_ascii=False)]
        told.append(await agent.call("get", fails=True, id=f"zz{ESCAPE}"))
        told.append(await agent.call("search", fails=True, text="x", sets=f"a{ESCAPE}"))
        told.append(await agent.call("record", fails=True, set=f"a{ESCAPE}", fields={f"_id{ESCAPE}": "x"}))
        told.append(await agent.call("outcome", fails=True, id="abcd", worked=ESCAPE))
        assert not {char for text in told for char in text if not char.isprintable() and char != "\n"}

    serve(learned, then=use)


INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "agent", "version": "1"},
    },
}


def start(system: System) -> "subprocess.Popen[bytes]":
    """A server that has answered its client once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "git_fedlearn.cli", "mcp"],
        cwd=system.path,
        env=system.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    send(process, INITIALIZE)
    assert process.stdout is not None
    assert b"git-fedlearn" in process.stdout.readline()
    send(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    return process


def send(process: "subprocess.Popen[bytes]", message: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message).encode() + b"\n")
    process.stdin.flush()


def test_ctrl_c_ends_the_server(learned: System) -> None:
    with start(learned) as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr is not None
        assert process.stderr.read() == b"interrupted\n"


def test_a_client_that_reads_no_answer_is_no_error_and_what_it_recorded_stays(learned: System) -> None:
    fields = {"title": "pin ruff", "description": "pin ruff to 0.8, since 0.9 formats anew"}
    call = {"name": "record", "arguments": {"set": "best-practices", "fields": fields}}
    with start(learned) as process:
        assert process.stdout is not None
        send(process, {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call})
        process.stdout.close()
        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert not list((learned.path / ".git" / "fedlearn").glob("fedlearn-bug-*"))

    async def repeat(agent: Agent) -> None:
        await agent.call("record", set="best-practices", fields=fields)

    serve(learned, then=repeat)
    assert len(learned.records("best-practices")) == 1
