"""`git fedlearn search`: find lessons that answer a question or an error."""

import re
import textwrap
from datetime import date
from shlex import quote

import click

from git_fedlearn.console.context import Context, paint, paint_score
from git_fedlearn.console.lesson_facts import (
    describe_alternatives,
    describe_since,
    describe_successors,
    describe_superseded,
    describe_versions,
    lesson_facts,
)
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON, NumberRange
from git_fedlearn.console.words import SHORT_ID, SUSPICIOUS, count, evidence, printable_lines
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN
from git_fedlearn.errors import UsageError
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.search import Hit, Query, find_lessons, left_out_sets
from git_fedlearn.search.windows import is_paste

WIDTH = 96
"""Columns of a line; longer ones are wrapped."""

CUT = "…"
"""Marks where lines were cut."""

_WORD = re.compile(r"\w{3,}")


def passage(text: str, question: str, most: int, width: int = WIDTH) -> list[str]:
    """The window of at most `most` lines with the most words of the question, CUT where others follow.

    Control characters are escaped: a record may contain them.
    """
    lines = [
        part for line in printable_lines(text).split("\n") if line.strip() for part in _wrapped(line, width)
    ]
    start = _best_start(lines, {word.lower() for word in _WORD.findall(question)}, most)
    shown = lines[start : start + most]
    return [CUT] * (start > 0) + shown + [CUT] * (start + most < len(lines))


def _best_start(lines: list[str], asked: set[str], most: int) -> int:
    """Where the window with the most different words of the question begins; of equals, the first."""
    found = [asked & {word.lower() for word in _WORD.findall(line)} for line in lines]
    starts = range(max(len(lines) - most, 0) + 1)
    return max(starts, key=lambda start: (len(set[str]().union(*found[start : start + most])), -start))


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line.rstrip()]
    indent = line[: len(line) - len(line.lstrip())][: width // 2]
    return textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=True, break_on_hyphens=False)


MAX_PREVIEW_LINES = 6
MIN_WIDTH = 20
_INDENT = "\n   "
_LESSON_INDENT = " " * 5


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
    type=NumberRange(0, 1),
    help="Only lessons with at least this score.",
)
@click.option("--store", is_flag=True, help="Search collections in Qdrant; --set names them.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    text: str,
    sets: tuple[str, ...],
    limit: int,
    min_score: float,
    *,
    store: bool,
) -> int:
    """Find lessons that answer TEXT, a question or a pasted error or log, by meaning and by words.

    TEXT may be of any length; `-` reads it from standard input. Of more than three lines, each line and each
    pair of lines is searched for, and the answer shows the line that a lesson matched.

    The index is in the git folder and is updated automatically; nothing leaves this machine. All sets are
    searched except fine-tuning, whose samples repeat lessons; --set fine-tuning searches it.

    --store searches Qdrant instead: it may contain lessons that were not exported.

    Exits with 1 if no lesson matches.
    """
    if text == "-":
        text = context.read_input("the text")
    if not text.strip():
        raise UsageError("nothing to search for", hint='git fedlearn search "connection refused"')
    query = Query(text, limit, min_score, tuple(SetName(name) for name in sets))
    repository = context.data_repository
    if store:
        hits = _find_in_store(repository, query)
    else:
        with progress_bar(context, "indexing") as show:
            hits = find_lessons(repository, query, progress=show)
    left_out = [] if store else left_out_sets(repository, query)
    if context.is_json:
        found = [_to_json(hit, context.now().date()) for hit in hits]
        context.say_json("search/v1", {"query": query.text, "hits": found, "left_out": [*left_out]})
    else:
        _say(context, hits, from_paste=is_paste(text), shown_by_id=not store)
        for name in () if hits else left_out:
            context.note(f"hint: git fedlearn search --set {quote(name)} TEXT    ({name} was not searched)")
    return 0 if hits else 1


def _find_in_store(repository: Repository, query: Query) -> list[Hit]:
    from git_fedlearn.qdrant.connect import open_store  # noqa: PLC0415  few searches need a store
    from git_fedlearn.qdrant.search import find_in_store  # noqa: PLC0415
    from git_fedlearn.search.embedders.choose import choose_embedder  # noqa: PLC0415

    with open_store(repository, "search") as opened:
        return find_in_store(repository, opened, query, choose_embedder(repository))


def _say(context: Context, hits: list[Hit], *, from_paste: bool, shown_by_id: bool) -> None:
    cut = ""
    width = max(MIN_WIDTH, min(WIDTH, (context.columns or WIDTH) - len(_LESSON_INDENT)))
    for number, hit in enumerate(hits, 1):
        lesson = _lesson(hit, width)
        cut = cut or (hit.id[:SHORT_ID] if CUT in lesson else "")
        matched = [f"   matches: {line}" for line in passage(hit.matched, "", 2)] if from_paste else []
        title = _title(number, hit, context.now().date())
        context.say("\n".join([title, *matched, *(f"{_LESSON_INDENT}{line}" for line in lesson), ""]))
    if cut and shown_by_id:
        context.note(f"hint: git fedlearn show {cut}    (the whole lesson)")
    if not hits:
        context.note("no lesson matches")
        sets = context.data_repository.sets
        if not any(line for name in sets.names() for line in sets.read_lines(name)):
            context.note("hint: git fedlearn sources detect    (there are no lessons yet)")


def _title(number: int, hit: Hit, today: date) -> str:
    by = f"learned by {count(len(hit.systems), 'system')}" if hit.systems else "learned by unknown systems"
    learned = describe_since(hit.fields, today)
    since = f" since {learned}" if learned else ""
    own = f"author's score {hit.claimed:.2f}" if hit.claimed is not None else "no author's score"
    mark = f"\n   warning: {SUSPICIOUS}" if is_suspicious(hit.fields) else ""
    weak = " (weak match)" if hit.is_weak else ""
    versions = describe_versions(hit.fields)
    links = [
        *describe_successors(hit.successors),
        describe_superseded(hit.fields),
        describe_alternatives(hit.alternatives),
        f"versions: {versions}" if versions else "",
    ]
    score = paint_score(hit.effective, f"{hit.effective:.2f}")
    return (
        f"{number}. {paint('id', hit.id[:SHORT_ID])}  {paint('set', ', '.join(hit.sets))}\n"
        f"   relevance {hit.relevance:.2f}{weak}, score {score} ({own}), {by}{since}"
        f"{'; ' if hit.outcomes.systems else ''}{evidence(hit.outcomes)}{mark}"
        f"{''.join(f'{_INDENT}{line}' for line in links if line)}"
    )


def _lesson(hit: Hit, width: int) -> list[str]:
    head, body = hit.text
    return [
        *passage("" if body.startswith(head) else head, hit.matched, MAX_PREVIEW_LINES // 2, width),
        *passage(body, hit.matched, MAX_PREVIEW_LINES, width),
    ]


def _to_json(hit: Hit, today: date) -> dict[str, object]:
    return {
        "id": hit.id,
        "sets": [*hit.sets],
        "rank": round(hit.rank, 4),
        "relevance": round(hit.relevance, 4),
        "effective_score": round(hit.effective, 4),
        "claimed_score": hit.claimed,
        "matched": hit.matched,
        "weak_match": hit.is_weak,
        "first_seen": hit.fields.get(FIRST_SEEN),
        "seen_by": [*hit.systems],
        "outcomes": dict(hit.outcomes._asdict()),
        **lesson_facts(hit.fields, today, hit.successors, hit.alternatives),
        "reads_like_instructions": is_suspicious(hit.fields),
        "record": hit.fields,
    }
