"""The score that ranks a lesson for a reader, computed on read. docs/scoring.md, "The effective score".

The score in a record is a claim, and a claim can only rise. The effective score weighs it by who vouches
for the lesson and by how well it worked. Systems can be invented and can copy lessons, so having learned a
lesson is one voice however many say so, and a system is believed as far as its other lessons proved good
here. Laws (tests/core): one more failure never raises the score, one more success never lowers it; what
unknown systems say together moves it by at most a ninth; all other systems together, by at most 21/29.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from math import prod
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record, score_of, seen_by

PRIOR: Final = 0.5
"""The score of a lesson that no system vouches for."""

PRIOR_WEIGHT: Final = 2.0
"""The number of voices that together weigh as much as the prior."""

MAX_VOTES_PER_SYSTEM: Final = 2.0
"""The most that one system's votes can weigh, as a multiple of its first vote."""

OWN_TRUST: Final = 2.0
"""This system's own votes count double."""

MAX_TRUST: Final = 100.0

UNKNOWN_VERDICTS: Final = 5.0
"""A system about whose lessons this clone has no verdict weighs one part of so many; see `Reputation`."""

MAX_UNKNOWN: Final = 0.25
"""The most that systems weigh together by what they begin with, however many they are."""

MAX_OTHERS: Final = 4.0
"""The most that the outcomes of all other systems weigh together: as much as those of this system can."""

MANY_FAILURES: Final = 2.0
"""A lesson failed often if its failures outweigh its successes by more: twice here and never a success."""


class Reputation(NamedTuple):
    """The lessons of a system, or those that a peer brought, that proved `good` and `bad` here."""

    good: float = 0.0
    bad: float = 0.0

    @property
    def earned(self) -> float:
        """The weight that a system has earned, in [0, 1): of two with half the verdicts, less than half."""
        number = self.good + self.bad
        return self.good * number / (UNKNOWN_VERDICTS + number) ** 2

    @property
    def unproven(self) -> float:
        """The weight that any system begins with; it falls with each verdict."""
        return 1 / (UNKNOWN_VERDICTS + self.good + self.bad)

    @property
    def of_peer(self) -> float:
        """How far a peer is believed, in (0, 1): the rule of succession, since the user chose the peer."""
        return (1 + self.good) / (2 + self.good + self.bad)

    def without(self, verdict: int, share: float) -> "Reputation":
        """The reputation without one lesson."""
        if verdict > 0:
            return self._replace(good=max(0.0, self.good - share))
        return self._replace(bad=max(0.0, self.bad - share)) if verdict < 0 else self


class Trust(NamedTuple):
    """What a clone knows about the systems and peers that lessons come from."""

    own: str = ""
    """The id of this system."""
    chosen: Mapping[str, float] = {}
    """The weights of other systems that the user set: 0 (ignore) or more."""
    learned: Collection[RecordId] = frozenset()
    """The lessons that this system learned; needed for those that are scored."""
    brought: Mapping[RecordId, str] = {}
    """The peer without full trust that brought a lesson first; needed for those that are scored."""
    bringers: Mapping[str, str] = {}
    """The peer without full trust that brought the outcomes of a system."""
    systems: Mapping[str, Reputation] = {}
    peers: Mapping[str, Reputation] = {}

    def chosen_weight(self, system: str) -> float | None:
        """The weight that the user set for a system; None if none."""
        weight = self.chosen.get(system)
        return None if weight is None else min(max(0.0, weight), MAX_TRUST)

    def is_echo(self, identifier: RecordId) -> bool:
        """Whether this system learned a lesson that it had received before."""
        return identifier in self.learned and identifier in self.brought

    def verdict(self, identifier: RecordId, outcomes: Mapping[str, Outcome]) -> int:
        """Whether a lesson proved good (1) or bad (-1) here, by outcomes, or by learning it first; else 0."""
        own = outcomes.get(self.own)
        if own and own.worked != own.failed:
            return 1 if own.worked > own.failed else -1
        return int(identifier in self.learned and identifier not in self.brought)


class Tally(NamedTuple):
    """Outcomes of one lesson, summed over all systems."""

    worked: int = 0
    failed: int = 0
    systems: int = 0


class Judgment(NamedTuple):
    """The effective score of a lesson, in [0, 1], and whether its failures outweigh its successes by far."""

    score: float
    has_failed_often: bool


class _Votes(NamedTuple):
    good: float = 0.0
    bad: float = 0.0

    def __add__(self, other: object) -> "_Votes":
        return _Votes(self.good + other.good, self.bad + other.bad) if isinstance(other, _Votes) else self

    def scaled(self, factor: float) -> "_Votes":
        return _Votes(self.good * factor, self.bad * factor)

    def at_most(self, limit: float) -> "_Votes":
        """Votes with a sum below the limit. A good one more adds to the good and lowers the bad."""
        return self.scaled(limit / (limit + self.good + self.bad))


def effective_score(record: Record, trust: Trust, outcomes: Mapping[str, Outcome] | None = None) -> float:
    """The score of a lesson; see `judge`."""
    return judge(record, trust, outcomes).score


