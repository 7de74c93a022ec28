"""The help of all commands as values: the one source of the man pages and the reference."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import click

from git_fedlearn.cli import cli
from git_fedlearn.command_table import EXAMPLES, SECTIONS, UNLISTED
from git_fedlearn.console.usage import COMMON, without_examples


@dataclass(frozen=True, slots=True)
class Page:
    """One command: usage, description, options and subcommands."""

    path: str
    short: str
    usage: str
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    below: tuple["Page", ...]
    epilog: str = ""
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The name without `git fedlearn`."""
        return self.path.removeprefix("git fedlearn").strip()


def overview() -> Page:
    """The page of `git fedlearn` itself, without its commands."""
    with _root() as ctx:
        return _page(ctx, (), without=())


def command_pages() -> dict[str, list[Page]]:
    """A page per command, by section."""
    with _root() as root:
        return {
            heading: [_read(cli.get_command(root, name), name, root) for name in commands]
            for heading, commands in {**SECTIONS, "for packagers": UNLISTED}.items()
        }


def _root() -> click.Context:
    return click.Context(cli, info_name="git fedlearn", **cli.context_settings)


def _read(command: click.Command | None, name: str, above: click.Context) -> Page:
    if command is None:
        raise LookupError(name)
    with click.Context(command, info_name=name, parent=above) as ctx:
        below = (
            [_read(command.get_command(ctx, name), name, ctx) for name in command.list_commands(ctx)]
            if isinstance(command, click.Group)
            else []
        )
        return _page(ctx, tuple(below), without=COMMON)


def _page(ctx: click.Context, below: tuple[Page, ...], *, without: tuple[str, ...]) -> Page:
    command = ctx.command
    return Page(
        ctx.command_path,
        (command.short_help or "").rstrip("."),
        " ".join([ctx.command_path, *command.collect_usage_pieces(ctx)]),
        tuple(_paragraphs(inspect.cleandoc(command.help or ""))),
        tuple(_options(ctx, without)),
        below,
        without_examples(command.epilog or ""),
        EXAMPLES.get(ctx.command_path.removeprefix("git fedlearn "), ()),
    )


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield " ".join(paragraph.split())


def _options(ctx: click.Context, without: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each option as `-h` shows it."""
    for parameter in ctx.command.get_params(ctx):
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record and not {*parameter.opts}.intersection(without):
            term, text = record
            yield term, " ".join(text.split())
