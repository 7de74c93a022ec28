"""`git fedlearn search`: the lessons that answer a question or an error.

The part of a lesson that answers a question, for a terminal.
"""

import re
import textwrap

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.words import SHORT_ID, count, evidence
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN
from git_fedlearn.errors import UsageError
from git_fedlearn.qdrant.connect import open_store
from git_fedlearn.qdrant.search import find_in_store
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.search import Hit, Query, find_lessons

WIDTH = 96
"""Columns of a line; longer ones are wrapped."""

CUT = "…"
"""Stands for lines that are left out."""

_WORD = re.compile(r"\w{3,}")


def passage(text: str, question: str, most: int) -> list[str]:
    """At most `most` lines of a text: those around the most words of the question, CUT for what is left out.

    Control characters, which records may hold, are escaped.
    """
    lines = [part for line in _printable(text).split("\n") if line.strip() for part in _wrapped(line)]
    start = _best_start(lines, {word.lower() for word in _WORD.findall(question)}, most)
    shown = lines[start : start + most]
    return [CUT] * (start > 0) + shown + [CUT] * (start + most < len(lines))


def _best_start(lines: list[str], asked: set[str], most: int) -> int:
    """Where the window with the most different words of the question begins, the first of equals."""
    found = [asked & {word.lower() for word in _WORD.findall(line)} for line in lines]
    starts = range(max(len(lines) - most, 0) + 1)
    return max(starts, key=lambda start: (len(set[str]().union(*found[start : start + most])), -start))


def _wrapped(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line.rstrip()]
    indent = line[: len(line) - len(line.lstrip())][: WIDTH // 2]
    return textwrap.wrap(line, WIDTH, subsequent_indent=indent, break_long_words=True, break_on_hyphens=False)


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)


MAX_PREVIEW_LINES = 6


@click.command("search", short_help="Find lessons that answer a question or an error.")
@click.argument("text")
@click.option("--set", "sets", metavar="SET", multiple=True, help="Only this record set (may be repeated).")
@click.option(
    "--limit", metavar="N", default=10, type=click.IntRange(1, 1000), help="Most lessons shown (10)."
)
@click.option(
    "--min-score",
    default=0.0,
    metavar="SCORE",
    type=click.FloatRange(0, 1),
    help="Only lessons whose effective score is at least this.",
)
@click.option("--store", is_flag=True, help="Search the vector store's collections; --set names them.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(  # noqa: PLR0913  click passes an argument for each option
    context: Context,
    text: str,
    sets: tuple[str, ...],
    limit: int,
    min_score: float,
    *,
    store: bool,
    as_json: bool,
) -> int:
    """Find the lessons that answer TEXT, a question or a pasted error, by meaning and by words.

    The index lies under the git folder and follows the record sets by itself; nothing leaves this machine.
    All sets are searched but fine-tuning, whose samples repeat lessons (--set fine-tuning searches it).

    With --store, the vector store of export and import is asked instead: it may hold what was not exported.
    """
    if not text.strip():
        raise UsageError("nothing to search for", hint='git fedlearn search "connection refused"')
    query = Query(text, limit, min_score, tuple(SetName(name) for name in sets))
    repository = context.data_repository
    if store:
        with open_store(repository, "search") as opened:
            hits = find_in_store(repository, opened, query, choose_embedder(repository))
    else:
        with progress_bar(context, "indexing") as show:
            hits = find_lessons(repository, query, progress=show)
    if as_json:
        context.say_json("search/v1", {"query": text, "hits": [_to_json(hit) for hit in hits]})
    else:
        _say(context, text, hits, shown_by_id=not store)
    return 0 if hits else 1


def _say(context: Context, question: str, hits: list[Hit], *, shown_by_id: bool) -> None:
    cut = ""
    for number, hit in enumerate(hits, 1):
        lesson = _lesson(question, hit)
        cut = cut or (hit.id[:SHORT_ID] if CUT in lesson else "")
        context.say("\n".join([_title(number, hit), *(f"     {line}" for line in lesson), ""]))
    if cut and shown_by_id:
        context.note(f"hint: git fedlearn show {cut} prints it whole")
    if not hits:
        context.note("nothing that was learned answers this")


def _title(number: int, hit: Hit) -> str:
    learned = hit.fields.get(FIRST_SEEN)
    by = f"learned by {count(len(hit.systems), 'system')}" if hit.systems else "nobody says who learned it"
    since = f" since {learned}" if learned else ""
    claim = f"claimed {hit.claimed:.2f}" if hit.claimed is not None else "no score claimed"
    return (
        f"{number}. {hit.id[:SHORT_ID]}  {', '.join(hit.sets)}\n"
        f"   relevance {hit.relevance:.2f}, score {hit.effective:.2f} ({claim}), {by}{since}"
        f"{'; ' if hit.outcomes.systems else ''}{evidence(hit.outcomes)}"
    )


def _lesson(question: str, hit: Hit) -> list[str]:
    head, body = hit.text
    return [*passage(head, question, MAX_PREVIEW_LINES // 2), *passage(body, question, MAX_PREVIEW_LINES)]


def _to_json(hit: Hit) -> dict[str, Json]:
    numbers: dict[str, Json] = {
        "rank": round(hit.rank, 4),
        "relevance": round(hit.relevance, 4),
        "effective_score": round(hit.effective, 4),
        "claimed_score": hit.claimed,
    }
    return {
        "id": hit.id,
        "sets": [*hit.sets],
        **numbers,
        "seen_by": [*hit.systems],
        "outcomes": dict(hit.outcomes._asdict()),
        "record": hit.fields,
    }