def judge(record: Record, trust: Trust, outcomes: Mapping[str, Outcome] | None = None) -> Judgment:
    """A weighted mean of the prior and of three kinds of voices; `outcomes` are by system.

    They are this system (what it learned and counted), all others that learned the lesson (one voice), and
    the outcomes of others. A system with n statements weighs its trust times n · M / (n + M - 1), with M =
    MAX_VOTES_PER_SYSTEM. What a lesson says about systems does not count for that lesson.
    """
    found = outcomes or {}
    claim = claimed_score(record.fields)
    names = sorted({*seen_by(record.fields)} - {trust.own})
    known = _Known(trust, record.id, trust.verdict(record.id, found), frozenset(names))
    counted = found.get(trust.own) or Outcome(record.id)
    own, others, unproven = _Votes(counted.worked, counted.failed), *_count_others(known, found)
    tried = _weigh(own, OWN_TRUST) + others + unproven.at_most(MAX_UNKNOWN)
    votes = _Votes(PRIOR, 1 - PRIOR).scaled(PRIOR_WEIGHT) + others
    if claim is not None:
        said, voice = _Votes(claim, 1 - claim), known.learners()
        votes += said.scaled(voice.proven)
        unproven += said.scaled(voice.unproven)
        if record.id in trust.learned and record.id not in trust.brought:
            own += said
    votes += _weigh(own, OWN_TRUST) + unproven.at_most(MAX_UNKNOWN)
    return Judgment(votes.good / (votes.good + votes.bad), tried.bad - tried.good > MANY_FAILURES)


def weigh_systems(
    lessons: Iterable[tuple[RecordId, Iterable[str]]],
    trust: Trust,
    outcomes: Mapping[RecordId, Mapping[str, Outcome]],
) -> Trust:
    """Trust with the reputations of systems and peers; `lessons` are ids with the systems that learned them.

    A lesson counts for the systems that it names in equal parts, so names that are added gain little.
    """
    systems: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    peers: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for identifier, learners in lessons:
        counted = outcomes.get(identifier, {})
        verdict = trust.verdict(identifier, counted)
        if not verdict:
            continue
        side = 0 if verdict > 0 else 1
        names = {*learners} - {trust.own}
        for name in names:
            systems[name][side] += 1 / len(names)
        if identifier in trust.brought:
            peers[trust.brought[identifier]][side] += 1
    return trust._replace(
        systems={name: Reputation(*sides) for name, sides in systems.items()},
        peers={name: Reputation(*sides) for name, sides in peers.items()},
    )


class _Known(NamedTuple):
    """What is known about systems and peers, without the lesson that is scored."""

    trust: Trust
    lesson: RecordId
    verdict: int
    names: frozenset[str]
    """The other systems that learned the lesson."""

    def system(self, name: str) -> Reputation:
        reputation = self.trust.systems.get(name, Reputation())
        return reputation.without(self.verdict, 1 / len(self.names)) if name in self.names else reputation

    def peer(self, name: str) -> float:
        reputation = self.trust.peers.get(name, Reputation())
        is_bringer = self.trust.brought.get(self.lesson) == name
        return (reputation.without(self.verdict, 1.0) if is_bringer else reputation).of_peer

    def learners(self) -> "_Voice":
        """The one voice of all other systems that learned the lesson.

        It is the probability that one of them is to be believed, as if they were independent. What a
        peer brought weighs no more than the peer; a lesson that this system learned, too, weighs 1.
        """
        chosen = [weight for name in self.names if (weight := self.trust.chosen_weight(name)) is not None]
        others = [self.system(name) for name in self.names if name not in self.trust.chosen]
        doubts = [1 - one.earned for one in others] + [max(0.0, 1 - weight) for weight in chosen]
        voice = max(1 - prod(doubts), *chosen, 0.0)
        if self.trust.is_echo(self.lesson):
            return _Voice(max(voice, 1.0), 0.0)
        bringer = self.trust.brought.get(self.lesson)
        limit = self.peer(bringer) if bringer else 1.0
        voice = min(voice, limit) if bringer else voice
        unproven = sum(one.unproven for one in others) * limit
        return _Voice(voice, unproven * max(0.0, 1 - voice))


class _Voice(NamedTuple):
    """The weight that systems have earned or the user chose, and that which they begin with."""

    proven: float
    unproven: float


def _count_others(known: _Known, outcomes: Mapping[str, Outcome]) -> tuple[_Votes, _Votes]:
    """The outcomes of all other systems, by what these have earned, and by what they begin with."""
    chosen, earned, unproven = _Votes(), _Votes(), _Votes()
    by_peer: dict[str, _Votes] = {}
    for system, outcome in sorted(outcomes.items()):
        if system == known.trust.own:
            continue
        votes = _weigh(_Votes(outcome.worked, outcome.failed), 1.0)
        weight, reputation = known.trust.chosen_weight(system), known.system(system)
        bringer = known.trust.bringers.get(system)
        if weight is not None:
            chosen += votes.scaled(weight)
        elif bringer:
            whole = votes.scaled(reputation.earned + reputation.unproven)
            by_peer[bringer] = by_peer.get(bringer, _Votes()) + whole
        else:
            earned += votes.scaled(reputation.earned)
            unproven += votes.scaled(reputation.unproven)
    for peer, votes in by_peer.items():
        earned += votes.at_most(known.peer(peer))
    return chosen + earned.at_most(MAX_OTHERS), unproven


def _weigh(votes: _Votes, trust: float) -> _Votes:
    """The statements of a system as votes: one weighs `trust`, and many weigh less than M times that."""
    number = votes.good + votes.bad
    return votes.scaled(trust * MAX_VOTES_PER_SYSTEM / (number + MAX_VOTES_PER_SYSTEM - 1))


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
