"""`git fedlearn report`: the lessons of all systems as an HTML page, in the terminal, or as JSON.

In a terminal, rich draws the figures; in a pipe they are plain text.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from shlex import quote
from shutil import get_terminal_size
from typing import Any, Final

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from git_fedlearn.console.context import Context, wants_color
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import SHORT_ID, SUSPICIOUS_TITLE, count, note_memory
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.report.changes import read_changes, remember_report
from git_fedlearn.report.figures import read_figures
from git_fedlearn.report.page import MAX_ROWS, format_page
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.inbox import Inbox

PLACE = ".local/report.html"
"""Default path of the page in the repository; git ignores `.local/`."""

MEMORY_SHARE = 6
"""The memory that `--json` takes, as a multiple of the bytes of all sets."""


@click.command("report", short_help="Create an HTML report.")
@click.option(
    "-o", "output", metavar="FILE", help=f"Output file (default: {PLACE}), `-` for standard output."
)
@click.option("--terminal", is_flag=True, help="Show the figures in the terminal instead.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, output: str | None, *, terminal: bool) -> None:
    """Create an HTML page about the lessons of all systems: what is new, what needs you, growth, adoption.

    The page is one file and loads nothing from the network, so you can send it to others. It shows the
    lessons in this clone, what changed since the last report, and what waits for a decision.
    """
    if sum((terminal, context.is_json, output is not None)) > 1:
        raise UsageError("-o, --terminal and --json cannot be used together", hint="git fedlearn report")
    figures = _read(context, None if context.is_json else 0 if terminal else MAX_ROWS)
    if context.is_json:
        context.say_json("report/v1", figures)
    elif terminal:
        show(context, figures)
    else:
        _write(context, format_page(figures, read_changes(context.data_repository, figures)), output)
        if output != "-":
            remember_report(context.data_repository, figures)


def _read(context: Context, max_lessons: int | None) -> JsonObject:
    repository = context.data_repository
    if context.is_json:
        note_memory(context, MEMORY_SHARE * sum(map(repository.sets.size, repository.sets.names())))
    with progress_bar(context, "reading") as show:
        return read_figures(
            repository,
            context.now(),
            Inbox(repository),
            is_suspicious=is_suspicious,
            progress=show,
            max_lessons=max_lessons,
        )


def _write(context: Context, page: bytes, output: str | None) -> None:
    if output == "-":
        if context.stdout is sys.stdout:
            sys.stdout.buffer.write(page)
        else:
            context.stdout.write(page.decode("utf-8"))
        return
    path = context.named_path(output) if output else context.data_repository.top / PLACE
    if path.is_dir():
        inside = quote(str(path / "report.html"))
        raise UsageError(f"{path}: is a folder", hint=f"git fedlearn report -o {inside}")
    if output and not path.parent.is_dir():
        raise FedlearnError(f"{path.parent}: no such folder", hint=f"mkdir -p {quote(str(path.parent))}")
    write_file(path, page)
    context.say(f"wrote {_shown(context, path)} ({len(page):,} bytes)")
    context.note(f"hint: open {_shown(context, path)} in a browser")


def _shown(context: Context, path: Path) -> str:
    return str(path.relative_to(context.directory)) if path.is_relative_to(context.directory) else str(path)


BAR: Final = 28
"""Characters of the longest bar."""

PIPE_COLUMNS: Final = 100
"""Columns of a line without a terminal."""

MAX_PERIODS: Final = 16
MAX_EDGES: Final = 12


def show(context: Context, figures: JsonObject) -> None:
    """Print every section that has rows."""
    facts: dict[str, Any] = figures
    colored = wants_color(context.stdout, context.environment)
    page = StringIO()
    console = Console(
        file=page,
        force_terminal=colored,
        no_color=not colored,
        width=get_terminal_size().columns if context.stdout.isatty() else PIPE_COLUMNS,
        highlight=False,
        legacy_windows=False,
    )
    own = facts["system"]
    console.print(Text("What our systems learned", style="bold"))
    console.print(Text(f"{facts['made']}{f', by {_named(facts, own)}' if own else ''}", style="dim"))
    for title, table in _sections(facts):
        if table.row_count:
            console.print(Text(f"\n{title}", style="bold cyan"))
            console.print(table)
    lines = [f"{line.rstrip()}\n" for line in page.getvalue().splitlines()]
    context.write("".join(lines).encode())  # with its colors: say() would escape them


def _sections(facts: dict[str, Any]) -> Iterator[tuple[str, Table]]:
    """The headings and tables in the order of the page."""
    totals = facts["totals"]
    table = _bars(totals["sets"].items())
    table.add_row("all lessons", f"{totals['lessons']:,}", f"learned by {count(totals['systems'], 'system')}")
    table.add_row("adopted", f"{totals['adoption_rate']:.1%}", "learned by two or more systems")
    table.add_row("outcomes", f"{totals['worked']:,}", f"worked, {totals['failed']:,} failed")
    table.add_row("retracted", f"{totals['retracted']:,}", "")
    yield "totals", table
    new = Counter[str]()
    for row in facts["by_set"]:
        new[row["start"]] += row["lessons"]
    yield f"new lessons, by {facts['unit']}", _bars(sorted(new.items())[-MAX_PERIODS:])
    bins = [one for one in facts["scores"]["bins"] if one["effective"] or one["claimed"]]
    yield (
        "scores",
        _bars(
            [(f"{one['from']:.2f}-{one['to']:.2f}", one["effective"]) for one in bins],
            [f" author's score of {one['claimed']:,}" if one["claimed"] else "" for one in bins],
        ),
    )
    learners = [(f"{one['systems']} system{'s' * (one['systems'] != '1')}", one) for one in facts["adoption"]]
    yield "learned independently by", _bars([(name, one["lessons"]) for name, one in learners])
    table = _grid()
    for edge in sorted(facts["links"]["edges"], key=lambda edge: -edge["lessons"])[:MAX_EDGES]:
        who = f"{_named(facts, edge['source'])} → {_named(facts, edge['target'])}"
        table.add_row(who, f"{edge['lessons']:,}", f"{edge['used']:,} used" if edge["used"] else "")
    yield "who learned from whom", table
    yield "top lessons (outcomes: worked / failed)", _top(facts["top"])
    table = _grid()
    for one in facts["quarantine"]:
        table.add_row(one["peer"], f"{one['records']:,}", one["reason"])
    yield "quarantine", table


def _named(facts: dict[str, Any], system: str) -> str:
    return str(facts["names"].get(system, system))


def _top(lessons: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("score", justify="right")
    table.add_column("id")
    table.add_column("lesson", ratio=1, overflow="fold")
    table.add_column("outcomes")
    for one in lessons:
        outcomes = f"{one['worked']} / {one['failed']}" if one["worked"] or one["failed"] else ""
        title = Text(one["title"])
        if one["reads_like_instructions"]:
            title.append(f"\n{SUSPICIOUS_TITLE}", style="bold red")
        table.add_row(f"{one['effective']:.2f}", one["id"][:SHORT_ID], title, outcomes)
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    return table


def _bars(rows: Iterable[tuple[str, int]], notes: Sequence[str] = ()) -> Table:
    """Names and numbers, each with a bar and a note."""
    rows, table = [*rows], _grid()
    most = max((number for _, number in rows), default=0)
    for at, (name, number) in enumerate(rows):
        length = max(round(BAR * number / most) if most else 0, 1 if number else 0)
        bar = Text("█" * length, style="blue")
        table.add_row(name, f"{number:,}", bar.append(notes[at], "dim") if notes else bar)
    return table
