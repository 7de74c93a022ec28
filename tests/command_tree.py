"""The tree of commands, for tests that hold something of each."""

from collections.abc import Iterator

import click


def leaves(command: click.Command, path: str, parent: click.Context) -> Iterator[tuple[str, click.Command]]:
    """All commands and subcommands that can be run, by their path."""
    ctx = click.Context(command, parent=parent)
    if not isinstance(command, click.Group):
        yield path, command
        return
    if path and command.invoke_without_command:
        yield path, command
    for name in command.list_commands(ctx):
        below = command.get_command(ctx, name)
        assert below
        yield from leaves(below, f"{path} {name}".strip(), ctx)
