"""`git fedlearn sources`: the logs of this machine, what each would yield, and which of them `sync` reads."""

import json
import os
import secrets
from pathlib import Path
from typing import Any

import pytest
from agent_sessions import SESSION, agent, claude_code, codex, langfuse, ollama, user
from systems import System, World

from git_fedlearn.learn import probe
from git_fedlearn.repository.git import watched_by

EVENT = {"query": "How do I list failed units?", "response": "Run systemctl --failed.", "value_score": 0.8}
CLAUDE = "projects/-src-shop/0a1b.jsonl"
ROLLOUT = "sessions/2026/05/20/rollout-2026-05-20T10-00-00-0a1b.jsonl"
SETS = [
    {"set": "best-practices", "new": 2, "known": 0},
    {"set": "error-solutions", "new": 1, "known": 0},
]


def write(path: Path, lines: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
def home(world: World) -> Path:
    """The home of somebody who uses two agents."""
    write(world.home / ".claude" / CLAUDE, claude_code(SESSION))
    write(world.home / ".claude/history.jsonl", [{"display": "make it fast", "project": "/src"}])
    write(world.home / ".codex" / ROLLOUT, codex(SESSION))
    return world.home


def detected(system: System, *arguments: str) -> dict[str, dict[str, Any]]:
    found = system.fedlearn("sources", "detect", "--json", *arguments).json()["sources"]
    return {one["name"]: one for one in found}


def files(system: System) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in system.path.rglob("*")
        if path.is_file() and ".git/fedlearn" not in str(path)
    }


@pytest.mark.usefixtures("home")
def test_from_git_init_to_the_first_lesson_in_four_commands(world: World) -> None:
    new = world.repository("new")
    hint = new.fedlearn("sources", "detect", code=3).err.splitlines()[-1]
    assert hint == "hint: git fedlearn init"
    assert new.fedlearn("init").out.splitlines()[-1].startswith("then: git fedlearn sources detect ")
    nothing = new.fedlearn("search", "role does not exist", code=1)
    assert nothing.err.splitlines()[-1] == "hint: git fedlearn sources detect    (there are no lessons yet)"
    done = new.fedlearn("sources", "detect")
    assert done.err == "hint: git fedlearn sources detect --write    (then sync reads them)\n"
    assert new.fedlearn("sources", "detect", "--write").err == "hint: git fedlearn sync\n"
    new.fedlearn("sync")
    assert 'FATAL:  role "report" does not exist' in new.fedlearn("search", "role report does not exist").out


@pytest.mark.usefixtures("home")
def test_detect_shows_what_each_would_yield_and_writes_nothing(system: System) -> None:
    before = files(system)
    done = system.fedlearn("sources", "detect")
    size = (system.path.parent / "home/.claude" / CLAUDE).stat().st_size
    assert done.out.startswith(
        f"claude-code: 1 file, {(size + 999) // 1000} KB in ~/.claude\n"
        "  best-practices: 2 new\n"
        "  error-solutions: 1 new\n"
        "    0.85  "
    )
    assert 'psql: error: FATAL: role "report" does not exist' in done.out
    assert done.out.count("\n    0.8") == 6
    assert "\ncodex: 1 file, " in done.out
    assert files(system) == before
    found = detected(system)
    assert list(found) == ["claude-code", "codex"]
    assert [one["sets"] for one in found.values()] == [SETS, SETS]
    assert {len(one["headlines"]) for one in found.values()} == {3}
    assert not any(one["configured"] for one in found.values())


def test_detect_configures_this_machine_alone(system: System, home: Path) -> None:
    settings = system.read(".fedlearn.toml")
    done = system.fedlearn("sources", "detect", "--add", "codex")
    assert done.out.splitlines()[-1] == "wrote git config fedlearn.source.codex"
    assert system.git("config", "fedlearn.source.codex").out == f"{home}/.codex\n"
    assert system.git("config", "fedlearn.profile.codex").out == "codex *sessions/**/rollout-*.jsonl\n"
    assert {name: one["configured"] for name, one in detected(system).items()} == {
        "claude-code": False,
        "codex": True,
    }
    system.fedlearn("sources", "detect", "--write")
    assert "(sync reads it)\n" in system.fedlearn("sources", "detect", "--write").out
    assert system.read(".fedlearn.toml") == settings
    synced = system.fedlearn("sync")
    assert f" from 2 files in {home}/.claude, {home}/.codex\n" in synced.out
    assert synced.err == "hint: git add data && git commit    (or next time: git fedlearn sync --commit)\n"
    assert detected(system)["codex"]["sets"] == [{**one, "new": 0, "known": one["new"]} for one in SETS]
    assert system.fedlearn("sync").out.endswith(": nothing new\n")
    assert system.fedlearn("federate", "--dry-run").out.startswith("sync          nothing to do")


