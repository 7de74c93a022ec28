"""Sanitizing each distinct thing once changes nothing but the time it takes."""

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record_set import canonical_set
from git_fedlearn.learn import distinct_lessons
from git_fedlearn.learn.clean_texts import RememberingEngine
from git_fedlearn.learn.distinct_lessons import DistinctLessons
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.recent_events import SLACK, RecentEvents
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine

ENGINE = PrivacyEngine(LocalIdentity(user="jdoe", host="workbox", home="/home/jdoe"))
INTAKE = Intake(ENGINE, "sys-aaaaaaaaaa", 1000)
TODAY = date(2026, 5, 28)
TEXTS = [
    "restart nginx",
    "mail bob@corp.acme-industries.de now",
    "ssh jdoe@workbox",
    "look in /home/jdoe/x",
    "10.20.30.40 and 10.20.30.41",
    "zero\u200bwidth",
    "plain",
    "",
]
texts = st.sampled_from(TEXTS)
keys = st.sampled_from(["query", "password", "token", "_x", "jdoe", "a\u200bb", "user"])
values = st.recursive(
    texts | st.integers(0, 2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@example([{"query": {"_x": "mail bob@corp.acme-industries.de now"}}])
@example([{"query": {"jdoe": "plain"}}])
@given(st.lists(values, min_size=1, max_size=6))
def test_an_engine_that_remembers_answers_as_one_that_does_not(given_values: list[Any]) -> None:
    remembering = RememberingEngine(ENGINE)
    for value in [*given_values, *given_values]:
        assert remembering.sanitize(value) == ENGINE.sanitize(value)
        assert remembering.scan(value) == ENGINE.scan(value)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("git_fedlearn.learn.clean_texts.MOST", 5)
    remembering = RememberingEngine(ENGINE)
    for number in range(40):
        assert remembering.sanitize([f"text {number}"]).findings == ()
        assert len(remembering._clean) <= 5  # noqa: SLF001


lessons = st.tuples(
    st.sampled_from(["skills-patterns", "error-solutions"]),
    texts.filter(bool),
    st.none() | st.sampled_from([0.7, 0.75, 0.8, 1, 1.0]),
    st.integers(0, 3),
)


@given(st.lists(lessons, max_size=12))
def test_the_join_of_what_is_handed_over_is_the_join_of_all(
    made: list[tuple[str, str, float | None, int]],
) -> None:
    distinct = DistinctLessons(INTAKE)
    plain: dict[str, list[bytes]] = {}
    for name, text, score, days in made:
        content: dict[str, Any] = {"query": text} if score is None else {"query": text, "value_score": score}
        day = TODAY - timedelta(days=days)
        admitted = INTAKE.admit(content, day)
        plain.setdefault(name, []).append(admitted.record.line)
        assert distinct.add(SetName(name), content, day) == admitted.redacted
    taken = distinct.take()
    assert {name: len(lines) for name, lines in taken.items()} == {
        name: len(lines) for name, lines in plain.items()
    }
    for name, lines in plain.items():
        assert canonical_set(b"\n".join(taken[SetName(name)])) == canonical_set(b"\n".join(lines))
    assert distinct.take() == {}


def test_it_says_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct_lessons, "MOST", 3)
    distinct = DistinctLessons(INTAKE)
    for number in range(3):
        assert not distinct.is_full
        distinct.add(SetName("skills-patterns"), {"query": f"{number}"}, TODAY)
    assert distinct.is_full
    distinct.take()
    assert not distinct.is_full


def line_of(event: dict[str, Any]) -> bytes | None:
    return None if event["text"] == "none" else event["text"].encode()


@given(
    st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.text("abc", max_size=3)), max_size=80),
    st.randoms(),
)
def test_the_newest_events_stay_in_whatever_order_they_come(
    events: list[tuple[str, str]], chance: random.Random
) -> None:
    expected = sorted({(time, text.encode()) for time, text in events})[-5:]
    chance.shuffle(events)
    recent = RecentEvents(5, line_of)
    for time, text in events:
        recent.add(time, {"text": text})
        assert len(recent._held) < SLACK * 5  # noqa: SLF001
    assert sorted(recent.take())[-5:] == expected
    assert recent.take() == []


def test_an_event_that_is_no_record_leaves_its_place_to_others() -> None:
    recent = RecentEvents(2, line_of)
    for text in ("a", "b", "none", "c"):
        recent.add("1", {"text": text})
    assert recent.take() == [("1", b"c"), ("1", b"b")]
