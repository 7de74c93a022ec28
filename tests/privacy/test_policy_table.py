"""The policy of a repository, from the text of its settings file."""

from datetime import date

import pytest

from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.pattern_safety import is_explosive
from git_fedlearn.privacy.policy import Allowed, Policy
from git_fedlearn.privacy.policy_table import format_allowed, parse_policy
from git_fedlearn.repository.settings import parse_table

TODAY = date(2026, 5, 28)
MAIL = "jane.roe" + "@" + "corp-mail.net"


def policy(text: str) -> Policy:
    return parse_policy(parse_table(text.encode()), TODAY)


def test_kinds_entries_and_rules() -> None:
    found = policy("""
        [privacy]
        kinds = { EMAIL_ADDRESS = "allow", JWT = "block", TICKET = "redact" }
        allow = [{ fingerprint = "abcde", reason = "r", expires = 2026-05-29 },
                 { fingerprint = "fffff", reason = "expired", expires = 2026-05-28 }]
        [[privacy.rules]]
        name = "ticket"
        pattern = 'T-(?P<secret>[0-9]{4})'
        kind = "TICKET"
        keywords = ["T-"]
    """)
    assert found.action("EMAIL_ADDRESS") == "allow"
    assert found.find_blocked(["EMAIL_ADDRESS", "JWT"]) == "JWT"
    assert found.find_blocked(["EMAIL_ADDRESS"]) is None
    assert found.allowed_fingerprints() == {"abcde"}
    engine = PrivacyEngine(policy=found)
    assert engine.sanitize(f"ask {MAIL} of T-1234 and T-12345").value == (
        f"ask {MAIL} of T-<TICKET> and T-<TICKET>5"
    )


def test_an_allowed_value_stays_also_where_two_rules_overlap() -> None:
    """What the report gives as fingerprint is that of the joined span, so that is what must be allowed."""
    text = f"pass{'word'}: Zx9{'!kQ7'}@{MAIL}"
    (finding,) = PrivacyEngine().scan(text)
    allowed = Policy(allowed=(Allowed(finding.fingerprint, "r"),))
    assert finding.fingerprint not in {
        found.fingerprint for found in PrivacyEngine(policy=allowed).scan(text)
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("privacy = 1", "`privacy`: not a table"),
        ("[privacy]\nallowed = []", "`privacy.allowed`: no such key"),
        ('[privacy.kinds]\nEMAIL = "allow"', "`privacy.kinds.EMAIL`: no such kind"),
        ('[privacy.kinds]\nJWT = "alow"', "`privacy.kinds.JWT`: must be one of redact, block, allow"),
        ('[privacy.kinds]\nINVISIBLE_TEXT = "allow"', "`privacy.kinds.INVISIBLE_TEXT`: what nobody can see"),
        ("[privacy]\nallow = 1", "`privacy.allow`: not a list of tables"),
        ("[privacy]\nrules = [1]", "`privacy.rules[1]`: not a table"),
        ('[[privacy.allow]]\nfingerprint = "abcde"', "`privacy.allow[1].reason`: missing"),
        (
            '[[privacy.allow]]\nfingerprint = "xyz"\nreason="r"',
            "`privacy.allow[1].fingerprint`: not a finger",
        ),
        (
            '[[privacy.allow]]\nfingerprint="abcde"\nreason="r"\nexpires="soon"',
            "`privacy.allow[1].expires`: not a",
        ),
        ("[[privacy.rules]]\nname='a'\npattern='('", "`privacy.rules[1].pattern`: not a regular expression:"),
        ("[[privacy.rules]]\nname='a'\npattern='x*'", "`privacy.rules[1].pattern`: matches the empty text"),
        (
            "[[privacy.rules]]\nname='a'\npattern='(x+)+y'",
            "`privacy.rules[1].pattern`: repeats what is nothing",
        ),
        ("[[privacy.rules]]\nname='A b'\npattern='x'", "`privacy.rules[1].name`: not a name"),
        ("[[privacy.rules]]\nname='a'\npattern='x'\nkind='a b'", "`privacy.rules[1].kind`: not a kind"),
        ("[[privacy.rules]]\nname='a'\npattern='x'\nkeywords='y'", "`privacy.rules[1].keywords`: not a list"),
        ("[[privacy.rules]]\nname='a'\npatern='x'", "`privacy.rules[1].patern`: no such key"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        policy(text)
    assert caught.value.message.startswith(f".fedlearn.toml: {message}")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "explosive"),
    [
        ("(a+)+", True),
        (r"(\w+\s*)*x", True),
        ("(a+|b)+", True),
        ("(a{1,20})+", True),
        ("(?=(a+)+)x", True),
        (r"(?:\d+\.)+\d+", False),
        (r"[a-z]+\d{2,}", False),
        ("(?>a+)+", False),
        ("(a)?(?(1)b|c+)", False),
    ],
)
def test_patterns_that_explode(pattern: str, explosive: bool) -> None:  # noqa: FBT001
    assert is_explosive(pattern) is explosive


def test_an_entry_is_written_as_it_is_read() -> None:
    entry = Allowed("abcde", 'a "quoted"\n\\ reason \x7f ü 😀', date(2030, 1, 31))
    assert policy(format_allowed(entry)).allowed == (entry,)
