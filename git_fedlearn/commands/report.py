"""`git fedlearn report`: the lessons of all systems as an HTML page, in the terminal, or as JSON."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any, Final, TypeAlias

import click

from git_fedlearn.console.context import Context, paint
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import SHORT_ID, SUSPICIOUS_TITLE, align, count, note_memory
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
        context.write(page)
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


MAX_BAR: Final = 28
"""Characters of the longest bar."""

MAX_PERIODS: Final = 16
MAX_EDGES: Final = 12

FigureRow: TypeAlias = tuple[str, str, str]
"""A name, a number, and a bar or a note."""


def show(context: Context, figures: JsonObject) -> None:
    """Print every section that has rows."""
    facts: dict[str, Any] = figures
    own = facts["system"]
    context.say(paint("heading", "What our systems learned"))
    context.say(f"{facts['made']}{f', by {_named(facts, own)}' if own else ''}")
    sections = [(title, align(rows, right=(1,))) for title, rows in _sections(facts)]
    for title, lines in [*sections, ("top lessons", align(_top_lessons(facts), right=(0,)))]:
        if lines:
            context.say(f"\n{paint('heading', title)}")
        for line in lines:
            context.say(line)


def _sections(facts: dict[str, Any]) -> Iterator[tuple[str, list[FigureRow]]]:
    """The headings and rows in the order of the page."""
    totals = facts["totals"]
    yield (
        "totals",
        [
            *_bars(totals["sets"].items()),
            ("all lessons", f"{totals['lessons']:,}", f"learned by {count(totals['systems'], 'system')}"),
            ("adopted", f"{totals['adoption_rate']:.1%}", "learned by two or more systems"),
            ("outcomes", f"{totals['worked']:,}", f"worked, {totals['failed']:,} failed"),
            ("retracted", f"{totals['retracted']:,}", ""),
        ],
    )
    new = Counter[str]()
    for row in facts["by_set"]:
        new[row["start"]] += row["lessons"]
    yield f"new lessons, by {facts['unit']}", _bars(sorted(new.items())[-MAX_PERIODS:])
    bins = [one for one in facts["scores"]["bins"] if one["effective"] or one["claimed"]]
    bars = _bars((f"{one['from']:.2f}-{one['to']:.2f}", one["effective"]) for one in bins)
    claims = [f" author's score of {one['claimed']:,}" if one["claimed"] else "" for one in bins]
    yield "scores", [(name, n, bar + claim) for (name, n, bar), claim in zip(bars, claims, strict=True)]
    learners = [(f"{one['systems']} system{'s' * (one['systems'] != '1')}", one) for one in facts["adoption"]]
    yield "learned independently by", _bars((name, one["lessons"]) for name, one in learners)
    edges = sorted(facts["links"]["edges"], key=lambda edge: -edge["lessons"])[:MAX_EDGES]
    yield (
        "who learned from whom",
        [
            (
                f"{_named(facts, edge['source'])} → {_named(facts, edge['target'])}",
                f"{edge['lessons']:,}",
                f"{edge['used']:,} used" if edge["used"] else "",
            )
            for edge in edges
        ],
    )
    yield (
        "quarantine",
        [(one["peer"], f"{one['records']:,}", one["reason"]) for one in facts["quarantine"]],
    )


def _named(facts: dict[str, Any], system: str) -> str:
    return str(facts["names"].get(system, system))


def _top_lessons(facts: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Score, id, outcomes and title."""
    for one in facts["top"]:
        is_known = one["worked"] or one["failed"]
        outcomes = f"{one['worked']} worked, {one['failed']} failed" if is_known else ""
        mark = f" {SUSPICIOUS_TITLE}" if one["reads_like_instructions"] else ""
        yield f"{one['effective']:.2f}", one["id"][:SHORT_ID], outcomes, one["title"] + mark


def _bars(rows: Iterable[tuple[str, int]]) -> list[FigureRow]:
    """Names and numbers, each with a bar."""
    rows = [*rows]
    most = max((number for _, number in rows), default=1)
    lengths = [max(round(MAX_BAR * number / most), 1) if number else 0 for _, number in rows]
    return [(name, f"{number:,}", "█" * length) for (name, number), length in zip(rows, lengths, strict=True)]
