"""The files of examples/agents start the command line that exists."""

import json
import tomllib
from pathlib import Path

import click

from git_fedlearn.cli import cli

FOLDER = Path(__file__).parents[2] / "examples" / "agents"
WANTED = ["git-fedlearn", "-C", "/path/to/lessons", "mcp"]


def test_every_configuration_starts_the_server() -> None:
    mcp = json.loads((FOLDER / "mcp.json").read_text())["mcpServers"]["git-fedlearn"]
    vscode = json.loads((FOLDER / "vscode.mcp.json").read_text())["servers"]["git-fedlearn"]
    opencode = json.loads((FOLDER / "opencode.json").read_text())["mcp"]["git-fedlearn"]
    codex = tomllib.loads((FOLDER / "codex.config.toml").read_text())["mcp_servers"]["git-fedlearn"]
    assert [[one["command"], *one["args"]] for one in (mcp, vscode, codex)] == [WANTED] * 3
    assert opencode["command"] == WANTED
    command = cli.get_command(click.Context(cli), "mcp")
    assert command is not None
    assert "--read-only" in {option for one in command.params for option in one.opts}


def test_the_skill_names_the_tools_that_exist() -> None:
    text = (FOLDER / "skill" / "SKILL.md").read_text()
    assert text.startswith("---\nname: ")
    assert all(f"`{tool}`" in text for tool in ("search", "get", "record", "outcome", "propose_retraction"))
