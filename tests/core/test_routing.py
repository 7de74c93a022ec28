from pathlib import Path
from typing import Any

import pytest
from core.test_scoring import GOOD, events, score_event
from hypothesis import given

from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SHARED_SETS, SKILLS_PATTERNS
from git_fedlearn.core.quality import (
    CONTRADICTS_ITSELF,
    DECLINES_TO_ANSWER,
    PROBE,
    REPEATS,
    TOO_SHORT,
    find_fault,
)
from git_fedlearn.core.scoring import (
    BELOW,
    FAILED,
    HEARTBEAT,
    NO_FORM,
    PRIVILEGE,
    UNSOLVED,
    RoutedLesson,
    Skipped,
    route_event,
)
from git_fedlearn.core.substance import STATUS_ONLY
from git_fedlearn.core.wholeness import CUT_OFF

SCORING = Path(__file__).parents[2] / "docs" / "scoring.md"
STEP = {"event_type": "agent_step_complete"}
QUESTION = "How to configure the retries of a failing service?"
SENTENCES = "Back off between tries and add jitter to it. " * 3


def routed(event: dict[str, Any]) -> RoutedLesson | Skipped:
    return route_event(event)[1]


def learned(event: dict[str, Any]) -> RoutedLesson:
    lesson = routed(event)
    assert isinstance(lesson, RoutedLesson), lesson
    return lesson


@given(events)
def test_any_event_becomes_a_clean_lesson_or_a_counted_reason(event: dict[str, Any]) -> None:
    result = routed(event)
    if isinstance(result, Skipped):
        assert result.reason
        return
    assert result.set_name in SHARED_SETS
    assert not [key for key in result.content if key.startswith("_")]
    assert result.content["value_score"] == score_event(event).value >= 0.7
    assert len(result.content) > 1


@pytest.mark.parametrize(
    ("fields", "set_name"),
    [
        ({"error_type": "EADDRINUSE", "solution": "free the port"}, ERROR_SOLUTIONS),
        ({"error_message": "port in use", "fix": "free the port"}, ERROR_SOLUTIONS),
        (
            {"error_type": "EADDRINUSE", "solution": "free the port", "title": "t", "description": "d"},
            ERROR_SOLUTIONS,
        ),
        ({"title": "Pin inputs", "description": "Pin flake inputs."}, BEST_PRACTICES),
        ({"category": "nix", "description": "Pin flake inputs."}, BEST_PRACTICES),
        ({"description": "Pin flake inputs.", "endorsement_count": 3}, BEST_PRACTICES),
        ({"title": "Pin flake inputs.", "endorsed": True}, BEST_PRACTICES),
        ({"skill_name": "retries", "usage_pattern": "back off longer after each refusal"}, SKILLS_PATTERNS),
        ({"pattern": {"trigger": "timeout"}}, SKILLS_PATTERNS),
        (
            {"pattern_extracted": True, "query": QUESTION, "response": "Back off, with jitter."},
            SKILLS_PATTERNS,
        ),
        ({"query": QUESTION, "response": SENTENCES}, SKILLS_PATTERNS),
        ({"data": {"prompt": QUESTION, "completion": SENTENCES}}, SKILLS_PATTERNS),
    ],
)
def test_a_lesson_goes_to_the_set_of_the_first_form_that_fits(fields: dict[str, Any], set_name: str) -> None:
    assert learned(fields | {"value_score": 0.9}).set_name == set_name


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"event_type": "health_spider_cycle", "anomalies": 0}, HEARTBEAT),
        ({"event_type": "spider_started"}, HEARTBEAT),
        ({}, HEARTBEAT),
        ({"event_type": "http_failure", "url": "/health"}, UNSOLVED),
        ({"event_type": "noticed", "error": "boom"}, UNSOLVED),
        ({"event_type": "noticed", "title": "boom"}, NO_FORM),
        (GOOD | {"value_score": 0.69}, BELOW),
        (GOOD | {"outcome": "unknown", "event_type": "step"}, BELOW),
        (GOOD | {"outcome": "failure"}, FAILED),
        (GOOD | {"truncated": True}, CUT_OFF),
        (GOOD | {"finish_reason": "length", "value_score": 0.9}, CUT_OFF),
        (STEP | {"query": "test query", "response": SENTENCES}, PROBE),
    ],
)
def test_what_is_not_learned_has_a_reason(event: dict[str, Any], reason: str) -> None:
    result = routed(event)
    assert isinstance(result, Skipped)
    assert result.reason == reason


