"""The memory of texts: it changes only how long a scan takes."""

import pickle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from privacy.private_samples import aws_key, github_token, pem_block

from git_fedlearn.privacy import scanner
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine
from git_fedlearn.privacy.json_strings import iter_strings, iter_texts
from git_fedlearn.privacy.policy import CustomRule, Policy
from git_fedlearn.privacy.scanner import TextScanner

TOKEN = github_token(3)
MAIL = "bob" + "@" + "corp.acme-industries.de"
IDENTITY = LocalIdentity(user="jdoe", host="workbox", home="/home/jdoe")
ENGINE = PrivacyEngine(IDENTITY)
TEXTS = [
    "restart nginx",
    f"mail {MAIL} now",
    "ssh jdoe@workbox",
    "look in /home/jdoe/x",
    "10.20.30.40 and 10.20.30.41",
    "zero\u200bwidth",
    "zerowidth",
    "plain",
    "",
    "a text that a log may contain twice, longer than what is remembered verbatim",
    f"use {TOKEN[:17]}",
    f"{TOKEN[17:]} is the rest",
    *pem_block().split("\n")[:3],
    aws_key(),
    "aB3/" * 9 + "xY7+",
]
texts = st.sampled_from(TEXTS)
keys = st.sampled_from(
    ["query", "password", "token", "_x", "jdoe", "a\u200bb", "user", "phone", "PIN:<PASSWORD>"]
)
values = st.recursive(
    texts | st.integers(0, 2) | st.just(4915112345678),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


@example([{"query": {"_x": f"mail {MAIL} now"}}])
@example([{"query": {"jdoe": "plain"}}])
@given(st.lists(values, min_size=1, max_size=6))
def test_a_used_engine_answers_like_a_new_one(given_values: list[Any]) -> None:
    for value in given_values:
        fresh = PrivacyEngine(IDENTITY)
        assert ENGINE.sanitize(value) == fresh.sanitize(value) == fresh.sanitize(value)
        assert ENGINE.scan(value) == PrivacyEngine(IDENTITY).scan(value)


@given(values)
def test_iter_texts_yields_the_texts_of_iter_strings(value: Any) -> None:
    met = sorted((text, "" if key is None else key, key is None) for text, key in iter_texts(value))
    assert met == sorted((place.text, place.key, place.in_key) for place in iter_strings(value))


def test_each_text_is_scanned_once_per_key(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[tuple[str, str]] = []
    find = TextScanner._find  # noqa: SLF001

    def counting(scanner: TextScanner, text: str, key: str, *parts: Any) -> Any:
        looked.append((text, key))
        return find(scanner, text, key, *parts)

    monkeypatch.setattr(TextScanner, "_find", counting)
    engine = PrivacyEngine()
    long = "the same answer as always, and more of it. " * 3
    for _ in range(3):
        assert engine.sanitize({"note": long, "password": "plain", "of": [long]}).findings == ()
        assert engine.scan(long) == ()
        assert engine.sanitize([MAIL]).value == ["<EMAIL_ADDRESS>"]
    assert sorted(looked) == sorted(
        [
            *((key, "") for key in ("note", "password", "of")),
            *((long, "note"), ("plain", "password"), (long, "of"), (long, "")),
            *((MAIL, ""), ("<EMAIL_ADDRESS>", "")),
        ]
    )


def test_engines_share_no_memory() -> None:
    text = f"jdoe wrote to {MAIL} about T-1234"
    allowing = PrivacyEngine(policy=Policy(actions={"EMAIL_ADDRESS": "allow"}))
    ticket = PrivacyEngine(policy=Policy(rules=(CustomRule("ticket", "T-[0-9]{4}", "TICKET"),)))
    for _ in range(2):
        assert allowing.sanitize([text]).value == [text]
        assert PrivacyEngine().sanitize([text]).value == [text.replace(MAIL, "<EMAIL_ADDRESS>")]
        assert ENGINE.sanitize([text]).value == ["<USER_NAME> wrote to <EMAIL_ADDRESS> about T-1234"]
        assert ticket.sanitize([text]).value == ["jdoe wrote to <EMAIL_ADDRESS> about <TICKET>"]


def test_the_oldest_text_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "MAX_REMEMBERED_TEXTS", 5)
    engine = PrivacyEngine()
    for number in range(40):
        assert engine.sanitize([f"text {number}"]).findings == ()
    assert [text for text, _ in engine._scanner._texts._seen] == [f"text {n}" for n in range(35, 40)]  # noqa: SLF001


def test_the_memory_contains_no_long_text_or_key() -> None:
    engine = PrivacyEngine()
    value: Any = {"a key, too, may be longer than what is remembered": "so may the text under it " * 4}
    assert engine.sanitize(value).findings == ()
    assert {len(part) for mark in engine._scanner._texts._seen for part in mark} == {0, 16}  # noqa: SLF001


def test_a_text_with_many_findings_is_not_remembered() -> None:
    engine = PrivacyEngine()
    few, many = (" ".join(f"{n}{MAIL}" for n in range(size)) for size in (8, 9))
    for text, is_remembered in ((few, True), (many, False)):
        found = engine.scan(text)
        assert engine.scan(text) == found
        assert bool(engine._scanner._texts._seen) is is_remembered  # noqa: SLF001
        engine._scanner._texts._seen.clear()  # noqa: SLF001


def test_an_engine_can_be_sent_to_another_process() -> None:
    engine = PrivacyEngine(
        IDENTITY, Policy(rules=(CustomRule("ticket", "T-(?P<secret>[0-9]{4})", "TICKET"),))
    )
    assert engine.scan("nothing") == ()
    sent: PrivacyEngine = pickle.loads(pickle.dumps(engine))  # noqa: S301 -- our own
    assert sent.sanitize("T-1234 of jdoe").value == "T-<TICKET> of <USER_NAME>"
