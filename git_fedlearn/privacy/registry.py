"""The list of detectors, and for each its gate: a pattern of the texts in which it can find anything.

A detector takes a subject and yields matches; it keeps no state and does no I/O. One pass of RE2 over a
text tries all gates at once, so clean text costs little more than that pass; behind some are narrow gates.

Laws: a gate may be open for nothing, but is never shut before a finding (tests ask every detector behind
its gate). Gates are tried on ASCII text only, where lower case is unambiguous; other text passes all of
them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from git_fedlearn.privacy.detectors import detect_secrets_rules, ids, phones
from git_fedlearn.privacy.detectors.assignments import find_assignments
from git_fedlearn.privacy.detectors.credentials_in_text import PROGRAMS, find_command_lines, find_credentials
from git_fedlearn.privacy.detectors.detect_secrets_rules import find_with_detect_secrets
from git_fedlearn.privacy.detectors.hosts import find_internal_hosts, find_logins
from git_fedlearn.privacy.detectors.ids import find_numbers
from git_fedlearn.privacy.detectors.local_identity import find_home_paths
from git_fedlearn.privacy.detectors.marked_formats import MARKED
from git_fedlearn.privacy.detectors.named_tokens import find_named_tokens
from git_fedlearn.privacy.detectors.network import find_emails, find_ips, find_macs
from git_fedlearn.privacy.detectors.personal import find_births, find_positions, is_birth_key, is_position_key
from git_fedlearn.privacy.detectors.phones import find_phones
from git_fedlearn.privacy.detectors.structures import (
    WEBHOOK_SIGNS,
    find_basic_pairs,
    find_cookies,
    find_headers,
    find_jwts,
    find_private_keys,
    find_url_passwords,
    find_webhooks,
)
from git_fedlearn.privacy.detectors.tables import find_columns
from git_fedlearn.privacy.detectors.token_formats import PREFIXED
from git_fedlearn.privacy.detectors.tokens import (
    find_aws_secrets,
    find_marked_tokens,
    find_shaped_tokens,
    find_tokens,
    find_unknown_tokens,
)
from git_fedlearn.privacy.detectors.wallets import find_wallets
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.narrow_gates import NARROW_GATES, NarrowGates, compiled_set
from git_fedlearn.privacy.subject import Subject, name_of_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    import re2

Detector = Callable[[Subject], Iterable[Match]]

SECRET_DETECTORS: tuple[Detector, ...] = (
    find_private_keys,
    find_jwts,
    find_url_passwords,
    find_webhooks,
    find_headers,
    find_basic_pairs,
    find_tokens,
    find_marked_tokens,
    find_shaped_tokens,
    find_aws_secrets,
    find_unknown_tokens,
    find_named_tokens,
    find_with_detect_secrets,
    find_assignments,
    find_command_lines,
    find_credentials,
    find_cookies,
    find_columns,
)
PERSONAL_DETECTORS: tuple[Detector, ...] = (
    find_emails,
    find_ips,
    find_macs,
    find_home_paths,
    find_numbers,
    find_phones,
    find_births,
    find_positions,
    find_wallets,
    find_logins,
    find_internal_hosts,
)
DETECTORS = SECRET_DETECTORS + PERSONAL_DETECTORS


MIN_REST_LENGTH = 8
"""Every token has at least this many characters after its prefix; a test counts them."""


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words)) if word.isascii())


OPENED_BY_LONG_RUN = frozenset(
    ("find_shaped_tokens", "find_unknown_tokens", "find_in_base64", "find_in_hex", "find_wallets")
)
"""Detectors whose gate is a long run of token characters. RE2 would need many states to count that far."""
OPENED_BY_DIGIT_RUN = frozenset(("find_named_tokens", "find_in_base64_lines"))
"""Detectors whose gate is a long word with a digit near its beginning."""

_NAMES = (
    r"(?i:pass(?:w(?:or)?d|wort|phrase|code|[^a-z]|$)|pwd|psw(?:d|[^a-z]|$)|pw(?:[^a-z]|$)|kennwort|contrase|"
    r"mot_?de_?passe|senha|wachtwoord|salasana|identified by|secret|token|credential|creds?(?:[^a-z]|$)|"
    r"[_-]auth(?:[^a-z]|$)|auth[-_]?(?:code|header)|bearer|(?:psk|sas|otp)(?:[^a-z]|$)|api[-_]?hash|"
    r"keys?(?:[^a-z]|$))"
)

_REST = re.compile(r"(?P<chars>\[[^\]^]+\])\{(?P<least>\d+)")


def _tokens() -> str:
    """A prefix of the table and the first characters of what must follow it."""
    rests: dict[str, list[str]] = {}
    for row in PREFIXED:
        head = None if "|" in row.rest else _REST.match(row.rest)
        chars = head["chars"] if head and int(head["least"]) >= MIN_REST_LENGTH else r"\S"
        if chars == "[A-Za-z0-9]":  # vendors widen it
            chars = "[A-Za-z0-9_-]"
        rests.setdefault(chars, []).extend(row.prefixes.split())
    ways = (f"(?:{_any_of(prefixes)}){chars}{{{MIN_REST_LENGTH}}}" for chars, prefixes in rests.items())
    return f"(?:^|[^A-Za-z0-9])(?:{'|'.join(ways)})"


GATES: dict[str, str] = {
    "find_private_keys": "PRIVATE KEY|PuTTY-User-Key-File",
    "find_jwts": "eyJ",
    "find_url_passwords": "@",
    "find_webhooks": _any_of(WEBHOOK_SIGNS),
    "find_headers": r"(?i:bearer|basic|token|digest|apikey|negotiate)[ \t]{1,4}[A-Za-z0-9._~+/=-]{12}",
    "find_basic_pairs": r"auth[\"']?\s{0,4}[:=]",
    "find_tokens": _tokens(),
    "find_marked_tokens": _any_of(mark for row in MARKED for mark in row.marks if mark != "==")
    + "|[A-Za-z0-9+/]{8}==",
    "find_aws_secrets": "AKIA|ASIA",
    "find_with_detect_secrets": rf"(?i:{_any_of(w for row in detect_secrets_rules.PLUGINS for w in row[2])})",
    "find_assignments": _NAMES,
    "find_command_lines": _any_of(PROGRAMS),
    "find_credentials": r"machine|:(?:[0-9]{4,5}|\*):[A-Za-z*][\w*-]*:|"
    r"(?i:\bpin(?:[ -]?(?:code|number))?(?: is|:|=)\s{0,2}[\"'`]?\d{4}|mnemonic|"
    r"(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words)|"
    r"\b(?:log ?in|sign ?in|credentials|creds|auth)\b[\s\S]*[:/])",
    "find_cookies": r"(?i:cookie[\"']?[\s:=]|sess\w*=|connect\.sid=|auth=|token=|__)",
    "find_columns": _NAMES,
    "find_emails": "@|%40",
    "find_ips": r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|"
    r"(?i:(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]):|[0-9a-f]{4}::?[0-9a-f]{4}:[0-9a-f]{4}:)",
    "find_macs": r"[0-9a-fA-F]{2}[:-](?:[0-9a-fA-F]{2}[:-]){4}|"
    r"[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}",
    "find_home_paths": r"(?i:(?:home|users|documents and settings)(?:[\\/]|%2f|%5c))|~[a-z]",
    "find_numbers": ids.DIGITS,
    "find_phones": r"[0-9](?:[ ./()-]{0,2}[0-9]){5}",
    "find_births": r"(?i:d.?o.?b|birth|born|gebor|geburt|naiss|naci|nasci|nat[oa] il|urodz|ur\.)[^\n]*[0-9]",
    "find_positions": r"[0-9]\.[0-9]{3}",
    "find_logins": r"@|ssh[^\n]* -l|(?i:host)[^\n]*\n|"
    r"(?:Accepted|Failed) [a-z/-]+ for |[Ii]nvalid user |session (?:opened|closed) for user |"
    r"Authenticating to |[Aa]uthenticating user |[Dd]isconnected from (?:user|invalid) |of user ",
    "find_internal_hosts": (
        r"\.(?i:local|lan|internal|intranet|intra|corp|home|private|priv|ts\.net|svc|mgmt|int)"
    ),
    "find_behind_escapes": r"\\|%|&#|\^\[|[\"']\s*[+.&]\s*[\"']",
    "find_behind_lookalikes": r"[^\x00-\x7f]",
}

MAX_CACHED_CHOICES: Final = 4096
_TYPOGRAPHY = re.compile("[\u2010-\u2015\u2018-\u201d\u2022\u2026\u2713\u2714]")
"""Dashes, quotation marks, bullets and other typography that language models like to write.

