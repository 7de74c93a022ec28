"""Common options and examples of every command, and usage errors with a hint.

`-q` and `-v` may be given before or after the name of a command. Click's wording differs between its
versions, so usage errors are worded here.
"""

from collections.abc import Callable, Iterable
from math import isnan
from typing import Any, Final

import click

from git_fedlearn.command_table import EXAMPLES
from git_fedlearn.console.context import Context
from git_fedlearn.core.patterns import lazy_pattern

Callback = Callable[[click.Context, click.Parameter, bool], None]


class NumberRange(click.FloatRange):
    """A number within bounds; click takes `nan` for one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  click's
        """The number. Fails if it is out of bounds, or none."""
        number = super().convert(value, param, ctx)
        return self.fail(f"{value!r} is not a number", param, ctx) if isnan(number) else number


COMMON: Final = ("--quiet", "--verbose", "--help")
"""The options that every command has."""


def add_common_options(command: click.Command) -> click.Command:
    """Add the common options to a command and its subcommands, in place; returns the command.

    No argument but a text may be empty: it would name nothing, and is a variable of a script that is not set.
    """
    for parameter in command.params:
        if isinstance(parameter, click.Argument) and _name_of(parameter) != "TEXT":
            parameter.callback = _refuse_empty
    if not any(parameter.name == "quiet" for parameter in command.params):
        command.params += [
            _flag(["-q", "--quiet"], _set("quiet"), "Print no notes, and no report of success."),
            _flag(["-v", "--verbose"], _verbose, "Also print each git command that runs, and its duration."),
        ]
    if isinstance(command, click.Group):
        command.subcommand_metavar = "COMMAND [ARGS]..."
        for below in command.commands.values():
            add_common_options(below)
    return command


def _refuse_empty(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401  click's
    if value == "" or (isinstance(value, tuple) and "" in value):
        raise click.UsageError(f"an empty {_name_of(parameter)}", ctx)
    return value


def _name_of(argument: click.Parameter) -> str:
    return (argument.metavar or argument.human_readable_name.upper()).strip("[].")


def _flag(names: list[str], callback: Callback, text: str) -> click.Option:
    return click.Option(names, is_flag=True, expose_value=False, callback=callback, help=text)


def _set(name: str) -> Callback:
    """A callback that sets an attribute of the context."""

    def call(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's
        context = ctx.find_object(Context)
        if context and value:
            setattr(context, name, True)

    return call


def _verbose(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001  click's
    context = ctx.find_object(Context)
    if context and value:
        ctx.find_root().with_resource(context.watching_git())


ANSWER_AS_JSON: Final = click.option(
    "--json", is_flag=True, expose_value=False, callback=_set("is_json"), help="Print JSON for programs."
)
"""For a command that prints its answer with `Context.say`, and as JSON with `Context.answer`."""

_UNNAMED: Final = lazy_pattern(r"^Invalid value for '\[[^']*\]': ")
"""Click's name of an optional argument lists its values, as the rest of the message does."""

_UNWRAPPED: Final = "\b"
"""Tells click not to rewrap the paragraph that follows."""


def add_examples(command: click.Command) -> click.Command:
    """End the help of a command with its examples, in place; returns the command."""
    if _UNWRAPPED not in (command.epilog or ""):
        lines = [f"  {line}\n      {text}" for line, text in EXAMPLES.get(command.name or "", ())]
        examples = "\n".join([_UNWRAPPED, "Examples:", *lines]) if lines else ""
        command.epilog = "\n\n".join(part for part in (command.epilog, examples) if part)
    return command


def without_examples(epilog: str) -> str:
    """The epilog of a command, without its examples."""
    return epilog.partition(_UNWRAPPED)[0].strip()


def unknown_command(name: str, commands: Iterable[str], path: str = "git fedlearn") -> click.UsageError:
    """The error for an unknown command, or for an unknown subcommand of `path`."""
    from difflib import get_close_matches  # noqa: PLC0415  costs start-up time

    close = get_close_matches(name.lower(), list(commands), n=1)
    return click.UsageError(f"'{name}' is not a {path} command\nhint: {path} {close[0] if close else '-h'}")


def describe(error: click.UsageError) -> tuple[str, str]:
    """Message and hint for a usage error of click."""
    path = error.ctx.command_path if error.ctx else "git fedlearn"
    help_hint = f"{path} -h"
    if isinstance(error, click.NoSuchOption):
        close = error.possibilities
        return f"no such option: {error.option_name}", f"try {close[0]}" if close else help_hint
    unknown = getattr(error, "command_name", None)  # NoSuchCommand, from click 8.4 on
    if unknown and error.ctx:
        return describe(unknown_command(unknown, _subcommands(error.ctx), path))
    if type(error).__name__ == "NoArgsIsHelpError" and error.ctx:
        name = path.removeprefix("git fedlearn ")
        return f"{name}: which subcommand?", f"{help_hint}    ({', '.join(_subcommands(error.ctx))})"
    message, _, hint = error.format_message().partition("\nhint: ")
    message = " ".join(message.split()).replace("%Y-%m-%d", "YYYY-MM-DD")
    message = message.replace("a valid integer range", "a whole number").replace(
        "a valid float range", "a number"
    )
    message = _UNNAMED.sub("", message)
    return f"{message[:1].lower()}{message[1:].rstrip('.')}", hint or help_hint


def _subcommands(ctx: click.Context) -> list[str]:
    return ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else []
