"""Sanitizing each distinct text once changes nothing but the time it takes."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_fedlearn.learn.clean_texts import RememberingEngine
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine

ENGINE = PrivacyEngine(LocalIdentity(user="jdoe", host="workbox", home="/home/jdoe"))
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
