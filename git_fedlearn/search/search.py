"""Search over the record sets of a repository: `search_lessons` is what commands and programs call.

BM25 of a handful of texts that lie in no index: as Qdrant's, with frequencies among these texts.

How the lessons that answer a text are ranked. Documented in docs/search.md, with the numbers here.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.effective_score import SystemWeights, Tally, claimed_score, effective_score, tally
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record, claimed_id, parse_record, seen_by
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.outcomes import read_outcomes, read_trust
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.index import index_folder, open_index
from git_fedlearn.search.lesson_text import LessonText, lesson_text

WORD_SHARE: Final = 0.5
"""Share of BM25 in relevance where all words of the question occur in a lesson; the rest is the vectors'."""

SCORE_SHARE: Final = 0.4
"""How far the effective score can lower the rank of a relevant lesson."""


def relevance(cosines: Sequence[float], bm25: Sequence[float], coverage: float) -> list[float]:
    """One number in [0, 1] for each candidate: a convex combination of both retrievers.

    Cosines below 0 count as 0. BM25 has no upper bound, so it is taken relative to the best candidate, and
    its share grows with `coverage`: how many of the question's words, in [0, 1], that candidate holds. So a
    lesson that shares one word of ten with the question, and is the best at that, is no answer yet.
    Source of the combination: S. Bruch et al., "An Analysis of Fusion Functions for Hybrid Retrieval",
    TOIS 2023.
    """
    best = max(bm25, default=0.0) or 1.0
    share = WORD_SHARE * coverage
    return [
        (1 - share) * max(cosine, 0.0) + share * max(words, 0.0) / best
        for cosine, words in zip(cosines, bm25, strict=True)
    ]


def rank(relevant: float, effective: float) -> float:
    """What search sorts by: relevance, lowered by up to SCORE_SHARE for a low effective score."""
    return relevant * (1 - SCORE_SHARE + SCORE_SHARE * effective)


if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")


class Words:
    """Words are stems without stop words, as Qdrant's BM25 makes them."""

    def __init__(self) -> None:
        self._bm25 = edge.Bm25()

    def coverage(self, question: str, text: str) -> float:
        """The share of a question's words that occur in a text; in [0, 1]."""
        asked = {*self._bm25.embed_query(question).indices}
        held = {*self._bm25.embed_document(text).indices}
        return len(asked & held) / len(asked) if asked else 0.0

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """The BM25 score of each text."""
        asked = {*self._bm25.embed_query(question).indices}
        documents = [
            {word: weight for word, weight in zip(made.indices, made.values, strict=True) if word in asked}
            for made in map(self._bm25.embed_document, texts)
        ]
        holding = Counter(word for document in documents for word in document)
        rare = {
            word: math.log(1 + (len(texts) - number + 0.5) / (number + 0.5))
            for word, number in holding.items()
        }
        return [sum(rare[word] * weight for word, weight in document.items()) for document in documents]


MIN_CANDIDATES = 100
MIN_RELEVANCE = 0.2
"""What is less relevant than this is no answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched: a text, in some sets (none named: all but fine-tuning, whose samples repeat them)."""

    text: str
    limit: int = 10
    min_score: float = 0.0
    """The least effective score."""
    sets: tuple[SetName, ...] = ()

    def __post_init__(self) -> None:
        """A text from a command line may hold bytes that are no text."""
        object.__setattr__(self, "text", self.text.encode("utf-8", "replace").decode("utf-8"))

    @property
    def candidates(self) -> int:
        """How many of each retriever are looked at."""
        return max(MIN_CANDIDATES, 5 * self.limit)


@dataclass(frozen=True, slots=True)
class Hit:
    """A lesson that answers a query. All numbers are in [0, 1] but `systems`."""

    id: RecordId
    sets: tuple[SetName, ...]
    rank: float
    relevance: float
    effective: float
    claimed: float | None
    systems: tuple[str, ...]
    """Who learned it, at most 64 (the record keeps no more)."""
    outcomes: Tally
    fields: JsonObject

    @property
    def text(self) -> LessonText:
        """What was asked or went wrong, and what helped."""
        return lesson_text(self.fields)


