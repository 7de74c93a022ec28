"""Profiles: paths, renames, constants, scores, and what a shared settings file must not be able to name."""

import json
from typing import Any

import pytest

from git_fedlearn.core.scoring import RoutedLesson, Skipped, route_event
from git_fedlearn.errors import SettingsError
from git_fedlearn.learn.profiles import Profile, parse_profiles

LITELLM: dict[str, Any] = {
    "id": "chatcmpl-1",
    "call_type": "acompletion",
    "status": "success",
    "startTime": 1780000000.5,
    "model": "ollama/qwen3",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "How do I fix"}, {"type": "text", "text": "EACCES?"}],
        },
    ],
    "response": {
        "choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "chmod it."}}]
    },
    "metadata": {"user_api_key_alias": "me"},
    "requester_ip_address": "192.0.2.7",
}


def profile(**entry: Any) -> Profile:
    (made,) = parse_profiles({"agent": {"files": "agent/*.jsonl", **entry}})
    return made


def test_renames_constants_and_the_first_path_that_leads_somewhere() -> None:
    made = profile(
        where="kind == 'turn'",
        fields={"query": "q", "response": ["a.text", "a.raw"]},
        constants={"event_type": "turn", "tags": ["agent"]},
        score="0.5 + 0.3 * ok",
    )
    line: dict[str, Any] = {"kind": "turn", "q": "Why?", "a": {"raw": "Because."}, "ok": True, "user": "me"}
    assert made.apply(line) == {
        "query": "Why?",
        "response": "Because.",
        "event_type": "turn",
        "tags": ["agent"],
        "value_score": pytest.approx(0.8),
    }
    assert made.apply(line | {"kind": "ping"}) is None
    assert "value_score" not in (made.apply(line | {"ok": None}) or {})


def test_a_score_is_held_to_its_range() -> None:
    assert (profile(score="7").apply({}) or {})["value_score"] == 1.0
    assert (profile(score="-1").apply({}) or {})["value_score"] == 0.0
    assert "value_score" not in (profile(score="'good'").apply({}) or {})


def test_the_coordinators_events_are_taken_as_they_stand() -> None:
    event: dict[str, Any] = {"event_type": "x", "payload": {"query": "q"}, "value_score": 0.8}
    assert profile(profile="hybrid-coordinator").apply(event) == event


def test_a_litellm_log_line_is_an_event_without_its_user() -> None:
    event = profile(profile="litellm").apply(LITELLM)
    assert event == {
        "query": "How do I fix\nEACCES?",
        "response": "chmod it.",
        "finish_reason": "stop",
        "outcome": "success",
        "timestamp": 1780000000.5,
        "event_type": "llm_call",
    }


def test_a_litellm_failure_is_an_error_without_a_solution() -> None:
    made = profile(profile="litellm")
    failed = LITELLM | {
        "status": "failure",
        "response": {},
        "error_information": {"error_class": "RateLimitError"},
    }
    event = made.apply(failed | {"error_str": "slow down"}) or {}
    assert (event["error_type"], event["error_message"]) == ("RateLimitError", "slow down")
    assert isinstance(route_event(event)[1], Skipped)
    assert made.apply({"level": "INFO", "message": "started"}) is None


def test_a_ready_made_profile_can_be_refined() -> None:
    made = profile(profile="litellm", score="0.9 if len(response) > 5 else 0")
    event = made.apply(LITELLM) or {}
    assert event["value_score"] == 0.9
    _, lesson = route_event(event)
    assert isinstance(lesson, RoutedLesson)
    assert json.dumps(lesson.content)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"files": "/etc/*.jsonl"}, "`files` must be a pattern below the source folder"),
        ({"files": "../x.jsonl"}, "`files` must be a pattern below the source folder"),
        ({"files": "~/x.jsonl"}, "`files` must be a pattern below the source folder"),
        ({}, "`files` must be a pattern below the source folder"),
        ({"files": 3}, "`files` is not a string"),
        ({"files": "x", "profile": "other"}, "no such profile: other"),
        ({"files": "x", "feilds": {}}, "unknown key `feilds`"),
        ({"files": "x", "fields": {"query": 3}}, "fields: `query` is not a path or list of paths"),
        ({"files": "x", "fields": {"query": "a["}}, "fields: `query`: not a path: a["),
        ({"files": "x", "score": "open('x')"}, "score: not allowed in an expression: `open('x')`"),
        (
            {"files": "x", "constants": {"a": {}}},
            "constants: `a` is not a string, number, boolean or list",
        ),
        (
            {"files": "x", "constants": {"a": [float("nan")]}},
            "constants: `a` is not a string, number, boolean or list",
        ),
        (7, "not a table"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(entry: object, message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_profiles({"agent": entry})
    assert raised.value.message == f".fedlearn.toml: [sources.agent]: {message}"


def test_names_that_git_config_could_not_hold_are_refused() -> None:
    with pytest.raises(SettingsError, match="not a valid name: use a-z"):
        parse_profiles({"My Agent": {"files": "x"}})
    with pytest.raises(SettingsError, match="`sources` is not a table"):
        parse_profiles([])
