"""What every verb and sub-verb takes, wherever it stands on the line: `-q` and `-v`."""

from collections.abc import Callable
from typing import Final

import click

from git_fedlearn.console.context import Context

Callback = Callable[[click.Context, click.Parameter, bool], None]


COMMON: Final = ("--quiet", "--verbose", "--help")
"""The options that every verb has."""


def complete(command: click.Command) -> click.Command:
    """Give a command, and all below it, the common options. The same object comes back."""
    if not any(parameter.name == "quiet" for parameter in command.params):
        command.params += [
            _flag(["-q", "--quiet"], _quiet, "Print the answer only, no notes."),
            _flag(["-v", "--verbose"], _verbose, "Also say which git commands run, and how long each takes."),
        ]
    if isinstance(command, click.Group):
        command.subcommand_metavar = "VERB [ARGS]..."
        for below in command.commands.values():
            complete(below)
    return command


def _flag(names: list[str], callback: Callback, text: str) -> click.Option:
    return click.Option(names, is_flag=True, expose_value=False, callback=callback, help=text)


def _quiet(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's
    context = ctx.find_object(Context)
    if context and value:
        context.quiet = True


def _verbose(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's
    context = ctx.find_object(Context)
    if context and value:
        ctx.find_root().with_resource(context.watching_git())
