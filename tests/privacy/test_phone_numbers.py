"""Telephone numbers: announced in other languages, a line before, with few digits, in structured records."""

from __future__ import annotations

import pytest

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()
SIX = "61 " + "51 81"
NATIONAL = "0278" + "808414"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"Phone:\n{NATIONAL}\n\nE-mail:", NATIONAL),
        (f"Phone:\\n{NATIONAL}\\n\\nE-mail:", NATIONAL),
        (f"24, rue Bouvet\\n{NATIONAL} office\\n", NATIONAL),
        (f'{{"text": "{NATIONAL} mobile"}}', NATIONAL),
        (f"you can call {SIX}", SIX),
        (f"{SIX} office", SIX),
        (f'"TelephoneNumber": "{SIX}"', SIX),
        (f"Rufnummer: {NATIONAL}", NATIONAL),
        (f"cellulare {NATIONAL}", NATIONAL),
        (f"телефон: {NATIONAL}", NATIONAL),
        (f"電話: {NATIONAL}", NATIONAL),
        (f"contact_number: {NATIONAL}", NATIONAL),
        (f'"phone2": "{NATIONAL}"', NATIONAL),
        (f"msisdn={NATIONAL}", NATIONAL),
        ("notes.txt:12:0049 170 55" + "50123", "170 55" + "50123"),
    ],
)
def test_a_number_in_text_is_redacted(text: str, value: str) -> None:
    clean = str(ENGINE.sanitize(text).value)
    assert value not in clean
    assert "<PHONE_NUMBER>" in clean


@pytest.mark.parametrize(
    "key",
    [
        "telefono",
        "teléfono",
        "tel",
        "home_tel",
        "homeTel",
        "tel_nr",
        "Rufnummer",
        "mobil",
        "celular",
        "電話",
        "mob",
        "contactNumber",
    ],
)
def test_a_number_under_the_key_of_a_phone_is_redacted(key: str) -> None:
    assert ENGINE.sanitize({"contact": {key: NATIONAL}}).value == {"contact": {key: "<PHONE_NUMBER>"}}


def test_a_number_that_is_no_text_is_redacted_under_such_a_key() -> None:
    assert ENGINE.sanitize({"telefono": 278808414}).value == {"telefono": "<PHONE_NUMBER>"}


@pytest.mark.parametrize(
    "text",
    [
        "hotel 278808414 has 12 rooms",
        "line 61 51 81 of the listing",
        "national_number_pattern='601055[0-4]'",
        "call 615181 returned",
        "Mar 3 10:00:00 2024 10:15:20 up",
        "Phone calls: 61 51 81 times",
        f"8525234|é mobile\n{NATIONAL}|21Vianet",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert ENGINE.sanitize(text).value == text
