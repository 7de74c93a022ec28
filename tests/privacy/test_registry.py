from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from privacy.private_samples import aws_key, github_token, jwt, pem_block, rand, strong_word

from git_fedlearn.core.patterns import matcher
from git_fedlearn.privacy.detectors import detect_secrets_rules, ids, phones, wallets
from git_fedlearn.privacy.detectors.marked_formats import MARKED, SHAPED
from git_fedlearn.privacy.detectors.token_formats import PREFIXED
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.gates import MIN_REST_LENGTH, NAMES
from git_fedlearn.privacy.re2_sets import for_gates, relaxed
from git_fedlearn.privacy.registry import Prefilter
from git_fedlearn.privacy.subject import Subject
from git_fedlearn.privacy.wrapped import ALL_DETECTORS

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFILTER = Prefilter(ALL_DETECTORS)
WORDS = (
    """password= token: secret apiKey key pw cred auth bearer= basic cookie: Set-Cookie: session= login """
    """insert into values ( ) mysql -p curl -u pin: 1234 mnemonic words phrase @ acme.com a@b.de %40 """
    """192.168.1.7 2a01:4f8::1 aa:bb:cc:dd:ee:ff /home/ /Users/ C:\\Users\\ %2Fhome%2F ~mei/x """
    """4111-1111-1111-1111 536-22-1234 +49 30 901820 (415) 555-2671 born dob: d.o.b. 1985-03-12 nat """
    """lat= 48.8566 , 2.3522 POINT( ssh -l host user nas.lan box.local .internal PRIVATE KEY eyJ hook """
    """hooks.slack.com/services/ https:// http://a:b@ c.d \\n \\u0041 %41 &#65; AKIA ghp_ sk- xox . = : """
    """" ' { } [ ] , ; | < > \n """
    """\u043f\u0430\u0440\u043e\u043b\u044c \u5bc6\u7801 \u7535\u8bdd n\u00e9 f\u00f6dd \u00b0 """
    """\u00a0 \u2003 \u0663\u0664 \u017f \u212a \u0456 \u0455ecret \u00fc """
    """\u2014 \u2013 \u201c \u201d \u2019 \u2026 \u2022 030\u2013901820 030\u2014901820"""
).split(" ")
PIECES = st.sampled_from(
    [
        *WORDS,
        *(
            github_token(),
            aws_key(),
            jwt(),
            pem_block(lines=1),
            strong_word(),
            rand(40),
            rand(32, "0123456789abcdef"),
        ),
        *(prefix for row in PREFIXED for prefix in row.prefixes.split()),
        *(mark for row in (*MARKED, *SHAPED) for mark in row.marks),
    ]
)
TEXTS = st.lists(PIECES, max_size=10).flatmap(
    lambda pieces: st.sampled_from((" ", "", "=")).map(lambda s: s.join(pieces))
)
KEYS = st.sampled_from(["", "password", "lat", "birthday", "apiToken", "phone", "note"])


def closed_but_found(text: str, key: str) -> Iterator[str]:
    subject = Subject(text, key)
    chosen = PREFILTER.choose(text, key)
    for detector in ALL_DETECTORS:
        if detector not in chosen and list(detector(subject)):
            yield detector.__name__


@given(TEXTS, KEYS)
def test_a_gate_is_open_for_every_finding(text: str, key: str) -> None:
    assert list(closed_but_found(text, key)) == []


@given(
    st.sampled_from(PREFIXED).flatmap(
        lambda row: st.from_regex(
            rf"(?:{'|'.join(map(re.escape, row.prefixes.split()))})(?:{row.rest})", fullmatch=True
        )
    ),
    st.sampled_from(["", " ", "key=", "\n"]),
)
def test_a_gate_is_open_for_every_token(token: str, before: str) -> None:
    assert list(closed_but_found(f"{before}{token}", "")) == []


PLUGIN_PATTERNS = [
    pattern
    for module, name, _ in detect_secrets_rules.PLUGINS
    for pattern in getattr(import_module(f"detect_secrets.plugins.{module}"), name).denylist
]


@settings(suppress_health_check=list(HealthCheck))
@given(st.sampled_from(PLUGIN_PATTERNS).flatmap(lambda pattern: st.from_regex(pattern, fullmatch=True)))
def test_a_gate_is_open_for_whatever_a_plugin_of_detect_secrets_finds(text: str) -> None:
    assert list(closed_but_found(text, "")) == []


def test_a_mere_mention_of_a_service_loads_no_plugin() -> None:
    text = "aws s3 cp build/release-candidate-20241129.tgz s3://releases and look up AKIA in the manual"
    assert "find_with_detect_secrets" not in {detector.__name__ for detector in PREFILTER.choose(text)}


