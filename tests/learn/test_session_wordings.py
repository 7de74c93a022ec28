"""Sessions in other words, languages and forms of results than those of test_readers."""

import json
from typing import Any

import agent_sessions as sessions
import pytest
from agent_sessions import OTHER_WORK, OUTCOME, SESSION, agent, edits, fails, passes, user

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.scoring import RoutedLesson, route_event
from git_fedlearn.learn.readers import find_lessons, read_sessions
from git_fedlearn.learn.readers.session import Ran, Said, Step, parse_result


def learned(steps: tuple[Step, ...]) -> list[JsonObject]:
    routed = (route_event(event)[1] for event in find_lessons(steps))
    return [lesson.content for lesson in routed if isinstance(lesson, RoutedLesson)]


PORT = "Error response from daemon: driver failed programming connectivity: port is already allocated"

FIXES: dict[str, tuple[Step, ...]] = {
    "installed at once, without a word": (
        fails("latexmk -pdf paper.tex", "! LaTeX Error: File `siunitx.sty' not found."),
        passes("apt-get install -y texlive-science"),
        passes("latexmk -pdf paper.tex"),
    ),
    "a looking command that refuses to work": (
        fails("git status", "fatal: detected dubious ownership in repository at '/srv/app'"),
        agent("The checkout belongs to another user id than the container's."),
        passes("git config --global --add safe.directory /srv/app"),
        passes("git status"),
    ),
    "a list of requirements": (
        fails(
            "composer install", "- symfony/intl v7.0 requires ext-intl * -> it is missing from your system."
        ),
        passes("apt-get install -y php8.3-intl"),
        passes("composer install"),
    ),
    "make names the target": (
        fails("make", "make: *** No rule to make target 'vendor/zlib/zlib.h', needed by 'main.o'.  Stop."),
        agent("vendor/zlib is an empty submodule."),
        passes("git submodule update --init --recursive"),
        passes("make"),
    ),
    "a lock file of another version": (
        fails("terraform plan", "Error: Inconsistent dependency lock file"),
        passes("terraform init -upgrade"),
        passes("terraform plan"),
        agent("The lock file still pinned the old provider."),
    ),
    "an option against trouble that lasts": (
        fails(
            "docker build .",
            "E: Failed to fetch deb.debian.org  Temporary failure resolving 'deb.debian.org'",
        ),
        agent("The bridge network has no DNS behind the VPN, so the build must use the host's network."),
        passes("docker build --network=host ."),
    ),
    "a command that nobody listed, explained in German": (
        fails("make docs", "locale.Error: unsupported locale setting"),
        agent("Im Container fehlt die Locale de_DE, sie muss erst erzeugt werden."),
        passes("locale-gen de_DE.UTF-8"),
        passes("make docs"),
    ),
}


@pytest.mark.parametrize("name", FIXES)
def test_fixes_in_other_forms(name: str) -> None:
    assert [*map(bool, learned(FIXES[name]))] == [True]


YAML = "E   ModuleNotFoundError: No module named 'yaml'\n1 error"


@pytest.mark.parametrize(
    ("failed", "passed"),
    [
        ("pytest tests/test_cfg.py", "timeout 120 pytest tests/test_cfg.py"),
        ("pytest -x -q tests/test_cfg.py", "pytest tests/test_cfg.py"),
        ("pytest tests/test_cfg.py", "python -m pytest -vv tests/test_cfg.py --tb=short"),
        ("pytest tests/test_cfg.py::test_load", "pytest tests/test_cfg.py"),
        ("pytest tests/test_cfg.py", "pytest"),
        ("ruff check . && pytest tests/test_cfg.py", "pytest tests/test_cfg.py"),
        ("pytest tests/test_cfg.py", ". .venv/bin/activate && pytest tests/test_cfg.py"),
        ("docker compose exec web pytest", "docker compose exec -T web pytest"),
        ("poetry run pytest", "poetry run pytest -q"),
    ],
)
def test_the_same_command_written_otherwise(failed: str, passed: str) -> None:
    cause, fix = agent("PyYAML isn't in the dev requirements."), passes("pip install pyyaml")
    assert len(learned((fails(failed, YAML), cause, fix, passes(passed)))) == 1