@pytest.mark.usefixtures("home")
def test_another_machine_reads_only_what_it_was_told_to(world: World) -> None:
    one = world.system("one")
    stack = world.home / ".local/share/nixos-ai-stack/telemetry/a-events.jsonl"
    write(world.home / ".local/share/ollama/chat.jsonl", ollama(SESSION))
    one.fedlearn("sources", "detect", "--write")
    one.commit()
    two = world.clone(one, "two")
    refused = two.fedlearn("sync", code=3)
    assert refused.err.splitlines()[-1].startswith("hint: git fedlearn sources detect --write")
    assert two.fedlearn("sources", "list").err.splitlines()[0] == "no sources yet"
    write(stack, [EVENT])
    synced = two.fedlearn("sync")
    assert synced.out.startswith(
        f"read 1 event from 1 file in {stack.parent.parent}\n  skills-patterns: 1 new\n"
    )
    assert "warning" not in synced.err


@pytest.mark.parametrize("variable", ["CLAUDE_CONFIG_DIR", "CODEX_HOME"])
def test_a_tools_own_variable_names_its_home(
    system: System, home: Path, tmp_path: Path, variable: str
) -> None:
    other, name = (
        tmp_path / "elsewhere",
        {"CLAUDE_CONFIG_DIR": "claude-code", "CODEX_HOME": "codex"}[variable],
    )
    os.rename(home / (".claude" if name == "claude-code" else ".codex"), other)  # noqa: PTH104  a folder
    assert name not in detected(system)
    system.environment[variable] = str(other)
    assert detected(system)[name]["folder"] == str(other)
    system.environment[variable] = "/" + "x" * 5000
    assert name not in detected(system), "a folder that cannot be looked at is none"


def test_folders_of_request_logs_are_recognized_by_content(system: System, home: Path) -> None:
    state = home / "state"
    system.environment["XDG_STATE_HOME"] = str(state)
    write(state / "llm-proxy/2026/a.jsonl", ollama(SESSION))
    write(home / ".config/claude/projects/-x/b.jsonl", claude_code(SESSION))
    write(home / ".local/share/langfuse/c.jsonl", langfuse(SESSION))
    write(home / ".local/share/vllm/notes.jsonl", [{"title": "not a log"}])
    found = detected(system)
    assert list(found) == ["claude-code", "claude-code-2", "codex", "langfuse", "ollama"]
    assert found["ollama"]["sets"] == SETS
    system.fedlearn("sources", "detect", "--add", "ollama", "--add", "claude-code-2")
    assert system.git("config", "fedlearn.source.ollama").out == f"{state}/llm-proxy\n"
    assert system.git("config", "fedlearn.source.claude-code-2").out == f"{home}/.config/claude\n"
    assert "error-solutions: 1 new" in system.fedlearn("sync").out


