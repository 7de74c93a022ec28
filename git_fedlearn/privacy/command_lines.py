"""Passwords given to programs without a telling name: `curl -u user:…`, `mysql -p…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
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
    ("curl", re.compile(rf"\bcurl\b{_ANY}(?:-u|--user|--proxy-user)[= ]\s{{0,4}}{_PAIR}")),
    ("wget", re.compile(rf"\bwget\b{_ANY}--(?:http-|ftp-)?password[= ]{_WORD}")),
    ("http", re.compile(rf"\bhttps?\s(?:[^\n|;]{{0,200}}?\s)?(?:-a|--auth)[= ]{_PAIR}")),
    ("mysql", re.compile(rf"\bmysql(?:dump|admin|import)?\b{_ANY}-p{_WORD}")),
    ("mariadb", re.compile(rf"\bmariadb(?:-dump|-admin)?\b{_ANY}-p{_WORD}")),
    ("sshpass", re.compile(rf"\bsshpass\s{{1,4}}-p\s{{0,4}}{_WORD}")),
    ("redis-cli", re.compile(rf"\bredis-cli\b{_ANY}-a\s{{1,4}}{_WORD}")),
    (
        "login",
        re.compile(
            rf"\b(?:docker|podman|buildah|skopeo|helm|az|"
            rf"nerdctl)(?:\s\S{{1,24}}){{0,2}}\slogin\b{_ANY}-p[ =]{{1,4}}{_WORD}"
        ),
    ),
    ("login", re.compile(rf"\blogin\s{{1,8}}\S{{1,128}}\s{{1,8}}password\s{{1,8}}{_WORD}")),
    ("ldap", re.compile(rf"\bldap(?:search|modify|add|whoami)\b{_ANY}-w\s{{1,4}}{_WORD}")),
    (
        "smbclient",
        re.compile(rf"\bsmbclient\b{_ANY}-U\s{{1,4}}[\"']?[^\s\"'%]{{1,64}}%(?P<value>[^\s\"']{{3,256}})"),
    ),
    ("mongo", re.compile(rf"\bmongo(?:sh|dump|restore|export|import)?\b{_ANY}-p\s{{1,4}}{_WORD}")),
    ("net", re.compile(rf"\bnet use\b{_ANY}/user:\S{{1,128}}\s{{1,4}}{_WORD}", re.IGNORECASE)),
    ("net", re.compile(rf"\bnet user\s{{1,4}}\S{{1,64}}\s{{1,4}}(?!/){_WORD}", re.IGNORECASE)),
    ("useradd", re.compile(rf"\buseradd\b{_ANY}-p\s{{1,4}}{_WORD}")),
    (
        "htpasswd",
        re.compile(
            rf"\bhtpasswd\b(?:\s{{1,4}}-\w{{1,8}}){{1,4}}\s{{1,4}}\S{{1,128}}\s{{1,4}}\S{{1,64}}\s{{1,4}}{_WORD}"
        ),
    ),
    (
        "SecureString",
        re.compile(
            r"\bConvertTo-SecureString\s{1,4}(?:-String\s{1,4})?[\"'](?P<value>[^\"'\r\n]{4,256})[\"']"
        ),
    ),
    (
        "Credential",
        re.compile(
            r"Credential\(\s{0,4}[\"'][^\"'\r\n]{0,64}[\"'],\s{0,4}[\"'](?P<value>[^\"'\r\n]{4,256})[\"']"
        ),
    ),
    ("zip", re.compile(rf"\b(?:un)?zip\b{_ANY}-P\s{{1,4}}{_WORD}")),
    ("openssl", re.compile(rf"\bopenssl\b{_ANY}(?:-passin|-passout|-pass|-k)\s{{1,4}}(?:pass:)?{_WORD}")),
    (
        "password-stdin",
        re.compile(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|[^\n]{{0,128}}--password-stdin"),
    ),
    ("kinit", re.compile(rf"\becho\s{{1,4}}{_WORD}\s{{0,4}}\|\s{{0,4}}kinit\b")),
    ("sudo -S", re.compile(rf"\becho\s{{1,4}}(?:-\w\s{{1,4}})?{_WORD}\s{{0,4}}\|\s{{0,4}}sudo -S")),
    (
        "chpasswd",
        re.compile(
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