PATTERNS = [
    *(row.pattern for row in (*MARKED, *SHAPED)),
    *(pattern.pattern for pattern in (*wallets.ADDRESSES, *ids.unannounced_numbers(), *phones.signs())),
    *ids.announcing_words(),
]


@settings(suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(PATTERNS).flatmap(
        lambda pattern: st.tuples(st.just(pattern), st.from_regex(re.compile(pattern), fullmatch=True))
    ),
    st.sampled_from(["", " ", "-", "x", "é", "\u2014", "\u3000"]),
)
@example((r"756\.\d{4}", "756.\uff11\uff12\u0663\u0664"), "")
def test_a_relaxed_pattern_matches_what_the_pattern_does(found: tuple[str, str], around: str) -> None:
    pattern, text = found
    text = around + text + around
    if text.isprintable() and re.search(pattern, text) is not None:
        assert matcher([relaxed(pattern)])(for_gates(text)) == [0]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(?<![A-Za-z0-9])a{2,90}(?![\w(-]|\.\w)", "(?:^|[^A-Za-z0-9])a{2,}"),
        (r"a(?=[)]|(?:b))c$", "ac"),
        (r"\bssn\b|\bx?y\d\b|é\b", r"\bssn\b|x?y[\d\x81\x84]|[\x80-\xff]"),
        (r"(?P<q>[\"'])x{1,4}(?P=q)(-)\2", r"(?:[\"'])x{1,4}[\s\S]{0,8}(-)[\s\S]{0,8}"),
        (
            r"[\wñ-]\d(?:é|[^\W_])\Z",
            r"[\w\-\x80-\x84\x80-\xff][\d\x81\x84](?:[\x80-\xff]|(?:[^\W_]|[\x80-\xff]))",
        ),
    ],
)
def test_a_relaxed_pattern_leaves_out_what_re2_cannot_say(pattern: str, expected: str) -> None:
    assert relaxed(pattern) == expected


PLAIN = (
    "pattern = make_something_longer(cli_options) == api_version",
    "in 2024 build 1234567 took 12 345 678 ns with 1.2.3 of it",
    "rather/long/path/of/some/file/in/the/repository.py: \\d+ and 50% more",
)


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_text_asks_no_detector(text: str) -> None:
    assert [detector.__name__ for detector in PREFILTER.choose(text)] == []


HEADS = (
    """password Passwd PASS pwd psw pw Kennwort passphrase senha wachtwoord salasana psk secret Token """
    """credential creds x_auth db-auth auth-code authHeader bearer sas otp api_hash apiKey api_keys """
    """API~key mot~de~passe identified~by pass~code client~secret"""
).split()


@pytest.mark.parametrize("frame", ["| {} | b |\n|---|---|\n| {} | c |\n", "a,{}\nb,{}\n", "{}\ta\n{}\tb"])
@pytest.mark.parametrize("wrapping", ["{}", "**{}**", '"{}"', "`{}`"])
def test_a_gate_is_open_for_every_column_of_secrets(frame: str, wrapping: str) -> None:
    names = [head.replace("~", " ") for head in HEADS]
    for head in (way for name in names for way in (name, name.lower(), name.upper(), name.title())):
        text = frame.format(wrapping.format(head), strong_word())
        assert list(closed_but_found(text, "")) == []
    assert list(PrivacyEngine().scan(frame.format(wrapping.format("Password"), strong_word())))
    insert = "INSERT INTO t (a, NAME) VALUES (1, VALUE)"
    insert = insert.replace("NAME", wrapping.format("password")).replace("VALUE)", f"'{strong_word()}')")
    assert list(closed_but_found(insert, "")) == []


def test_every_detector_has_a_gate() -> None:
    assert set(NAMES) == {detector.__name__ for detector in ALL_DETECTORS}


def test_tokens_are_as_long_as_the_gate_assumes() -> None:
    parser: Any = getattr(re, "_parser")  # noqa: B009 -- the only way to ask how short a match may be
    assert min(parser.parse(row.rest).getwidth()[0] for row in PREFIXED) >= MIN_REST_LENGTH


BEYOND_ASCII = (
    "Die Größe der Übertragung: 12 Bytes — für „alle“ Straßen",
    "la contribución anterior, según el índice, está en la página 12",
    "配置文件已更新请重新启动服务",
)


@pytest.mark.parametrize("text", BEYOND_ASCII)
def test_text_beyond_ascii_asks_few_detectors(text: str) -> None:
    assert {d.__name__ for d in PREFILTER.choose(text)} <= {
        "find_assignments",
        "find_births",
        "find_phones",
    }


def test_names_that_begin_as_tokens_do_ask_no_detector_of_tokens() -> None:
    text = "def test_expect_success(): assert RESULT_FORMATS and SKIPPED_SUITES and keys_of_exports"
    assert "find_tokens" not in {detector.__name__ for detector in PREFILTER.choose(text)}
