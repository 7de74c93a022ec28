"""Passwords given to programs without a telling name: `curl -u user:…`, `mysql -p…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_code, is_stand_in, is_strong_password

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_ANY = r"[^\n|;]{0,160}?\s"
_WORD = r"[\"']?(?P<value>[^\s\"']{4,256})[\"']?"
_PAIR = r"[\"']?[^\s\"':]{0,64}:(?P<value>[^\s\"']{3,256})[\"']?"

# A program that must occur in the text, and what to look for after it.
_COMMANDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("curl", lazy_pattern(rf"\bcurl\b{_ANY}(?:-u|--user|--proxy-user)[= ]\s{{0,4}}{_PAIR}")),
    ("wget", lazy_pattern(rf"\bwget\b{_ANY}--(?:http-|ftp-)?password[= ]{_WORD}")),
    ("http", lazy_pattern(rf"\bhttps?\s(?:[^\n|;]{{0,200}}?\s)?(?:-a|--auth)[= ]{_PAIR}")),
    ("mysql", lazy_pattern(rf"\bmysql(?:dump|admin|import)?\b{_ANY}-p{_WORD}")),
    ("mariadb", lazy_pattern(rf"\bmariadb(?:-dump|-admin)?\b{_ANY}-p{_WORD}")),
    ("sshpass", lazy_pattern(rf"\bsshpass\s{{1,4}}-p\s{{0,4}}{_WORD}")),
    ("redis-cli", lazy_pattern(rf"\bredis-cli\b{_ANY}-a\s{{1,4}}{_WORD}")),
    (
        "login",
        lazy_pattern(
            rf"\b(?:docker|podman|buildah|skopeo|helm|az|"
            rf"nerdctl)(?:\s\S{{1,24}}){{0,2}}\slogin\b{_ANY}-p[ =]{{1,4}}{_WORD}"
        ),
    ),
    ("login", lazy_pattern(rf"\blogin\s{{1,8}}\S{{1,128}}\s{{1,8}}password\s{{1,8}}{_WORD}")),
    ("ldap", lazy_pattern(rf"\bldap(?:search|modify|add|whoami)\b{_ANY}-w\s{{1,4}}{_WORD}")),
    (
        "smbclient",
        lazy_pattern(rf"\bsmbclient\b{_ANY}-U\s{{1,4}}[\"']?[^\s\"'%]{{1,64}}%(?P<value>[^\s\"']{{3,256}})"),
    ),
    ("mongo", lazy_pattern(rf"\bmongo(?:sh|dump|restore|export|import)?\b{_ANY}-p\s{{1,4}}{_WORD}")),
    ("net", lazy_pattern(rf"\bnet use\b{_ANY}/user:\S{{1,128}}\s{{1,4}}{_WORD}", re.IGNORECASE)),
    ("net", lazy_pattern(rf"\bnet user\s{{1,4}}\S{{1,64}}\s{{1,4}}(?!/){_WORD}", re.IGNORECASE)),
    ("useradd", lazy_pattern(rf"\buseradd\b{_ANY}-p\s{{1,4}}{_WORD}")),
    (
        "htpasswd",
        lazy_pattern(
            rf"\bhtpasswd\b(?:\s{{1,4}}-\w{{1,8}}){{1,4}}\s{{1,4}}\S{{1,128}}\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}"
        ),
    ),
    (
        "SecureString",
        lazy_pattern(
            r"\bConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?[\"'](?P<value>[^\"'\r\n]{4,256})[\"']"
        ),
    ),
    (
        "Credential",
        lazy_pattern(
            r"Credential\(\s{0,4}[\"'][^\"'\r\n]{0,64}[\"'],\s{0,4}[\"'](?P<value>[^\"'\r\n]{4,256})[\"']"
        ),
    ),
    ("zip", lazy_pattern(rf"\b(?:un)?zip\b{_ANY}-P\s{{1,4}}{_WORD}")),
    ("openssl", lazy_pattern(rf"\bopenssl\b{_ANY}(?:-passin|-passout|-pass|-k)\s{{1,4}}(?:pass:)?{_WORD}")),
    (
        "password-stdin",
        lazy_pattern(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|[^\n]{{0,128}}--password-stdin"),
    ),
    ("kinit", lazy_pattern(rf"\becho\s{{1,4}}{_WORD}\s{{0,4}}\|\s{{0,4}}kinit\b")),
    ("sudo -S", lazy_pattern(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|\s{{0,4}}sudo -S")),
    (
        "chpasswd",
        lazy_pattern(
            r"\becho\s{1,4}[\"']?[\w.-]{1,32}:(?P<value>[^\s\"']{3,256})[\"']?\s{0,4}\|"
            r"[^\n]{0,24}chpasswd"
        ),
    ),
)
PROGRAMS = tuple(program for program, _ in _COMMANDS)


def find_command_lines(subject: Subject) -> Iterator[Match]:
    """Passwords in the arguments of well-known programs."""
    text = subject.text
    for program, pattern in _COMMANDS:
        if program in text:
            for hit in pattern.finditer(text):
                if is_given_password(hit["value"]):
                    yield Match(*hit.span("value"), kinds.PASSWORD, "command-line", 0.8)


def is_given_password(value: str) -> bool:
    """Whether an argument is a password and no placeholder, variable or word."""
    return not is_stand_in(value) and not is_code(value) and is_strong_password(value)