def test_the_score_is_kept_apart_from_the_reason() -> None:
    assert routed({"value_score": 0.55, "title": "t", "description": "Pin flake inputs."}) == Skipped(
        BELOW, "scored 0.55, below your minimum of 0.7"
    )


def test_the_threshold_itself_is_enough() -> None:
    event: dict[str, Any] = {"value_score": 0.7, "title": "t", "description": "Pin flake inputs."}
    assert isinstance(routed(event), RoutedLesson)
    assert isinstance(route_event(event, threshold=0.71)[1], Skipped)


def test_a_claimed_score_does_not_make_a_lesson() -> None:
    event = {"query": QUESTION, "response": "Done.", "value_score": 0.95}
    assert routed(event) == Skipped(STATUS_ONLY)
    assert routed({"query": "ping", "response": SENTENCES, "value_score": 0.95}) == Skipped(PROBE)


def test_content_has_no_field_of_the_session_or_ours() -> None:
    session = {"timestamp": 1, "session_id": "s", "task_id": "t", "host": "h", "pid": 1, "latency_ms": 3}
    run = {"tokens_in": 4, "model": "m", "source": "x", "zone": "z", "user_feedback": 1, "elapsed_seconds": 2}
    other = {
        "event_type": "error_resolution",
        "_seen_by": ["forged"],
        "fixed_at": "now",
        "commit_hash": "a",
        "empty": "",
    }
    lesson = {"error_type": "E", "error_message": "port 80 in use", "solution": "free it", "tags": ["net"]}
    context = {"service": "web", "request_id": "r", "deeper": [{"pid": 3, "port": 80}]}
    event: dict[str, Any] = {**session, **run, **other, **lesson, "context": context}
    kept = {"service": "web", "deeper": [{"port": 80}]}
    assert learned(event).content == {**lesson, "context": kept, "value_score": score_event(event).value}


def test_synonyms_become_the_names_of_the_coordinator() -> None:
    event = {"error_description": "port in use", "resolution": "free it", "value_score": 0.8}
    assert learned(event).content == {
        "error_message": "port in use",
        "solution": "free it",
        "value_score": 0.8,
    }


def test_scaffold_around_a_question_is_not_kept() -> None:
    scaffold = "/no_think [embedded-assist context]\nguess\n[/embedded-assist context]\n\n"
    plain = learned({"query": QUESTION, "response": SENTENCES, "value_score": 0.8})
    assert learned({"query": scaffold + QUESTION, "response": SENTENCES, "value_score": 0.8}) == plain


def test_a_long_question_keeps_its_beginning_and_its_end() -> None:
    query = learned({"query": f"begin {'x ' * 5000} end", "response": SENTENCES, "value_score": 0.8}).content[
        "query"
    ]
    assert isinstance(query, str)
    assert query.startswith("begin")
    assert query.endswith("end")
    assert len(query) < 2600


def test_access_rules_become_one_lesson_whether_told_as_a_list_or_as_text() -> None:
    told = STEP | {
        "profile": "web",
        "rules_added": 2,
        "response": "Committed 2 rule(s) as pending: ['   /proc/@{pids}/stat r,', '   /etc/hosts r,']",
    }
    listed = {
        "event_type": "apparmor_fix_staged",
        "profile": "web",
        "rules_added": ["      /etc/hosts r,", "      /proc/@{pids}/stat r,"],
    }
    assert learned(told) == learned(listed)
    assert learned(listed).content["error_type"] == "apparmor_denial"
    assert (
        learned(listed).content["solution"]
        == "Add to the AppArmor profile web:\n/etc/hosts r,\n/proc/@{pids}/stat r,"
    )


