"""What is private once is private wherever the record has it."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from privacy.private_samples import rand, strong_word

from git_fedlearn.privacy.copies import KnownValues
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.policy import Allowed, Policy
from git_fedlearn.privacy.record_fields import sanitize_fields, scan_fields

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import Json, JsonObject

ENGINE = PrivacyEngine()
TOKEN = rand(32)
WORD = strong_word()
ODD = 'a"b/c é' + rand(4) + "9$"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"token = '{TOKEN}'\necho {TOKEN} | login", "token = '<SECRET>'\necho <SECRET> | login"),
        (f"password: {WORD}; sed s/{WORD}/x/", "password: <PASSWORD>; sed s/<PASSWORD>/x/"),
        (f"token={TOKEN} then x{TOKEN}y", "token=<SECRET> then x<SECRET>y"),
        (
            rf"token={TOKEN} said '\n{TOKEN}' and %3D{TOKEN}",
            r"token=<SECRET> said '\n<SECRET>' and %3D<SECRET>",
        ),
        ({"password": WORD, "cmd": ["run", WORD]}, {"password": "<PASSWORD>", "cmd": ["run", "<PASSWORD>"]}),
        ({"password": WORD, "seen": {WORD: 1}}, {"password": "<PASSWORD>", "seen": {"<PASSWORD>": 1}}),
        (
            {"a": "see /home/mtorres/x", "by": "mtorres", "c": "mtorres_2 or mtorresino"},
            {"a": "see ~/x", "by": "<USER_NAME>", "c": "<USER_NAME>_2 or mtorresino"},
        ),
    ],
)
def test_every_copy_of_a_found_value_goes(before: Json, after: Json) -> None:
    result = ENGINE.sanitize(before)
    assert result.value == after
    assert ENGINE.sanitize(after).value == after
    assert len(ENGINE.scan(before)) == len(result.findings)


def test_copies_are_found_as_inner_json_and_urls_write_them() -> None:
    record: Json = {
        "password": ODD.replace(" ", ""),
        "raw": json.dumps({"argv": [ODD.replace(" ", "")]}),
        "url": f"/login?p={quote(ODD.replace(' ', ''), safe='')}&x=1",
    }
    result = ENGINE.sanitize(record).value
    assert result == {
        "password": "<PASSWORD>",
        "raw": '{"argv": ["<PASSWORD>"]}',
        "url": "/login?p=<PASSWORD>&x=1",
    }


@pytest.mark.parametrize(
    "copy",
    [
        base64.b64encode(WORD.encode()).decode(),
        base64.b64encode(WORD.encode()).decode().rstrip("="),
        base64.b64encode(f"maren:{WORD}".encode()).decode(),
        WORD.encode().hex(),
        WORD.upper(),
        WORD.lower(),
        quote(WORD, safe="").replace("%21", "%21".lower()),
    ],
)
def test_copies_in_another_writing_go(copy: str) -> None:
    result = ENGINE.sanitize({"password": WORD, "cmd": f"run {copy} now", "deep": [{copy: 1}]}).value
    assert copy not in str(result)
    assert ENGINE.sanitize(result).value == result


def test_numbers_are_copies_of_strings_and_strings_of_numbers() -> None:
    digits = "278808" + "414"
    record: Json = {
        "phone": "0278 808" + " 414",
        "n": int(digits),
        "of": [int(digits), 278],
        "t": f"id 0{digits}",
    }
    assert ENGINE.sanitize(record).value == {
        "phone": "<PHONE_NUMBER>",
        "n": "<PHONE_NUMBER>",
        "of": ["<PHONE_NUMBER>", 278],
        "t": "id <PHONE_NUMBER>",
    }
    assert ENGINE.sanitize({"phone": int(digits), "t": f"id {digits}"}).value == {
        "phone": "<PHONE_NUMBER>",
        "t": "id <PHONE_NUMBER>",
    }


def test_free_text_of_the_format_and_fields_share_their_values() -> None:
    fields: JsonObject = {"_reason": f"because {WORD} leaked", "note": f"password: {WORD}"}
    clean, kinds = sanitize_fields(ENGINE, fields)
    assert clean == {"_reason": "because <PASSWORD> leaked", "note": "password: <PASSWORD>"}
    assert kinds == {"PASSWORD": 2}
    assert {finding.pointer for finding in scan_fields(ENGINE, fields)} == {"/_reason", "/note"}


def test_the_name_of_a_home_folder_that_is_a_common_word_stays() -> None:
    text = "~/x and the admin of mei"
    assert ENGINE.sanitize({"a": "/home/admin/x", "b": text, "c": "/home/mei/x"}).value == {
        "a": "~/x",
        "b": text,
        "c": "~/x",
    }


def test_short_numbers_and_words_are_replaced_only_where_they_are_private() -> None:
    record: Json = {"password": "lucky", "pin": "PIN: 4821", "text": "lucky number 4821"}
    assert ENGINE.sanitize(record).value == {
        "password": "<PASSWORD>",
        "pin": "PIN: <PASSWORD_2>",
        "text": "lucky number 4821",
    }


def test_an_allowed_value_has_no_copies() -> None:
    (finding,) = ENGINE.scan({"password": WORD})
    policy = Policy(allowed=(Allowed(finding.fingerprint, "a sample"),))
    record: Json = {"password": WORD, "x": f"as {WORD}"}
    assert PrivacyEngine(policy=policy).sanitize(record).value == record


def test_a_copy_is_a_whole_word() -> None:
    known = KnownValues()
    known.learn("walnut-7", [Match(0, 8, "PASSWORD", "assignment")])
    spans = [(m.start, m.end) for m in known.copies("walnut-7 walnut-77 xwalnut-7 (walnut-7)")]
    assert spans == [(0, 8), (30, 38)]
