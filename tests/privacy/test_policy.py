"""The policy of a repository, from the text of its settings file."""

from datetime import date

import pytest

from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.policy import Allowed, Policy, format_allowed, parse_policy
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
    """The reported fingerprint is that of the merged span, so it is the one to allow."""
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
        ("[privacy]\nallowed = []", "`privacy.allowed`: unknown key"),
        ('[privacy.kinds]\nEMAIL = "allow"', "`privacy.kinds.EMAIL`: unknown kind"),
        ('[privacy.kinds]\nJWT = "alow"', "`privacy.kinds.JWT`: must be one of redact, block, allow"),
        (
            '[privacy.kinds]\nINVISIBLE_TEXT = "allow"',
            "`privacy.kinds.INVISIBLE_TEXT`: invisible characters are",
        ),
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
        (
            "[[privacy.rules]]\nname='a'\npattern='('",
            "`privacy.rules[1].pattern`: RE2 cannot compile rule a: missing ): (",
        ),
        ("[[privacy.rules]]\nname='a'\npattern='x*'", "`privacy.rules[1].pattern`: matches the empty string"),
        ("[[privacy.rules]]\nname='A b'\npattern='x'", "`privacy.rules[1].name`: not a name"),
        ("[[privacy.rules]]\nname='a'\npattern='x'\nkind='a b'", "`privacy.rules[1].kind`: not a kind"),
        ("[[privacy.rules]]\nname='a'\npattern='x'\nkeywords='y'", "`privacy.rules[1].keywords`: not a list"),
        ("[[privacy.rules]]\nname='a'\npatern='x'", "`privacy.rules[1].patern`: unknown key"),
    ],
)
def test_an_error_names_the_key(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        policy(text)
    assert caught.value.message.startswith(f".fedlearn.toml: {message}")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        (r"(T)-\1", r"invalid escape sequence: \1"),
        ("T-(?=[0-9])", "invalid perl operator: (?="),
        ("T-(?![0-9])", "invalid perl operator: (?!"),
        ("(?<!x)T-[0-9]", "invalid perl operator: (?<!"),
        ("(?>T+)-", "invalid perl operator: (?>"),
        ("T{2000}", "invalid repetition size: {2000}"),
    ],
)
def test_a_pattern_that_re2_cannot_compile_is_refused_with_a_hint(
    pattern: str, complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        policy(f"[[privacy.rules]]\nname = 'ticket'\npattern = '{pattern}'")
    assert caught.value.message == (
        f".fedlearn.toml: `privacy.rules[1].pattern`: RE2 cannot compile rule ticket: {complaint}"
    )
    assert caught.value.hint == (
        "RE2 has no lookaround and no backreferences: https://github.com/google/re2/wiki/Syntax"
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "(a|aa)+b",
        "(?:a*)*b",
        r"(\w+\s*)*:",
        "a*a*a*a*a*a*b",
        "(a?){500}a{500}b",
    ],
)
def test_no_pattern_makes_a_scan_hang(pattern: str) -> None:
    """Nested repeats, ambiguous alternatives, repeats in a row: `re` would practically never finish."""
    engine = PrivacyEngine(
        policy=policy(f"[[privacy.rules]]\nname = 'own'\npattern = '{pattern}'\nkind = 'OWN'")
    )
    text = "a" * 20_000
    assert engine.scan(f"{text}!") == ()
    assert [finding.kind for finding in engine.scan(f"{text[:2000]}b: x")] == ["OWN"]


def test_offsets_of_own_rules_count_characters() -> None:
    engine = PrivacyEngine(
        policy=policy(
            "[[privacy.rules]]\nname = 'own'\npattern = 'n\u00b0 (?P<secret>[0-9]{4})'\nkind = 'OWN'"
        )
    )
    assert engine.sanitize("\u20ac \U0001f600 n\u00b0 1234 and n\u00b0 5678").value == (
        "\u20ac \U0001f600 n\u00b0 <OWN> and n\u00b0 <OWN_2>"
    )


def test_a_written_entry_is_read_back_unchanged() -> None:
    entry = Allowed("abcde", 'a "quoted"\n\\ reason \x7f ü 😀', date(2030, 1, 31))
    assert policy(format_allowed(entry)).allowed == (entry,)
