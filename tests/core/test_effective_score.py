"""The formula of docs/scoring.md, "The effective score", and its laws."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.effective_score import (
    MAX_VOTES_PER_SYSTEM,
    PRIOR,
    PRIOR_WEIGHT,
    SystemWeights,
    Tally,
    claimed_score,
    effective_score,
    tally,
)
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.outcomes import MAX_COUNT, Outcome

OWN = "sys-aaaaaaaaaa"
OTHERS: list[Json] = [f"sys-bbbbbbbbb{letter}" for letter in "abcdefghij"]
SYSTEMS = [OWN, *map(str, OTHERS)]

scores = st.floats(0, 1)
counts = st.integers(0, 5) | st.sampled_from([MAX_COUNT - 1])
tables = st.dictionaries(st.sampled_from(SYSTEMS), st.tuples(counts, counts), max_size=4)
lessons = st.fixed_dictionaries(
    {"_seen_by": st.lists(st.sampled_from(SYSTEMS), unique=True, max_size=4)},
    optional={"value_score": scores},
)
trusts = st.builds(
    SystemWeights,
    st.just(OWN),
    st.dictionaries(st.sampled_from(SYSTEMS), st.sampled_from([0.0, 0.5, 1.0, 7.0])),
)


def outcomes(table: dict[str, tuple[int, int]]) -> dict[str, Outcome]:
    return {system: Outcome(RecordId("0" * 32), *counted) for system, counted in table.items()}


@given(lessons, trusts, tables, st.sampled_from(SYSTEMS))
def test_one_more_failure_never_raises_and_one_more_success_never_lowers(
    fields: JsonObject, trust: SystemWeights, table: dict[str, tuple[int, int]], system: str
) -> None:
    worked, failed = table.get(system, (0, 0))
    now = effective_score(fields, trust, outcomes(table))
    assert effective_score(fields, trust, outcomes({**table, system: (worked, failed + 1)})) <= now + 1e-12
    assert effective_score(fields, trust, outcomes({**table, system: (worked + 1, failed)})) >= now - 1e-12
    assert 0 <= now <= 1


@given(lessons, trusts, tables, st.sampled_from(SYSTEMS), st.tuples(counts, counts))
def test_one_system_moves_a_score_by_no_more_than_its_share(
    fields: JsonObject,
    trust: SystemWeights,
    table: dict[str, tuple[int, int]],
    system: str,
    counted: tuple[int, int],
) -> None:
    silent = {other: said for other, said in table.items() if other != system}
    without = {**fields, "_seen_by": [one for one in seen(fields) if one != system]}
    before = effective_score(without, trust, outcomes(silent))
    after = effective_score(fields, trust, outcomes({**silent, system: counted}))
    most = MAX_VOTES_PER_SYSTEM * trust.of(system)
    share = most / (most + PRIOR_WEIGHT)
    assert abs(after - before) <= share + 1e-9


def seen(fields: JsonObject) -> list[Json]:
    found = fields["_seen_by"]
    assert isinstance(found, list)
    return found


@given(scores, st.integers(0, 10))
def test_without_outcomes_it_lies_between_the_prior_and_the_claim(claim: float, systems: int) -> None:
    found = effective_score({"value_score": claim, "_seen_by": OTHERS[:systems]}, SystemWeights(OWN))
    assert min(PRIOR, claim) - 1e-9 <= found <= max(PRIOR, claim) + 1e-9


def test_one_peer_that_claims_everything_ranks_below_what_many_systems_found() -> None:
    liar: JsonObject = {"value_score": 1.0, "_seen_by": OTHERS[:1]}
    assert effective_score(liar, SystemWeights(OWN)) == pytest.approx(2 / 3)
    found: JsonObject = {"value_score": 0.8, "_seen_by": OTHERS[1:9]}
    assert effective_score(found, SystemWeights(OWN)) == pytest.approx(0.74)
    praise = effective_score(liar, SystemWeights(OWN), outcomes({str(OTHERS[0]): (MAX_COUNT, 0)}))
    assert praise < effective_score({**found, "_seen_by": [*OTHERS]}, SystemWeights(OWN)) == 0.75


def test_a_bad_lesson_sinks_though_its_claim_stays() -> None:
    lesson: JsonObject = {"value_score": 1.0, "_seen_by": OTHERS[:1]}
    ranks = [effective_score(lesson, SystemWeights(OWN), outcomes({OWN: (0, failed)})) for failed in range(4)]
    assert [round(rank, 2) for rank in ranks] == [0.67, 0.4, 0.35, 0.33]
    crowd = {str(system): (0, 2) for system in OTHERS[1:]}
    assert effective_score(lesson, SystemWeights(OWN), outcomes(crowd)) < 0.15


def test_own_lessons_count_double_and_a_distrusted_system_not_at_all() -> None:
    mine = effective_score({"value_score": 0.9, "_seen_by": [OWN]}, SystemWeights(OWN))
    theirs: JsonObject = {"value_score": 0.9, "_seen_by": OTHERS[:1]}
    ignored = SystemWeights(OWN, {str(OTHERS[0]): 0.0})
    assert mine > effective_score(theirs, SystemWeights(OWN)) > effective_score(theirs, ignored) == PRIOR
    assert effective_score(theirs, ignored, outcomes({str(OTHERS[0]): (0, 9)})) == PRIOR


@pytest.mark.parametrize("weight", [math.inf, math.nan, -1.0, 1e300])
def test_no_weight_makes_it_leave_the_unit_interval(weight: float) -> None:
    trust = SystemWeights(OWN, {str(OTHERS[0]): weight})
    found = effective_score({"value_score": 1.0, "_seen_by": OTHERS[:1]}, trust)
    assert 0 <= found <= 1


def test_without_a_claim_outcomes_alone_count() -> None:
    lesson: JsonObject = {"_seen_by": OTHERS[:3]}
    assert effective_score(lesson, SystemWeights(OWN)) == PRIOR
    assert effective_score(lesson, SystemWeights(OWN), outcomes({str(OTHERS[0]): (1, 0)})) == pytest.approx(
        2 / 3
    )


def test_tally_adds_up_and_leaves_out_who_counted_nothing() -> None:
    table = outcomes({OWN: (2, 1), str(OTHERS[0]): (1, 0), str(OTHERS[1]): (0, 0)})
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
def test_the_claim_is_the_score_and_the_success_rate(fields: dict[str, float], claim: float | None) -> None:
    assert claimed_score({**fields}) == (pytest.approx(claim) if claim is not None else None)
