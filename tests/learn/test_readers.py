"""What a reader learns from whole sessions, in the logs of each tool, and what it must not learn."""

import json
from pathlib import Path
from typing import Any

import agent_sessions as sessions
import pytest
from agent_sessions import LOGS, OTHER_WORK, OUTCOME, SESSION, agent, edits, fails, passes, user
from systems import System

from git_fedlearn.core.scoring import RoutedLesson, route_event
from git_fedlearn.learn.known_tools import recognize
from git_fedlearn.learn.readers import find_lessons, read_sessions
from git_fedlearn.learn.readers.session import Step, parse_result


def learned(name: str, lines: list[dict[str, Any]]) -> list[str]:
    routed = [route_event(event)[1] for event in read_sessions(name, lines)]
    return sorted(lesson.set_name for lesson in routed if isinstance(lesson, RoutedLesson))


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        *((name, write(SESSION)) for name, write in LOGS.items()),
        ("litellm", sessions.litellm_spend_logs(SESSION)),
        ("litellm", sessions.responses(SESSION)),
        ("langfuse", sessions.langfuse_trace(SESSION)),
    ],
)
def test_each_tool_yields_the_same_lessons(name: str, lines: list[dict[str, Any]]) -> None:
    assert learned(name, lines) == OUTCOME
    events = [*read_sessions(name, lines)]
    fix = next(event for event in events if "solution" in event)
    assert fix["error_message"] == 'psql: error: FATAL:  role "report" does not exist'
    assert fix["solution"] == "The new database has no role for reports yet.\nRun `createuser report`."
    assert all(event["timestamp"] for event in events)
    assert "ada" not in json.dumps(events)


def test_lines_of_unknown_types_and_shapes_are_passed_over() -> None:
    odd: list[dict[str, Any]] = [
        {},
        {"type": "new-thing", "payload": {"type": "newer"}, "message": 1},
        {"type": "user", "message": {"content": [None, 7, {"type": "image"}, {"type": "tool_result"}]}},
        {"type": "assistant", "message": {"content": [{"type": "tool_use"}]}},
        {"type": "response_item", "payload": {"type": "function_call"}},
        {"messages": [None, {"role": "tool"}, {"role": "assistant", "tool_calls": [None, {"function": 1}]}]},
        {"request": {"messages": "x"}, "response": []},
        {"resourceSpans": [None, {"scopeSpans": [{"spans": [{"attributes": [None, {"key": "a"}]}]}]}]},
        {"observations": [None, {"type": "GENERATION", "input": "[", "output": 1}]},
    ]
    for name, write in LOGS.items():
        assert learned(name, odd) == []
        assert learned(name, [*odd, *write(SESSION)]) == OUTCOME


def test_a_rewound_branch_and_the_lines_of_other_agents_do_not_count() -> None:
    lines = sessions.claude_code(SESSION)
    rule = "Remember that we always write migrations by hand in this project."
    branch = {"type": "user", "uuid": "b1", "parentUuid": "u2", "message": {"content": rule}}
    aside = {"type": "user", "uuid": "s1", "parentUuid": "u2", "isSidechain": True}
    assert learned("claude-code", [*lines[:9], branch, *lines[9:]]) == OUTCOME
    assert learned("claude-code", [*lines, aside | {"message": {"content": rule}}]) == OUTCOME
    last = branch | {"parentUuid": lines[-1]["uuid"]}
    assert learned("claude-code", [*lines, last]) == sorted([*OUTCOME, "best-practices"])
    meta = last | {"isMeta": True}
    assert learned("claude-code", [*lines, meta]) == OUTCOME
    compacted = [{**line, "parentUuid": None} if line.get("uuid") == "u9" else line for line in lines]
    assert learned("claude-code", compacted) == OUTCOME


@pytest.mark.parametrize("place", range(2, 25))
def test_lines_that_a_resumed_session_writes_again_do_not_count_twice(place: int) -> None:
    lines = sessions.claude_code(SESSION)
    boundary = {"type": "system", "subtype": "compact_boundary", "uuid": "c1", "parentUuid": None}
    since = [boundary, {**lines[place], "parentUuid": "c1"}, *lines[place + 1 :]]
    once = [*read_sessions("claude-code", [*lines[:place], *since])]
    assert [*read_sessions("claude-code", [*lines[:place], *since, *since])] == once