def test_detect_looks_in_a_folder_that_is_named(system: System, home: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    write(logs / "here/a.jsonl", ollama(SESSION))
    write(logs / "there/b.jsonl", codex(SESSION))
    found = detected(system, str(logs), "~/.claude")
    assert {name: one["folder"] for name, one in found.items()} == {
        "codex": str(logs / "there"),
        "ollama": str(logs / "here"),
        "claude-code": str(home / ".claude"),
    }
    done = system.fedlearn("sources", "detect", str(logs))
    assert done.err == f"hint: git fedlearn sources detect {logs} --write    (then sync reads them)\n"
    system.fedlearn("sources", "detect", str(logs), "--write")
    assert b"here" not in system.read(".fedlearn.toml"), "every clone would see the names of folders"
    assert all(one["configured"] for one in detected(system, str(logs / "there/b.jsonl")).values())
    assert "from 2 files in" in system.fedlearn("sync").out
    again = detected(system)
    assert list(again) == ["claude-code", "codex-2"], "the name codex is taken by another folder"
    write(logs / "here/c.jsonl", codex(SESSION))
    os.unlink(logs / "there/b.jsonl")  # noqa: PTH108
    mixed = system.fedlearn("sources", "detect", str(logs / "here"), "--write", code=2)
    assert mixed.err.splitlines()[-2].endswith("side by side, so no profile can name them")
    one = system.fedlearn("sources", "detect", str(logs / "here/c.jsonl"), "--write", code=2)
    assert one.err.splitlines()[-2].endswith("c.jsonl: a file, not a folder, so no profile can name them")
    assert "does not exist" in system.fedlearn("sources", "detect", str(tmp_path / "none"), code=3).err
    unknown = system.fedlearn("sources", "detect", "--add", "gemini", code=2)
    assert unknown.err.startswith("error: gemini: no such source found (found: claude-code, codex-2)\n")


def test_nothing_found(system: System) -> None:
    done = system.fedlearn("sources", "detect", code=1)
    assert done.err.splitlines() == [
        "no logs found",
        "hint: git fedlearn sources detect DIR    (or write one down: git fedlearn note)",
    ]
    assert system.fedlearn("sources", "detect", "--json", code=1).json()["sources"] == []
    assert system.fedlearn("sources", "list").err == "no sources yet\nhint: git fedlearn sources detect\n"


def test_private_values_are_redacted_in_headlines(system: System, home: Path) -> None:
    token = "ghp_" + secrets.token_hex(18)
    rule = f"In this project we always deploy with the bot's token {token}, never with our own."
    write(
        home / ".claude" / CLAUDE,
        claude_code((user("Hi, fix it."), agent("Done."), user(rule), agent("Noted."))),
    )
    done = system.fedlearn("sources", "detect")
    tested = system.fedlearn("sources", "test", "claude-code")
    assert "  redacted 2 API_KEY\n" in done.out
    assert "  redacted 2 API_KEY\n" in tested.out
    assert token not in done.out + tested.out + json.dumps(detected(system))


def test_of_a_large_source_the_newest_is_read(
    system: System, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("git_fedlearn.commands.sources.PROBED_BYTES", 40_000)
    monkeypatch.setattr(probe, "CHUNK_BYTES", 20_000)
    filler = {"query": "How?", "response": "x" * 500, "value_score": 0.1}
    log = home / ".local/share/nixos-ai-stack/telemetry/a-events.jsonl"
    old = EVENT | {"query": "How do I list timers?"}
    write(log, [old, *[filler] * 200, EVENT])
    big = home / ".claude/projects/-src-shop/big.jsonl"
    write(big, claude_code(SESSION * 40))
    os.utime(big, (1, 1))
    found = detected(system)
    main = found["fedlearn.source"]
    assert (main["sets"], main["configured"]) == ([{"set": "skills-patterns", "new": 1, "known": 0}], True)
    assert main["read_bytes"] < 40_000 < main["bytes"]
    claude = found["claude-code"]
    assert (claude["files"], claude["read_files"], claude["sets"]) == (2, 1, SETS)
    assert ", the newest " in system.fedlearn("sources", "detect").out
    tested = system.fedlearn("sources", "test", "fedlearn.source").out
    assert tested.startswith(
        "read 202 events from 1 file in ~/.local/share/nixos-ai-stack\n  skills-patterns: 2 new\n"
    )


def test_list_says_when_each_was_read_and_what_came_of_it(system: System, home: Path) -> None:
    system.fedlearn("sources", "detect", "--write")
    assert system.fedlearn("sources", "list").out == (
        "claude-code  ~/.claude: 1 file, not read yet\ncodex        ~/.codex: 1 file, not read yet\n"
    )
    system.fedlearn("sync", "--dry-run")
    assert "not read yet" in system.fedlearn("sources", "list").out
    (home / ".codex" / ROLLOUT).write_text("", encoding="utf-8")
    system.fedlearn("sync")
    assert system.fedlearn("sources", "list").out == (
        "claude-code  ~/.claude: 1 file, last read just now, 3 lessons found\n"
        "codex        ~/.codex: 1 file, not read yet\n"
    )
    main, *_ = system.fedlearn("sources", "list", "--json").json()["sources"]
    assert main == {
        "name": "claude-code",
        "folder": str(home / ".claude"),
        "files": 1,
        "last_run": {"at": "2026-05-28T20:26:40Z", "lessons": 3},
    }
    system.git("config", "fedlearn.source", str(home / "gone"))
    assert "fedlearn.source  ~/gone: 0 files, not read yet\n" in system.fedlearn("sources", "list").out


def test_test_says_what_is_learned_and_what_is_skipped_and_why(
    system: System, home: Path, tmp_path: Path
) -> None:
    stack = tmp_path / "stack/telemetry/a-events.jsonl"
    write(stack, [EVENT, EVENT | {"value_score": 0.1}, EVENT | {"response": "Done."}])
    with stack.open("a", encoding="utf-8") as log:
        log.write('{"query": \n')
    write(stack.parent / "other.jsonl", [EVENT])
    before = files(system)
    done = system.fedlearn("sources", "test", str(stack.parent.parent), code=1)
    assert done.out == (
        f"read 3 events from 1 file in {tmp_path}/stack\n"
        "  skills-patterns: 1 new\n"
        "    0.80  How do I list failed units?\n"
        "  skipped 1: only a status or a merge note\n"
        "  skipped 1: scored below your minimum\n"
        "  not read: telemetry/other.jsonl (not named like telemetry/*-events.jsonl)\n"
    )
    assert done.err.startswith(f"error: {stack}:4: ")
    assert done.err.endswith("nothing was written\n")
    assert files(system) == before
    found = system.fedlearn("sources", "test", "claude-code", "--json").json()
    assert (found["sets"], len(found["lessons"])) == (SETS, 3)
    one = system.fedlearn("sources", "test", str(home / ".codex" / ROLLOUT), "--json").json()
    assert one["sets"] == SETS
    unknown = system.fedlearn("sources", "test", "nowhere", code=2)
    assert unknown.err == "error: nowhere: no such source or folder\nhint: git fedlearn sources detect\n"


def test_test_of_a_profile_names_its_mistakes(system: System, tmp_path: Path) -> None:
    log = tmp_path / "logs/a.jsonl"
    write(log, [{"ask": EVENT["query"], "reply": EVENT["response"]}])
    table = '[sources.mine]\nfiles = "*.jsonl"\nscore = "`0.9`"\n[sources.mine.fields]\nquery = "ask"\n'
    system.write(".fedlearn.toml", f'format = 1\n{table}response = "replay"\n'.encode())
    system.git("config", "fedlearn.source.mine", str(log.parent))
    assert "no line has `replay`" in system.fedlearn("sources", "test", "mine").err
    system.write(".fedlearn.toml", f'format = 1\n{table}response = "reply"\n'.encode())
    assert "  skills-patterns: 1 new\n" in system.fedlearn("sources", "test", "mine").out


@pytest.mark.usefixtures("home")
def test_a_shared_profile_wins_over_the_one_of_this_machine(system: System) -> None:
    system.fedlearn("sources", "detect", "--add", "codex")
    system.write(
        ".fedlearn.toml", b'format = 1\n[sources.codex]\nprofile = "codex"\nfiles = "none/*.jsonl"\n'
    )
    assert "codex  ~/.codex: 0 files" in system.fedlearn("sources", "list").out


@pytest.mark.usefixtures("home")
def test_a_damaged_profile_of_this_machine_is_named(system: System) -> None:
    system.git("config", "fedlearn.source.codex", "logs")
    system.git("config", "fedlearn.profile.codex", "kodex *.jsonl")
    refused = system.fedlearn("sync", code=3).err.splitlines()
    assert refused[0].startswith("error: git config fedlearn.profile.codex: ")
    assert refused[1] == "hint: git config --unset fedlearn.profile.codex"


def test_links_in_the_home_of_a_tool_are_no_second_source(system: System, home: Path) -> None:
    session = home / ".claude" / CLAUDE
    write(session.parent / "0a1b/subagents/agent-1.jsonl", claude_code(SESSION))
    (session.parent / "again.jsonl").symlink_to(session)
    (session.parent / "gone.jsonl").symlink_to(home / "nowhere")
    (home / ".claude/projects/-src-other").symlink_to(session.parent)
    (home / ".claude/projects/loop").symlink_to(home / ".claude")
    assert detected(system)["claude-code"]["files"] == 2
    assert detected(system)["claude-code"]["unreadable"] == 0
    system.fedlearn("sources", "detect", "--write")
    assert system.fedlearn("sync").err.startswith("hint: git add data && git commit ")
    write(home / "elsewhere/0a1b.jsonl", claude_code(SESSION))
    (home / ".claude/projects/-src-far").symlink_to(home / "elsewhere")
    assert system.fedlearn("sync").err == ""


def test_the_number_of_sessions_is_no_number_of_processes(system: System, home: Path) -> None:
    def commands() -> int:
        ran: list[str] = []
        with watched_by(lambda arguments, _: ran.append(arguments[0])):
            system.fedlearn("sync")
        return len(ran)

    system.fedlearn("sources", "detect", "--write")
    system.fedlearn("sync")
    few = commands()
    for number in range(20):
        write(home / f".claude/projects/-src-shop/{number:04}.jsonl", claude_code(SESSION))
    assert abs(commands() - few) <= 2
