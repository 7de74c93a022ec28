"""`git fedlearn search`: find lessons that answer a question or an error."""

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
"""Marks where lines were cut."""

_WORD = re.compile(r"\w{3,}")


def passage(text: str, question: str, most: int) -> list[str]:
    """The window of at most `most` lines with the most words of the question, CUT where others follow.

    Control characters are escaped: a record may contain them.
    """
    lines = [part for line in _printable(text).split("\n") if line.strip() for part in _wrapped(line)]
    start = _best_start(lines, {word.lower() for word in _WORD.findall(question)}, most)
    shown = lines[start : start + most]
    return [CUT] * (start > 0) + shown + [CUT] * (start + most < len(lines))


def _best_start(lines: list[str], asked: set[str], most: int) -> int:
    """Where the window with the most different words of the question begins; of equals, the first."""
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
@click.option(
    "--set", "sets", metavar="SET", multiple=True, help="Search only this record set; may be repeated."
)
@click.option(
    "--limit",
    metavar="N",
    default=10,
    type=click.IntRange(1, 1000),
    help="Show at most N lessons (default: 10).",
)
@click.option(
    "--min-score",
    default=0.0,
    metavar="SCORE",
    type=click.FloatRange(0, 1),
    help="Only lessons with at least this score.",
)
@click.option("--store", is_flag=True, help="Search collections in Qdrant; --set names them.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
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
    """Find lessons that answer TEXT, a question or a pasted error, by meaning and by words.

    The index is in the git folder and is updated automatically; nothing leaves this machine. All sets are
    searched except fine-tuning, whose samples repeat lessons; --set fine-tuning searches it.

    --store searches Qdrant instead: it may contain lessons that were not exported.

    Exits with 1 if no lesson matches.
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
        context.note(f"hint: git fedlearn show {cut}    (the whole lesson)")
    if not hits:
        context.note("no lesson matches")


def _title(number: int, hit: Hit) -> str:
    learned = hit.fields.get(FIRST_SEEN)
    by = f"learned by {count(len(hit.systems), 'system')}" if hit.systems else "learned by unknown systems"
    since = f" since {learned}" if learned else ""
    own = f"author's score {hit.claimed:.2f}" if hit.claimed is not None else "no author's score"
    return (
        f"{number}. {hit.id[:SHORT_ID]}  {', '.join(hit.sets)}\n"
        f"   relevance {hit.relevance:.2f}, score {hit.effective:.2f} ({own}), {by}{since}"
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
