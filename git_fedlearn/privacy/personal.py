"""Dates of birth, geographic positions, logins on other machines and the names of internal hosts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
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
    r"(?P<date>(?:19|20)\d{2}[-/. ](?:0?[1-9]|1[0-2])[-/. ][0-3]?\d|[0-3]?\d[-/. ](?:0?\d|1\d|"
    r"[0-3]\d)[-/. ](?:(?:19|20)\d{2}|\d{2})|"
    rf"[0-3]?\d(?:st|nd|rd|th|\.)?(?: (?:of|de))? {_MONTH},?(?: de)? (?:19|20)\d{{2}}|"
    rf"{_MONTH} [0-3]?\d(?:st|nd|rd|th)?,? (?:19|20)\d{{2}}|"
    r"(?:19|20)\d{2}年\d{1,2}月\d{1,2}日|(?:19|20)\d{6})(?!\d)"
)
_BIRTH_WORD = (
    r"(?:\bdob\b|date[-_ ]?of[-_ ]?birth|birth[-_ ]?(?:date|day)|\bborn\b|geburtsdatum|geboren|né(?:e)? le|"
    r"date de naissance|fecha de nacimiento|nacid[oa]|data di nascita|nat[oa] il|data de nascimento|"
    r"nascid[oa]|"
    r"geboortedatum|födelsedatum|född|data urodzenia|ur\.|出生|生年月日|生日)"
)
_BIRTH_STEMS = (
    "dob",
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
_BIRTH = re.compile(rf"{_BIRTH_WORD}[^0-9\n]{{0,24}}?{_DATE}", re.IGNORECASE)
_BIRTH_KEY = re.compile(_BIRTH_WORD, re.IGNORECASE)
_ANY_DATE = re.compile(_DATE, re.IGNORECASE)

_DECIMAL = r"[+-]?(?:\d{1,2}|1[0-7]\d|180)\.\d{3,16}"
_POSITION = re.compile(
    rf"(?:(?:\blat(?:itude)?\b|\blatlng|\blat_?lon|\bgps\b|\bcoord(?:inate)?s?\b|\bgeo\b|\bgeo:|"
    rf"\blocation\b|\bposition\b|"
    rf"\bll=|[?&]q=|/@|"
    r"\bpoint\b)[^\d\n+-]{0,24}?)"
    rf"(?P<pair>{_DECIMAL}°?\s?[NS]?\s{{0,2}}[,;/ ]\s{{0,2}}{_DECIMAL}°?\s?[EW]?)"
    r"(?!\s?,\s?-?\d)",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r"\d{1,2}(?:\.\d{1,10})?°(?:\s?\d{1,2}(?:\.\d{1,8})?['\u2032\u2019](?:\s?\d{1,2}(?:\.\d{1,8})?(?:\"|\u2033|''|"
    r"\u201d))?)?\s?[NS][,;\s]{0,3}"
    r"\d{1,3}(?:\.\d{1,10})?°(?:\s?\d{1,2}(?:\.\d{1,8})?['\u2032\u2019](?:\s?\d{1,2}(?:\.\d{1,8})?(?:\"|\u2033|''|"
    r"\u201d))?)?\s?[EW]"
)
_HEMISPHERE = re.compile(rf"{_DECIMAL}\s?[NS][,;\s]{{1,3}}{_DECIMAL}\s?[EW]\b")
_FIELD = re.compile(
    rf"(?<![A-Za-z])(?:lat(?:itude)?|lon(?:gitude)?|lng)\\{{0,2}}[\"']?\s{{0,3}}[:=]\s{{0,3}}\\{{0,2}}[\"']?(?P<value>{_DECIMAL})(?!\d)",
    re.IGNORECASE,
)
_POSITION_KEY = re.compile(
    r"^(?:.*[_-])?(?:lat(?:itude)?|lon(?:gitude)?|lng|geo|gps|coord\w*|position|location)$", re.IGNORECASE
)
_NUMBER = re.compile(rf"(?<![\w.]){_DECIMAL}(?![\w.])")

_HOST = (
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?){0,6}"
)
_LOGIN = re.compile(
    rf"(?<![\w.@/+-])(?P<user>[A-Za-z_][\w.-]{{0,31}})@(?P<host>{_HOST})(?P<after>:(?:~|/|\d{{1,5}}\b|"
    rf"[\w.]{{1,64}}/)|\s?[$#](?=\s|$))?"
)
_REMOTE_COMMAND = re.compile(
    r"(?:\bssh|\bscp|\bsftp|\brsync|\bmosh|\bsshfs|\bssh-copy-id|\bautossh|://|ssh=|host=)[^\n|;&]{0,160}$"
)
_NOBODY = frozenset(
    (
        "user",
        "username",
        "you",
        "me",
        "git",
        "hg",
        "svn",
        "login",
        "name",
        "youruser",
        "your_user",
        "youruser",
    )
)
_NO_HOST = frozenset(
    (
        "host",
        "hostname",
        "server",
        "remote",
        "localhost",
        "machine",
        "example",
        "example.com",
        "your-server",
        "ip",
        "address",
    )
)
_INTERNAL = re.compile(
    r"(?<![\w.$%{}-])(?P<name>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}[A-Za-z0-9])?\.){1,6}"
    r"(?P<zone>local|lan|internal|intranet|corp|home\.arpa|home|localdomain|private|ts\.net))"
    r"(?![\w-]|\.\w|\(|=| import)",
    re.IGNORECASE,
)
_PUBLIC_NAMES = re.compile(
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
_PORT = re.compile(r":\d{2,5}\b")
_SURE_ZONES = frozenset(("lan", "home.arpa", "localdomain", "ts.net"))
_HOST_BEFORE = re.compile(
    r"(?:@|\b(?:host(?:name)?|server|node|machine|ping|ssh|scp|dig|nslookup|curl|from|to|at|on|via|"
    r"dns|resolved?|connect(?:ed)?|"
    r"peer|mount|reach|domain|endpoint|url|proxy|gateway|database|printer|nas|router)\b[\s:=\"'`(to]{0,12})$",
    re.IGNORECASE,
)


def find_births(subject: Subject) -> Iterator[Match]:
    """Dates that a word or a key calls a birth."""
    births = _BIRTH.finditer(subject.text) if subject.has_any(_BIRTH_STEMS) else ()
    for hit in births:
        yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.85)
    if subject.key and _BIRTH_KEY.search(subject.key):
        for hit in _ANY_DATE.finditer(subject.text[:256]):
            yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.9)


def find_positions(subject: Subject) -> Iterator[Match]:
    """Geographic coordinates: announced pairs, degrees with hemispheres, latitude and longitude fields."""
    text = subject.text
    if subject.has_decimals:
        for hit in _POSITION.finditer(text):
            yield Match(*hit.span("pair"), kinds.COORDINATES, "coordinates", 0.8)
        for pattern in (_DEGREES, _HEMISPHERE):
            for hit in pattern.finditer(text):
                yield Match(*hit.span(), kinds.COORDINATES, "coordinates", 0.85)
        for hit in _FIELD.finditer(text):
            yield Match(*hit.span("value"), kinds.COORDINATES, "coordinates", 0.85)
    if subject.key and len(text) <= 64 and _POSITION_KEY.search(subject.key):  # noqa: PLR2004 -- a value, not a text
        for hit in _NUMBER.finditer(text):
            yield Match(*hit.span(), kinds.COORDINATES, "coordinates", 0.85)


def find_logins(subject: Subject) -> Iterator[Match]:
    """`user@host` where a shell would log in: after ssh and its kin, before a path, in a prompt."""
    text = subject.text
    if "@" not in text:
        return
    for hit in _LOGIN.finditer(text):
        user, host = hit["user"].lower(), hit["host"].lower()
        if user in _NOBODY or host in _NO_HOST or host.endswith(".example.com") or host[0].isdigit():
            continue
        if hit["after"] or _REMOTE_COMMAND.search(text, max(0, hit.start() - 180), hit.start()):
            yield Match(hit.start(), hit.end("host"), kinds.LOGIN, "ssh-login", 0.8)


def find_internal_hosts(subject: Subject) -> Iterator[Match]:
    """Names in zones that only exist inside: `.lan`, tailnets; `.local` and such with a sign of a host."""
    if not subject.has_any(_ZONES):
        return
    for hit in _INTERNAL.finditer(subject.text):
        forge = subject.text[max(0, hit.start() - 4) : hit.start()] == "git@"
        if (
            (not forge)
            and _PUBLIC_NAMES.search(hit["name"]) is None
            and (hit["zone"].lower() in _SURE_ZONES or _looks_like_host(subject.text, hit))
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