@pytest.mark.parametrize(
    ("failed", "passed"),
    [
        ("pytest tests/test_cfg.py", "pytest tests/test_other.py"),
        ("pytest tests/test_cfg.py", "pytest --collect-only"),
        ("npm run build", "npm run lint"),
        ("make flash", "make"),
    ],
)
def test_another_command_proves_nothing(failed: str, passed: str) -> None:
    cause, fix = agent("PyYAML isn't in the dev requirements."), passes("pip install pyyaml")
    assert learned((fails(failed, YAML), cause, fix, passes(passed))) == []


def test_other_rights_are_a_fix() -> None:
    failed = fails("systemctl restart nginx", "Failed to restart nginx.service: authentication required.")
    reason = agent("Restarting a system unit needs root.")
    (lesson,) = learned((failed, reason, passes("sudo systemctl restart nginx")))
    assert "sudo systemctl restart nginx" in str(lesson["solution"])


def test_an_error_that_gives_way_to_another_one_is_overcome() -> None:
    steps = (
        fails("pip install cffi", "fatal error: ffi.h: No such file or directory"),
        passes("apt-get install -y libffi-dev"),
        fails("pip install cffi", "error: command 'gcc' failed: No such file or directory"),
        agent("The image has no compiler."),
        passes("apt-get install -y build-essential"),
        passes("pip install cffi"),
    )
    assert ["libffi-dev" in str(lesson["solution"]) for lesson in learned(steps)] == [True, False]
    same = (steps[0], passes("rm -rf ~/.cache/pip"), steps[0])
    assert learned(same) == []


IN_VAIN: dict[str, tuple[Step, ...]] = {
    "the same error came back": (
        fails("docker compose up -d", PORT),
        agent("I prune the networks, one of them is stale."),
        passes("docker network prune -f"),
        passes("docker compose up -d"),
        *OTHER_WORK,
        fails("docker compose up -d", PORT),
    ),
    "the change was taken back": (
        fails("make lint", "error: E501 line too long, the limit of the settings is 88"),
        agent("The limit is too low, I raise it in the settings."),
        edits("setup.cfg", "max-line-length = 88", "max-line-length = 200"),
        passes("make lint"),
        user("No, undo that. Do not touch the limit."),
        edits("setup.cfg", "max-line-length = 200", "max-line-length = 88"),
    ),
}


def test_what_the_agent_did_to_its_own_code_is_no_reason() -> None:
    steps = (
        fails("cargo build", "error[E0382]: borrow of moved value: `cfg`"),
        agent("I clone it before the move."),
        edits("src/main.rs", "run(cfg)", "run(cfg.clone())"),
        passes("cargo build"),
    )
    assert learned(steps) == []


@pytest.mark.parametrize("name", IN_VAIN)
def test_a_fix_that_did_not_last_is_not_learned(name: str) -> None:
    steps = IN_VAIN[name]
    assert learned(steps[:4]) != []
    assert learned(steps) == []


RULES = (
    "Never push to main directly.",
    "Our convention is that test files sit next to the module and end in .spec.ts.",
    "Shell scripts must start with set -euo pipefail.",
    "Don't ever log request bodies, they contain personal data.",
    "Commits follow conventional commits, the release notes are generated from them.",
    "Bei uns werden Fehlermeldungen immer auf Englisch geschrieben, nie auf Deutsch.",
    "Ab jetzt bitte immer pnpm statt npm verwenden, das Lockfile ist pnpm-lock.yaml.",
    "Dans ce projet on n'utilise jamais d'héritage, toujours la composition.",
    "En este proyecto siempre usamos pnpm, nunca npm.",
)
WISHES = (
    "I never liked that button, make it smaller.",
    "This should not take more than an hour.",
    "Please always answer in German from now on? My colleague reads along.",
    "Everything is fine, only the title is wrong, it should say Invoices.",
    "Kannst du bitte immer noch einmal schauen, ob der Fehler weg ist?",
    "Bitte mach den Knopf blau und schieb ihn nach rechts.",
    "The test should pass now, run it again and tell me what you see.",
)


def said(text: str, answer: str = "Thanks.") -> tuple[Step, ...]:
    before = (user("Add an export."), agent("I look at it."), edits("b.py", "a", "b"))
    return (*before, user(text), agent("Noted."), edits("a.py", "a", "b"), user(answer))


@pytest.mark.parametrize("text", RULES)
def test_rules_in_other_words_and_languages(text: str) -> None:
    assert [lesson["description"] for lesson in learned(said(text))] == [text]


