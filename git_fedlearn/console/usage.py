"""What every verb gets: `-q` and `-v`, wherever they stand on the line, and its examples in its help.

Wrong uses of the command line, said in our own voice, with what was meant where that can be guessed.
"""

from collections.abc import Callable, Iterable
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


def no_such_verb(verb: str, verbs: Iterable[str], path: str = "git fedlearn") -> click.UsageError:
    """The error for a verb that does not exist."""
    from difflib import get_close_matches  # noqa: PLC0415  costs start-up time

    close = get_close_matches(verb.lower(), list(verbs), n=1)
    hint = f"did you mean `{path} {close[0]}`?" if close else f"`{path} -h` lists the verbs"
    named = f"{path} {verb}".removeprefix("git fedlearn ")
    return click.UsageError(f"no such verb: {named}\nhint: {hint}")


def describe(error: click.UsageError) -> tuple[str, str]:
    """Message and hint for a usage error of click, whose own words differ between its versions."""
    path = error.ctx.command_path if error.ctx else "git fedlearn"
    help_hint = f"{path} -h"
    if isinstance(error, click.NoSuchOption):
        close = error.possibilities
        return f"no such option: {error.option_name}", f"did you mean {close[0]}?" if close else help_hint
    unknown = getattr(error, "command_name", None)  # NoSuchCommand, from click 8.4 on
    if unknown and error.ctx:
        return describe(no_such_verb(unknown, _verbs_of(error.ctx), path))
    if type(error).__name__ == "NoArgsIsHelpError" and error.ctx:
        verbs = ", ".join(_verbs_of(error.ctx))
        return f"{path}: a verb is missing", f"one of {verbs}; {help_hint} explains them"
    message, _, hint = error.format_message().partition("\nhint: ")
    message = " ".join(message.split()).replace("%Y-%m-%d", "YYYY-MM-DD")
    return f"{message[:1].lower()}{message[1:].rstrip('.')}", hint or help_hint


def _verbs_of(ctx: click.Context) -> list[str]:
    return ctx.command.list_commands(ctx) if isinstance(ctx.command, click.Group) else []
