from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from privacy.private_samples import aws_key, github_token, jwt, pem_block, slack_webhook, strong_word

from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine
from git_fedlearn.privacy.policy import Allowed, CustomRule, Policy

if TYPE_CHECKING:
    from git_fedlearn.core.canonical import Json

ME = LocalIdentity(
    user="hyperd", host="thornhold.lan", full_name="Ada Quill", emails=("ada@quill.dev",), home="/home/hyperd"
)
ENGINE = PrivacyEngine(ME)


def clean(value: Json) -> Json:
    return ENGINE.sanitize(value).value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"key {aws_key()} here", "key <API_KEY> here"),
        (f"curl -H 'X: {github_token()}'", "curl -H 'X: <API_KEY>'"),
        (f"see {jwt()} ok", "see <JWT> ok"),
        (f"a\n{pem_block()}\nb", "a\n<PRIVATE_KEY>\nb"),
        (f"post to {slack_webhook()}.", "post to <WEBHOOK_URL>."),
        (f"postgres://app:{strong_word()}@db.internal/x", "postgres://app:<PASSWORD>@<HOST_NAME>/x"),
        (f'password = "{strong_word()}"', 'password = "<PASSWORD>"'),
        (f"mail bob.smith@corp-{'x'}.com now", "mail <EMAIL_ADDRESS> now"),
        ("from 203.0.114.7 port 22", "from <IP_ADDRESS> port 22"),
        ("addr 2a01:4f8:c0c:1234::1/64", "addr <IP_ADDRESS>/64"),
        ("ether 3c:22:fb:0a:9e:41 up", "ether <MAC_ADDRESS> up"),
        ("/home/hyperd/.local/share/x", "~/.local/share/x"),
        ("cat /Users/mei/Library/x.plist", "cat ~/Library/x.plist"),
        (r"C:\Users\Mei Lin\AppData\x", r"~\AppData\x"),
        (r"C:\\Users\\mei\\x", r"~\\x"),
        ("/mnt/c/Users/mei/code", "~/code"),
        ("file:///home/mei/x.html", "file://~/x.html"),
        ("vscode-remote://ssh-remote+box/home/mei/p", "vscode-remote://ssh-remote+box~/p"),
        (r"\/home\/mei\/x", r"~\/x"),
        ("cwd=%2Fhome%2Fmei%2Fx", "cwd=~%2Fx"),
        ("owned by hyperd:users", "owned by <USER_NAME>:users"),
        ("ping thornhold now", "ping <HOST_NAME> now"),
        ("Reviewed by Ada Quill.", "Reviewed by <PERSON_NAME>."),
    ],
)
def test_private_text_becomes_a_typed_placeholder(before: str, after: str) -> None:
    assert clean(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "system@d6279bf126b147518d53f333d34d245d-0000000.journal",
        '@router.get("/alerts/status")',
        r"x\n@app.post(1)",
        "git@github.com:org/repo.git",
        "Co-Authored-By: x <noreply@anthropic.com>",
        "see user@example.com and 127.0.0.1:6333 and ::1 and 0.0.0.0",
        "192.0.2.7 198.51.100.1 203.0.113.9 2001:db8::1 10.0.0.0/8 255.255.255.0",
        "std::vector<a::b> dead::beef serde_json::Value",
        "upgrade to version 10.2.33.4 (v1.2.3.4, foo-4.3.2.1)",
        "/nix/store/4kq3dgyxq3ahn5jmyqcjq2lqhx7kqz3v-openssl-3.0.13/bin/openssl",
        "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "image@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "id 123e4567-e89b-12d3-a456-426614174000 at 2026-05-28T18:14:11.863954Z",
        "sys-abcdefgh23 learned react@18.2.0",
        "max_tokens = 4096, token_count: 512, tokens_in=237",
        "password: str, token = get_token(), secret: None, api_key=os.environ['KEY']",
        "export API_KEY=$MY_KEY PASSWORD=changeme",
        "href https://example.com/home/about ${HOME}/home/x $HOME/x /home/<user>/x /home/*/y",
        "retry 12:30:45 and 00:00:00:00:00:00",
        "<EMAIL_ADDRESS> <IP_ADDRESS_2> password=<PASSWORD>",
    ],
)
def test_public_text_is_left_alone(text: str) -> None:
    assert ENGINE.scan(text) == ()
    assert ENGINE.sanitize(text).value is text