def test_a_correction_in_another_language() -> None:
    text = "Nein, nicht so. Wir schreiben Migrationen hier immer mit Alembic, nie von Hand."
    (event,) = find_lessons(said(text, "Danke, genau."))
    assert (event["category"], event["description"]) == ("correction", text)


@pytest.mark.parametrize("text", WISHES)
def test_wishes_in_other_words_and_languages(text: str) -> None:
    assert learned(said(text)) == []


@pytest.mark.parametrize(
    ("text", "failed", "expected"),
    [
        ("boom\n[The command completed with exit code 1.]", None, True),
        ("an error: none\n[The command completed with exit code 0.]", None, False),
        ("--- FAIL: TestX\nexit status 2", None, True),
        ("<returncode>1</returncode>\n<output>no</output>", None, True),
        ("Command timed out after 120s", None, True),
        ('{"isError": true, "content": [{"type": "text", "text": "no"}]}', None, True),
        ('{"success": false, "error": "no"}', None, True),
        ('{"status": "success", "output": "error: 0 found"}', None, False),
        ('{"status": "error", "output": "the answer of a server"}', False, False),
        ('{"result": {"exit_code": 4, "stdout": "a"}}', None, True),
        ('{"code": 200, "message": "fine"}', None, False),
    ],
)
def test_how_a_command_ended_in_other_words(*, text: str, failed: bool | None, expected: bool) -> None:
    assert parse_result(text, failed)[0] is expected


def spans(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """OTLP in which only the spans of tools tell what they answered."""
    lines = sessions.otel(tuple(step for step in steps if isinstance(step, Said)))
    for line in lines:
        for span in line["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            span["traceId"] = "t"
    return lines


def tool_spans(steps: tuple[Step, ...], times: list[str]) -> list[dict[str, Any]]:
    found = []
    for step, time in zip((step for step in steps if isinstance(step, Ran)), times, strict=True):
        values = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.call.arguments": json.dumps({"command": step.command}),
            "gen_ai.tool.call.result": step.output,
        }
        attributes = [{"key": key, "value": {"stringValue": value}} for key, value in values.items()]
        span: dict[str, Any] = {"traceId": "t", "spanId": time, "attributes": attributes}
        span["startTimeUnixNano"] = time
        span["status"] = {"code": 2} if step.failed else {}
        found.append({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    return found


TOLD_BY_TOOLS = (
    user("Make the nightly report faster."),
    fails("make report", 'psql: error: FATAL:  role "report" does not exist'),
    agent("The new database has no role for reports yet."),
    passes("createuser report"),
    passes("make report", "report written"),
)


def test_results_that_only_spans_of_tools_tell() -> None:
    times = ["1779899999500000000", "1779900000500000000", "1779900000600000000"]
    lines = [*tool_spans(TOLD_BY_TOOLS, times), *spans(TOLD_BY_TOOLS)]
    (event,) = read_sessions("otel", lines)
    assert event["solution"] == "The new database has no role for reports yet.\nRun `createuser report`."
    told = [*sessions.otel(SESSION), *tool_spans(TOLD_BY_TOOLS, times)]
    assert len([*read_sessions("otel", told)]) == len(OUTCOME) + 1


def test_observations_of_tools_tell_what_no_history_does() -> None:
    lines: list[dict[str, Any]] = [
        {"type": "GENERATION", "start_time": "2026-05-20 10:00:00", "trace_id": "t"}
        | {"input": [{"role": "user", "content": "Make the nightly report faster."}], "output": None},
        {"type": "GENERATION", "start_time": "2026-05-20 10:00:02", "trace_id": "t"}
        | {"input": [{"role": "user", "content": "Make the nightly report faster."}]}
        | {"output": {"role": "assistant", "content": "The new database has no role for reports yet."}},
    ]
    for second, step in zip(
        (1, 3, 4), (step for step in TOLD_BY_TOOLS if isinstance(step, Ran)), strict=True
    ):
        lines.append(
            {"type": "TOOL", "id": str(second), "start_time": f"2026-05-20 10:00:0{second}", "trace_id": "t"}
            | {"input": {"command": step.command}, "output": step.output}
            | {"level": "ERROR" if step.failed else "DEFAULT"}
        )
    (event,) = read_sessions("langfuse", lines[::-1])
    assert event["solution"] == "The new database has no role for reports yet.\nRun `createuser report`."
