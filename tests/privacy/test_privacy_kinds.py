from __future__ import annotations

import base64
import string
from typing import TYPE_CHECKING

import pytest
from privacy.private_samples import ALNUM, aws_key, github_token, pem_block, rand, strong_word

from git_fedlearn.privacy.detectors.marked_formats import MARKED, SHAPED
from git_fedlearn.privacy.detectors.token_formats import PREFIXED
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.kinds import SECRET_KINDS
from git_fedlearn.privacy.registry import DETECTORS

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import Json

ENGINE = PrivacyEngine()
HEX = "0123456789abcdef"
WORD = strong_word()


def clean(text: str) -> str:
    value = ENGINE.sanitize(text).value
    assert isinstance(value, str)
    return value


def kinds_of(text: str) -> set[str]:
    return {finding.kind for finding in ENGINE.scan(text)}


def test_the_table_has_well_over_a_hundred_formats() -> None:
    rules = {row.rule for row in PREFIXED} | {row.rule for row in (*MARKED, *SHAPED)}
    assert len(rules) > 200
    assert all(row.prefixes and row.rest for row in PREFIXED)


@pytest.mark.parametrize(
    "token",
    [
        "gl" + "pat-" + rand(20),
        "sk-" + "ant-api03-" + rand(93) + "AA",
        "sk-" + "proj-" + rand(60),
        "h" + "f_" + rand(34),
        "AI" + "za" + rand(35),
        "xo" + "xb-" + rand(12, "0123456789") + "-" + rand(24),
        "sk_" + "live_" + rand(24),
        "S" + "G." + rand(22) + "." + rand(43),
        "n" + "pm_" + rand(36),
        "py" + "pi-AgEIcHlwaS5vcmc" + rand(80),
        "dop" + "_v1_" + rand(64, HEX),
        "hv" + "s." + rand(90),
        "tsk" + "ey-auth-" + rand(16) + "-" + rand(24),
        "AGE-SECRET" + "-KEY-1" + rand(58, string.ascii_uppercase + string.digits),
        "shp" + "at_" + rand(32, HEX),
        "dt" + "0c01." + rand(24) + "." + rand(64),
        "lin" + "_api_" + rand(40),
        "gl" + "sa_" + rand(32) + "_" + rand(8, HEX),
        "PM" + "AK-" + rand(24, HEX) + "-" + rand(34, HEX),
        rand(9, "123456789") + ":A" + "A" + rand(33),
        rand(14) + ".atlas" + "v1." + rand(64),
        rand(32, HEX) + "-us" + "14",
        "figd" + "_" + rand(40),
        "gs" + "k_" + rand(52),
    ],
)
def test_a_token_of_a_known_format_is_redacted_whole(token: str) -> None:
    assert clean(f"before {token}, after") == "before <API_KEY>, after" or "<PRIVATE_KEY>" in clean(token)
    assert clean(f'{{"k":"{token}"}}').count(token[-8:]) == 0
    assert clean(f"x\\n{token}\\ny").count(token[-8:]) == 0


@pytest.mark.parametrize(
    "name",
    """password Passwd PASS pwd db_pwd psw pw Kennwort passphrase senha wachtwoord salasana psk secret Token
    credential creds x_auth db-auth auth-code auth_code authHeader auth-header bearer sas otp api_hash apiKey
    api-hash""".split(),
)
@pytest.mark.parametrize("frame", ["{}: {}", "{} = '{}'", '"{}": "{}"'])
def test_a_value_assigned_to_the_name_of_a_secret_is_redacted(name: str, frame: str) -> None:
    word = strong_word()
    for way in (name, name.lower(), name.upper()):
        assert word not in clean(frame.format(way, word))


@pytest.mark.parametrize("frame", ["{}", "it is {}, thanks", "key:{}", "\u201c{}\u201d"])
def test_a_product_key_is_redacted_without_any_context(frame: str) -> None:
    key = "-".join(rand(4, "ABCDEFGHJK") + digit for digit in "24689")
    assert clean(frame.format(key)) == frame.format("<SECRET>")


@pytest.mark.parametrize(
    "template",
    [
        'db_password = "{}"',
        "DB_PASSWORD={}",
        "password: {}",
        "password: '{}'",
        '"password": "{}"',
        r"{{\"password\": \"{}\"}}",
        "--password {} run",
        "the password is {}",
        "the password for the db is {}, ok",
        "PGPASSWORD={} psql",
        "<password>{}</password>",
        '<entry name="dbPassword" value="{}" />',
        '{{"name": "DB_PASSWORD", "value": "{}"}}',
        "password: |\n  {}",
        "Server=h;User Id=sa;Password={};",
        "jdbc:mysql://h/db?user=bob&password={}&ssl=1",
        "machine h login bob password {}",
        "CREATE USER x IDENTIFIED BY '{}'",
        "curl -u bob:{} https://h.de/x",
        "mysql -u root -p{} db",
        "sshpass -p {} true",
        "redis-cli -a {} ping",
        "redis://:{}@cache/0",
        "contraseña: {}",
        "{} is my password",
    ],
)
def test_a_password_is_found_however_it_is_written(template: str) -> None:
    text = template.format(WORD)
    assert WORD not in clean(text)
    assert clean(text).replace("<PASSWORD>", WORD) == text


@pytest.mark.parametrize(
    "template",
    [
        'apiToken = "{}"',
        "API_KEY={}",
        "api_key: {}",
        'String secretKey = "{}";',
        'var authToken string = "{}"',
        "token := `{}`",
        'System.setProperty("APP_TOKEN", "{}")',
        '"clientSecret" => "{}"',
        "SECRET ?= {}",
        "https://h.de/x?access_token={}&page=2",
        "Authorization: Bearer {}",
    ],
)
@pytest.mark.parametrize("value", [rand(32), rand(40, HEX), rand(44, ALNUM + "-_")])
def test_a_secret_is_found_however_it_is_written(template: str, value: str) -> None:
    assert value[6:] not in clean(template.format(value))


