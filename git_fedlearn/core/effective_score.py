"""The score that ranks a lesson for a reader, computed on read. docs/scoring.md, "The effective score".

A score in a record is what somebody claims, and a claim can only rise. What counts is what is left of it
after weighing who vouches for it and what became of those who used it. Laws (tests/core): one more failure
never raises it, one more success never lowers it, and one system moves it by no more than MOST_OF_ONE
times its trust, whatever it claims or counts.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import score_of, seen_by

PRIOR: Final = 0.5
"""The score of a lesson that nobody vouches for."""

PRIOR_WEIGHT: Final = 2.0
"""How many systems it takes to count for as much as the prior."""

MAX_VOTES_PER_SYSTEM: Final = 2.0
"""What the word of one system counts at most, as a multiple of what its first one counts."""

OWN_TRUST: Final = 2.0
"""What this system found out itself counts double."""

MAX_TRUST: Final = 100.0


class SystemWeights(NamedTuple):
    """Who this system is and what it makes of others: a weight from 0 (ignore) up, 1 when not said."""

    own: str = ""
    others: Mapping[str, float] = {}

    def of(self, system: str) -> float:
        """How much a system's word counts."""
        if system == self.own:
            return OWN_TRUST
        weight = self.others.get(system, 1.0)
        return min(max(0.0, weight), MAX_TRUST)


class Tally(NamedTuple):
    """Outcomes of one lesson over all systems."""

    worked: int = 0
    failed: int = 0
    systems: int = 0


def effective_score(
    fields: JsonObject, trust: SystemWeights, outcomes: Mapping[str, Outcome] | None = None
) -> float:
    """A mean over the prior and one voice of each system, in [0, 1]; `outcomes` are by system.

    A system has said `n` things: 1 if it learned the lesson (its opinion is the claim), and one for each
    outcome (1 worked, 0 failed). Its opinion is the mean of them; it weighs `trust · M · n / (n + M - 1)`
    with M = MOST_OF_ONE, which is its trust for n = 1 and less than M times its trust for any n. The
    prior weighs PRIOR_WEIGHT.
    """
    found = outcomes or {}
    claim = claimed_score(fields)
    learners = set(seen_by(fields)) if claim is not None else set()
    good, bad = PRIOR * PRIOR_WEIGHT, (1 - PRIOR) * PRIOR_WEIGHT
    for system in sorted(learners | found.keys()):
        says = found.get(system)
        worked, failed = (float(says.worked), float(says.failed)) if says else (0.0, 0.0)
        if claim is not None and system in learners:
            worked, failed = worked + claim, failed + 1 - claim
        if worked + failed:
            share = trust.of(system) * MAX_VOTES_PER_SYSTEM / (worked + failed + MAX_VOTES_PER_SYSTEM - 1)
            good, bad = good + share * worked, bad + share * failed
    return good / (good + bad)


def tally(outcomes: Iterable[Outcome]) -> Tally:
    """All outcomes of a lesson together, one of each system."""
    counted = [one for one in outcomes if one.worked or one.failed]
    return Tally(sum(one.worked for one in counted), sum(one.failed for one in counted), len(counted))


def claimed_score(fields: JsonObject) -> float | None:
    """The score the record claims; its success rate, where it has one, is the other half of the claim."""
    score, rate = score_of(fields), fields.get("success_rate")
    if isinstance(rate, int | float) and not isinstance(rate, bool) and 0 <= rate <= 1:
        return (score + rate) / 2 if score >= 0 else float(rate)
    return score if score >= 0 else None
