"""How well a lesson answers a query, from 0 to 1, by meaning and by words. docs/search.md has the figures.

A question is compared whole; of a paste each window is, and a lesson counts with its best one. So one error
among forty lines of noise is as relevant as the error alone.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.core.identity import normal_form
from git_fedlearn.core.record import parse_record
from git_fedlearn.extras import Lazy
from git_fedlearn.search.edge_shard import Candidate
from git_fedlearn.search.lesson_text import lesson_text

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")

WORD_SHARE: Final = 0.3
"""Share of the words in relevance; the vectors have the rest."""

WORDS_OF_EVIDENCE: Final = 2.0
"""Shared words after which the words count for 1 - 1/e: one word is shared by chance."""

WORDS_OF_ALL: Final = 5
"""A lesson with all words of a short query counts as if it shared so many."""

ALL_WORDS_SHARE: Final = 0.5
"""Relevance by words counts for this share at least, if a lesson has all words of a query.

Where all lessons are about one thing, their vectors say little, seen from their center."""

QUESTION_BAR: Final = 0.3
"""Relevance below which the best lesson is no answer to a question."""

FOLLOW_SHARE: Final = 0.5
"""If a question has an answer, the share of its relevance from which other lessons are answers, too."""

WINDOW_BAR: Final = 0.65
"""The same for a window of a paste. Of many windows the best one is compared, so chance has more tries: lines
of noise reach 0.58, the error of a lesson as another machine prints it has 0.77 and more."""

SURE_COVERAGE: Final = 0.75
SURE_WORDS: Final = 5
SURE_LEAD: Final = 0.6
"""Beyond doubt is an answer with this share of the words and this many, and no other near its BM25."""


class LessonMatch(NamedTuple):
    """A lesson, the window of the query that it answers best, and its relevance to it."""

    candidate: Candidate
    window: str
    relevance: float


class WordMatch(NamedTuple):
    """The words of a window that a lesson has: their number, and their share in [0, 1]."""

    number: int
    coverage: float


def relevance(cosine: float, words: WordMatch, lead: float) -> float:
    """A convex combination of vectors and words, in [0, 1]. A negative cosine counts as 0.

    `lead` is BM25 divided by that of the best lesson, since BM25 has no upper bound. It weighs rare words
    more than `words.coverage`, which tells whether the best lesson is any good.
    """
    by_words = word_relevance(words, lead)
    least = ALL_WORDS_SHARE * by_words if words.coverage == 1.0 else 0.0
    return max((1 - WORD_SHARE) * min(max(cosine, 0.0), 1.0) + WORD_SHARE * by_words, least)


def word_relevance(words: WordMatch, lead: float) -> float:
    """Relevance by words alone, in [0, 1]."""
    number = max(words.number, WORDS_OF_ALL) if words.coverage == 1.0 else words.number
    return math.sqrt(words.coverage * lead) * (1 - math.exp(-number / WORDS_OF_EVIDENCE))


class WordMatcher:
    """Compares texts by words, which are stems without stop words, as in Qdrant's BM25."""

    def __init__(self) -> None:
        self._bm25 = edge.Bm25()
        self._documents: dict[str, dict[int, float]] = {}
        self._queries: dict[str, set[int]] = {}
        self._lasting_words: dict[str, set[int]] = {}

    def match(self, window: str, line: str) -> WordMatch:
        """The words of a window that a record line has.

        Times, numbers and hashes differ from one system to the next: they count only where they are the same.
        """
        shared = self._asked(window) & self._document(line).keys()
        asked = self._lasting(window) | shared
        return WordMatch(len(shared), len(shared) / len(asked) if asked else 0.0)

    def scores(self, window: str, lines: Sequence[str]) -> list[float]:
        """The BM25 score of each record line; document frequencies are those among these lines."""
        asked = self._asked(window)
        documents = [
            {word: weight for word in asked if (weight := document.get(word))}
            for document in map(self._document, lines)
        ]
        frequencies = Counter(word for document in documents for word in document)
        idf = {
            word: math.log(1 + (len(lines) - number + 0.5) / (number + 0.5))
            for word, number in frequencies.items()
        }
        return [sum(idf[word] * weight for word, weight in document.items()) for document in documents]

    def _lasting(self, window: str) -> set[int]:
        if window not in self._lasting_words:
            self._lasting_words[window] = {*self._bm25.embed_query(normal_form(window)).indices}
        return self._lasting_words[window]

    def _asked(self, window: str) -> set[int]:
        if window not in self._queries:
            self._queries[window] = {*self._bm25.embed_query(window).indices}
        return self._queries[window]

    def _document(self, line: str) -> dict[int, float]:
        if line not in self._documents:
            made = self._bm25.embed_document(lesson_text(parse_record(line.encode("utf-8")).fields).whole)
            self._documents[line] = dict(zip(made.indices, made.values, strict=True))
        return self._documents[line]


def best_matches(
    windows: Sequence[str], found: Sequence[Sequence[Candidate]], bar: float, follow_share: float = 1.0
) -> list[LessonMatch]:
    """For each lesson that is relevant enough, the window that it answers best; none if none reaches the bar.

    The others need the bar, or `follow_share` of the best relevance if that is less.
    """
    matches = _best(windows, found, bar * follow_share, by_words=False)
    best = max((one.relevance for one in matches), default=0.0)
    enough = min(bar, best * follow_share)
    return [one for one in matches if one.relevance >= enough] if best >= bar else []


def sure_matches(
    windows: Sequence[str], found: Sequence[Sequence[Candidate]], bar: float
) -> list[LessonMatch]:
    """The same by words alone, if they leave no doubt about the best answer; else nothing."""
    matcher = WordMatcher()
    for window, candidates in zip(windows, found, strict=True):
        best, second = _two_best(candidates)
        if best and (second is None or second.words <= SURE_LEAD * best.words):
            words = matcher.match(window, best.line)
            if words.number >= SURE_WORDS and words.coverage >= SURE_COVERAGE:
                return _best(windows, found, bar, by_words=True)
    return []


def _two_best(candidates: Sequence[Candidate]) -> tuple[Candidate | None, Candidate | None]:
    """The best two lessons by BM25; a lesson in two sets is one."""
    best: dict[str, Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.words):
        best.setdefault(one.line, one)
    first, second, *_ = [*best.values(), None, None]
    return first, second


def _best(
    windows: Sequence[str], found: Sequence[Sequence[Candidate]], bar: float, *, by_words: bool
) -> list[LessonMatch]:
    matcher = WordMatcher()
    best: dict[tuple[str, str], LessonMatch] = {}
    for window, candidates in zip(windows, found, strict=True):
        highest = max((one.words for one in candidates), default=0.0)
        for one in candidates:
            lead = max(one.words, 0.0) / highest if highest > 0 else 0.0
            most = max(
                (1 - WORD_SHARE) * one.cosine + WORD_SHARE * math.sqrt(lead),
                ALL_WORDS_SHARE * math.sqrt(lead),
            )
            if not by_words and most < bar:
                continue
            words = matcher.match(window, one.line)
            relevant = word_relevance(words, lead) if by_words else relevance(one.cosine, words, lead)
            known = best.get((one.set_name, one.line))
            if relevant >= bar and (known is None or known.relevance < relevant):
                best[one.set_name, one.line] = LessonMatch(one, window, relevant)
    return [*best.values()]
