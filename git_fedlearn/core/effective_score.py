"""The score that ranks a lesson for a reader, computed on read. docs/scoring.md, "The effective score".

The score in a record is a claim, and a claim can only rise. The effective score weighs it by who vouches
for the lesson and by how well it worked. Laws (tests/core): one more failure never raises it, one more
success never lowers it, and one system moves it by at most MAX_VOTES_PER_SYSTEM times its trust, whatever
it claims or counts.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import score_of, seen_by

PRIOR: Final = 0.5
"""The score of a lesson that no system vouches for."""

PRIOR_WEIGHT: Final = 2.0
"""The number of systems that together weigh as much as the prior."""

MAX_VOTES_PER_SYSTEM: Final = 2.0
"""The most that one system's votes can weigh, as a multiple of its first vote."""

OWN_TRUST: Final = 2.0
"""This system's own votes count double."""

MAX_TRUST: Final = 100.0


class SystemWeights(NamedTuple):
    """The id of this system, and its weights of others: 0 (ignore) or more, 1 by default."""

    own: str = ""
    others: Mapping[str, float] = {}

    def of(self, system: str) -> float:
        """The weight of a system's votes."""
        if system == self.own:
            return OWN_TRUST
        weight = self.others.get(system, 1.0)
        return min(max(0.0, weight), MAX_TRUST)


class Tally(NamedTuple):
    """Outcomes of one lesson, summed over all systems."""

    worked: int = 0
    failed: int = 0
    systems: int = 0


def effective_score(
    fields: JsonObject, trust: SystemWeights, outcomes: Mapping[str, Outcome] | None = None
) -> float:
    """A weighted mean of the prior and one opinion per system, in [0, 1]; `outcomes` are by system.

    A system has `n` votes: one if it learned the lesson (worth the claim), and one for each outcome
    (worked 1, failed 0). Its opinion is their mean; it weighs `trust · M · n / (n + M - 1)`
    with M = MAX_VOTES_PER_SYSTEM, which is its trust for n = 1 and less than M times its trust for any n. The
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
    """Sum the outcomes of a lesson, one per system."""
    counted = [one for one in outcomes if one.worked or one.failed]
    return Tally(sum(one.worked for one in counted), sum(one.failed for one in counted), len(counted))


def claimed_score(fields: JsonObject) -> float | None:
    """The score that a record claims; the mean of score and success rate if it has both."""
    score, rate = score_of(fields), fields.get("success_rate")
    if isinstance(rate, int | float) and not isinstance(rate, bool) and 0 <= rate <= 1:
        return (score + rate) / 2 if score >= 0 else float(rate)
    return score if score >= 0 else None
