"""Profiles: paths, renames, constants, scores, and what a shared settings file must not be able to name."""

import tomllib
from typing import Any

import pytest

from git_fedlearn.core.scoring import RoutedLesson, Skipped, route_event
from git_fedlearn.errors import SettingsError
from git_fedlearn.learn.profiles import Profile, parse_profiles

CALL: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "How do I fix"}, {"type": "text", "text": "EACCES?"}],
        },
    ],
    "user": "me",
}


def profile(**entry: Any) -> Profile:
    (made,) = parse_profiles({"agent": {"files": "agent/*.jsonl", **entry}})
    return made


def test_renames_constants_and_the_first_path_that_leads_somewhere() -> None:
    made = profile(
        where="kind == 'turn'",
        fields={"query": "q", "response": ["a.text", "a.raw"]},
        constants={"event_type": "turn", "tags": ["agent"]},
        score="sum([`0.5`, ok && `0.3` || `0`])",
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
    assert (made.apply(line | {"ok": None}) or {})["value_score"] == 0.5


def test_a_score_is_held_to_its_range() -> None:
    assert (profile(score="`7`").apply({}) or {})["value_score"] == 1.0
    assert (profile(score="`-1`").apply({}) or {})["value_score"] == 0.0
    assert (profile(score=0.9).apply({}) or {})["value_score"] == 0.9
    assert (profile(score="0.9").apply({}) or {})["value_score"] == 0.9
    assert "value_score" not in (profile(score="'good'").apply({}) or {})
    assert "value_score" not in (profile(score="sum([rating])").apply({}) or {})


def test_the_coordinators_events_are_taken_as_they_stand() -> None:
    event: dict[str, Any] = {"event_type": "x", "payload": {"query": "q"}, "value_score": 0.8}
    assert profile(profile="hybrid-coordinator").apply(event) == event


def test_the_parts_of_a_message_are_one_text() -> None:
    made = profile(fields={"query": "messages[?role=='user'] | [-1].content"})
    assert made.apply(CALL) == {"query": "How do I fix\nEACCES?"}


MULCH: list[dict[str, Any]] = [
    {
        "type": "failure",
        "description": "VACUUM inside a transaction fails with SQLITE_ERROR",
        "resolution": "Commit before VACUUM; it cannot run inside a transaction.",
        "classification": "foundational",
        "recorded_at": "2026-02-09T10:00:00.000Z",
        "id": "mx-1a2b3c",
        "evidence": {"commit": "abc1234", "file": "src/db.ts"},
        "outcomes": [{"status": "success", "agent": "ada"}],
        "tags": ["sqlite", "author:ada"],
    },
    {
        "type": "convention",
        "content": "Open SQLite databases in WAL mode, so that readers do not block the writer.",
        "classification": "tactical",
        "recorded_at": "2026-02-09T10:00:00.000Z",
    },
    {
        "type": "decision",
        "title": "SQLite instead of Postgres",
        "rationale": "The tool runs offline on one machine; a server would only be more to install.",
        "classification": "foundational",
        "recorded_at": "2026-02-09T10:00:00.000Z",
    },
    {
        "type": "pattern",
        "name": "Atomic writes",
        "description": "Write to a temporary file and rename it, so that no reader sees half a file.",
        "classification": "observational",
        "recorded_at": "2026-02-09T10:00:00.000Z",
        "files": ["src/io.ts"],
    },
]


def test_expertise_of_mulch_is_lessons_already() -> None:
    made = profile(profile="mulch")
    routed = [route_event(made.apply(record) or {}) for record in MULCH]
    lessons = [lesson for _, lesson in routed if isinstance(lesson, RoutedLesson)]
    assert [lesson.set_name for lesson in lessons] == ["error-solutions"] + ["best-practices"] * 3
    assert [score.value for score, _ in routed] == [0.9, 0.85, 0.9, 0.75]
    assert lessons[0].content == {
        "error_message": MULCH[0]["description"],
        "solution": MULCH[0]["resolution"],
        "category": "failure",
        "tags": ["sqlite"],
        "value_score": 0.9,
    }
    assert lessons[2].content["title"] == "SQLite instead of Postgres"
    failed = MULCH[0] | {"outcomes": [{"status": "success"}, {"status": "failure"}]}
    assert isinstance(route_event(made.apply(failed) or {})[1], Skipped)
    assert made.apply(MULCH[0] | {"status": "archived"}) is None
    assert made.apply({"type": "turn", "content": "Hello."}) is None


def test_a_ready_made_profile_can_be_refined() -> None:
    made = profile(profile="mulch", score="type == 'decision' && `0.95` || `0`")
    assert [(made.apply(record) or {})["value_score"] for record in MULCH] == [0, 0, 0.95, 0]


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
        ({"files": "x", "fields": {"query": "a["}}, "fields: `query`: not JMESPath: a["),
        ({"files": "x", "score": "open('x')"}, "score: no such function: open()"),
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


def test_a_mistake_is_told_with_its_line_and_the_way_to_write_it() -> None:
    settings = (
        'format = 1\n[sources.other]\nfiles = "x"\nwhere = "a"\n\n[sources.agent]\nfiles = "x"\n'
        'where = "kind == \'turn\' and not error"\n[sources.agent.fields]\nquery = "m[role=user][-1]"\n'
    )
    table = tomllib.loads(settings)["sources"]
    with pytest.raises(SettingsError) as raised:
        parse_profiles(table, settings)
    assert raised.value.message.startswith(".fedlearn.toml:8: [sources.agent]: where: not JMESPath: kind ")
    assert str(raised.value.hint).startswith("JMESPath: a.b, a[0]")
    table["agent"]["where"] = "a"
    with pytest.raises(SettingsError) as raised:
        parse_profiles(table, settings)
    assert raised.value.message == (
        ".fedlearn.toml:10: [sources.agent]: fields: `query`: not JMESPath: m[role=user][-1]"
    )


def test_names_that_git_config_could_not_hold_are_refused() -> None:
    with pytest.raises(SettingsError, match="not a valid name: use a-z"):
        parse_profiles({"My Agent": {"files": "x"}})
    with pytest.raises(SettingsError, match="`sources` is not a table"):
        parse_profiles([])
