"""Search over the record sets: find candidates, weigh them, rank them. docs/search.md explains the numbers.

Relevance combines vectors and words (BM25). The rank lowers it for a low effective score, so a lesson that
merely claims a high score does not win.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")

MIN_CANDIDATES: Final = 100
"""Candidates that each retriever gives, also for a small limit."""

MIN_RELEVANCE: Final = 0.2
"""Less relevant lessons are not answers."""

WORD_SHARE: Final = 0.5
"""Share of BM25 in relevance when a lesson has all words of the question; the vectors have the rest."""

SCORE_SHARE: Final = 0.4
"""The largest part of its relevance that a lesson can lose in rank by a low effective score."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text to search for, in all sets except fine-tuning (whose samples repeat lessons) unless named."""

    text: str
    limit: int = 10
    min_score: float = 0.0
    """The minimum effective score."""
    sets: tuple[SetName, ...] = ()

    def __post_init__(self) -> None:
        """Replace lone surrogates, which bytes on a command line that are not UTF-8 turn into."""
        object.__setattr__(self, "text", self.text.encode("utf-8", "replace").decode("utf-8"))

    @property
    def candidates(self) -> int:
        """How many candidates each retriever gives."""
        return max(MIN_CANDIDATES, 5 * self.limit)


@dataclass(frozen=True, slots=True)
class Hit:
    """A lesson that answers a query. All scores are in [0, 1]."""

    id: RecordId
    sets: tuple[SetName, ...]
    rank: float
    relevance: float
    effective: float
    claimed: float | None
    systems: tuple[str, ...]
    """The systems that learned it, at most the 64 that a record keeps."""
    outcomes: Tally
    fields: JsonObject

    @property
    def text(self) -> LessonText:
        """Head (the question or error) and body (the answer) of the lesson."""
        return lesson_text(self.fields)


def find_lessons(
    repository: Repository,
    query: Query,
    *,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> list[Hit]:
    """The lessons that answer a query, best first. Brings the index up to date first.

    Raises UsageError for an invalid set name, MissingExtraError, LockedError.
    """
    for name in query.sets:
        repository.sets.check_name(name)
    model = embedder or choose_embedder(repository)
    with open_index(index_folder(repository), model) as index:
        index.refresh(repository.top, progress)
        sets = query.sets or sorted(index.sets - {FINE_TUNING})
        vector = model.embed([query.text])[0]
        found = index.shard.candidates(vector, query.text, sets, query.candidates)
    return rank_candidates(repository, query, found)


def rank_candidates(repository: Repository, query: Query, found: Sequence[Candidate]) -> list[Hit]:
    """Candidates as hits, best first, within the limits of the query."""
    ids = {identifier for one in found if (identifier := claimed_id(one.line.encode("utf-8")))}
    trust, outcomes = read_trust(repository), read_outcomes(repository.top, ids)
    hits = [
        _hit(candidate, relevant, trust, outcomes)
        for candidate, relevant in zip(found, relevances(query.text, found), strict=True)
    ]
    answers = [
        hit
        for hit in _merge_sets(hits)
        if hit.relevance >= MIN_RELEVANCE and hit.effective >= query.min_score
    ]
    return sorted(answers, key=lambda hit: (-hit.rank, hit.id))[: query.limit]


def relevances(question: str, found: Sequence[Candidate]) -> list[float]:
    """The relevance of each candidate to a question."""
    best = max(found, key=lambda one: (one.words, one.line), default=None)
    coverage = WordMatcher().coverage(question, candidate_text(best)) if best else 0.0
    return relevance([one.cosine for one in found], [one.words for one in found], coverage)


def relevance(cosines: Sequence[float], bm25: Sequence[float], coverage: float) -> list[float]:
    """A convex combination of both retrievers for each candidate, in [0, 1].

    Negative cosines count as 0. BM25 has no upper bound, so it is divided by that of the best candidate, and
    its share grows with `coverage`, the part of the question's words (in [0, 1]) that this candidate has.
    Otherwise a lesson that shares one word of ten would count as a full match if no other shares more.
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
    """The sort key of search: relevance, lowered by up to SCORE_SHARE for a low effective score."""
    return relevant * (1 - SCORE_SHARE + SCORE_SHARE * effective)


class WordMatcher:
    """Compares texts by words, which are stems without stop words, as in Qdrant's BM25."""

    def __init__(self) -> None:
        self._bm25 = edge.Bm25()

    def coverage(self, question: str, text: str) -> float:
        """The share of a question's words that occur in a text, in [0, 1]."""
        asked = {*self._bm25.embed_query(question).indices}
        present = {*self._bm25.embed_document(text).indices}
        return len(asked & present) / len(asked) if asked else 0.0

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """The BM25 score of each text; document frequencies are those among these texts."""
        asked = {*self._bm25.embed_query(question).indices}
        documents = [
            {word: weight for word, weight in zip(made.indices, made.values, strict=True) if word in asked}
            for made in map(self._bm25.embed_document, texts)
        ]
        frequencies = Counter(word for document in documents for word in document)
        idf = {
            word: math.log(1 + (len(texts) - number + 0.5) / (number + 0.5))
            for word, number in frequencies.items()
        }
        return [sum(idf[word] * weight for word, weight in document.items()) for document in documents]


def candidate_text(candidate: Candidate) -> str:
    """The searched text of a candidate."""
    return lesson_text(parse_record(candidate.line.encode("utf-8")).fields).whole


def _hit(
    candidate: Candidate,
    relevant: float,
    trust: SystemWeights,
    outcomes: Mapping[RecordId, Mapping[str, Outcome]],
) -> tuple[Record, Hit]:
    record = parse_record(candidate.line.encode("utf-8"))
    own_outcomes = outcomes.get(record.id, {})
    effective = effective_score(record.fields, trust, own_outcomes)
    return record, Hit(
        id=record.id,
        sets=(SetName(candidate.set_name),),
        rank=rank(relevant, effective),
        relevance=relevant,
        effective=effective,
        claimed=claimed_score(record.fields),
        systems=tuple(seen_by(record.fields)),
        outcomes=tally(own_outcomes.values()),
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
