from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from privacy.private_samples import ALNUM, aws_key, github_token, pem_block, rand

from git_fedlearn.privacy.engine import PrivacyEngine

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import Json

ENGINE = PrivacyEngine()
TOKEN = github_token(11)
CUT = 17
FIRST, SECOND = TOKEN[:CUT], TOKEN[CUT:]


@pytest.mark.parametrize(
    "value",
    [
        {"part1": FIRST, "part2": SECOND},
        {"z": FIRST, "a": SECOND},
        {"note": f"the first half is {FIRST}", "more": f"{SECOND} is the rest"},
        {"note": f"the first half is `{FIRST}`.", "more": f"second half: {SECOND}"},
        ["x", FIRST, SECOND, "y"],
        {"a": {"b": FIRST}, "c": [{"d": SECOND}]},
        [TOKEN[:3], TOKEN[3:]],
        [TOKEN[:12], TOKEN[12:20], TOKEN[20:]],
        {"query": f"use {FIRST}\u200b", "response": f" {SECOND}"},
    ],
)
def test_a_token_in_pieces_is_one_secret(value: Json) -> None:
    clean = ENGINE.sanitize(value)
    left = json.dumps(clean.value)
    assert SECOND[3:] not in left
    assert FIRST[5:] not in left
    assert {finding.kind for finding in clean.findings} >= {"API_KEY"}
    assert ENGINE.sanitize(clean.value).value == clean.value
    assert ENGINE.scan(clean.value) == ()


def test_a_key_block_in_a_list_of_lines_is_redacted_line_by_line() -> None:
    lines: Json = {"log": ["cat id_rsa", *pem_block().split("\n"), "done"]}
    clean = ENGINE.sanitize(lines).value
    assert isinstance(clean, dict)
    log = clean["log"]
    assert isinstance(log, list)
    assert (log[0], log[-1]) == ("cat id_rsa", "done")
    assert all(line.startswith("<PRIVATE_KEY") for line in log[1:-1] if isinstance(line, str))


def test_the_secret_next_to_an_aws_key_id_is_redacted() -> None:
    secret = rand(20, ALNUM) + "/" + rand(18, ALNUM) + "7"
    clean = ENGINE.sanitize({"left": aws_key(), "right": secret}).value
    assert clean == {"left": "<API_KEY>", "right": "<API_KEY_2>"}
    assert ENGINE.sanitize({"left": "x", "right": secret}).findings == ()
    assert ENGINE.sanitize(f"{aws_key()} then {secret}, ok").value == "<API_KEY> then <API_KEY_2>, ok"


@pytest.mark.parametrize(
    "value",
    [
        ["sk", "live", "music", "tonight"],
        {"prefix": "ghp_", "suffix": "abcdefghijklmnopqrstuvwxyzabcdefghijkl"},
        {"a": "pat", "b": "5d41402abc4b2a76b9719d911017c592"},
        ["key", "value", "sk-learn", "1.2.3"],
        {"commit": "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "tool": "glpat"},
    ],
)
def test_neighbors_that_form_no_token_are_left_alone(value: Json) -> None:
    assert ENGINE.sanitize(value).value == value
