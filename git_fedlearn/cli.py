"""`git fedlearn`: the table of commands and the one boundary where errors become exit codes."""

import gc
import importlib
import keyword
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from git_fedlearn import __version__
from git_fedlearn.command_table import COMMANDS, SECTIONS
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import complete, describe, no_such_verb, show_examples
from git_fedlearn.errors import FedlearnError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

OBJECTS: Final = 100_000
"""Objects made between two searches for cycles: records are many objects, and none of them is in a cycle."""

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""As if SIGPIPE had ended the process, which is how git ends when nobody reads on."""


class Verbs(click.Group):
    """Commands loaded when they are named, so that one verb does not pay for the others."""

    prepare: Callable[[click.Command], click.Command] = staticmethod(complete)
    """What is done to each command when it is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All verbs, in the order of the table."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, None for an unknown one."""
        if cmd_name == "help":
            return self.prepare(help_command)
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"git_fedlearn.commands.{module_name(cmd_name)}")
        command: click.Command = module.command
        return show_examples(self.prepare(command))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a verb that does not exist."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise no_such_verb(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The verbs by heading; none is loaded."""
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([*commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """The verbs that begin like this, and the options; no verb is loaded."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  no other run pays for it

        found = [
            CompletionItem(verb, help=text) for verb, text in COMMANDS.items() if verb.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def module_name(verb: str) -> str:
    """The module of a verb: `_` for `-`, and one behind a verb that is a word of Python."""
    return f"{verb}_" if keyword.iskeyword(verb) else verb.replace("-", "_")


@click.group(
    cls=Verbs,
    name="git fedlearn",
    subcommand_metavar="VERB [ARGS]...",
    epilog="`git fedlearn help VERB` explains one.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-C", "directories", metavar="DIR", multiple=True, help="Run as if started in DIR.")
@click.version_option(__version__, message="git-fedlearn %(version)s", help="Show the version and exit.")
@click.pass_obj
def cli(context: Context, *, directories: tuple[str, ...]) -> None:
    """Keep and share what a local AI stack learns, by plain git.

    Lessons live as JSONL under data/, clean of secrets and personal data, and travel by git push and
    git pull. Two systems that learned at the same time never conflict.
    """
    for directory in directories:
        context.directory /= directory


complete(cli)


@click.command("help", short_help="Show the help of a verb.")
@click.argument("verbs", metavar="[VERB]...", nargs=-1)
@click.pass_context
def help_command(ctx: click.Context, verbs: tuple[str, ...]) -> None:
    """Show the help of VERB, or the list of verbs.

    Of a verb with verbs below it, name both: git fedlearn help remote add
    """
    inner: click.Context = ctx.find_root()
    command: click.Command | None = cli
    for verb in verbs:
        above = inner.command
        if not isinstance(above, click.Group):
            path = inner.command_path
            raise click.UsageError(f"{path}: there are no verbs below it\nhint: {path} -h")
        command = above.get_command(inner, verb)
        if command is None:
            raise no_such_verb(verb, above.list_commands(inner), inner.command_path)
        inner = click.Context(command, info_name=verb, parent=inner)
    ctx.obj.say(inner.command.get_help(inner))


def run(arguments: list[str], context: Context) -> int:  # noqa: PLR0911  one for each way to end
    """Run one command line and return its exit code (design section 5)."""
    try:
        code = _invoke(arguments, context)
    except click.UsageError as error:
        return _usage_error(error, context)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except FedlearnError as error:
        context.report(error)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=context.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception:  # noqa: BLE001  the boundary: a bug must not look like an answer
        from git_fedlearn.console.crash_report import report_bug  # noqa: PLC0415  costs start-up time

        return report_bug(context)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Console script `git-fedlearn`."""
    gc.set_threshold(OBJECTS)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    asked = os.environ.get("_GIT_FEDLEARN_COMPLETE")
    code = _complete(asked) if asked else run(sys.argv[1:], Context())
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    if code == BROKEN_PIPE:  # or Python complains when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gc.freeze()  # or Python searches all that is left for cycles before it ends
    sys.exit(code)


def _complete(instruction: str) -> int:
    """Answer the completion script of a shell."""
    from git_fedlearn.console.completion import answer, teach  # noqa: PLC0415  no other run pays for it

    teach(cli)
    cli.prepare = lambda command: teach(complete(command))
    return answer(cli, instruction, Context())


def _invoke(arguments: list[str], context: Context) -> object:
    """What the verb returns. Unlike click's own `main` it leaves every exception to `run`."""
    if not arguments:
        arguments = ["-h"]
    with cli.make_context("git fedlearn", list(arguments), obj=context) as ctx:
        return cli.invoke(ctx)


def _usage_error(error: click.UsageError, context: Context) -> int:
    message, hint = describe(error)
    context.complain(f"error: {message}\nhint: {hint}")
    return error.exit_code


if __name__ == "__main__":
    main()