def test_access_rules_name_no_machine() -> None:
    machine = "89cc3b6db776404baa5b92d606a856e3"
    rules = [f"/var/log/journal/{machine}/system@d6279bf126b147518d53f333d34d245d-0000000012.journal r,"]
    event = {"event_type": "apparmor_fix_committed", "profile": "web", "rules_added": rules}
    assert "/var/log/journal/*/system@*.journal r," in str(learned(event).content["solution"])


@pytest.mark.parametrize(
    "rule", ["/run/secrets.d/49/db_password r,", "/run/wrappers/wrappers.Ab/sudo ix,", "/home/x/.ssh/id r,"]
)
def test_a_fix_that_grants_secrets_or_rights_is_for_each_owner_to_decide(rule: str) -> None:
    event = {"event_type": "apparmor_fix_committed", "profile": "web", "rules_added": [rule]}
    assert routed(event) == Skipped(PRIVILEGE)
    mixed = learned(event | {"rules_added": [rule, "/etc/hosts r,"]})
    assert rule.split(maxsplit=1)[0] not in str(mixed.content)


def test_an_answer_that_lists_facts_becomes_a_best_practice_without_its_prompt() -> None:
    answer = """```json
[{"fact": "Locks live in /run.", "scope": "nix", "confidence": 0.9},
 {"fact": "Ports are options.", "scope": "coordinator"}, {"fact": "A guess.", "confidence": 0.3}]
```"""
    content = learned(STEP | {"query": "extract facts from this diff", "response": answer}).content
    assert content.pop("value_score")
    assert content == {
        "category": "coordinator, nix",
        "description": "Locks live in /run.\nPorts are options.",
    }


@pytest.mark.parametrize(
    ("question", "answer", "fault"),
    [
        ("ping", "pong is what I say", PROBE),
        ("Reply with exactly three words: ALL_IS_WELL", "ALL_IS_WELL", PROBE),
        ("Say: hello world", "hello world", PROBE),
        ("Explain nix", SENTENCES, TOO_SHORT),
        (QUESTION, "```python\nx = 1", CUT_OFF),
        (QUESTION, '[{"name": "first"}, {"name": "sec', CUT_OFF),
        (QUESTION, f"{SENTENCES}\n### 2.", CUT_OFF),
        (QUESTION, f"{SENTENCES}\n{SENTENCES}\nThe last thing to do is", CUT_OFF),
        (QUESTION, f"- {SENTENCES}\n- {SENTENCES}\n- Seed the store without checking", CUT_OFF),
        (QUESTION, "1. Parse the tag, such as `</output>", CUT_OFF),
        (QUESTION, "1. Parse the tag (of the output!", CUT_OFF),
        (QUESTION, "for _ in range(1) " * 60 + ".", REPEATS),
        (QUESTION, "I cannot determine the values from the template.", DECLINES_TO_ANSWER),
        (QUESTION, f"{SENTENCES}\nWait, that is wrong.\n{SENTENCES}", CONTRADICTS_ITSELF),
    ],
)
def test_an_answer_that_teaches_nothing(question: str, answer: str, fault: str) -> None:
    assert find_fault(question, answer) == fault


@pytest.mark.parametrize(
    "answer",
    [
        SENTENCES,
        "Run this:\n\n```sh\nnixos-rebuild switch\n```",
        "```python\ndef f(x):\n    return x\n```",
        '{"retries": 3, "jitter": true}',
        "[Unit] sections come first. Then the rest.",
        "Steps:\n- edit the module\n- rebuild\n- reboot",
        "systemctl restart nginx",
        "Set `retries` to 3 (three).",
        "```sh\necho 'I cannot'\n```",
    ],
)
def test_a_whole_answer_has_no_fault(answer: str) -> None:
    assert find_fault(QUESTION, answer) is None


@pytest.mark.parametrize(
    "reason",
    [
        *(BELOW, CUT_OFF, DECLINES_TO_ANSWER, FAILED, HEARTBEAT, NO_FORM, PRIVILEGE),
        *(PROBE, REPEATS, TOO_SHORT, UNSOLVED, CONTRADICTS_ITSELF),
    ],
)
def test_every_reason_is_documented(reason: str) -> None:
    assert f"| {reason} |" in SCORING.read_text(encoding="utf-8")
