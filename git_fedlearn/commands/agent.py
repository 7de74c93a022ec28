"""`git fedlearn agent`: connect Claude Code or Codex to this clone."""

from typing import Final

import click

from git_fedlearn.agents.recall_refresh import refresh_recall_index
from git_fedlearn.console.context import Context, paint_state
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.errors import UsageError
from git_fedlearn.extras import install_line, installed_extras
from git_fedlearn.setup.agent_files import AGENT_NAMES, AgentEntries, AgentFiles, AgentName, agent_files
from git_fedlearn.setup.agent_setup import ChangedPart, install_agent, read_installed, uninstall_agent
from git_fedlearn.setup.launcher import find_launcher

NAME: Final = click.argument("name", metavar="AGENT", type=click.Choice(AGENT_NAMES))
PROJECT: Final = click.option(
    "--for", "project", metavar="DIR", help="The project that the agent works in (default: this clone)."
)
GLOBAL: Final = click.option(
    "--global", "everywhere", is_flag=True, help="For all projects of your user account."
)


@click.group("agent", short_help="Connect Claude Code or Codex to this clone.")
def command() -> None:
    """Connect an agent to this clone, so that it uses and improves lessons without being asked.

    AGENT is claude (Claude Code) or codex (Codex CLI). Its hooks show lessons worth knowing at the start of a
    session, and those that match when a command fails. They count whether these worked, and draft one lesson
    if an error was solved without any. Nothing is committed; drafts wait for `git fedlearn review`.
    """


@command.command("install", short_help="Add hooks and the MCP server.")
@NAME
@PROJECT
@GLOBAL
@click.option("--instructions", is_flag=True, help="Also add a block to CLAUDE.md or AGENTS.md.")
@ANSWER_AS_JSON
@click.pass_obj
def install(
    context: Context, name: AgentName, project: str | None, *, everywhere: bool, instructions: bool
) -> int:
    """Add our hooks and our MCP server to the files of AGENT; everything else in them stays as it is.

    Claude Code: .claude/settings.local.json and .mcp.json of the project, with --global your own settings.
    Codex: ~/.codex/config.toml, for all projects; it asks you to trust new hooks (/hooks).

    Run it again after you moved the clone. `agent uninstall` restores the files byte for byte.
    """
    repository = context.data_repository
    repository.system()
    files = _files(context, name, project, everywhere=everywhere)
    entries = AgentEntries(find_launcher(repository.git), repository.top)
    with repository.lock("agent install"):
        done = install_agent(repository, name, files, entries, instructions=instructions)
    refresh_recall_index(repository)
    context.answer("agent-install/v1", _report(context, name, done))
    if not installed_extras()["mcp"]:
        context.note(f"hint: {install_line('mcp')}    (the MCP server needs it; the hooks do not)")
    if name == "claude" and files.settings.is_relative_to(repository.top):
        context.note(
            "hint: git fedlearn agent install claude --global    (this is for sessions in this clone only)"
        )
    if name == "codex":
        context.note(
            "hint: open codex and review the hooks: /hooks    (it skips hooks that you have not trusted)"
        )
    return 0


@command.command("uninstall", short_help="Remove hooks and the MCP server.")
@NAME
@PROJECT
@GLOBAL
@ANSWER_AS_JSON
@click.pass_obj
def uninstall(context: Context, name: AgentName, project: str | None, *, everywhere: bool) -> int:
    """Remove what `agent install` added to the files of AGENT, byte for byte."""
    repository = context.repository
    files = _files(context, name, project, everywhere=everywhere)
    with repository.lock("agent uninstall"):
        done = uninstall_agent(repository, name, files)
    context.answer("agent-uninstall/v1", _report(context, name, done))
    if not done:
        context.note("nothing to remove")
    return 0


@command.command("status", short_help="Show what is installed and whether it works.")
@click.argument("name", metavar="[AGENT]", required=False, type=click.Choice(AGENT_NAMES))
@PROJECT
@ANSWER_AS_JSON
@click.pass_obj
def status(context: Context, name: AgentName | None, project: str | None) -> int:
    """Show what is installed for AGENT, or for all: in the project, and for your user account.

    Each hook is started once, without an event. Exits with 1 if one does not run.
    """
    repository = context.repository
    rows = []
    broken = False
    for agent in [name] if name else AGENT_NAMES:
        for scope in ("user",) if agent == "codex" else ("project", "user"):
            files = _files(context, agent, None if scope == "user" else project, everywhere=scope == "user")
            found = read_installed(repository, agent, files)
            broken = broken or bool(found.broken)
            parts = [f"hooks {', '.join(sorted(found.hooks))}"] * bool(found.hooks)
            parts += ["MCP server"] * found.has_server + ["instructions"] * found.has_instructions
            rows.append(
                {
                    "agent": agent,
                    "scope": scope,
                    "settings": str(files.settings),
                    "hooks": [*sorted(found.hooks)],
                    "mcp_server": found.has_server,
                    "instructions": found.has_instructions,
                    "broken": [*found.broken],
                }
            )
            word = "problem" if found.broken else "ok" if found.hooks else "none"
            text = f"{agent} ({scope}): {'; '.join(parts) or 'not installed'}"
            context.say(f"{paint_state(word)} {text}  {files.settings}")
            for event in found.broken:
                context.print_error(f"error: {agent}: the hook {event} does not run")
    context.answer("agent-status/v1", {"agents": rows})
    if broken:
        context.note(f"hint: git fedlearn agent install {name or 'claude'}")
    return 1 if broken else 0


def _files(context: Context, name: AgentName, project: str | None, *, everywhere: bool) -> AgentFiles:
    if project and everywhere:
        raise UsageError("--for and --global exclude each other", hint="leave one of them out")
    folder = context.named_path(project).resolve() if project else context.repository.top
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such directory", hint="name the folder of the project")
    return agent_files(name, None if everywhere else folder, context.environment)


def _report(context: Context, name: AgentName, done: list[ChangedPart]) -> dict[str, object]:
    """Print what changed; returns the same for programs."""
    for one in done:
        context.say(f"{one.part} {one.what}: {one.path}")
        if one.what == "kept":
            context.note(f"note: {one.path} has another server named git-fedlearn; it was not changed")
    changes = [{"path": str(one.path), "part": one.part, "what": one.what} for one in done]
    return {"agent": name, "changes": changes}