def test_a_streamed_answer_is_joined() -> None:
    lines = sessions.ollama(SESSION)
    pieces = []
    for line in lines:
        message = line["response"]["message"]
        half = len(message["content"]) // 2
        first = {**message, "content": message["content"][:half], "tool_calls": []}
        rest = {**message, "content": message["content"][half:]}
        pieces.append({**line, "response": {"message": first, "done": False}})
        pieces.append({"response": {"message": rest, "done": True}})
    assert learned("ollama", pieces) == OUTCOME


FIXES: dict[str, tuple[Step, ...]] = {
    "a package": (
        fails("python -m build", "ModuleNotFoundError: No module named 'setuptools'"),
        agent("Python 3.12 creates environments without setuptools."),
        passes("pip install setuptools"),
        passes("python -m build"),
    ),
    "a setting, with other work in between": (
        fails("nginx -t", 'nginx: [emerg] "proxy_pass" cannot have URI part in location given by regex'),
        agent("In a regex location the upstream must not carry a path."),
        *OTHER_WORK,
        edits("/etc/nginx/conf.d/api.conf", "proxy_pass http://api/v1/;", "proxy_pass http://api;"),
        passes("nginx -t"),
    ),
    "a first guess in vain": (
        fails("helm upgrade api ./chart", "Error: another operation is in progress"),
        passes("kubectl delete pod api-0"),
        fails("helm upgrade api ./chart", "Error: another operation is in progress"),
        agent("The last release is stuck as pending; a rollback releases it."),
        passes("helm rollback api 12"),
        passes("helm upgrade api ./chart"),
    ),
    "an option": (
        fails(
            "npm install",
            "npm ERR! unable to resolve dependency tree\nnpm ERR! retry with --legacy-peer-deps",
        ),
        agent("The plugin still declares React 17 as its peer."),
        passes("npm install --legacy-peer-deps"),
    ),
    "a variable": (
        fails("npm run build", "FATAL ERROR: Reached heap limit - JavaScript heap out of memory"),
        agent("Node runs out of heap with its default limit."),
        passes("NODE_OPTIONS=--max-old-space-size=4096 npm run build"),
    ),
    "in a folder, behind a pipe": (
        fails("cd web && yarn build", "Error: digital envelope routines::unsupported"),
        agent("webpack 4 uses MD4, which OpenSSL 3 no longer offers."),
        edits("package.json", '"webpack": "4.46.0"', '"webpack": "5.91.0"'),
        passes("cd web && yarn build 2>&1 | tail -5"),
    ),
    "a test that needs its surroundings": (
        fails(
            "pytest tests/test_day.py", "E   AssertionError: assert '2026-03-01' == '2026-02-28'\n1 failed"
        ),
        agent("The day is taken in local time, but the runner is in UTC; the test needs a fixed zone."),
        edits("tests/conftest.py", "", 'os.environ["TZ"] = "UTC"'),
        passes("pytest tests/test_day.py"),
    ),
    "explained afterwards": (
        fails("bundle exec rspec", "LoadError: cannot load such file -- nokogiri/nokogiri"),
        passes("bundle config set force_ruby_platform true"),
        passes("bundle exec rspec"),
        agent("nokogiri had been installed for another platform."),
    ),
}


@pytest.mark.parametrize("name", FIXES)
def test_an_error_and_what_made_the_command_pass(name: str) -> None:
    (event,) = find_lessons(FIXES[name])
    score, outcome = route_event(event)
    assert isinstance(outcome, RoutedLesson), (score, outcome)
    assert outcome.set_name == "error-solutions"