Gates see a hyphen in place of each: no gate excludes a hyphen, and detectors take a dash in a number for one.
"""
_MIN_RUN_LENGTH: Final = 14
_RUNS: Final = (
    r"[A-Za-z0-9_.$~!:|/+=-]{24}",
    # A digit in a long word near its beginning; `Subject` looks closer.
    r"[0-9][A-Za-z0-9_-]{7}|[A-Za-z_-]{7}[0-9]",
)
"""Whether a text has a long run or may have a digit run."""


class Choice(NamedTuple):
    """The detectors behind some gates, and the groups of narrow gates that may still shut out some."""

    detectors: tuple[Detector, ...]
    narrow: tuple[NarrowGates, ...]


class Prefilter:
    """Chooses the detectors whose gate a text opens. The gates are compiled at the first text."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._all = tuple(detectors)
        self._gated = tuple(detector for detector in detectors if detector.__name__ in GATES)
        self._open = lru_cache(maxsize=MAX_CACHED_CHOICES)(self._behind)
        self._rest = lru_cache(maxsize=MAX_CACHED_CHOICES)(self._without)

    @cached_property
    def _gates(self) -> re2.Set:
        return compiled_set(GATES[detector.__name__] for detector in self._gated)

    def choose(self, subject: Subject) -> tuple[Detector, ...]:
        """The detectors that may find something in this text, in the order of the list."""
        text = subject.text if subject.text.isascii() else _TYPOGRAPHY.sub("-", subject.text)
        if not text.isascii():
            return self._all
        data = text.encode()
        runs = _runs().Match(data) or () if len(text) >= _MIN_RUN_LENGTH else ()
        choice = self._open(
            tuple(self._gates.Match(data) or ()),
            is_long=0 in runs,
            has_digits=1 in runs and subject.has_digit_run,
        )
        chosen = choice.detectors
        asked = _detectors_for_key(subject.key) if subject.key else frozenset[Detector]()
        if choice.narrow:
            shut = frozenset[str]().union(*(gates.shut(data) for gates in choice.narrow))
            chosen = self._rest(chosen, shut.difference(d.__name__ for d in asked) if asked else shut)
        if asked.intersection(_ASKED_BY_KEY):
            return tuple(d for d in self._all if d in chosen or (d in asked and d in _ASKED_BY_KEY))
        return chosen

    def _behind(self, gates: tuple[int, ...], *, is_long: bool, has_digits: bool) -> Choice:
        """The detectors behind these gates, and those that need a long run or a digit run if there is one."""
        found = {self._gated[number].__name__ for number in gates}
        if is_long:
            found |= OPENED_BY_LONG_RUN
        if has_digits:
            found |= OPENED_BY_DIGIT_RUN
        return Choice(
            tuple(d for d in self._all if d.__name__ in found),
            tuple(gates for gates in NARROW_GATES if not gates.detectors.isdisjoint(found)),
        )

    def _without(self, chosen: tuple[Detector, ...], shut: frozenset[str]) -> tuple[Detector, ...]:
        return tuple(d for d in chosen if d.__name__ not in shut)


@cache
def _runs() -> re2.Set:
    return compiled_set(_RUNS)


_ASKED_BY_KEY = frozenset((find_assignments, find_births, find_positions))
"""Detectors that some keys ask about every text; others only lose their narrow gate."""


@lru_cache(maxsize=4096)
def _detectors_for_key(key: str) -> frozenset[Detector]:
    """The detectors that such a key opens: all of their gates, or the narrow one."""
    asked: list[Detector] = []
    if name_of_key(key) is not None:
        asked.append(find_assignments)
    if is_birth_key(key):
        asked.append(find_births)
    if is_position_key(key):
        asked.append(find_positions)
    if ids.is_announced_by(key):
        asked.append(find_numbers)
    if phones.is_announced_by(key):
        asked.append(find_phones)
    return frozenset(asked)
