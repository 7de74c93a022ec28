"""What every verb gets: `-q` and `-v`, wherever they stand on the line, and its examples in its help."""

from collections.abc import Callable
from typing import Final

import click

from git_fedlearn.command_table import EXAMPLES
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


_UNWRAPPED: Final = "\b"
"""Before a paragraph that click is to leave as it is."""


def show_examples(command: click.Command) -> click.Command:
    """Let the help of a verb end with its examples. The same object comes back."""
    if _UNWRAPPED not in (command.epilog or ""):
        lines = [f"  {line}\n      {text}" for line, text in EXAMPLES.get(command.name or "", ())]
        examples = "\n".join([_UNWRAPPED, "Examples:", *lines]) if lines else ""
        command.epilog = "\n\n".join(part for part in (command.epilog, examples) if part)
    return command


def without_examples(epilog: str) -> str:
    """What an epilog says besides."""
    return epilog.partition(_UNWRAPPED)[0].strip()
