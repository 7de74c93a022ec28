"""The formula of docs/scoring.md, "The effective score", and its laws."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.effective_score import (
    MAX_OTHERS,
    MAX_UNKNOWN,
    OWN_TRUST,
    PRIOR,
    PRIOR_WEIGHT,
    Reputation,
    Tally,
    Trust,
    claimed_score,
    effective_score,
    judge,
    tally,
    weigh_systems,
)
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.outcomes import MAX_COUNT, Outcome
from git_fedlearn.core.record import Record, make_record

OWN = "sys-aaaaaaaaaa"
OTHERS = [f"sys-bbbbbbbbb{letter}" for letter in "abcdefghij"]
SYSTEMS = [OWN, *OTHERS]
KNOWN = Reputation(good=45.0)
"""The reputation of a system that proved good so often that its voice weighs nine tenths."""

scores = st.floats(0, 1)
counts = st.integers(0, 5) | st.sampled_from([MAX_COUNT - 1])
tables = st.dictionaries(st.sampled_from(SYSTEMS), st.tuples(counts, counts), max_size=4)
learners = st.lists(st.sampled_from(SYSTEMS), unique=True, max_size=4)


class World(NamedTuple):
    """A lesson to score, and what a clone knows of the systems and peers behind it and behind others."""

    lesson: Record
    others: list[tuple[RecordId, list[str]]]
    trust: Trust
    outcomes: dict[RecordId, dict[str, Outcome]]

    def score(self, table: dict[str, tuple[int, int]]) -> float:
        """The score of the lesson with these outcomes, which also change what is known of its systems."""
        counted = self.outcomes | {self.lesson.id: outcomes(table)}
        learned = [(self.lesson.id, systems_of(self.lesson)), *self.others]
        return effective_score(self.lesson, weigh_systems(learned, self.trust, counted), outcomes(table))


def outcomes(table: dict[str, tuple[int, int]]) -> dict[str, Outcome]:
    return {system: Outcome(RecordId("0" * 32), *counted) for system, counted in table.items()}


def lesson(claim: float | None = None, systems: list[str] | None = None) -> Record:
    fields: JsonObject = {"solution": "restart the service", "_seen_by": [*(systems or [])]}
    return make_record(fields if claim is None else {**fields, "value_score": claim})


def systems_of(record: Record) -> list[str]:
    found = record.fields["_seen_by"]
    assert isinstance(found, list)
    return [str(system) for system in found]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    record = lesson(draw(st.none() | scores), draw(learners))
    ids = [RecordId(f"{number:032x}") for number in range(3)]
    members = st.sets(st.sampled_from([record.id, *ids]))
    peers = st.sampled_from(["red", "blue"])
    trust = Trust(
        OWN,
        draw(st.dictionaries(st.sampled_from(OTHERS), st.sampled_from([0.0, 0.5, 1.0, 7.0]), max_size=2)),
        draw(members),
        draw(st.dictionaries(st.sampled_from([record.id, *ids]), peers)),
        draw(st.dictionaries(st.sampled_from(OTHERS), peers)),
    )
    counted = {one: outcomes(draw(tables)) for one in ids}
    return World(record, [(one, draw(learners)) for one in ids], trust, counted)


@given(worlds(), tables, st.sampled_from(SYSTEMS))
def test_one_more_failure_never_raises_and_one_more_success_never_lowers(
    world: World, table: dict[str, tuple[int, int]], system: str
) -> None:
    worked, failed = table.get(system, (0, 0))
    now = world.score(table)
    assert world.score({**table, system: (worked, failed + 1)}) <= now + 1e-12
    assert world.score({**table, system: (worked + 1, failed)}) >= now - 1e-12
    assert 0 <= now <= 1


@given(worlds(), tables)
def test_unknown_systems_move_a_score_by_at_most_a_ninth_and_all_others_by_their_share(
    world: World, table: dict[str, tuple[int, int]]
) -> None:
    own = {system: counted for system, counted in table.items() if system == OWN}
    alone = lesson(claimed_score(world.lesson.fields), [OWN])
    trust = world.trust._replace(chosen={})
    found = world._replace(trust=trust)
    before = found._replace(lesson=alone, trust=trust._replace(brought={})).score(own)
    if world.lesson.id not in trust.brought:
        most = 1 + MAX_OTHERS + MAX_UNKNOWN
        assert abs(found.score(table) - before) <= most / (PRIOR_WEIGHT + most) + 1e-9
        strangers = effective_score(world.lesson, trust._replace(bringers={}), outcomes(table))
        assert abs(strangers - before) <= MAX_UNKNOWN / (PRIOR_WEIGHT + MAX_UNKNOWN) + 1e-9


@given(scores, st.integers(0, 10), st.floats(0, 100), st.floats(0, 100))
def test_without_outcomes_it_lies_between_the_prior_and_the_claim(
    claim: float, systems: int, good: float, bad: float
) -> None:
    trust = Trust(OWN, systems=dict.fromkeys(OTHERS, Reputation(good, bad)))
    found = effective_score(lesson(claim, OTHERS[:systems]), trust)
    assert min(PRIOR, claim) - 1e-9 <= found <= max(PRIOR, claim) + 1e-9


def test_having_learned_a_lesson_is_one_voice_however_many_say_so() -> None:
    trust = Trust(OWN, systems=dict.fromkeys(OTHERS, KNOWN))
    voices = [effective_score(lesson(1.0, OTHERS[:number]), trust) for number in (1, 2, 10)]
    assert voices == sorted(voices)
    assert voices[-1] <= (PRIOR * PRIOR_WEIGHT + 1) / (PRIOR_WEIGHT + 1)


def test_fifty_invented_systems_weigh_less_than_one_that_is_known() -> None:
    crowd = [f"sys-cccccccc{one}{two}" for one in "abcdefg" for two in "abcdefgh"][:50]
    invented = effective_score(lesson(1.0, crowd), Trust(OWN))
    praised = effective_score(lesson(1.0, crowd), Trust(OWN), outcomes(dict.fromkeys(crowd, (9, 0))))
    known = effective_score(lesson(1.0, OTHERS[:1]), Trust(OWN, systems={OTHERS[0]: KNOWN}))
    assert effective_score(lesson(1.0, OTHERS[:1]), Trust(OWN)) < invented < known
    assert praised <= PRIOR + 1 / 18
    scorned = outcomes(dict.fromkeys(crowd, (0, 9)))
    assert effective_score(lesson(0.9, OTHERS[:1]), Trust(OWN, systems={OTHERS[0]: KNOWN}), scorned) > PRIOR


def test_names_that_are_added_to_a_good_lesson_share_what_it_proves() -> None:
    own = RecordId("a" * 32)
    alone = weigh_systems([(own, [OWN, OTHERS[0]])], Trust(OWN, learned={own}), {})
    crowded = weigh_systems([(own, SYSTEMS)], Trust(OWN, learned={own}), {})
    assert alone.systems[OTHERS[0]] == Reputation(good=1.0)
    assert sum(one.good for one in crowded.systems.values()) == pytest.approx(1.0)


def test_a_system_grows_with_agreement_and_falls_with_failures() -> None:
    ids = [RecordId(f"{number:032x}") for number in range(20)]
    table = {one: outcomes({OWN: (0, 1)}) for one in ids[10:]}
    learned = [(one, OTHERS[:1]) for one in ids[:10]]
    failed = [(one, OTHERS[1:2]) for one in ids[10:]]
    trust = weigh_systems(learned + failed, Trust(OWN, learned={*ids[:10]}), table)
    grown, unknown, fallen = (
        effective_score(lesson(0.9, [system]), trust) for system in (OTHERS[0], OTHERS[2], OTHERS[1])
    )
    assert grown > unknown + 0.05 > unknown > fallen > PRIOR


def test_a_lesson_that_came_before_it_was_learned_is_an_echo() -> None:
    echo = lesson(0.9, OTHERS[:1])
    trust = Trust(OWN, learned={echo.id})
    received = trust._replace(brought={echo.id: "red"})
    assert effective_score(echo, trust) > effective_score(echo, received) > effective_score(echo, Trust(OWN))
    assert effective_score(echo, received) <= (PRIOR * PRIOR_WEIGHT + 0.9) / (PRIOR_WEIGHT + 1)
    assert weigh_systems([(echo.id, OTHERS[:1])], received, {}).systems == {}


def test_what_a_peer_brought_weighs_no_more_than_the_peer() -> None:
    record = lesson(1.0, OTHERS[:3])
    known = Trust(OWN, systems=dict.fromkeys(OTHERS, KNOWN))
    through = known._replace(brought={record.id: "red"})
    bad = through._replace(peers={"red": Reputation(bad=8)})
    good = through._replace(peers={"red": Reputation(good=8)})
    ranks = [effective_score(record, trust) for trust in (bad, through, good, known)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)


def test_what_the_systems_of_one_peer_count_weighs_no_more_than_the_peer() -> None:
    table = outcomes(dict.fromkeys(OTHERS, (0, 9)))
    free = Trust(OWN, systems=dict.fromkeys(OTHERS, KNOWN))
    brought = free._replace(bringers=dict.fromkeys(OTHERS, "red"))
    assert effective_score(lesson(), free, table) < 0.25
    assert effective_score(lesson(), brought, table) == pytest.approx(PRIOR, abs=0.1)


def test_a_bad_lesson_sinks_though_its_claim_stays() -> None:
    bad = lesson(1.0, OTHERS[:1])
    ranks = [effective_score(bad, Trust(OWN), outcomes({OWN: (0, failed)})) for failed in range(4)]
    assert [round(rank, 2) for rank in ranks] == [0.53, 0.27, 0.23, 0.22]
    crowd = dict.fromkeys(OTHERS, KNOWN)
    assert effective_score(bad, Trust(OWN, systems=crowd), outcomes(dict.fromkeys(OTHERS, (0, 2)))) < 0.4


@pytest.mark.parametrize(
    ("counted", "expected"),
    [((0, 1), False), ((0, 2), True), ((1, 3), False), ((1, 5), True), ((4, 6), False)],
)
def test_a_lesson_failed_often_if_its_failures_outweigh_its_successes_by_far(
    counted: tuple[int, int], *, expected: bool
) -> None:
    assert judge(lesson(1.0, [OWN]), Trust(OWN), outcomes({OWN: counted})).has_failed_often is expected
    crowd = outcomes(dict.fromkeys(OTHERS, counted))
    assert not judge(lesson(1.0, [OWN]), Trust(OWN), crowd).has_failed_often


def test_own_lessons_count_double_and_a_distrusted_system_not_at_all() -> None:
    mine = lesson(0.9, [OWN])
    learned = effective_score(mine, Trust(OWN, learned={mine.id}))
    assert learned == pytest.approx((PRIOR * PRIOR_WEIGHT + 0.9 * OWN_TRUST) / (PRIOR_WEIGHT + OWN_TRUST))
    theirs = lesson(0.9, OTHERS[:1])
    ignored = Trust(OWN, {OTHERS[0]: 0.0})
    assert learned > effective_score(theirs, Trust(OWN)) > effective_score(theirs, ignored) == PRIOR
    assert effective_score(theirs, ignored, outcomes({OTHERS[0]: (0, 9)})) == PRIOR
    assert effective_score(theirs, Trust(OWN, {OTHERS[0]: 3.0})) > learned - 0.05


@pytest.mark.parametrize("weight", [math.inf, math.nan, -1.0, 1e300])
def test_no_weight_makes_it_leave_the_unit_interval(weight: float) -> None:
    found = effective_score(lesson(1.0, OTHERS[:1]), Trust(OWN, {OTHERS[0]: weight}))
    assert 0 <= found <= 1


def test_without_a_claim_outcomes_alone_count() -> None:
    assert effective_score(lesson(None, OTHERS[:3]), Trust(OWN)) == PRIOR
    assert effective_score(lesson(None, OTHERS[:3]), Trust(OWN), outcomes({OWN: (1, 0)})) == pytest.approx(
        0.75
    )


def test_tally_adds_up_and_leaves_out_who_counted_nothing() -> None:
    table = outcomes({OWN: (2, 1), OTHERS[0]: (1, 0), OTHERS[1]: (0, 0)})
    assert tally(table.values()) == Tally(worked=3, failed=1, systems=2)


@pytest.mark.parametrize(
    ("fields", "claim"),
    [
        ({}, None),
        ({"value_score": 7}, None),
        ({"value_score": True}, None),
        ({"value_score": 0.8}, 0.8),
        ({"confidence_score": 0.6}, 0.6),
        ({"success_rate": 0.4}, 0.4),
        ({"value_score": 0.8, "success_rate": 0.4}, 0.6),
    ],
)
def test_the_claim_is_the_score_and_the_success_rate(fields: dict[str, Json], claim: float | None) -> None:
    assert claimed_score({**fields}) == (pytest.approx(claim) if claim is not None else None)
