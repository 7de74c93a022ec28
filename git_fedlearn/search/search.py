"""Search over the record sets: find candidates, weigh them, rank them. docs/search.md explains the numbers.

Lessons below a bar of relevance are no answers. The rank lowers relevance for a low effective score, so a
lesson that merely claims a high score does not win.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.effective_score import Tally, Trust, claimed_score, judge, tally
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record, claimed_id, parse_record, seen_by
from git_fedlearn.core.supersession import Successor
from git_fedlearn.repository.alternatives import error_key, solution_key
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.supersession import find_successors
from git_fedlearn.repository.trust import read_trust
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.index import index_folder, open_index
from git_fedlearn.search.lesson_text import LessonText, lesson_text
from git_fedlearn.search.relevance import (
    FOLLOW_SHARE,
    QUESTION_BAR,
    WINDOW_BAR,
    LessonMatch,
    best_matches,
    sure_matches,
)
from git_fedlearn.search.scope import ANY_SCOPE, LessonScope, is_in_scope
from git_fedlearn.search.windows import is_paste, windows_of

if TYPE_CHECKING:
    from git_fedlearn.repository.workers import Progress

MIN_CANDIDATES: Final = 100
"""Candidates that each retriever gives, also for a small limit."""

WINDOW_CANDIDATES: Final = 20
"""Candidates that each retriever gives for a window of a paste."""

WEAK_MARGIN: Final = 0.2
"""Answers less than this above the bar are weak matches: more often wrong than right."""

SCORE_SHARE: Final = 0.4
"""The largest part of its relevance that a lesson can lose in rank by a low effective score."""

SUPERSEDED_SHARE: Final = 0.5
"""The part of its rank that a superseded lesson loses, if its successor is believed in full."""

BELOW_SUCCESSOR: Final = 0.999
"""The highest rank of a superseded lesson, as a share of that of its successor."""


@dataclass(frozen=True)
class Query:
    """A text to search for, in all sets except fine-tuning (whose samples repeat lessons) unless named."""

    text: str
    limit: int = 10
    min_score: float = 0.0
    """The minimum effective score."""
    sets: tuple[SetName, ...] = ()
    scope: LessonScope = ANY_SCOPE

    def __post_init__(self) -> None:
        """Replace lone surrogates, which bytes on a command line that are not UTF-8 turn into."""
        object.__setattr__(self, "text", self.text.encode("utf-8", "replace").decode("utf-8"))

    @property
    def candidates(self) -> int:
        """How many candidates each retriever gives."""
        return WINDOW_CANDIDATES if is_paste(self.text) else max(MIN_CANDIDATES, 5 * self.limit)

    @property
    def bar(self) -> float:
        """The relevance below which a lesson is no answer."""
        return WINDOW_BAR if is_paste(self.text) else QUESTION_BAR

    @property
    def follow_share(self) -> float:
        """The share of the best relevance that another lesson needs; the best one needs the bar."""
        return 1.0 if is_paste(self.text) else FOLLOW_SHARE

    @cached_property
    def windows(self) -> list[str]:
        """The parts of the text that are searched for; see windows.py."""
        return windows_of(self.text)


@dataclass(frozen=True, slots=True)
class Hit:
    """A lesson that answers a query. All scores are in [0, 1]."""

    id: RecordId
    sets: tuple[SetName, ...]
    rank: float
    relevance: float
    matched: str
    """The reason: of a paste the line or two that the lesson answers, else the question."""
    is_weak: bool
    """Whether it is more likely wrong than right."""
    effective: float
    claimed: float | None
    systems: tuple[str, ...]
    """The systems that learned it, at most the 64 that a record keeps."""
    outcomes: Tally
    has_failed_often: bool
    """Whether its failures outweigh its successes by so much that other answers come first."""
    fields: JsonObject
    successors: tuple[Successor, ...] = ()
    """The lessons that replace it, the most believed first; see repository/supersession.py."""
    alternatives: tuple[RecordId, ...] = ()
    """Other solutions of the same error, those with more evidence first."""

    @property
    def is_superseded(self) -> bool:
        """Whether this clone believes in full that another lesson replaces it."""
        return any(one.share == 1.0 for one in self.successors)

    @property
    def text(self) -> LessonText:
        """Head (the question or error) and body (the answer) of the lesson."""
        return lesson_text(self.fields)


def find_lessons(
    repository: Repository,
    query: Query,
    *,
    embedder: Embedder | None = None,
    progress: "Progress | None" = None,
) -> list[Hit]:
    """The lessons that answer a query, best first. Brings the index up to date first.

    Raises UsageError for an invalid set name, MissingExtraError, LockedError.
    """
    for name in query.sets:
        repository.sets.check_name(name)
    model = embedder or choose_embedder(repository)
    with open_index(index_folder(repository), model, is_model_checked=False) as index:
        index.refresh(repository, progress)
        sets = query.sets or sorted(index.sets - {FINE_TUNING})
        windows, none = query.windows, [None] * len(query.windows)
        found = index.shard.candidates(windows, none, sets, query.candidates)
        hits = rank_matches(repository, query, sure_matches(windows, found, query.bar))
        if hits and not hits[0].has_failed_often:
            return hits
        if index.check_model():
            index.refresh(repository, progress)
        vectors = model.embed(windows)
        found = index.shard.candidates(windows, vectors, sets, query.candidates, index.center)
    return rank_matches(repository, query, best_matches(windows, found, query.bar, query.follow_share))


def left_out_sets(repository: Repository, query: Query) -> list[SetName]:
    """The sets that a query does not search unless they are named."""
    return [FINE_TUNING] if not query.sets and repository.sets.size(FINE_TUNING) else []


def rank_matches(repository: Repository, query: Query, matches: Sequence[LessonMatch]) -> list[Hit]:
    """Matches as hits, best first, within the limits of the query."""
    if not matches:
        return []
    ids = {identifier for one in matches if (identifier := claimed_id(one.candidate.line.encode("utf-8")))}
    trust, outcomes = read_trust(repository, ids), read_outcomes(repository, ids)
    weak_below = query.bar + WEAK_MARGIN
    hits = [_hit(match, trust, outcomes, weak_below=weak_below) for match in matches]
    answers = [
        hit
        for hit in _merge_sets(hits)
        if hit.effective >= query.min_score and is_in_scope(hit.fields, query.scope)
    ]
    answers = _sink_superseded(repository, answers)
    return group_alternatives(sorted(answers, key=lambda hit: (hit.has_failed_often, -hit.rank, hit.id)))[
        : query.limit
    ]


def _sink_superseded(repository: Repository, hits: Sequence[Hit]) -> list[Hit]:
    """Lower the rank of superseded lessons; one whose successor is an answer, too, ranks below it."""
    successors = find_successors(repository, {hit.id for hit in hits})
    ranks = {hit.id: hit.rank for hit in hits}
    sunk = []
    for hit in hits:
        last = successors.get(hit.id, ())
        lowered = hit.rank * (1 - SUPERSEDED_SHARE * max((one.share for one in last), default=0.0))
        below = [ranks[one.id] * BELOW_SUCCESSOR for one in last if one.share == 1.0 and one.id in ranks]
        sunk.append(replace(hit, rank=min([lowered, *below]), successors=last))
    return sunk


def group_alternatives(ranked: Sequence[Hit]) -> list[Hit]:
    """Put lessons on one error next to each other, in place of the best one, those with more evidence first.

    `ranked` is sorted. Lessons with the same solution are no alternatives of each other.
    """
    groups: dict[str, list[Hit]] = {}
    for hit in ranked:
        groups.setdefault(error_key(hit.fields) or hit.id, []).append(hit)
    ordered: list[Hit] = []
    for hits in groups.values():
        hits.sort(key=lambda hit: (hit.has_failed_often, hit.is_superseded, -hit.effective))
        said = {hit.id: solution_key(hit.fields) for hit in hits}
        for hit in hits:
            others = tuple(one.id for one in hits if said[one.id] != said[hit.id])
            ordered.append(replace(hit, alternatives=others))
    return ordered


def rank(relevant: float, effective: float) -> float:
    """The sort key of search: relevance, lowered by up to SCORE_SHARE for a low effective score."""
    return relevant * (1 - SCORE_SHARE + SCORE_SHARE * effective)


def _hit(
    match: LessonMatch,
    trust: Trust,
    outcomes: Mapping[RecordId, Mapping[str, Outcome]],
    *,
    weak_below: float,
) -> tuple[Record, Hit]:
    record = parse_record(match.candidate.line.encode("utf-8"))
    own_outcomes = outcomes.get(record.id, {})
    effective, has_failed_often = judge(record, trust, own_outcomes)
    return record, Hit(
        id=record.id,
        sets=(SetName(match.candidate.set_name),),
        rank=rank(match.relevance, effective),
        relevance=match.relevance,
        matched=match.window,
        is_weak=match.relevance < weak_below,
        effective=effective,
        claimed=claimed_score(record.fields),
        systems=tuple(seen_by(record.fields)),
        outcomes=tally(own_outcomes.values()),
        has_failed_often=has_failed_often,
        fields=record.fields,
    )


def _merge_sets(found: Iterable[tuple[Record, Hit]]) -> Iterable[Hit]:
    """One hit per lesson: of a lesson in several sets, the best-ranked hit with the names of all sets."""
    hits: dict[bytes, Hit] = {}
    for record, hit in found:
        other = hits.get(record.form, hit)
        best = max(other, hit, key=lambda one: (one.rank, one.sets))
        hits[record.form] = replace(best, sets=tuple(sorted({*other.sets, *hit.sets})))
    return hits.values()
