"""`git fedlearn agent`: into the files of Claude Code and Codex, and out of them byte for byte."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from systems import System

from git_fedlearn.extras import install_line

THEIRS = b"""{
    "permissions": {"allow": ["Bash(ls:*)"]},
    "hooks": {
        "PostToolUse": [
            {"matcher": "Edit", "hooks": [{"type": "command", "command": "make fmt"}]}
        ], "Notification": []
    }
}"""
SERVERS = b'{"mcpServers": {"other": {"command": "other"}}}\n'
CODEX = b'model = "x" # mine\r\n\r\n[mcp_servers.other]\r\ncommand = "other"'


def snapshot(folder: Path) -> dict[str, bytes | None]:
    """All files and folders below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.fixture
def project(system: System) -> Path:
    folder = system.path.parent / "project"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "settings", [None, b"", b"{}", b"{ }\n", b'{"hooks": {}}', THEIRS, THEIRS.replace(b"\n", b"\r\n")]
)
@pytest.mark.parametrize("servers", [None, b"{}", b'{"mcpServers": {}}', SERVERS])
def test_claude_is_restored_byte_for_byte(
    system: System, project: Path, settings: bytes | None, servers: bytes | None
) -> None:
    if settings is not None:
        (project / ".claude").mkdir()
        (project / ".claude/settings.local.json").write_bytes(settings)
    if servers is not None:
        (project / ".mcp.json").write_bytes(servers)
    (project / "CLAUDE.md").write_bytes(b"# Rules\n\nNo tabs.")
    before = snapshot(project)
    arguments = ("agent", "install", "claude", "--for", str(project), "--instructions")
    system.fedlearn(*arguments)
    installed = snapshot(project)
    hooks = json.loads((project / ".claude/settings.local.json").read_bytes())["hooks"]
    assert {"SessionStart", "PostToolUse", "PostToolUseFailure", "SessionEnd"} <= hooks.keys()
    assert "git-fedlearn" in json.loads((project / ".mcp.json").read_bytes())["mcpServers"]
    again = system.fedlearn(*arguments)
    assert snapshot(project) == installed
    assert "already there" in again.out
    system.fedlearn("agent", "uninstall", "claude", "--for", str(project))
    assert snapshot(project) == before


def test_install_says_what_is_missing(system: System, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert system.fedlearn("agent", "install", "claude", "--for", str(project)).err == ""
    only_here = (
        "hint: git fedlearn agent install claude --global    (this is for sessions in this clone only)\n"
    )
    assert system.fedlearn("agent", "install", "claude").err == only_here
    monkeypatch.setitem(sys.modules, "mcp", None)
    missing = system.fedlearn("agent", "install", "claude", "--global").err
    assert missing.endswith(f"{install_line('mcp')}    (the MCP server needs it; the hooks do not)\n")


@pytest.mark.parametrize("config", [None, b"", b"# only this", CODEX])
def test_codex_is_restored_byte_for_byte(system: System, config: bytes | None) -> None:
    home = Path(system.environment["HOME"])
    if config is not None:
        (home / ".codex").mkdir()
        (home / ".codex/config.toml").write_bytes(config)
    before = snapshot(home)
    system.fedlearn("agent", "install", "codex")
    installed = snapshot(home)
    table = tomllib.loads((home / ".codex/config.toml").read_text(encoding="utf-8"))
    assert table["mcp_servers"]["git-fedlearn"]["args"][-3:] == ["-C", str(system.path), "mcp"]
    assert {"SessionStart", "PostToolUse", "Stop"} == table["hooks"].keys()
    system.fedlearn("agent", "install", "codex")
    assert snapshot(home) == installed
    system.fedlearn("agent", "uninstall", "codex")
    assert snapshot(home) == before


def test_the_hook_that_was_installed_answers_from_any_folder(system: System, project: Path) -> None:
    system.add(
        "error-solutions",
        {"error_message": "zorp: flux gate jammed", "solution": "Oil it.", "value_score": 0.9},
    )
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    hooks = json.loads((project / ".claude/settings.local.json").read_bytes())["hooks"]
    command = hooks["PostToolUseFailure"][0]["hooks"][0]["command"]
    event = {
        "session_id": "s", "cwd": "/", "hook_event_name": "PostToolUseFailure", "tool_name": "Bash",
        "tool_input": {"command": "zorp run"}, "error": "Exit code 3\nzorp: flux gate jammed at 0x7f",
    }  # fmt: skip
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd="/", input=json.dumps(event).encode(), capture_output=True, check=True,
        env={"PATH": "/usr/bin:/bin", "HOME": system.environment["HOME"]},
    )  # fmt: skip
    assert "Oil it." in json.loads(done.stdout)["hookSpecificOutput"]["additionalContext"]


