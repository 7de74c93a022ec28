"""How the lessons that answer a text are ranked. Documented in docs/search.md, with the numbers here."""

from collections.abc import Sequence
from typing import Final

VECTOR_SHARE: Final = 0.5
"""Share of the vectors in relevance; the rest is BM25."""

SCORE_SHARE: Final = 0.4
"""How far the effective score can lower the rank of a relevant lesson."""


def relevance(cosines: Sequence[float], bm25: Sequence[float]) -> list[float]:
    """One number in [0, 1] for each candidate: a convex combination of both retrievers.

    Cosines below 0 count as 0; BM25 has no upper bound, so it is taken relative to the best candidate.
    Source: S. Bruch et al., "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    best = max(bm25, default=0.0) or 1.0
    return [
        VECTOR_SHARE * max(cosine, 0.0) + (1 - VECTOR_SHARE) * max(words, 0.0) / best
        for cosine, words in zip(cosines, bm25, strict=True)
    ]


def rank(relevant: float, effective: float) -> float:
    """What search sorts by: relevance, lowered by up to SCORE_SHARE for a low effective score."""
    return relevant * (1 - SCORE_SHARE + SCORE_SHARE * effective)