def test_base64_hides_nothing_one_level_deep() -> None:
    wrapped = base64.b64encode(f"export TOKEN={github_token()}".encode()).decode()
    assert clean(f"data: {wrapped} end") == "data: <API_KEY> end"
    key = base64.b64encode(pem_block().encode()).decode()
    assert clean(key) == "<PRIVATE_KEY>"


@pytest.mark.parametrize("escape", ["\\u{:04x}", "\\x{:02x}", "%{:02x}", "&#{};", "\\\\u{:04x}"])
def test_escapes_inside_a_token_hide_nothing(escape: str) -> None:
    token = github_token()
    written = token[:12] + escape.format(ord(token[12])) + token[13:]
    assert clean(f"a {written} b") == "a <API_KEY> b"


def test_a_folded_token_is_one_token() -> None:
    token = aws_key()
    assert clean(f"a {token[:9]}\\\n    {token[9:]} b") == "a <API_KEY> b"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("call me at +49 30 90" + "1820 99", "PHONE_NUMBER"),
        ("Tel. 030 901" + "82099", "PHONE_NUMBER"),
        ("(415) 555" + "-2671 is the office", "PHONE_NUMBER"),
        ("card 4111 1111" + " 1111 1111 exp 12/28", "CREDIT_CARD"),
        ("pay to DE89 3704 0044" + " 0532 0130 00", "IBAN"),
        ("SSN 536-22" + "-1234", "US_SSN"),
        ("DNI 12345678" + "Z", "NATIONAL_ID"),
        ("CF RSSMRA85T10" + "A562S", "NATIONAL_ID"),
        ("PESEL 440514" + "01359", "NATIONAL_ID"),
        ("CPF 529.982" + ".247-25", "NATIONAL_ID"),
        ("BSN 1112" + "22333", "NATIONAL_ID"),
        ("nir 2 55 08 14" + " 168 025 38", "NATIONAL_ID"),
        ("id 11010519491" + "231002X", "NATIONAL_ID"),
        ("henkilötunnus 1310" + "52-308T", "NATIONAL_ID"),
        ("AHV 756.9217" + ".0769.85", "NATIONAL_ID"),
        ("born on 12 March 1985 in X", "DATE_OF_BIRTH"),
        ("DOB: 1985-03-12", "DATE_OF_BIRTH"),
        ("GPS: 48.85661, 2.35222", "COORDINATES"),
        ("40°26'46\"N 79°58'56\"W", "COORDINATES"),
        ("ssh bob@buildbox-7", "LOGIN"),
        ("mei@laptop:~$ ls", "LOGIN"),
        ("ping nas.lan", "HOST_NAME"),
        ("http://media-1.local/x", "HOST_NAME"),
        ("box.tail1a2b3.ts.net", "HOST_NAME"),
        ("seed phrase: " + " ".join(["abandon"] * 11) + " about", "SECRET"),
    ],
)
def test_personal_data_is_found(text: str, kind: str) -> None:
    assert kind in kinds_of(text)
    assert f"<{kind}>" in clean(text)


def test_numbers_are_redacted_if_their_key_makes_them_private() -> None:
    telling: Json = {"latitude": 48.85661, "phone": 3090182099, "latency": 48.85661, "birthday": True}
    assert ENGINE.sanitize(telling).value == {
        "latitude": "<COORDINATES>",
        "phone": "<PHONE_NUMBER>",
        "latency": 48.85661,
        "birthday": True,
    }
    assert ENGINE.sanitize({"lat": 48.5, "lon": 2}).value == {"lat": 48.5, "lon": 2}


@pytest.mark.parametrize(
    "text",
    [
        "1716920051 ts=1716920051863 ns=1716920051863954123",
        "call at 10:30 on 2024-05-01 12:00:00",
        "vector [0.12345, -0.45678, 0.99121]",
        "Boston, MA 02110-1301 USA",
        "bytes 00 20 80 00 00 00 00 f6",
        "threading.local() settings.local .env.local host.docker.internal db.svc.cluster.local",
        "pass `allow=True` to the call, pwd, passed, compass",
        "next_page_token: AAAAKgAAAAEAAAAAAAAAAwXcpu5ePSyQ",
        "primary_key = abc123def456abc7, cache key is 5f3a9c",
        "trusted-public-keys = cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
        '"integrity": "sha512-' + rand(86, ALNUM + "+/") + '=="',
        "got: sha256:0v6p9qzr2l7w1x5y8d3f4g6h7j8k9m0n1b2c3v4x5z6a7s8d9f0g",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "the PRIVATE KEY of a host",
        "password = getpass.getpass()",
        "password: base64.b16encode(x)",
        "secretName: my-app-secret",
        "image: ghcr.io/org/app@sha256:" + "0a1b2c3d" * 8,
        "EVP_PKEY_EC NID_X9_62_id_ecPublicKey",
    ],
)
def test_what_only_looks_private_is_left_alone(text: str) -> None:
    assert ENGINE.scan(text) == ()


def test_no_text_makes_a_detector_fail() -> None:
    for text in ("PRIVATE KEY", "\\" * 50, "é" * 20, "İpassword=x" * 3, "a@b", "%", "=" * 9, "9" * 40):
        ENGINE.sanitize({text: [text]})


def test_the_list_of_detectors_is_complete() -> None:
    assert len(DETECTORS) == len(set(DETECTORS)) == 30
    assert {"API_KEY", "PASSWORD"} <= SECRET_KINDS