def search_lessons(
    repository: Repository,
    text: str,
    limit: int = 10,
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> list[Hit]:
    """The lessons that answer a text, best first, of every set but fine-tuning; see `find_lessons`."""
    return find_lessons(repository, Query(text, limit), embedder=embedder, progress=progress)


def find_lessons(
    repository: Repository,
    query: Query,
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> list[Hit]:
    """The lessons that answer a query, best first; refreshes the index.

    Raises UsageError for a set that cannot be, MissingExtraError, LockedError.
    """
    model = embedder or choose_embedder(repository)
    sets = _sets(repository, query)
    with open_index(index_folder(repository), model) as index:
        index.refresh(repository.top, progress)
        vector = model.embed([query.text])[0]
        found = index.shard.candidates(vector, query.text, sets, query.candidates)
    return rank_candidates(repository, query, found)


def rank_candidates(repository: Repository, query: Query, found: Sequence[Candidate]) -> list[Hit]:
    """The best of some candidates, best first, as the query limits them."""
    matched = relevances(query.text, found)
    hits = _merge(found, matched, _Evidence.read(repository, found))
    hits = [hit for hit in hits if hit.relevance >= MIN_RELEVANCE and hit.effective >= query.min_score]
    return sorted(hits, key=lambda hit: (-hit.rank, hit.id))[: query.limit]


def _sets(repository: Repository, query: Query) -> Sequence[SetName]:
    sets = repository.sets
    for name in query.sets:
        sets.check_name(name)
    return query.sets or [name for name in sets.names() if name != FINE_TUNING]


class _Evidence(NamedTuple):
    """What turns a claimed score into an effective one."""

    trust: SystemWeights
    outcomes: dict[RecordId, dict[str, Outcome]]

    @classmethod
    def read(cls, repository: Repository, found: Sequence[Candidate]) -> "_Evidence":
        ids = {identifier for one in found if (identifier := claimed_id(one.line.encode("utf-8")))}
        return cls(read_trust(repository), read_outcomes(repository.top, ids))


def relevances(question: str, found: Sequence[Candidate]) -> list[float]:
    """How well each candidate answers a question."""
    best = max(found, key=lambda one: (one.words, one.line), default=None)
    covered = Words().coverage(question, candidate_text(best)) if best else 0.0
    return relevance([one.cosine for one in found], [one.words for one in found], covered)


def candidate_text(candidate: Candidate) -> str:
    """The text by which a candidate was found."""
    return lesson_text(parse_record(candidate.line.encode("utf-8")).fields).whole


def _merge(found: Sequence[Candidate], relevant: Sequence[float], evidence: _Evidence) -> list[Hit]:
    """Hits of the candidates; one lesson that lies in several sets is one hit, of its strongest record."""
    hits: dict[bytes, Hit] = {}
    for candidate, matched in zip(found, relevant, strict=True):
        record = parse_record(candidate.line.encode("utf-8"))
        hit = _hit(record, SetName(candidate.set_name), matched, evidence)
        before = hits.get(record.form)
        if before:
            best = max(before, hit, key=lambda one: (one.rank, one.sets))
            hit = replace(best, sets=tuple(sorted({*before.sets, *hit.sets})))
        hits[record.form] = hit
    return list(hits.values())


def _hit(record: Record, set_name: SetName, matched: float, evidence: _Evidence) -> Hit:
    outcomes = evidence.outcomes.get(record.id, {})
    effective = effective_score(record.fields, evidence.trust, outcomes)
    return Hit(
        id=record.id,
        sets=(set_name,),
        rank=rank(matched, effective),
        relevance=matched,
        effective=effective,
        claimed=claimed_score(record.fields),
        systems=tuple(seen_by(record.fields)),
        outcomes=tally(outcomes.values()),
        fields=record.fields,
    )