def test_numbers_follow_distinct_values_within_a_record() -> None:
    record: Json = {"b": "62.8.4.4 then 93.9.9.9 then 62.8.4.4", "a": "93.9.9.9"}
    assert clean(record) == {"b": "<IP_ADDRESS_2> then <IP_ADDRESS> then <IP_ADDRESS_2>", "a": "<IP_ADDRESS>"}


def test_new_values_never_take_the_number_of_an_old_placeholder() -> None:
    assert clean("<IP_ADDRESS> and 93.9.9.9") == "<IP_ADDRESS> and <IP_ADDRESS_2>"


def test_key_order_does_not_change_the_redaction() -> None:
    one: Json = {"a": "1 93.9.9.9", "b": "2 62.8.4.4"}
    two: Json = {"b": "2 62.8.4.4", "a": "1 93.9.9.9"}
    assert clean(one) == clean(two)


def test_nested_values_and_keys_are_sanitized_but_not_fields_of_the_format() -> None:
    token = github_token()
    ours: dict[str, Json] = {"_seen_by": ["sys-abcdefgh23"], "_point": token}
    record: Json = {**ours, "_x": token, "deep": [{"k": [token]}], token: 1}
    cleaned = clean(record)
    assert cleaned == {
        "_seen_by": ["sys-abcdefgh23"],
        "_point": token,
        "_x": "<API_KEY>",
        "deep": [{"k": ["<API_KEY>"]}],
        "<API_KEY>": 1,
    }


def test_keys_that_become_equal_keep_both_values() -> None:
    cleaned = clean({"/home/a/x": 1, "/home/b/x": 2, "~/x": 3})
    assert cleaned == {"~/x": 3, "~/x#2": 1, "~/x#3": 2}


def test_a_hidden_underscore_key_does_not_become_one_of_the_format() -> None:
    assert clean({"\u200b_id": "x", "_id": "y"}) == {"id": "x", "_id": "y"}


def test_invisible_characters_are_removed_and_cannot_hide_a_key() -> None:
    token = github_token()
    hidden = token[:9] + "\u200b" + token[9:20] + "\u2060" + token[20:]
    result = ENGINE.sanitize(f"x {hidden} y")
    assert result.value == "x <API_KEY> y"
    span = [(f.start, f.end) for f in result.findings if f.kind == "API_KEY"]
    assert span == [(2, 2 + len(hidden))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\x00b\x1b[31mc\td\r\n", "abc\td\r\n"),
        ("\u202eevil\u2066x\u2069", "evilx"),
        ("tag\U000e0041\U000e0042", "tag"),
        ("lone \ud800 surrogate", "lone \ufffd surrogate"),
        ("👩\u200d💻 ❤\ufe0f 1\ufe0f\u20e3", "👩\u200d💻 ❤\ufe0f 1\ufe0f\u20e3"),
        ("a\u200db\ufe0f", "ab"),
        ("\u0646\u200c\u0645", "\u0646\u200c\u0645"),
    ],
)
def test_what_a_reader_cannot_see_is_removed(before: str, after: str) -> None:
    assert clean(before) == after
    assert clean(after) == after


def test_a_value_is_judged_by_its_key() -> None:
    record: Json = {"password": strong_word(), "api_key": "9f8e" + "7d6c5b4a3f2e1d0c", "token_count": "4096"}
    assert clean(record) == {"password": "<PASSWORD>", "api_key": "<SECRET>", "token_count": "4096"}


def test_findings_give_the_span_but_never_its_text() -> None:
    token = github_token()
    value: Json = {"a/b": [{"c~d": f"x {token}"}]}
    (finding,) = ENGINE.scan(value)
    assert (finding.pointer, finding.start, finding.end) == ("/a~1b/0/c~0d", 2, 2 + len(token))
    assert token not in repr(finding)
    assert ENGINE.scan(f"elsewhere {token}")[0].fingerprint == finding.fingerprint


def test_common_user_names_are_redacted_only_in_paths() -> None:
    engine = PrivacyEngine(LocalIdentity(user="admin", host="nixos", home="/home/admin"))
    assert engine.sanitize("the admin of nixos, /home/admin/x").value == "the admin of nixos, ~/x"
    assert engine.sanitize("ssh admin@nixos").value == "ssh <LOGIN>"


def test_a_placeholder_in_a_key_says_nothing_about_the_value() -> None:
    pin: Json = {"PIN:4711": -100, "PIN:4712": "plum"}
    once = clean(pin)
    assert once == {"PIN:<PASSWORD>": -100, "PIN:<PASSWORD_2>": "plum"}
    assert clean(once) == once


