"""Does the effective score rank lessons by what they are worth, among honest systems, copies and liars?

Each lesson has a true quality: the probability that it works. The score never sees it. docs/scoring.md has
the figures of this test.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from statistics import fmean
from typing import NamedTuple

from git_fedlearn.core.effective_score import Trust, claimed_score, effective_score, weigh_systems
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import Record, make_record, seen_by

SEEDS = range(8)
LESSONS = 300
BAD = 0.35
"""A lesson of less quality is bad."""
TOP = 10
OWN = "sys-aaaaaaaaaa"
BOASTER = "sys-bbbbbbbbbb"
_LETTERS = "abcdefghij"
HONEST = [f"sys-hhhhhhhhh{letter}" for letter in _LETTERS]
SYBILS = [f"sys-ssssssss{one}{two}" for one in _LETTERS[:5] for two in _LETTERS]


class Known(NamedTuple):
    """What this system has of each lesson, and its true quality."""

    records: list[Record]
    qualities: list[float]
    trust: Trust
    outcomes: dict[RecordId, dict[str, Outcome]]

    def effective(self) -> list[float]:
        """The effective score of each lesson."""
        return [effective_score(one, self.trust, self.outcomes.get(one.id)) for one in self.records]

    def claimed(self) -> list[float]:
        """The score that each lesson claims."""
        return [claimed_score(one.fields) or 0.0 for one in self.records]

    def bad_share(self, scores: Sequence[float]) -> float:
        """The share of bad lessons among the best ten."""
        best = sorted(range(LESSONS), key=lambda number: (-scores[number], number))[:TOP]
        return fmean(self.qualities[number] < BAD for number in best)


class Lesson(NamedTuple):
    """A lesson before it is a record."""

    quality: float
    claim: float
    systems: set[str]


def make_lessons(chance: random.Random) -> list[Lesson]:
    """Half of them of honest systems, a sixth each of the boaster, of copiers and of one who invents systems.

    Honest systems find a good lesson more often than a bad one, and rate it with noise. Of what the boaster
    says (always 1.0) a third is good. One honest system learned a bad lesson with a high claim; all others
    received it and learned it again. Invented systems, all fifty, say 1.0 for bad lessons, and each also
    names itself in some lessons of others.
    """
    made = []
    for number in range(LESSONS):
        quality, kind = chance.random(), number % 6
        if kind == 0:
            made.append(Lesson(quality if chance.random() < 1 / 3 else 0.3 * quality, 1.0, {BOASTER}))
        elif kind == 1:
            made.append(Lesson(0.6 * quality, chance.uniform(0.7, 1.0), {*HONEST}))
        elif kind == 2:
            made.append(Lesson(0.3 * quality, 1.0, {*SYBILS}))
        else:
            found = {system for system in HONEST if chance.random() < 0.1 + 0.3 * quality}
            claim = min(max(0.5 + 0.5 * quality + chance.gauss(0, 0.1), 0.0), 1.0)
            names = {chance.choice(SYBILS)} if chance.random() < 0.5 else set()
            made.append(Lesson(quality, claim, (found or {chance.choice(HONEST)}) | names))
    return made


@cache
def simulate(seed: int) -> Known:
    """What this system knows after it learned some good lessons itself and used a tenth of all.

    Honest systems count outcomes for what they learned, invented ones praise theirs.
    """
    chance = random.Random(seed)  # noqa: S311  not for secrets
    lessons = make_lessons(chance)
    records, outcomes, learned = [], defaultdict[RecordId, dict[str, Outcome]](dict), set()
    for number, lesson in enumerate(lessons):
        is_own = number % 6 > 2 and chance.random() < 0.4 * lesson.quality
        systems = lesson.systems | ({OWN} if is_own else set())
        record = make_record(
            {"solution": f"step {number}", "value_score": lesson.claim, "_seen_by": [*sorted(systems)]}
        )
        records.append(record)
        learned |= {record.id} if is_own else set()
        users = [system for system in sorted(lesson.systems & {*HONEST}) if chance.random() < 0.3]
        for system in [*users, *([OWN] if chance.random() < 0.1 else [])]:
            worked = sum(chance.random() < lesson.quality for _ in range(3))
            outcomes[record.id][system] = Outcome(record.id, worked, 3 - worked)
        for system in sorted(lesson.systems & {*SYBILS}) if number % 6 == 2 else ():
            outcomes[record.id][system] = Outcome(record.id, 9)
    ids = [(record.id, seen_by(record.fields)) for record in records]
    trust = weigh_systems(ids, Trust(OWN, learned=learned), outcomes)
    return Known(records, [lesson.quality for lesson in lessons], trust, outcomes)


def correlation(left: Sequence[float], right: Sequence[float]) -> float:
    """Spearman's rank correlation."""
    one, two = _ranks(left), _ranks(right)
    middle = fmean(one)
    shared = sum((x - middle) * (y - middle) for x, y in zip(one, two, strict=True))
    spread = sum((x - middle) ** 2 for x in one) * sum((y - middle) ** 2 for y in two)
    return shared / float(spread**0.5)


def _ranks(values: Sequence[float]) -> list[float]:
    """The place of each value; equal ones share theirs."""
    places = defaultdict(list)
    for place, value in enumerate(sorted(values)):
        places[value].append(place)
    return [fmean(places[value]) for value in values]


def test_it_ranks_lessons_by_their_quality_far_better_than_their_claims_do() -> None:
    worlds = [simulate(seed) for seed in SEEDS]
    effective = [correlation(world.effective(), world.qualities) for world in worlds]
    claimed = [correlation(world.claimed(), world.qualities) for world in worlds]
    assert fmean(effective) > 0.4
    assert fmean(claimed) < 0.05
    assert min(effective) > max(claimed) + 0.15


def test_hardly_a_bad_lesson_is_among_the_best_ten() -> None:
    worlds = [simulate(seed) for seed in SEEDS]
    assert fmean(world.bad_share(world.effective()) for world in worlds) < 0.1
    assert fmean(world.bad_share(world.claimed()) for world in worlds) > 0.6


def test_who_invents_systems_boasts_or_copies_gains_little() -> None:
    """Their bad lessons score about as those of honest systems do that nobody has tried."""
    worlds = [simulate(seed) for seed in SEEDS]
    means = [fmean(score for world in worlds for score in world.effective()[kind::6]) for kind in range(4)]
    boaster, copies, invented, honest = means
    assert boaster < copies < honest + 0.02
    assert invented < honest + 0.05
