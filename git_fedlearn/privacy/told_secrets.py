"""Secrets as people tell them: `log in with admin / …`, `PIN: …`, the words that restore a wallet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.command_lines import is_given_password
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_PIN = re.compile(
    r"\bpin(?:[ -]?(?:code|number))?(?: is|:|=)\s{0,2}[\"'`]?(?P<value>\d{4,8})(?![\w.-])", re.IGNORECASE
)
_LOGIN_PAIR = re.compile(
    r"\b(?:log ?in|sign ?in|credentials|creds|auth)\b[^\n]{0,16}?[ :]\s{0,2}[\w.@-]{2,40}(?:\s/\s|:|/)"
    r"[\"']?(?P<value>[^\s\"']{4,256})[\"']?",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"(?:mnemonic|(?:seed|recovery|backup|secret)[-_ ]?(?:phrase|words))[^A-Za-z\n]{0,8}(?:is|"
    r"are)?[^A-Za-z\n]{0,8}"
    r"(?P<value>(?:[a-z]{3,8}[ ,]{1,2}){11,23}[a-z]{3,8})",
    re.IGNORECASE,
)


def find_told_secrets(subject: Subject) -> Iterator[Match]:
    """Pairs after the word login, PINs, recovery phrases."""
    text = subject.text
    if subject.has_any(("login", "log in", "sign in", "signin", "cred", "auth")):
        for hit in _LOGIN_PAIR.finditer(text):
            if is_given_password(hit["value"]):
                yield Match(*hit.span("value"), kinds.PASSWORD, "login-pair", 0.6)
    if "pin" in subject.lowered:
        for hit in _PIN.finditer(text):
            yield Match(*hit.span("value"), kinds.PASSWORD, "pin", 0.6)
    if subject.has_any(("mnemonic", "phrase", "words")):
        for hit in _PHRASE.finditer(text):
            yield Match(*hit.span("value"), kinds.SECRET, "recovery-phrase", 0.85)
