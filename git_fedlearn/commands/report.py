"""`git fedlearn report`: what was learned, as a page, in the terminal, or for programs."""

import sys
from collections import Counter
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.report.figures import Waiting, read_figures
from git_fedlearn.report.page import format_page
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.inbox import Inbox

PLACE = ".local/report.html"
"""Where the page goes in the repository: git ignores `.local/`."""


@click.command("report", short_help="Make a page of what was learned.")
@click.option(
    "-o", "output", metavar="FILE", help=f"Where to ({PLACE} of the repository); - is standard output."
)
@click.option("--terminal", is_flag=True, help="Show the figures in the terminal instead.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs, with every lesson.")
@click.pass_obj
def command(context: Context, output: str | None, *, terminal: bool, as_json: bool) -> None:
    """Make one HTML page of what the systems learned: over time, scores, adoption, who learned from whom.

    The page holds all it needs and asks the network for nothing, so it can be sent to others; it
    shows what this clone holds, and the reasons for which records wait in its quarantine.
    """
    if sum((terminal, as_json, output is not None)) > 1:
        raise UsageError("one of -o, --terminal and --json", hint="git fedlearn report")
    figures = _read(context)
    if as_json:
        context.say_json("report/v1", figures)
    elif terminal:
        from git_fedlearn.console.report_terminal import show  # noqa: PLC0415  rich takes a while

        show(context, figures)
    else:
        _write(context, format_page(figures), output)


def _read(context: Context) -> JsonObject:
    repository = context.data_repository
    held = Counter((one.peer, one.reason) for one in Inbox(repository).records())
    waiting = [Waiting(peer, reason, records) for (peer, reason), records in sorted(held.items())]
    with progress_bar(context, "reading") as show:
        return read_figures(repository, context.now(), waiting, progress=show)


def _write(context: Context, page: bytes, output: str | None) -> None:
    if output == "-":
        if context.stdout is sys.stdout:
            sys.stdout.buffer.write(page)
        else:
            context.stdout.write(page.decode("utf-8"))
        return
    path = context.directory / output if output else context.data_repository.top / PLACE
    if path.is_dir():
        raise UsageError(f"{path}: a folder", hint=f"git fedlearn report -o {path / 'report.html'}")
    if output and not path.parent.is_dir():
        raise FedlearnError(f"{path.parent}: no such folder", hint=f"mkdir -p {path.parent}")
    write_file(path, page)
    context.say(f"{_shown(context, path)}: {len(page):,} bytes")
    context.note(f"hint: open it in a browser, e.g. xdg-open {_shown(context, path)}")


def _shown(context: Context, path: Path) -> str:
    return str(path.relative_to(context.directory)) if path.is_relative_to(context.directory) else str(path)