TRAPS: dict[str, tuple[Step, ...]] = {
    "gone by itself": (fails("cargo fetch", "error: operation timed out"), passes("cargo fetch")),
    "gone by itself, with other work in between": (
        fails("npm ci", "npm ERR! network request failed, reason: socket hang up ECONNRESET"),
        agent("The registry did not answer."),
        *OTHER_WORK,
        passes("npm ci"),
    ),
    "a lock that was released": (
        fails("apt-get update", "E: Could not get lock /var/lib/apt/lists/lock, held by process 911"),
        agent("Another apt runs, so I wait."),
        passes("sleep 30"),
        passes("apt-get update"),
    ),
    "given up": (fails("make flash", "Error: no device found"), agent("No board."), user("Leave it.")),
    "guessed at in vain": (
        fails("cargo build", "error: linking with `cc` failed"),
        passes("cargo clean"),
        fails("cargo build", "error: linking with `cc` failed"),
    ),
    "a typing error": (fails("dokcer ps", "bash: dokcer: command not found"), passes("docker ps")),
    "a wrong option": (
        fails("cargo build --relase", "error: unexpected argument '--relase' found, similar: '--release'"),
        passes("cargo build --release"),
    ),
    "code of the project": (
        fails("pytest tests/test_sum.py", "E   AssertionError: assert 0 == 12\n1 failed"),
        agent("The sum ignores the header because the rows start at one."),
        edits("src/totals.py", "rows[1:]", "rows[0:]"),
        passes("pytest tests/test_sum.py"),
    ),
    "a wrong path": (
        fails("pytest tests/test_ordr.py", "ERROR: file or directory not found: tests/test_ordr.py"),
        passes("pytest tests/test_order.py"),
    ),
    "a test before its function": (
        fails("pytest tests/test_slug.py", "ImportError: cannot import name 'slugify' from 'app.text'"),
        agent("The function comes next."),
        edits("app/text.py", "", "def slugify(text):\n    return text.lower()"),
        passes("pytest tests/test_slug.py"),
    ),
    "a test before its method": (
        fails("npx vitest run cart", "TypeError: cart.applyVoucher is not a function"),
        edits("src/cart.ts", "", "export class Cart { applyVoucher(code) { } }"),
        passes("npx vitest run cart"),
    ),
    "a test before its behavior": (
        fails("go test ./price", "--- FAIL: TestTotal\n    price_test.go:12: got 10, want 9"),
        agent("As expected. Now the discount."),
        edits("price/price.go", "return t", "return t - d"),
        passes("go test ./price"),
    ),
    "code that was just written": (
        fails("python app.py", "SyntaxError: '(' was never closed"),
        agent("I forgot a bracket."),
        edits("app.py", 'print("x"', 'print("x")'),
        passes("python app.py"),
    ),
    "a search without result": (
        fails("grep -rn old_name src", ""),
        edits("src/a.py", "x", "old_name"),
        passes("grep -rn old_name src"),
    ),
    "a pipe that hides the failure": (
        fails("pytest tests", "E   ModuleNotFoundError: No module named 'yaml'\n1 error"),
        agent("yaml is missing in the environment."),
        passes("pip install pyyaml"),
        passes("pytest tests | tail -2", "E   ModuleNotFoundError: No module named 'yaml'\n1 error"),
    ),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_failure_that_teaches_nothing(name: str) -> None:
    assert [*find_lessons(TRAPS[name])] == []


RULES = (
    "Keep in mind that public functions need a docstring, the linter fails without.",
    "All SQL goes through sqlc here; please don't build queries by hand.",
    "Money is stored as integer cents everywhere, floats are forbidden.",
    "Secrets belong in the vault, not in .env files.",
    "No, not pip. This project uses uv for everything.",
    "In this codebase errors are values: return Result, don't throw.",
    "We squash on merge, so don't bother with fixup commits.",
    "You should always run the migration check before you commit a model change.",
)

WISHES = (
    "Please add a button to the settings page and make it blue.",
    "Could you rename all the variables in this file? They are hard to read.",
    "No, I meant the other function, the one in billing.",
    "The designer sent new icons this morning, they are all in the folder, please swap them.",
    "Never mind, I found it myself, it was the wrong file all the time.",
    "We have a demo tomorrow, so please hide the new menu and do not touch anything else.",
    "Only change the two lines we talked about, nothing else, I have to explain every change tomorrow.",
    "This is wrong, the total should be 42 and not 41, please check the rounding.",
)


def said(text: str) -> tuple[Step, ...]:
    before = (user("Add an export."), agent("I start with the query."))
    return (*before, user(text), agent("Will do."), edits("a.py", "a", "b"), user("Thanks."))


@pytest.mark.parametrize("text", RULES)
def test_a_rule_of_the_project_is_learned(text: str) -> None:
    (event,) = find_lessons(said(text))
    assert event["description"] == text
    outcome = route_event(event)[1]
    assert isinstance(outcome, RoutedLesson)
    assert outcome.set_name == "best-practices"


@pytest.mark.parametrize("text", WISHES)
def test_a_wish_of_the_day_is_not(text: str) -> None:
    assert [*find_lessons(said(text))] == []


@pytest.mark.parametrize(
    ("text", "failed", "result"),
    [
        ("Exit code 2\nboom", True, (True, "boom")),
        (
            "Chunk ID: 1\nWall time: 1.0 seconds\nProcess exited with code 0\nOutput:\nfine",
            None,
            (False, "fine"),
        ),
        ("Exit code: 1\nWall time: 1 seconds\nOutput:\nno", None, (True, "no")),
        ('{"output":"no","metadata":{"exit_code":1}}', None, (True, "no")),
        ('{"exit_code":0,"stdout":"a","stderr":"b"}', None, (False, "a\nb")),
        ("a\nerror: it broke", None, (True, "a\nerror: it broke")),
        ("all is well", None, (False, "all is well")),
        ("error: none", False, (False, "error: none")),
    ],
)
def test_how_a_command_ended(text: str, failed: bool | None, result: tuple[bool, str]) -> None:  # noqa: FBT001
    assert parse_result(text, failed) == result


@pytest.mark.parametrize("name", LOGS)
def test_sync_reads_sessions_again_only_when_they_grow(system: System, tmp_path: Path, name: str) -> None:
    table = f'format = 1\n[sources.mine]\nprofile = "{name}"\nfiles = "**/*.jsonl"\n'
    system.write(".fedlearn.toml", table.encode())
    log = tmp_path / "logs/a/session.jsonl"
    log.parent.mkdir(parents=True)
    lines = [json.dumps(line) + "\n" for line in LOGS[name](SESSION)]
    cut = len(lines) // 2
    log.write_text("".join(lines[:cut]), encoding="utf-8")
    system.fedlearn("sync", "--source", str(tmp_path / "logs"))
    log.write_text("".join(lines), encoding="utf-8")
    system.fedlearn("sync", "--source", str(tmp_path / "logs"))
    found = {name: len(system.records(name)) for name in set(OUTCOME)}
    assert found == {"best-practices": 2, "error-solutions": 1}
    assert system.fedlearn("sync", "--source", str(tmp_path / "logs")).out.endswith(": nothing new\n")
    data = "".join(path.read_text(encoding="utf-8") for path in (system.path / "data").rglob("*.jsonl"))
    assert "nightly report" not in data


def test_a_folder_of_sessions_is_recognized_without_a_profile(system: System, tmp_path: Path) -> None:
    home = tmp_path / "home"
    for name, write in LOGS.items():
        path = home / name / "deep" / "session.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in write(SESSION)), encoding="utf-8")
        assert recognize(path) == name
    (home / "other.jsonl").write_text('{"query": "a", "response": "b"}\n', encoding="utf-8")
    (home / "link.jsonl").symlink_to(home / "codex/deep/session.jsonl")
    out = system.fedlearn("sync", "--source", str(home)).out
    assert f"from {len(LOGS)} files in" in out
    assert "not read: link.jsonl, other.jsonl" in out
    assert {name: len(system.records(name)) for name in set(OUTCOME)} == {
        "best-practices": 2,
        "error-solutions": 1,
    }
    one = system.fedlearn("sync", "--full", "--source", str(home / "codex/deep/session.jsonl")).out
    assert "from 1 file in" in one
    assert system.fedlearn("sync", "--source", str(home)).out.count("nothing new") == 1
    table = 'format = 1\n[sources.mine]\nprofile = "codex"\nfiles = "codex/**/*.jsonl"\n'
    system.write(".fedlearn.toml", table.encode())
    assert "from 1 file in" in system.fedlearn("sync", "--full", "--source", str(home)).out
