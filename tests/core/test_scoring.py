import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.scoring import CLAIMED, Score, estimate_complexity, estimate_reusability, route_event
from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights, parse_weights
from git_fedlearn.errors import SettingsError

FIELDS = (
    "event_type event type outcome success status exit_code error user_feedback value_score confidence_score "
    "novelty query response solution error_message error_type title category description pattern profile "
    "rules_added endorsement_count payload task pattern_extracted truncated"
).split()
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["success", "failed", "```", '[{"fact": "f"}]', "Wait, no.", "partial", "a_complete", "ping"]
    ),
)
values = (
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), scalars, max_size=3)
)
events = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), values, max_size=8)
weights = st.builds(Weights, *[st.floats(0, 1)] * 8)

GOOD: dict[str, Any] = {
    "event_type": "agent_step_complete",
    "query": "How to configure a bridge and fix the error",
    "response": "1. Define the bridge.\n2. Restart.\n"
    + " ".join(f"Explain part {part} of it at length." for part in range(40)),
}

PRACTICE: dict[str, Any] = {"category": "network", "description": "Bring the bridge up before its ports."}


def score_event(event: dict[str, Any], given_weights: Weights = DEFAULT_WEIGHTS) -> Score:
    return route_event(event, given_weights)[0]


def parts(score: Score) -> dict[str, float]:
    return {term.name: term.contribution for term in score.terms}


@given(events, weights)
def test_a_score_is_rounded_and_in_the_unit_interval(event: dict[str, Any], given_weights: Weights) -> None:
    value = score_event(event, given_weights).value
    assert 0 <= value <= 1
    assert value == round(value, 3)


@given(events)
def test_a_score_depends_on_the_event_alone_and_not_on_the_order_of_its_keys(event: dict[str, Any]) -> None:
    turned = dict(reversed(event.items()))
    assert score_event(event) == score_event(turned) == score_event(event)


@given(events)
def test_the_terms_add_up(event: dict[str, Any]) -> None:
    score = score_event(event)
    assert math.isclose(score.value, min(1, sum(term.contribution for term in score.terms)), abs_tol=1e-3)


@pytest.mark.parametrize("claim", [0, 0.0, 0.7, 0.123, 1, 1.0])
def test_a_valid_claim_is_kept_as_the_only_term(claim: float) -> None:
    score = score_event(GOOD | {"value_score": claim})
    assert [term.name for term in score.terms] == [CLAIMED]
    assert (score.value, [term.name for term in score.terms]) == (claim, ["own score"])


@pytest.mark.parametrize("claim", [True, False, "0.9", None, [], -0.1, 1.01, math.nan, math.inf, 10**400])
def test_anything_but_a_number_from_0_to_1_is_no_claim(claim: Any) -> None:
    assert score_event(GOOD | {"value_score": claim}) == score_event(GOOD)


def test_the_confidence_of_an_error_solution_stands_in_for_its_score() -> None:
    event: dict[str, Any] = {"error_type": "ImportError", "solution": "install it", "confidence_score": 0.85}
    assert score_event(event).value == 0.85
    assert score_event(event | {"value_score": 0.5}).value == 0.5
    assert CLAIMED not in parts(score_event(GOOD | {"confidence_score": 0.85}))


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({"outcome": "success"}, 0.4),
        ({"outcome": "Partial"}, 0.2),
        ({"outcome": "failure", "event_type": "step_complete"}, 0),
        ({"outcome": "unknown", "event_type": "step_complete"}, 0.4),
        ({"success": True}, 0.4),
        ({"success": False, "event_type": "step_complete"}, 0),
        ({"status": "completed"}, 0.4),
        ({"status": 200}, 0.4),
        ({"status": 503, "event_type": "step_complete"}, 0),
        ({"exit_code": 0}, 0.4),
        ({"exit_code": 2, "event_type": "step_complete"}, 0),
        ({"error": "boom", "event_type": "step_complete"}, 0),
        ({"error": None, "event_type": "step_complete"}, 0.4),
        ({"error": "boom", "solution": "light it outside"}, 0.4),
        ({"error": "boom", "solution": "light it outside", "solution_verified": False}, 0.2),
        ({"event_type": "apparmor_fix_committed"}, 0.4),
        ({"event_type": "http_failure"}, 0),
        ({"event": "task_completed"}, 0.4),
        ({"event_type": "cycle"}, 0.35),
        ({}, 0.35),
        ({"user_feedback": -1}, 0),
        ({"endorsement_count": 12}, 0.4),
    ],
)
def test_the_outcome_is_what_a_field_says_or_else_the_event_type(
    fields: dict[str, Any], worth: float
) -> None:
    assert parts(score_event(PRACTICE | fields))["outcome"] == worth


@pytest.mark.parametrize(
    ("fields", "worth"),
    [
        ({"user_feedback": 1}, 0.2),
        ({"user_feedback": 0}, 0.1),
        ({"user_feedback": -1}, 0),
        ({"feedback": "positive"}, 0.2),
        ({"feedback": "down"}, 0),
        ({"rating": 4}, 0.1),
        ({}, 0.1),
    ],
)
def test_absent_feedback_counts_as_neutral(fields: dict[str, Any], worth: float) -> None:
    assert parts(score_event(GOOD | fields))["feedback"] == worth


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("", 0),
        ("Tell me a joke", 0),
        ("How to configure a bridge", 0.25),
        ("How to fix the broken bridge", 0.5),
        ("Design a retry pattern and guidelines to avoid the failures when we deploy", 1),
        ("Phase 86: design the alerts", 0.1875),
        ("Fix 2026-05-30 phase 2, 3/7 done, see the roadmap", 0),
    ],
)
def test_a_question_tied_to_one_moment_is_less_reusable(question: str, share: float) -> None:
    assert estimate_reusability(question)[0] == share


def test_steps_code_and_length_make_an_answer_complex() -> None:
    assert estimate_complexity("")[0] == 0
    assert estimate_complexity("- a\n2. b\n")[0] == pytest.approx(0.2, abs=0.01)
    assert estimate_complexity("```\nx\n```")[0] == pytest.approx(0.3, abs=0.01)
    assert estimate_complexity("long " * 1000)[0] == 0.5
    assert estimate_complexity("- step\n" * 100)[0] == 1


def test_an_answer_that_only_repeats_the_question_has_no_novelty() -> None:
    words = "the north bridge carries nine loads and the south bridge carries two"
    event: dict[str, Any] = {"query": f"Please repeat: {words}", "response": words.title()}
    assert parts(score_event(event))["novelty"] == 0
    assert parts(score_event(event | {"novelty": 0.5}))["novelty"] == 0.05
    assert parts(score_event(GOOD))["novelty"] > 0


def test_an_event_inside_an_envelope_is_read_and_does_not_override_its_envelope() -> None:
    inner: dict[str, Any] = {
        "event": "task_completed",
        "task": {"prompt": GOOD["query"], "output": GOOD["response"]},
    }
    assert score_event(inner).value == score_event(GOOD).value
    assert score_event({"value_score": 0.9, "data": PRACTICE | {"value_score": 0.1}}).value == 0.9


def test_weights_come_from_a_table_and_the_rest_keep_their_defaults() -> None:
    assert parse_weights({}) == DEFAULT_WEIGHTS
    assert parse_weights({"success": 1, "novelty": 0.0}) == Weights(success=1.0, novelty=0.0)


@pytest.mark.parametrize("table", [{"sucess": 0.4}, {"success": 2}, {"success": "0.4"}, {"success": True}])
def test_a_weight_that_cannot_be_one_is_a_fault_that_names_it(table: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(table))):
        parse_weights(table)