def test_what_somebody_changed_since_stays(system: System, project: Path) -> None:
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    path = project / ".claude/settings.local.json"
    settings = json.loads(path.read_bytes())
    settings["permissions"] = {"allow": ["Bash(make:*)"]}
    settings["hooks"]["SessionStart"].append({"hooks": [{"type": "command", "command": "date"}]})
    path.write_text(json.dumps(settings, indent=1))
    system.fedlearn("agent", "uninstall", "claude", "--for", str(project))
    assert json.loads(path.read_bytes()) == {
        "hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "date"}]}]},
        "permissions": {"allow": ["Bash(make:*)"]},
    }


def test_a_server_of_the_same_name_is_kept(system: System, project: Path) -> None:
    theirs = b'{"mcpServers": {"git-fedlearn": {"command": "elsewhere"}}}'
    (project / ".mcp.json").write_bytes(theirs)
    done = system.fedlearn("agent", "install", "claude", "--for", str(project))
    assert f"MCP server kept: {project}/.mcp.json\n" in done.out
    system.fedlearn("agent", "uninstall", "claude", "--for", str(project))
    assert (project / ".mcp.json").read_bytes() == theirs


def test_a_codex_server_of_the_same_name_is_kept(system: System) -> None:
    folder = Path(system.environment["HOME"]) / ".codex"
    folder.mkdir()
    theirs = b'[mcp_servers.git-fedlearn]\ncommand = "elsewhere"\n'
    (folder / "config.toml").write_bytes(theirs)
    assert "hooks added" in system.fedlearn("agent", "install", "codex").out
    assert (
        tomllib.loads((folder / "config.toml").read_text())["mcp_servers"]["git-fedlearn"]["command"]
        == "elsewhere"
    )
    system.fedlearn("agent", "uninstall", "codex")
    assert (folder / "config.toml").read_bytes() == theirs


@pytest.mark.parametrize(("agent", "path", "data"), [
    ("claude", ".claude/settings.json", b"{ // a comment\n}"), ("claude", ".claude/settings.json", b"[]"),
    ("claude", ".claude/settings.json", b'{"hooks": []}'), ("codex", ".codex/config.toml", b"model = "),
    ("codex", ".codex/config.toml", b'[hooks]\nSessionStart = "mine"\n'),
])  # fmt: skip
def test_a_file_that_cannot_be_edited_is_not_changed(
    system: System, agent: str, path: str, data: bytes
) -> None:
    file = Path(system.environment["HOME"]) / path
    file.parent.mkdir()
    file.write_bytes(data)
    done = system.fedlearn("agent", "install", agent, "--global", code=3)
    assert done.err.startswith(f"error: {file}: ")
    assert "hint: repair it first; it was not changed" in done.err
    assert file.read_bytes() == data


def test_status_says_what_is_there_and_whether_it_runs(system: System, project: Path) -> None:
    none = system.fedlearn("agent", "status", "claude", "--for", str(project))
    assert none.out.splitlines()[0] == (
        f"none     claude (project): not installed  {project}/.claude/settings.local.json"
    )
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    done = system.fedlearn("agent", "status", "--for", str(project), "--json").json()
    assert [row["hooks"] for row in done["agents"]] == [
        ["PostToolUse", "PostToolUseFailure", "SessionEnd", "SessionStart"], [], [],
    ]  # fmt: skip
    path = project / ".claude/settings.local.json"
    path.write_bytes(path.read_bytes().replace(b" -I -m git_fedlearn", b" -I -m gone.git_fedlearn"))
    broken = system.fedlearn("agent", "status", "claude", "--for", str(project), code=1)
    assert broken.out.startswith("problem  claude (project)")
    assert "error: claude: the hook SessionStart does not run" in broken.err


def test_install_again_after_the_clone_moved_replaces_our_hooks(system: System, project: Path) -> None:
    (project / ".claude").mkdir()
    (project / ".claude/settings.local.json").write_bytes(THEIRS)
    before = snapshot(project)
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    moved = system.path.rename(system.path.parent / "moved")
    system.path = moved
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    settings = (project / ".claude/settings.local.json").read_text()
    assert settings.count("agent_hook") == 4
    assert settings.count(str(moved)) == 4
    system.fedlearn("agent", "uninstall", "claude", "--for", str(project))
    assert snapshot(project) == before


def test_uninstalling_the_clone_names_the_agents_that_still_have_hooks(system: System, project: Path) -> None:
    system.fedlearn("agent", "install", "claude", "--for", str(project))
    system.fedlearn("agent", "install", "codex")
    identifier = system.git("config", "fedlearn.system").out.strip()
    said = system.fedlearn("uninstall").err
    settings = (
        project / ".claude/settings.local.json",
        project / ".mcp.json",
        Path(system.environment["HOME"]) / ".codex/config.toml",
    )
    assert said == (
        f"note: agents keep their hooks, in {', '.join(map(str, settings))}\n"
        "hint: git fedlearn agent uninstall claude    (or codex)\n"
        f"hint: git fedlearn install --id {identifier}    (to reuse this clone's id)\n"
    )
    system.fedlearn("agent", "uninstall", "claude", "--for", str(project))
    system.fedlearn("agent", "uninstall", "codex")
    assert system.fedlearn("uninstall").err == ""
