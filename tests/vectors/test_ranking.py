"""The formulas of docs/search.md."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.canonical import Json
from git_fedlearn.vectors.ranking import (
    PRIOR,
    Trust,
    claimed_score,
    effective_score,
    rank,
    relevance,
)

OWN = "sys-aaaaaaaaaa"
OTHERS: list[Json] = [f"sys-bbbbbbbbb{letter}" for letter in "abcdefgh"]

scores = st.floats(0, 1)


def test_one_peer_that_claims_everything_ranks_below_what_many_systems_found() -> None:
    claimed = effective_score({"value_score": 1.0, "_seen_by": OTHERS[:1]}, Trust(OWN))
    found = effective_score({"value_score": 0.8, "_seen_by": OTHERS}, Trust(OWN))
    assert claimed == pytest.approx(2 / 3)
    assert found == pytest.approx(0.74)


def test_own_lessons_count_double_and_a_distrusted_system_not_at_all() -> None:
    mine = effective_score({"value_score": 0.9, "_seen_by": [OWN]}, Trust(OWN))
    theirs = effective_score({"value_score": 0.9, "_seen_by": OTHERS[:1]}, Trust(OWN))
    ignored = effective_score({"value_score": 0.9, "_seen_by": OTHERS[:1]}, Trust(OWN, {str(OTHERS[0]): 0.0}))
    assert mine > theirs > ignored == PRIOR


@given(scores, st.integers(0, 8))
def test_the_effective_score_lies_between_the_prior_and_the_claim(claim: float, systems: int) -> None:
    found = effective_score({"value_score": claim, "_seen_by": OTHERS[:systems]}, Trust(OWN))
    assert min(PRIOR, claim) - 1e-9 <= found <= max(PRIOR, claim) + 1e-9


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


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 50)), max_size=8))
def test_relevance_is_in_the_unit_interval(pairs: list[tuple[float, float]]) -> None:
    found = relevance([cosine for cosine, _ in pairs], [words for _, words in pairs])
    assert len(found) == len(pairs)
    assert all(0 <= one <= 1 for one in found)


@given(scores, scores, scores)
def test_rank_grows_with_relevance_and_with_the_score(relevant: float, low: float, high: float) -> None:
    assert rank(relevant, min(low, high)) <= rank(relevant, max(low, high)) <= relevant + 1e-9
