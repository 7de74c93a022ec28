"""`git fedlearn mcp`: serve lessons to agents."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.extras import load_extra


@click.command("mcp", short_help="Serve lessons to agents (MCP over stdio).")
@click.option(
    "--read-only", is_flag=True, help="Offer only search and get, so that the agent cannot add anything."
)
@click.pass_obj
def command(context: Context, *, read_only: bool) -> None:
    """Serve the lessons of this clone to an agent: Model Context Protocol on standard input and output.

    Agents start it themselves; examples/agents shows how to configure them. Its tools: search, get, record
    (sanitized), outcome, propose_retraction. It never commits, pushes or retracts.
    """
    repository = context.data_repository
    if not read_only:
        repository.system()
    load_extra("mcp", "mcp")
    from git_fedlearn.agents.server import make_server  # noqa: PLC0415  needs the extra
    from git_fedlearn.agents.stdio import serve_client  # noqa: PLC0415

    if context.stdin.isatty():
        context.note(
            "waiting for MCP messages on standard input; usually an agent starts this (Ctrl-C to quit)"
        )
    server = make_server(context, read_only=read_only)
    serve_client(lambda: server.run("stdio"))
