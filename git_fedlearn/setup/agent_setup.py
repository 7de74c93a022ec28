"""Install the hooks and the MCP server in the files of an agent, and take them out again.

Nothing that is there is overwritten: hooks are added next to others, a server of the same name stays.
Uninstalling restores the bytes from before, unless somebody changed what was added; then our entries go.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import AGENT_SETUP, read_json, write_json
from git_fedlearn.setup.agent_files import (
    INSTRUCTIONS,
    SERVER_NAME,
    AgentEntries,
    AgentFiles,
    AgentName,
    agent_files,
    is_our_command,
)
from git_fedlearn.setup.blocks import (
    HTML_MARKS,
    MADE_FILE,
    MADE_FOLDER,
    find_block,
    find_file_block,
    missing_parts,
    put_block,
    put_file_block,
    take_block,
    take_file_block,
)
from git_fedlearn.setup.json_edits import JsonEdit, add_all, parse_object_text, remove_values, undo
from git_fedlearn.setup.launcher import run_line

PROBE: Final = "FEDLEARN_PROBE"
HOOKS: Final = "hooks"
SERVERS: Final = "mcpServers"
_REPAIR: Final = "repair it first; it was not changed"


class ChangedPart(NamedTuple):
    """A file and what became of our part of it: `added`, `already there`, `kept` (not ours) or `removed`."""

    path: Path
    part: str
    what: str


@dataclass(slots=True)
class InstalledParts:
    """What is installed of an agent: the hooks by event, and whether a command of theirs runs."""

    settings: Path
    hooks: dict[str, str] = field(default_factory=dict)
    """Commands by event."""
    has_server: bool = False
    has_instructions: bool = False
    broken: list[str] = field(default_factory=list)
    """Events whose command does not run."""


def install_agent(
    repository: Repository, name: AgentName, files: AgentFiles, entries: AgentEntries, *, instructions: bool
) -> list[ChangedPart]:
    """Add the hooks, the MCP server, and with `instructions` a block to read. Raises FedlearnError."""
    done = []
    if name == "codex":
        done.append(_install_toml(files.settings, entries))
    else:
        done.append(_install_hooks(repository, files.settings, entries.groups()))
        if files.servers:
            done.append(_install_server(repository, files.servers, entries.server()))
    if instructions:
        changed = put_file_block(files.instructions, [*INSTRUCTIONS], marks=HTML_MARKS)
        done.append(ChangedPart(files.instructions, "instructions", "added" if changed else "already there"))
    return done


def uninstall_agent(repository: Repository, name: AgentName, files: AgentFiles) -> list[ChangedPart]:
    """Take out what `install_agent` added. Raises FedlearnError."""
    done = []
    if name == "codex":
        if take_file_block(files.settings):
            done.append(ChangedPart(files.settings, "hooks and MCP server", "removed"))
    else:
        for path, part in ((files.settings, "hooks"), (files.servers, "MCP server")):
            if path and _uninstall_json(repository, path):
                done.append(ChangedPart(path, part, "removed"))
    if take_file_block(files.instructions, marks=HTML_MARKS):
        done.append(ChangedPart(files.instructions, "instructions", "removed"))
    return done


def installed_files(repository: Repository, environment: Mapping[str, str]) -> list[Path]:
    """Files of agents that still have our entries, as far as this clone has noted."""
    codex = agent_files("codex", None, environment).settings
    noted = [path for path in map(Path, _notes(repository)) if path.exists()]
    return [*noted, codex] if find_file_block(codex) else noted


def read_installed(repository: Repository, name: AgentName, files: AgentFiles) -> InstalledParts:
    """What is installed, and whether it runs. Raises FedlearnError if a file cannot be read."""
    found = InstalledParts(files.settings)
    if name == "codex":
        table = _parse_toml(files.settings, read_file(files.settings))
        hooks, servers = table.get(HOOKS), table.get("mcp_servers")
    else:
        hooks = _read_object(files.settings).get(HOOKS)
        servers = _read_object(files.servers).get(SERVERS) if files.servers else None
    for event, groups in hooks.items() if isinstance(hooks, dict) else ():
        for command in _commands(groups):
            if is_our_command(command):
                found.hooks[event] = command
    found.has_server = isinstance(servers, dict) and SERVER_NAME in servers
    found.has_instructions = find_file_block(files.instructions, HTML_MARKS) is not None
    for event, command in found.hooks.items():
        token = f"agent-{os.getpid()}"
        answer = run_line(repository.git, command, environment={PROBE: token})
        if answer.code or token not in os.fsdecode(answer.out):
            found.broken.append(event)
    return found


def _commands(groups: object) -> list[str]:
    listed = groups if isinstance(groups, list) else []
    hooks = [group.get(HOOKS) for group in listed if isinstance(group, dict)]
    return [
        str(hook.get("command"))
        for some in hooks
        if isinstance(some, list)
        for hook in some
        if isinstance(hook, dict)
    ]


def _read_object(path: Path) -> JsonObject:
    data = read_file(path)
    return parse_object_text(data.decode("utf-8", "replace"), str(path)) if data.strip() else {}


def _install_hooks(repository: Repository, path: Path, groups: JsonObject) -> ChangedPart:
    hooks = _read_object(path).get(HOOKS)
    if hooks is not None and not isinstance(hooks, dict):
        raise FedlearnError(f"{path}: `hooks` is not an object", hint=_REPAIR)
    found = {event: [*filter(is_our_command, _commands(value))] for event, value in (hooks or {}).items()}
    ours = {event: commands for event, commands in found.items() if commands}
    if ours == {event: _commands(value) for event, value in groups.items()}:
        return ChangedPart(path, HOOKS, "already there")
    if ours:
        _uninstall_json(repository, path)
    _add(repository, path, {HOOKS: groups})
    return ChangedPart(path, HOOKS, "added")


def _install_server(repository: Repository, path: Path, server: JsonObject) -> ChangedPart:
    part = "MCP server"
    servers = _read_object(path).get(SERVERS)
    if isinstance(servers, dict) and SERVER_NAME in servers:
        if servers[SERVER_NAME] == server:
            return ChangedPart(path, part, "already there")
        if str(path) not in _notes(repository):
            return ChangedPart(path, part, "kept")
        _uninstall_json(repository, path)
    _add(repository, path, {SERVERS: {SERVER_NAME: server}})
    return ChangedPart(path, part, "added")


def _start(path: Path) -> tuple[str, list[str]]:
    """The text of a file to add to, and what has to be made for it."""
    data = read_file(path)
    if data.strip():
        try:
            return data.decode("utf-8"), []
        except UnicodeDecodeError:
            raise FedlearnError(f"{path}: not UTF-8", hint=_REPAIR) from None
    return "{}\n", [*missing_parts(path)] or [f"text:{data.decode('ascii', 'replace')}"]


def _notes(repository: Repository) -> JsonObject:
    return read_json(repository.state.path(AGENT_SETUP))


def _add(repository: Repository, path: Path, members: JsonObject) -> None:
    """Add members to a file, after the note that says how to undo it."""
    text, made = _start(path)
    parse_object_text(text, str(path))
    text, edits = add_all(text, members)
    listed: list[Json] = [[*edit] for edit in edits]
    notes = _notes(repository)
    write_json(repository.state.path(AGENT_SETUP), {**notes, str(path): {"made": [*made], "edits": listed}})
    write_file(path, text.encode("utf-8"))


def _uninstall_json(repository: Repository, path: Path) -> bool:
    """Take our entries out of a JSON file; whether there were any."""
    notes = _notes(repository)
    is_known = str(path) in notes
    note = notes.pop(str(path), None)
    before = after = read_file(path).decode("utf-8", "surrogateescape")
    made: list[str] = []
    if isinstance(note, dict):
        listed = note.get("made")
        made = [*map(str, listed)] if isinstance(listed, list) else []
        after = _undo_all(before, note.get("edits")) or before
    if before.strip() and after == before:
        parse_object_text(before, str(path))
        after = remove_values(before, lambda place, value: _is_ours(place, value, with_server=is_known))
    if is_known:
        write_json(repository.state.path(AGENT_SETUP), notes)
    if after == before:
        return False
    if MADE_FILE in made and json.loads(after) == {}:
        path.unlink()
        if MADE_FOLDER in made and not any(path.parent.iterdir()):
            path.parent.rmdir()
        return True
    empty = next((one.removeprefix("text:") for one in made if one.startswith("text:")), None)
    write_file(
        path, (empty if empty is not None and after == "{}\n" else after).encode("utf-8", "surrogateescape")
    )
    return True


def _undo_all(text: str, edits: Json) -> str | None:
    """The text without all edits, the last one first; None if one of them was changed since."""
    for edit in reversed(edits) if isinstance(edits, list) else ():
        if not isinstance(edit, list) or len(edit) != 2:  # noqa: PLR2004  inserted and replaced
            return None
        before = undo(text, JsonEdit(str(edit[0]), str(edit[1])))
        if before is None:
            return None
        text = before
    return text


def _is_ours(place: tuple[str, ...], value: Json, *, with_server: bool) -> bool:
    """Whether a value is a hook of ours, a group of nothing else, or the server that we added."""
    if place == (SERVERS, SERVER_NAME):
        return with_server
    if place[0] != HOOKS or not isinstance(value, dict):
        return False
    hooks = value.get(HOOKS)
    listed = hooks if isinstance(hooks, list) and hooks else [value]
    return all(isinstance(hook, dict) and is_our_command(hook.get("command")) for hook in listed)


def _install_toml(path: Path, entries: AgentEntries) -> ChangedPart:
    part = "hooks and MCP server"
    data = read_file(path)
    others = _parse_toml(path, take_block(data) if find_block(data) else data)
    servers = others.get("mcp_servers")
    with_server = not (isinstance(servers, dict) and SERVER_NAME in servers)
    lines = entries.toml(with_server=with_server)
    _parse_toml(path, put_block(data, lines), "with our block it is")
    changed = put_file_block(path, lines)
    return ChangedPart(path, part if with_server else HOOKS, "added" if changed else "already there")


def _parse_toml(path: Path, data: bytes, what: str = "it is") -> Mapping[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FedlearnError(f"{path}: {what} not valid TOML: {error}", hint=_REPAIR) from None
