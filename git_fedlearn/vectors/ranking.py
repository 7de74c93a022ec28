"""How the lessons that answer a text are ranked. Documented in docs/search.md, with the numbers here."""

from collections.abc import Sequence
from typing import Final

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
