"""Identity numbers: found by shape, check digits and, for bare digits, a word before them.

The `_` in them is removed at run time, so that no file contains what looks like a real number.
"""

import json
import subprocess
import sys

import pytest

from git_fedlearn.privacy.engine import PrivacyEngine

ENGINE = PrivacyEngine()
CHECKED = [
    ("4111 1111_ 1111 1111", "payment-card"),
    ("3782 822463_ 10005", "payment-card"),
    ("DE89 3704_ 0044 0532 0130 00", "iban"),
    ("GB29NWBK6016_1331926819", "iban"),
    ("NHS number 943 476_ 6834", "uk-nhs-number"),
    ("1234_5678Z", "spanish-dni"),
    ("X123_4567L", "spanish-dni"),
    ("RSSMRA85T_10A562S", "italian-codice-fiscale"),
    ("2 55 08 14_ 168 025 38", "french-nir"),
    ("Steuer-ID 36 257_ 488 906", "german-tax-id"),
    ("BSN 1112_22333", "dutch-bsn"),
    ("PESEL 44051_401359", "polish-pesel"),
    ("640823-_3234", "swedish-personnummer"),
    ("131052-_308T", "finnish-hetu"),
    ("fnr 125485_ 00808", "norwegian-id"),
    ("529.982_.247-25", "brazilian-cpf"),
    ("2341 6317_ 0669", "indian-aadhaar"),
    ("1101051949_1231002X", "chinese-resident-id"),
    ("SIN 123 439_ 150", "canadian-sin"),
    ("TFN 123_456983", "australian-tfn"),
    ("85.45.07_-695.60", "belgian-id"),
    ("756.9217_.0769.85", "swiss-ahv"),
    ("TC kimlik 1730_7439150", "turkish-id"),
    ("NIF 501_968377", "portuguese-nif"),
    ("BOXW310820_HNERXN09", "mexican-curp"),
]


def rules_of(text: str) -> set[str]:
    return {finding.rule for finding in ENGINE.scan(text.replace("_", ""))}


@pytest.mark.parametrize(("text", "rule"), CHECKED)
def test_a_number_counts_by_its_check_digits(text: str, rule: str) -> None:
    assert rules_of(text) == {rule}
    last = text[-1]
    assert rule not in rules_of(text[:-1] + ("A" if last == "Z" else chr(ord(last) + 1)).replace(":", "0"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1101051949_1231002x", "chinese-resident-id"),
        ("640823+_3234", "swedish-personnummer"),  # of a person over a hundred
        ("19640823-_3234", "swedish-personnummer"),
        ("640883-_3231", "swedish-personnummer"),  # a coordination number: 60 more for the day
        ("131052-_990T", "finnish-hetu"),  # temporary
        ("fnr 850004_95765", "norwegian-id"),  # without a date of birth
        ("fnr 010139_94745", "norwegian-id"),  # of a person born in 2039: the day does not matter
        ("99.12.31_-341.48", "belgian-id"),  # born in 1999 or 2099
        ("000229-_4123456", "korean-rrn"),  # since 2020 without a check digit
        ("GOMC900514_XDFRRS06", "mexican-curp"),
    ],
)
def test_numbers_of_rare_forms_count(text: str, rule: str) -> None:
    assert rules_of(text) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "steuer 94042_027305",  # two digits are repeated: never issued
        "sin 812_291417",  # of a business
        "nif 033_592730",
        "PESEL 660230_82551",  # 30 February
        "078-05-_1120",  # printed in a million wallets
        "000.000.000-00",
        "4444 4444 4444 4444",
        "850112+1234",
        "bsn 000000000",
    ],
)
def test_numbers_that_identify_no_person_are_left_alone(text: str) -> None:
    assert rules_of(text) == set()


def test_the_library_is_loaded_with_the_first_candidate_and_only_what_it_needs() -> None:
    code = (
        "import sys\n"
        "from git_fedlearn.privacy.engine import PrivacyEngine\n"
        "scan = PrivacyEngine().scan\n"
        "scan('1716920051863 of 12345 at 10:30, ns=1716920051863954123')\n"
        "print('stdnum' in sys.modules)\n"
        "scan('IBAN DE89 3704' + ' 0044 0532 0130 00')\n"
        "print('stdnum.iban' in sys.modules, 'stdnum.de.idnr' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue False\n"


@pytest.mark.parametrize(
    "name",
    """aadhaar codice_fiscale cpf curp nif tfn nhs_number pesel steuer_id passport_no passportNumber
    driver_license drivers_license_number government_id govt_id social_security_number""".split(),
)
@pytest.mark.parametrize("number", ["770602" + "05588", "295730" + "481", "998-72-" + "6221"])
def test_the_name_of_a_field_announces_numbers_of_every_country(name: str, number: str) -> None:
    assert number not in str(ENGINE.sanitize({name: number}).value)
    for text in (f"{name}: {number}", json.dumps({name: number})):
        assert number not in str(ENGINE.sanitize(text).value)


def test_such_a_name_in_a_sentence_announces_nothing_by_itself() -> None:
    text = "the passport office has 295730" + "481123456 visitors, and gov ids 770602" + "05588"
    assert ENGINE.sanitize(text).value == text


@pytest.mark.parametrize("name", ["CCNumber", "card_number", "Credit card no.", "cc_num", "debitCardNumber"])
@pytest.mark.parametrize(
    "value",
    ["3.5E+_15", "5.264_92E+15", "4,716_45E+15", "5.1e_15", "4111 1111 1111 _1112", "41111111_11111112"],
)
def test_what_a_field_calls_a_card_number_is_one_however_it_is_spelled(name: str, value: str) -> None:
    value = value.replace("_", "")
    for text in (f"{name}: {value}", f'{{"name": "x", "{name}": "{value}"}}'):
        assert value not in str(ENGINE.sanitize(text).value)
    assert ENGINE.sanitize({name: value}).value == {name: "<CREDIT_CARD>"}


def test_a_rounded_number_of_a_field_that_names_an_identity_number_is_redacted() -> None:
    assert (
        ENGINE.sanitize('"NationalID": "6.309_28E+12"'.replace("_", "")).value
        == '"NationalID": "<NATIONAL_ID>"'
    )
    assert ENGINE.sanitize({"CCNumber": float("5.26492E+15")}).value == {"CCNumber": "<CREDIT_CARD>"}


@pytest.mark.parametrize(
    "text",
    [
        "PhoneNumber(country_code=1, national_number=26254321)",
        "Country Code: 44 National Number: 26254321",
        "the mass of the discard is 5.26492E+15 kg",
        "card_number: 17",
        "NUMCARDS = 5.26492E+15",
        f"Addis Ababa {'.' * 35} 25111123",  # in the forty characters before it, `aba` stands alone
    ],
)
def test_a_number_that_no_field_announces_stays(text: str) -> None:
    assert ENGINE.sanitize(text).value == text
