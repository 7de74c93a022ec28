"""How lessons are ranked for readers. Documented in docs/search.md; the numbers here are those there.

A score in a record is what somebody claims. What counts is what is left of the claim after weighing who
vouches for it: one unknown peer that claims 1.0 must not outrank what many systems found out.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import SEEN_BY, score_of

PRIOR: Final = 0.5
"""The score of a lesson that nobody vouches for."""

PRIOR_WEIGHT: Final = 2.0
"""How many systems it takes to count for as much as the prior."""

OWN_TRUST: Final = 2.0
"""What this system found out itself counts double."""

VECTOR_SHARE: Final = 0.5
"""Share of the vectors in relevance; the rest is BM25."""

SCORE_SHARE: Final = 0.2
"""How far the effective score can lower the rank of a relevant lesson."""


class Trust(NamedTuple):
    """Who this system is and what it makes of others: a weight from 0 (ignore) up, 1 when not said."""

    own: str = ""
    others: Mapping[str, float] = {}

    def of(self, system: str) -> float:
        """How much a system's word counts."""
        return OWN_TRUST if system == self.own else self.others.get(system, 1.0)


def effective_score(fields: JsonObject, trust: Trust) -> float:
    """The claimed score drawn towards PRIOR, the less the more, and the more trusted, systems learned it.

    `(PRIOR · PRIOR_WEIGHT + claim · trust) / (PRIOR_WEIGHT + trust)`, a mean of a beta prior; `trust` is
    the sum over `_seen_by`. A record without a claim stays at PRIOR.
    """
    claim = claimed_score(fields)
    if claim is None:
        return PRIOR
    weight = sum(trust.of(system) for system in seen_by(fields))
    return (PRIOR * PRIOR_WEIGHT + claim * weight) / (PRIOR_WEIGHT + weight)


def claimed_score(fields: JsonObject) -> float | None:
    """The score the record claims; its success rate, where it has one, is the other half of the claim."""
    score, rate = score_of(fields), fields.get("success_rate")
    if isinstance(rate, int | float) and not isinstance(rate, bool) and 0 <= rate <= 1:
        return (score + rate) / 2 if score >= 0 else float(rate)
    return score if score >= 0 else None


def seen_by(fields: JsonObject) -> list[str]:
    """The systems that learned it, as the record says."""
    systems = fields.get(SEEN_BY)
    return [system for system in systems if isinstance(system, str)] if isinstance(systems, list) else []


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
