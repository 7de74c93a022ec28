"""`git fedlearn`: the command group, and the one boundary where errors become exit codes."""

import gc
import importlib
import keyword
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import click

from git_fedlearn import __version__
from git_fedlearn.command_table import COMMANDS, CONFIGURING, SECTIONS
from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import add_common_options, add_examples, describe, unknown_command
from git_fedlearn.errors import FedlearnError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

GC_THRESHOLD: Final = 100_000
"""New objects between two garbage collections: records are many objects, and none is part of a cycle."""

INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141
"""As if SIGPIPE had ended the process, as it ends git when the reader of a pipe is gone."""


class LazyGroup(click.Group):
    """Commands of the table, each imported when it is named, so that one does not pay for the others."""

    prepare: Callable[[click.Command], click.Command] = staticmethod(add_common_options)
    """Applied to each command when it is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """All commands, in the order of the table."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if unknown."""
        if cmd_name == "help":
            return self.prepare(help_command)
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"git_fedlearn.commands.{module_name(cmd_name)}")
        command: click.Command = module.command
        return add_examples(self.prepare(command))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Like click, with a suggestion for an unknown command."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise unknown_command(args[0], self.list_commands(ctx))
        ctx.obj.keeps_config = args[0] not in CONFIGURING
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands by section without importing any."""
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([*commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem[str]]":
        """Complete commands and options without importing any command."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415  no other run pays for it

        found = [
            CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def module_name(command: str) -> str:
    """The module of a command: `_` for `-`, and `import_` for the Python keyword."""
    return f"{command}_" if keyword.iskeyword(command) else command.replace("-", "_")


@click.group(
    cls=LazyGroup,
    name="git fedlearn",
    subcommand_metavar="COMMAND [ARGS]...",
    epilog="See `git fedlearn help COMMAND` for one command.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("-C", "directories", metavar="DIR", multiple=True, help="Run as if started in DIR.")
@click.version_option(__version__, message="git-fedlearn %(version)s", help="Show the version and exit.")
@click.pass_obj
def cli(context: Context, *, directories: tuple[str, ...]) -> None:
    """Keep and share what your local AI stack learns, with plain git.

    Lessons are JSONL files under data/, without secrets or personal data. You share them with git push and
    git pull, and they never cause a merge conflict.
    """
    for directory in directories:
        context.directory /= directory


add_common_options(cli)


@click.command("help", short_help="Show the help of a command.")
@click.argument("names", metavar="[COMMAND]...", nargs=-1)
@click.pass_context
def help_command(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of COMMAND, or list all commands.

    For a subcommand, name both: git fedlearn help remote add
    """
    inner: click.Context = ctx.find_root()
    command: click.Command | None = cli
    for name in names:
        above, path = inner.command, inner.command_path
        if not isinstance(above, click.Group):
            message = f"{path.removeprefix('git fedlearn ')} has no subcommands"
            raise click.UsageError(f"{message}\nhint: {path} -h")
        command = above.get_command(inner, name)
        if command is None:
            raise unknown_command(name, above.list_commands(inner), path)
        inner = click.Context(command, info_name=name, parent=inner)
    ctx.obj.say(inner.command.get_help(inner))


def run(arguments: list[str], context: Context) -> int:  # noqa: PLR0911  one per way to end
    """Run one command line and return its exit code (design section 5)."""
    try:
        code = _invoke(arguments, context)
    except click.UsageError as error:
        message, hint = describe(error)
        _report(FedlearnError(message, hint=hint), arguments, context)
        return error.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except FedlearnError as error:
        _report(error, arguments, context)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=context.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return BROKEN_PIPE
    except Exception:  # noqa: BLE001  the boundary: a bug must not look like an answer
        from git_fedlearn.console.crash_report import bug_error  # noqa: PLC0415  costs start-up time

        bug = bug_error(context)
        _report(bug, arguments, context)
        return bug.exit_code
    finally:
        context.close()
    return code if isinstance(code, int) else 0


def main() -> None:
    """Console script `git-fedlearn`."""
    gc.set_threshold(GC_THRESHOLD)
    _open_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    instruction = os.environ.get("_GIT_FEDLEARN_COMPLETE")
    try:
        context = Context()
    except FileNotFoundError:
        sys.stderr.write("error: the current folder has been removed\nhint: cd to the work tree\n")
        sys.exit(FedlearnError.exit_code)
    code = _complete(instruction) if instruction else run(sys.argv[1:], context)
    lost = code == BROKEN_PIPE
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code, lost = BROKEN_PIPE, True
    except OSError as error:
        if code in (0, 1):
            context.report(FedlearnError(f"standard output: {error.strerror}"))
        code, lost = FedlearnError.exit_code, True
    if lost:  # or Python complains when it closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    gc.freeze()  # or Python collects all remaining objects before it exits
    sys.exit(code)


def _open_closed_descriptors() -> None:
    """Open closed standard descriptors on /dev/null, or the next file that is opened would get their output.

    As git does (`sanitize_stdfds` in setup.c).
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            while (opened := os.open(os.devnull, os.O_RDWR)) < number:
                pass  # a lower one that is closed, too
            if opened > number:
                os.dup2(opened, number)
                os.close(opened)
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _complete(instruction: str) -> int:
    """Answer the completion script of a shell."""
    from git_fedlearn.console.completion import add_completion, answer  # noqa: PLC0415  no other run pays

    add_completion(cli)
    cli.prepare = lambda command: add_completion(add_common_options(command))
    return answer(cli, instruction, Context())


def _invoke(arguments: list[str], context: Context) -> object:
    """Run the command and return what it returns; unlike click's `main`, raise every exception."""
    if not arguments:
        arguments = ["-h"]
    with cli.make_context("git fedlearn", list(arguments), obj=context) as ctx:
        code = cli.invoke(ctx)
    if code:
        context.print_held()
    return code


def _report(error: FedlearnError, arguments: list[str], context: Context) -> None:
    """Print an error, and as JSON too if the command line asks for JSON and none was printed yet."""
    context.report(error)
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in options and not context.has_answered:
        context.say_json("error/v1", {"error": error.message, "hint": error.hint or None})


if __name__ == "__main__":
    main()
