"""Wrong uses of the command line, said in our own voice, with what was meant where that can be guessed."""

from collections.abc import Iterable

import click


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
