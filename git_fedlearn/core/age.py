"""How old a lesson is, and which versions of software it speaks of. Pure."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from typing import Final

from git_fedlearn.core.canonical import JsonObject, iter_strings
from git_fedlearn.core.empty_words import FUNCTION_WORDS, GENERIC_WORDS
from git_fedlearn.core.events import event_time
from git_fedlearn.core.identity import content_of
from git_fedlearn.core.record import FIRST_SEEN

MAX_VERSIONS: Final = 5
MAX_VERB_LETTERS: Final = 3
"""Words of so few letters in lower case before a number are mostly verbs and units."""
MAX_VERSION_TEXT: Final = 20_000
"""Characters of a field that are searched for versions."""

_TIMES: Final = ("created_at", "learned_at", "first_seen", "timestamp", "ts")
_MONTH_DAYS: Final = 30.44
_YEAR_DAYS: Final = 365.25

_VERSION_FIELDS: Final = re.compile(r"(?:\w+_)?versions?")
_VERSION: Final = r"v?\d{1,5}(?:\.\d{1,5}){0,3}(?:-?(?:rc|alpha|beta|pre|dev|b|a)\.?\d{0,3})?"
_UNITS: Final = (
    r"[num]?s|secs?|seconds?|min|mins|minutes?|h|hours?|days?|weeks?|months?|years?|[kKMGT]i?B?|bytes?|bits?"
    r"|times|percent|x|items?|lines?|files?|records?|tokens?|characters?|retries|steps?|cores?|users?|rows?"
    r"|points?|tests?|attempts?|requests?|workers?|threads?|layers?"
)
_NAMED: Final = re.compile(
    r"(?<![\w./-])(?P<name>[A-Za-z][\w+.-]{0,39}?)"
    r"(?P<gap> ?(?:==|>=|<=|~=|[<>=@^~]) ?| version | v| to | is |[ /-])"
    rf"(?P<version>{_VERSION})"
    r"(?P<open>\+| (?:and|or) (?:later|newer|above|older|earlier|below))?"
    rf"(?![\w:%/]|\.\d|,\d| ?(?:{_UNITS})\b)"
)
_BARE: Final = re.compile(
    r"(?<![\w.-])(?:v\d{1,4}(?:\.\d{1,5}){1,3}|(?<=version )\d{1,5}(?:\.\d{1,5}){0,3})(?![\w]|\.\d)"
)
_NUMBERED: Final = frozenset(
    "python java jdk node ruby php go rust gcc cuda openssl postgres postgresql mysql redis qdrant ubuntu "
    "debian fedora android linux kubernetes django rails react vue angular torch".split()
)
"""Software whose major version alone is a version: `PostgreSQL 16`."""

_NO_NAMES: Final = FUNCTION_WORDS.union(
    GENERIC_WORDS,
    "takes took about factor score ratio threshold temperature rate timeout delay size limit port exit line "
    "since phase section chapter page figure table level column ticket round gpu sleep wait retry".split(),
)


def age_days(fields: JsonObject, today: date) -> int | None:
    """Days since a lesson was learned, by the earliest day it names; None if it names none up to today."""
    days = [day for day in _days(fields) if day <= today]
    return (today - min(days)).days if days else None


def _days(fields: JsonObject) -> Iterator[date]:
    first = fields.get(FIRST_SEEN)
    if isinstance(first, str):
        with suppress(ValueError):
            yield date.fromisoformat(first)
    for name in _TIMES:
        if name in fields and (when := event_time({"timestamp": fields[name]})):
            yield when.date()


def describe_age(days: int) -> str:
    """`today`, `12 days ago`, `5 months ago`, `2 years ago`."""
    for size, unit in ((_YEAR_DAYS, "year"), (_MONTH_DAYS, "month"), (1, "day")):
        number = int(days // size)
        if number and (unit != "month" or number > 1):
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "today"


def find_versions(fields: JsonObject) -> list[str]:
    """The versions that a lesson speaks of, such as `Python 3.11`, in their order, MAX_VERSIONS at most."""
    found: dict[str, str] = {}
    for name, value in content_of(fields).items():
        is_field = bool(_VERSION_FIELDS.fullmatch(name))
        for text in iter_strings(value):
            if is_field and len(text) <= 40:  # noqa: PLR2004  characters of a version with its name
                label = name.removesuffix("s").removesuffix("version").strip("_")
                said = f"{label} {text}".strip()
                found.setdefault(said.casefold(), said)
            else:
                for said in _versions_in(text[:MAX_VERSION_TEXT]):
                    found.setdefault(said.casefold(), said)
    return list(found.values())[:MAX_VERSIONS]


def _versions_in(text: str) -> Iterator[str]:
    taken: list[tuple[int, int]] = []
    for match in _NAMED.finditer(text):
        name, gap, version = match["name"], match["gap"].strip(), match["version"]
        if not _is_software(name, gap, version):
            continue
        taken.append(match.span())
        joint = gap if gap in ("==", ">=", "<=", "~=", "<", ">", "^", "~") else ""
        tail = "+" if match["open"] == "+" else match["open"] or ""
        yield f"{name} {joint}{' ' if joint else ''}{version.removeprefix('v')}{tail}"
    for match in _BARE.finditer(text):
        if not any(start <= match.start() < end for start, end in taken):
            yield match[0] if match[0].startswith("v") else f"version {match[0]}"


def _is_software(name: str, gap: str, version: str) -> bool:
    word = name.casefold().rstrip(".+-")
    if word in _NO_NAMES or (len(word) == 1 and gap not in ("==", "@")):
        return False
    if word in _NUMBERED:
        return True
    parts = version.count(".")
    if gap in ("==", "~=", "@", "version", "v", ">=", "<="):
        return parts > 0 or version.startswith("v")
    if gap in ("to", "is"):
        return parts > 1
    if gap in ("-", "/"):
        return parts > 0
    is_name = name[0].isupper() or len(word) > MAX_VERB_LETTERS
    return parts > 1 or version.startswith("v") or (parts == 1 and not gap and is_name)
