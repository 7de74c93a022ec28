"""Dates of birth and the names of internal hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_MONTH = (
    r"(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|ene|abr|ago|dic|gen|mag|giu|"
    r"lug|set|ott|fév|"
    r"avr|juin|juil|août|déc)[a-zé]{0,8}\.?"
)
_DATE = (
    r"(?P<date>(?:(?:19|20)\d{2}[-/. ](?:0?[1-9]|1[0-2])[-/. ][0-3]?\d|[0-3]?\d[-/. ](?:0?\d|1\d|"
    r"[0-3]\d)[-/. ](?:(?:19|20)\d{2}|\d{2})|"
    rf"[0-3]?\d(?:st|nd|rd|th|\.)?(?: (?:of|de))? {_MONTH},?(?: de)? (?:19|20)\d{{2}}|"
    rf"{_MONTH} [0-3]?\d(?:st|nd|rd|th)?,? (?:19|20)\d{{2}}|"
    rf"[0-3]?\d[-/]{_MONTH}[-/](?:(?:19|20)\d{{2}}|\d{{2}})|(?:19|20)\d{{2}}[-/]{_MONTH}[-/][0-3]?\d|"
    r"(?:19|20)\d{2}[년年]\s?\d{1,2}[월月]\s?\d{1,2}[일日]|(?:19|20)\d{6})"
    r"(?:[T ]00:00(?::00(?:\.0{1,6})?)?(?:Z|[+-]00:?00)?)?)(?!\d)"
)
_BIRTH_WORD = (
    r"(?:\bdob\b|\bd\.o\.b\b|d[_-]?o[_-]?b\b|date[-_ ]?of[-_ ]?birth|birth[-_ ]?(?:date|day)|"
    r"\bborn\b|geburtsdatum|geboren|né(?:e)? le|"
    r"date de naissance|fecha de nacimiento|nacid[oa]|data di nascita|nat[oa] il|data de nascimento|"
    r"nascid[oa]|"
    r"geboortedatum|födelsedatum|född|data urodzenia|ur\.|出生|生年月日|生日)"
)
_BIRTH_STEMS = (
    "dob",
    "d.o.b",
    "d_o_b",
    "d-o-b",
    "birth",
    "born",
    "gebor",
    "geburt",
    "naiss",
    "né",
    "naci",
    "nasci",
    "nat",
    "födel",
    "född",
    "urodz",
    "ur.",
    "出生",
    "生",
)
_BIRTH = lazy_pattern(rf"{_BIRTH_WORD}[^0-9\n]{{0,24}}?{_DATE}", re.IGNORECASE)
_DATE_SIGN = lazy_pattern(r"\d(?:\d{3}|[-/]|[. ]\d)")  # a year, or two parts of one of its short forms
_BIRTH_KEY = lazy_pattern(_BIRTH_WORD, re.IGNORECASE)
_ANY_DATE = lazy_pattern(_DATE, re.IGNORECASE)

_INTERNAL = lazy_pattern(
    r"(?<![\w.$%{}-])(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,6}"
    r"(?P<zone>local|lan|internal|intranet|corp|home\.arpa|home|localdomain|private|ts\.net))"
    r"(?![\w-]|\.\w|\(|=| import)",
    re.IGNORECASE,
)
_PUBLIC_NAMES = lazy_pattern(
    r"(?:^|\.)(?:host\.docker\.internal|gateway\.docker\.internal|kubernetes\.docker\.internal|"
    r"host\.containers\.internal|"
    r"metadata\.google\.internal|cluster\.local|example\.\w+|(?:env|settings|config|local|"
    r"docker-compose|compose|options|"
    r"threading|_?thread|self|cls|this|path|os|pathlib|git|asgiref|localhost|werkzeug|eventlet|gevent|nix|usr|"
    r"opt|var|application|"
    r"claude|makefile|readme|rc|conf)\.\w+)$",
    re.IGNORECASE,
)
_ZONES = (".local", ".lan", ".internal", ".intranet", ".corp", ".home", ".private", ".ts.net")
_PORT = lazy_pattern(r":\d{2,5}\b")
_HOST_KEY = lazy_pattern(r"host|server|node|machine|domain|endpoint|url|upstream|broker|proxy", re.IGNORECASE)
_SURE_ZONES = frozenset(("lan", "home.arpa", "localdomain", "ts.net"))
_HOST_BEFORE = lazy_pattern(
    r"(?:@|\b(?:host(?:name)?|server|node|machine|ping|ssh|scp|dig|nslookup|curl|from|to|at|on|via|"
    r"dns|resolved?|connect(?:ed)?|"
    r"peer|mount|reach|domain|endpoint|url|proxy|gateway|database|printer|nas|router|lookup|target|remote|"
    r"address|addr|broker|upstream|origin|backend|master|primary|replica)\b[\s:=\"'`(to|,<>→\[]{0,12})$",
    re.IGNORECASE,
)


def is_birth_key(key: str) -> bool:
    """Whether what stands under the key is a date of birth."""
    return _BIRTH_KEY.search(key) is not None


def find_births(subject: Subject) -> Iterator[Match]:
    """Dates that a word or a key calls a birth."""
    may_tell = subject.has_any(_BIRTH_STEMS) and _DATE_SIGN.search(subject.text) is not None
    for hit in _BIRTH.finditer(subject.text) if may_tell else ():
        yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.85)
    if subject.key and is_birth_key(subject.key):
        for hit in _ANY_DATE.finditer(subject.text[:256]):
            yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.9)


def find_internal_hosts(subject: Subject) -> Iterator[Match]:
    """Names in zones that only exist inside: `.lan`, tailnets; `.local` and such with a sign of a host."""
    if not subject.has_any(_ZONES):
        return
    for hit in _INTERNAL.finditer(subject.text):
        forge = subject.text[max(0, hit.start() - 4) : hit.start()] == "git@"
        if (
            (not forge)
            and _PUBLIC_NAMES.search(hit["name"]) is None
            and (
                hit["zone"].lower() in _SURE_ZONES
                or _looks_like_host(subject.text, hit)
                or _HOST_KEY.search(subject.key) is not None
            )
        ):
            yield Match(*hit.span(), kinds.HOST_NAME, "internal-host", 0.75)


def _looks_like_host(text: str, hit: re.Match[str]) -> bool:
    first = hit["name"].split(".", 1)[0]
    if "-" in first or any(char.isdigit() for char in first):
        return True
    if _PORT.match(text, hit.end()) or text[max(0, hit.start() - 2) : hit.start()] == "//":
        return True
    named = hit["name"].islower() and hit["zone"] != "home"
    return named and _HOST_BEFORE.search(text, max(0, hit.start() - 32), hit.start()) is not None
