"""Sanitizing each distinct text once changes nothing but the time it takes."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from privacy.private_samples import aws_key, github_token, pem_block

from git_fedlearn.learn.clean_texts import RememberingEngine
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine
from git_fedlearn.privacy.pointers import iter_strings, iter_texts

TOKEN = github_token(3)
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
    "a key that a log may hold twice, longer than what is remembered as it is",
    f"use {TOKEN[:17]}",
    f"{TOKEN[17:]} is the rest",
    *pem_block().split("\n")[:3],
    aws_key(),
    "aB3/" * 9 + "xY7+",
]
texts = st.sampled_from(TEXTS)
keys = st.sampled_from(["query", "password", "token", "_x", "jdoe", "a\u200bb", "user", "phone"])
values = st.recursive(
    texts | st.integers(0, 2) | st.just(4915112345678),
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


@given(values)
def test_the_quick_way_meets_the_same_texts(value: Any) -> None:
    met = sorted((text, "" if key is None else key, key is None) for text, key in iter_texts(value))
    assert met == sorted((place.text, place.key, place.in_key) for place in iter_strings(value))
