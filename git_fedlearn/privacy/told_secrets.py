"""Secrets as people tell them: `log in with admin / …`, `PIN: …`, the words that restore a wallet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.command_lines import is_given_password
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git_fedlearn.privacy.subject import Subject

_PIN = lazy_pattern(
    r"\bpin(?:[ -]?(?:code|number))?(?: is|:|=)\s{0,2}[\"'`]?(?P<value>\d{4,8})(?![\w.-])", re.IGNORECASE
)
_LOGIN_PAIR = lazy_pattern(
    r"\b(?:log ?in|sign ?in|credentials|creds|auth)\b[^\n]{0,16}?[ :]\s{0,2}[\w.@-]{2,40}(?:\s/\s|:|/)"
    r"[\"']?(?P<value>[^\s\"']{4,256})[\"']?",
    re.IGNORECASE,
)
# machine … login … password …; host:port:database:user:password of .pgpass: fields that hold any word.
_NETRC = lazy_pattern(
    r"\bmachine\s{1,8}\S{1,128}\s{1,8}login\s{1,8}\S{1,128}\s{1,8}password\s{1,8}(?P<value>\S{4,256})"
)
_PGPASS = lazy_pattern(
    r"(?<![\w.:/-])[\w.*-]{1,64}:(?:\d{4,5}|\*):[A-Za-z*][\w*-]{0,63}:[\w.-]{1,64}:(?P<value>[^\s:\"']{6,128})(?!\S)"
)
_PGPASS_PORT = lazy_pattern(r":(?:\d{4,5}|\*):")
_PHRASE = lazy_pattern(
    r"(?:mnemonic|(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words))[^A-Za-z\n]{0,8}(?:is|"
    r"are)?[^A-Za-z\n]{0,8}"
    r"(?P<value>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})",
    re.IGNORECASE,
)


class _Form(NamedTuple):
    """A way of telling: one of the signs must occur; what counts as a value; what it is."""

    signs: tuple[str, ...] | re.Pattern[str]
    """Words in lower case, or what is sooner looked for than the whole pattern."""
    pattern: re.Pattern[str]
    counts: Callable[[str], bool]
    kind: str
    rule: str
    confidence: float


def _any_word(value: str) -> bool:
    return not is_stand_in(value)


def _always(_: str) -> bool:
    return True


_FORMS = (
    _Form(
        ("login", "log in", "sign in", "signin", "cred", "auth"),
        _LOGIN_PAIR,
        is_given_password,
        kinds.PASSWORD,
        "login-pair",
        0.6,
    ),
    _Form(("machine",), _NETRC, _any_word, kinds.PASSWORD, "netrc", 0.85),
    _Form(_PGPASS_PORT, _PGPASS, is_given_password, kinds.PASSWORD, "pgpass", 0.75),
    _Form(("pin",), _PIN, _always, kinds.PASSWORD, "pin", 0.6),
    _Form(("mnemonic", "phrase", "words"), _PHRASE, _always, kinds.SECRET, "recovery-phrase", 0.85),
)


def find_told_secrets(subject: Subject) -> Iterator[Match]:
    """Pairs after the word login, fields of password files, PINs, recovery phrases."""
    for form in _FORMS:
        signs = form.signs
        if subject.has_any(signs) if isinstance(signs, tuple) else signs.search(subject.text):
            for hit in form.pattern.finditer(subject.text):
                if form.counts(hit["value"]):
                    yield Match(*hit.span("value"), form.kind, form.rule, form.confidence)