def test_a_placeholder_is_never_private() -> None:
    engine = PrivacyEngine(LocalIdentity(user="addressee", host="address"))
    assert engine.sanitize("<EMAIL_ADDRESS> at address").value == "<EMAIL_ADDRESS> at <HOST_NAME>"


def test_policy_allows_kinds_fingerprints_and_adds_rules() -> None:
    mail = "bob@corp" + ".com"
    mark = PrivacyEngine().scan(mail)[0].fingerprint
    assert PrivacyEngine(policy=Policy(actions={"EMAIL_ADDRESS": "allow"})).scan(mail) == ()
    assert PrivacyEngine(policy=Policy(allowed=(Allowed(mark, "public contact"),))).scan(mail) == ()
    rule = CustomRule("ticket", r"TICKET-\d{4,8}", kind="TICKET")
    engine = PrivacyEngine(policy=Policy(rules=(rule,)))
    assert engine.sanitize("see TICKET-12345").value == "see <TICKET>"


HOT = st.sampled_from(
    [
        *(
            "password=",
            "'",
            '"',
            "@",
            "a@b.de",
            ".com",
            "1.2.3.9",
            "/home/",
            "ab",
            "\\",
            "<",
            ">",
            "<PASSWORD>",
        ),
        *(
            ":",
            "//",
            "C:\\Users\\",
            " ",
            "\u200b",
            "\u200d",
            "😀",
            "\ud83d",
            "_",
            "~",
            "2a01:4f8::",
            "token ",
        ),
        *("is ", "\n", "file:", "hyperd", "thornhold", "Ada ", "Quill", "=", "-", "http"),
        *(github_token(), aws_key(), jwt(), pem_block(lines=1)),
        *(github_token()[:15], github_token()[15:], "|", ",", "a,password\n", "| key |", "Cookie: sid=", ";"),
        *(
            "ssh -l ",
            "Host x\n  User ",
            "geo:",
            "48.85661",
            ", 2.35222",
            "POINT(",
            "dob ",
            "1985-03-12",
            "~mei/",
        ),
        *(
            "insert into t (pass) values ('",
            "')",
            "${",
            ":-",
            " || ",
            "pin: 4711",
            "login as ",
            "auth: ",
            "key",
        ),
    ]
)
TEXTS = st.one_of(st.text(max_size=30), st.lists(HOT, max_size=12).map("".join))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=8,
)


@given(VALUES)
def test_sanitizing_twice_is_sanitizing_once(value: Json) -> None:
    once = ENGINE.sanitize(value).value
    assert ENGINE.sanitize(once).value == once
    assert ENGINE.scan(once) == ()


@given(st.lists(HOT, max_size=10).map("".join), st.lists(HOT, max_size=10).map("".join))
def test_a_token_never_survives_whatever_surrounds_it(before: str, after: str) -> None:
    token = github_token(7)
    result = ENGINE.sanitize(f"{before} {token} {after}").value
    assert isinstance(result, str)
    assert token[8:] not in result


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "1.",
            "eyJ",
            "eyJ.",
            "sk-ant-",
            "xoxb-1-",
            "a@b.",
            "password",
            "password='",
            "token ",
            "a://b:",
        ),
        *("/home/a/", "C:\\Users\\", "2001:", "ab:", "-", "%2F", "\\\\/", "bearer a", "glpat-", "secret_"),
        *(
            "<API_KEY>",
            "\u200b",
            "pass:",
            "key=",
            "cookie: a=",
            "a_",
            "A1b2C3d4",
            "1.2345,",
            "ssh -l ",
            "~a/",
        ),
        *("Host a\n  ", "('a','b'),", "key, ", "a,password\n", "login a:", "\\\\a\\Users\\"),
    ],
)
def test_long_input_takes_linear_time(piece: str) -> None:
    small, large = (scan_seconds(piece * (size // len(piece))) for size in (12_500, 50_000))
    assert large < 8 * small + 0.2


def scan_seconds(text: str) -> float:
    """The lower of two times, each without a memory of the text: the first may pay for other tests."""
    times = []
    for engine in (PrivacyEngine(), PrivacyEngine()):
        started = time.process_time()
        engine.scan(text)
        times.append(time.process_time() - started)
    return min(times)


def test_deep_nesting_works() -> None:
    value: Json = github_token()
    for _ in range(5_000):
        value = [value]
    cleaned = clean(value)
    for _ in range(5_000):
        assert isinstance(cleaned, list)
        cleaned = cleaned[0]
    assert cleaned == "<API_KEY>"
