"""Phone numbers, checked against the numbering plans of fifteen countries.

A number in international form (`+…`) counts if its plan has it. One in national form needs a word before it
(`call`, `Tel.`), a key such as `phone`, or punctuation that only phone numbers have; so ids, timestamps and
versions are left alone. `phonenumbers` is imported at the first candidate.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import around

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "SE", "PL", "BR", "MX", "IN", "CN", "JP", "AU")

_INTERNATIONAL = lazy_pattern(
    r"(?<![\w.+-])(?:\+|\b00|(?<![0-9]:)\b00 )"
    r"[1-9][0-9]{0,2}[ ./()-]{0,2}(?:[0-9][ ./()-]{0,2}){6,13}[0-9](?![\w])"
)
"""After the seconds `00` of a time and a blank comes a year, not the number of a country."""
_EXTENSION = r"(?: ?(?:x|ext\.?|#) ?[0-9]{1,6})?"
_NORTH_AMERICAN = lazy_pattern(
    r"(?<![\w.+/-])(?:\+?1[ .-])?"
    r"(?:\([2-9][0-9]{2}\) ?[2-9][0-9]{2}[ .-]|[2-9][0-9]{2}([.-])[2-9][0-9]{2}\1)[0-9]{4}"
    rf"{_EXTENSION}(?![\w]|[.-][0-9])"
)
_TRUNK = lazy_pattern(
    r"(?<![\w.+/:-])(?<![0-9A-Z]{4} )"
    r"\(?0[1-9][0-9]{0,4}\)?[ /-](?:[0-9]{2,8}[ -]){0,4}[0-9]{2,8}(?![\w]|[.:/-][0-9])"
)
_LOOSE = lazy_pattern(rf"(?<![\w.+-])\(?\+?[0-9](?:[ ./()-]{{0,2}}[0-9]){{5,14}}{_EXTENSION}(?![\w]|-[0-9])")
_WORDS = (
    r"(?:phone[0-9]?|\btel\b|telephone|telefon|msisdn|contact_?(?:no|num|number)\b|_contact\b|komórka|"
    r"(?<![A-Za-z])(?:mob|ph)(?:_?no|\.)?[\"'`]?[:=]|teléfono|téléphone|telefoon|telefone|mobile?|móvil|"
    r"cell(?:ular|phone)?|handy|"
    r"\bfax|whatsapp|\bsms\b|\bcall(?: (?:me|us|him|her|them|on|at|back|now))?\b:?|\bdial|\bring(?: me| us)?|"
    r"reach (?:me|us|him|her)|"
    r"\b(?:answer|respond|listen)\w{0,3} (?:at|on|to)|\bmessages? to|\bmy registered|"
    r"\bcontact\b|hotline|callback|\bdirect(?: line| dial)?:|\bdesk:|front desk|"
    r"help ?desk|reception|switchboard|pager|landline|\b(?:at|from) (?:home|work):?|"
    r"\b(?:home|work|office|extension|private|main) (?:line|no\.?|number)|"
    r"\bline\b|\btext(?:s|ed)? (?:goes |go |went |sent )?to|"
    r"(?:get|reach|catch|find|ring|try) (?:me|us|him|her|them) (?:on|at|under)|"
    r"rufnummer|\bmobil\b|cellulare|celular|\bgsm\b|telemóvel|puhelin|matkapuhelin|телефон|τηλέφωνο|"
    r"\bnumber is(?! not)|电话|手机|電話|携帯|전화|휴대폰|\btext me)(?:[^0-9\n+(]{0,28}|:\s{1,12})[+(]?"
)
_WORD = lazy_pattern(rf"{_WORDS}\Z", re.IGNORECASE)
_TAIL = lazy_pattern(r"(?:x|ext\.?|#) ?[0-9]+$")
_SEPARATED = lazy_pattern(r"[0-9][ ./()-]+[0-9]")
_MAX_CHECKED_CANDIDATES: Final = 1000
"""A text with more candidates is a list of numbers: the others count unchecked."""
_STEMS = (
    *"""
    phone tel fono mobil móvil cell handy fax whatsapp sms call dial reach contact hotline answer respond
    listen message registered direct desk reception switchboard pager landline home work line text office
    extension private main rufnummer celular gsm msisdn komórka mob ph telemóvel puhelin телефон τηλέφωνο
    电话 手机 電話 携帯 전화 휴대폰
    """.split(),
    *("number is", "ring ", "get ", "catch ", "find ", "try "),
)
"""One of these is in all of _WORDS."""
_COUNT_AFTER = lazy_pattern(
    r" (?:times|calls|bytes|items|rows|records|requests|ms|seconds|lines|tokens|entries)\b"
)
_AFTER = lazy_pattern(
    r"(?:[ \t]{1,2}\(|-|[ \t]{1,2}(?=(?:office|home|mobile|cell|fax)\b[ \t]*(?:[\n\r,;\\\"']|$)))"
    r"(?:reception|office|home|mobile|cell|work|desk|direct|private|fax|switchboard|main|front desk)\b",
    re.IGNORECASE,
)
_KEY = lazy_pattern(
    r"phone|mobil|m[oó]vil|telef|t[eé]l[eé]fon|(?<![a-z])(?:tel|fon|gsm)(?![a-z])|(?<![a-z])tel_?(?:no|nr|num)|"
    r"(?-i:[a-z]Tel(?![a-z]))|fax|cell|celular|(?<![a-z])handy|rufnummer|msisdn|whatsapp|puhelin|"
    r"contact(?:_?(?:no|num|number))?$|(?<![a-z])(?:mob|ph)(?:_?no)?$|komórka|телефон|τηλέφωνο|电话|手机|電話|携帯|전화|휴대폰",
    re.IGNORECASE,
)
_SURE_WORD = lazy_pattern(
    r"(?:phone|\btel\b|telef[oó]n|telefoon|téléphone|mobile|móvil|\bfax|"
    r"\b(?:call|dial)(?: (?:me|us|him|her|on|at))?)"
    r"[ _-]?(?:number|num|no\.?|nr\.?|is)?[\s:=.\"'`]{0,8}$",
    re.IGNORECASE,
)
"""Words right before a number that nothing but a phone number follows: it may have six digits then."""
_NO_PHONE = lazy_pattern(
    r"(?:^|[^0-9])(?:19|20)[0-9]{2}[-/. ][01]?[0-9][-/. ][0-3]?[0-9](?:[^0-9]|$)|"  # dates
    r"^[0-3]?[0-9][-/.][01]?[0-9][-/.](?:19|20)[0-9]{2}|^(?:19|20)[0-9]{6}$|"
    r"^[0-9]{5}-[0-9]{4}$|^[0-9]+\.[0-9]{1,3}$|"  # postal codes
    r"^(?:[0-9]{2} ){6}|\.[0-9]$"  # dumps of bytes, decimals
)
_GATE = lazy_pattern(r"[0-9](?:[ ./()-]{0,2}[0-9]){5}")
_REACH: Final = 96
"""More than the length of a number with its separators and its extension."""


_ANNOUNCED = lazy_pattern(rf"{_WORDS}\(?\+?{_GATE.pattern}", re.IGNORECASE)
_FOLLOWED = lazy_pattern(rf"[0-9]{_AFTER.pattern}", re.IGNORECASE)


def signs() -> tuple[re.Pattern[str], ...]:
    """One of these matches in every text with a phone number, unless its key announces it."""
    return _INTERNATIONAL, _NORTH_AMERICAN, _TRUNK, _ANNOUNCED, _FOLLOWED


def is_announced_by(key: str) -> bool:
    """Whether the key announces a phone number."""
    return _KEY.search(key) is not None


def find_phones(subject: Subject) -> Iterator[Match]:
    """Phone numbers, international, national or announced by a word or a key."""
    windows = list(around(_GATE, subject.text, _REACH))
    if windows:
        yield from _international(subject.text, windows)
        yield from _national(subject.text, windows)
        yield from _announced(subject, windows)


_Windows = list[tuple[int, int]]


def _hits(pattern: re.Pattern[str], text: str, windows: _Windows) -> Iterator[re.Match[str]]:
    return (hit for span in windows for hit in pattern.finditer(text, *span))


def _international(text: str, windows: _Windows) -> Iterator[Match]:
    for hit in _hits(_INTERNATIONAL, text, windows) if "+" in text or "00" in text else ():
        digits = "+" + hit[0].replace("(0)", "").lstrip("+0")
        spaced = hit[0][0] == "+" and _SEPARATED.search(hit[0]) is not None
        if _NO_PHONE.search(hit[0].lstrip("+")) is None and _is_valid(digits, None, possible=spaced):
            yield _match(hit, 0.9)


def _national(text: str, windows: _Windows) -> Iterator[Match]:
    for hit in _hits(_NORTH_AMERICAN, text, windows):
        if _is_valid(hit[0], "US"):
            yield _match(hit, 0.8)
    for index, hit in enumerate(_hits(_TRUNK, text, windows)):
        if index > _MAX_CHECKED_CANDIDATES:
            yield _match(hit, 0.4)
        elif (
            _NO_PHONE.search(hit[0]) is None
            and _count(hit[0]) >= 9  # noqa: PLR2004 -- with its area code
            and any(_is_valid(hit[0], region) for region in REGIONS if region not in {"US", "DE"})
        ):
            yield _match(hit, 0.6)


def _announced(subject: Subject, windows: _Windows) -> Iterator[Match]:
    keyed = is_announced_by(subject.key)
    for hit in _hits(_LOOSE, subject.text, windows):
        before = max(0, hit.start() - 64)
        followed = _AFTER.match(subject.text, hit.end()) is not None
        if (
            not (keyed or followed or _has_word(subject, before, hit.start()))
            or _COUNT_AFTER.match(subject.text, hit.end()) is not None
        ):
            continue
        least = 7
        if _SEPARATED.search(hit[0]) is not None and (
            keyed or followed or _SURE_WORD.search(subject.text, before, hit.start()) is not None
        ):
            least = 6
        if least <= _count(_TAIL.sub("", hit[0])) <= 15 and _NO_PHONE.search(hit[0]) is None:  # noqa: PLR2004 -- E.164
            yield _match(hit, 0.75)


def _has_word(subject: Subject, start: int, end: int) -> bool:
    """Whether a word that announces a number stands at the end of this part of the text."""
    lowered = subject.lowered[start:end]
    return any(map(lowered.__contains__, _STEMS)) and _WORD.search(subject.text, start, end) is not None


def _match(hit: re.Match[str], confidence: float) -> Match:
    return Match(*hit.span(), kinds.PHONE_NUMBER, "phone-number", confidence)


def _count(text: str) -> int:
    return sum(char.isdigit() for char in text)


@lru_cache(maxsize=4096)
def _is_valid(text: str, region: str | None, *, possible: bool = False) -> bool:
    import phonenumbers  # noqa: PLC0415 -- takes 20 ms, and clean text does not need it

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) or (possible and phonenumbers.is_possible_number(number))
