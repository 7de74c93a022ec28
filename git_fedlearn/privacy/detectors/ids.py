"""Payment cards, bank accounts and national identity numbers: by shape, check digits, and a word before.

A number that few random ones match counts if it is written the way people write it. Bare digits need a word
before them (`ssn`, `PESEL` …), within forty characters, or such a word as their key. python-stdnum checks
the digits, except where it compares with today's date: findings must not depend on the day.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from git_fedlearn.privacy.subject import Subject


class _Number(NamedTuple):
    """One kind of number. `heads` are the lengths of its first group: digits, or letters if negative.

    Without `words`, it counts anywhere.
    """

    kind: str
    rule: str
    heads: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    words: re.Pattern[str] | None = None


_ANY_ID = (
    r"\bssn\b|social.?security|national.?(?:id|insurance)|\bid(?:entity|entification)?.?(?:card|number|no\b|nr)|"
    r"personal.?(?:id|identification|number|code)|tax(?:payer)?.?(?:id|number)|citizen.?(?:id|number|card)|\bnino\b|"
    r"personnummer|personnr|\bdni\b|\bnie\b|\bni number"
)
"""Words that announce any national number."""
_SURE_ID = _ANY_ID.replace(
    r"\bid(?:entity|entification)?.?(?:card|number|no\b|nr)", r"identity.?(?:card|number)"
)

_ID_NAMES = (
    r"(?<![A-Za-z])(?:nif|cpf|curp|tfn|nino|pesel|aadh?aar|nhs|codice.?fiscale|steuer.?(?:id|nummer)|passport|"
    r"driv(?:er'?s?|ing).?licen[cs]e|gov(?:t|ernment)?.?(?:issued.?)?id)(?:.?(?:no|nr|num|number|id))?"
    r"(?:[\"'`]?\s{0,3}[:=]|$)"
)
"""Names of fields for one country's numbers, which hold those of other countries, too."""
_CARD_NAMES = (
    r"(?<![A-Za-z])(?:cc|pan|(?:credit|debit|bank|payment)?[ _-]?card)[ _-]?(?:no|nr|num|number)\.?"
    r"(?:[\"'`]?\s{0,3}[:=][\s\"'`]{0,3}$|$)"
)
_ROUNDED = r"\d[.,]\d{1,15}[eE]\+?1\d"
"""A number of eleven digits and more, as a spreadsheet writes it."""


def _number(
    rule: str,
    heads: str,
    pattern: str,
    check: Callable[[str], bool],
    *,
    words: str = "",
    kind: str = kinds.NATIONAL_ID,
) -> _Number:
    compiled = lazy_pattern(
        rf"(?<![0-9][.,_-])(?<![0-9A-F]{{4}} )(?:{pattern})(?![A-Za-z0-9]|[._-][0-9]|\]?\\|\][{{(|\[]|"
        rf" [0-9A-F]{{4}}(?![A-Za-z0-9]))"
    )
    announced = lazy_pattern(f"{words}|{_ANY_ID}" if kind == kinds.NATIONAL_ID else words, re.IGNORECASE)
    return _Number(kind, rule, heads, compiled, check, announced if words else None)


def _stdnum(module: str, **options: bool) -> Callable[[str], bool]:
    """The check of a module of stdnum, imported at its first candidate: all of them together take 0.1 s.

    A single repeated digit never passes, though some modules accept it.
    """

    def is_valid(number: str) -> bool:
        return len(set(number)) > 1 and bool(
            import_module(f"stdnum.{module}").is_valid(number.upper(), **options)
        )

    return is_valid


_is_luhn = _stdnum("luhn")


def _is_payment_card(digits: str) -> bool:
    """A Luhn number of a length and range that a card scheme issues (ISO/IEC 7812)."""
    size = len(digits)
    two, four = int(digits[:2]), int(digits[:4])
    issued = (
        (digits[0] == "4" and size in {13, 16, 19})
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and size == 16)  # noqa: PLR2004 -- ranges of the standard
        or (two in {34, 37} and size == 15)  # noqa: PLR2004
        or ((four == 6011 or two in {64, 65, 62, 35, 81}) and 16 <= size <= 19)  # noqa: PLR2004
        or (two in {30, 36, 38, 39} and size == 14)  # noqa: PLR2004
        or (two in {50, 56, 57, 58, 63, 67} and 12 <= size <= 19)  # noqa: PLR2004
        or (four in {1800, 2131} and size == 15)  # noqa: PLR2004 -- old JCB cards
    )
    return issued and _is_luhn(digits)


def _is_swedish(number: str) -> bool:
    """Also coordination numbers, which add 60 to the day; stdnum accepts only dates up to today."""
    return _is_luhn(number.replace("+", "")[-10:])


def _is_norwegian(digits: str) -> bool:
    """Two check digits; stdnum's `is_valid` compares with today, and rejects numbers without a date."""
    module = import_module("stdnum.no.fodselsnummer")
    return bool(digits[9:] == module.calc_check_digit1(digits) + module.calc_check_digit2(digits))


def _is_belgian(digits: str) -> bool:
    """97 minus the remainder, with a 2 in front for births since 2000; stdnum compares with this year."""
    return int(digits[9:]) in {97 - int(century + digits[:9]) % 97 for century in ("", "2")}


def _is_mexican(text: str) -> bool:
    """The check digit; stdnum's `is_valid` does not accept the letter X for the sex."""
    return bool(text[-1] == import_module("stdnum.mx.curp").calc_check_digit(text))


def _always(_: str) -> bool:
    return True


def _is_mostly_digits(text: str) -> bool:
    return 6 <= sum(char.isdigit() for char in text) >= len(text) - 5  # noqa: PLR2004 -- the shortest in use


_MONTH = r"(?:0[1-9]|1[0-2])"
_DAY = r"(?:0[1-9]|[12]\d|3[01])"
_NUMBERS: tuple[_Number, ...] = (
    _number(
        "payment-card",
        "4 13-19",
        r"\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5}|\d{13,19}",
        _is_payment_card,
        kind=kinds.CREDIT_CARD,
    ),
    _number(
        "payment-card",
        "4 12-19",
        r"\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?|\d{12,19}",
        _is_luhn,
        words=r"card\b|maestro|\bpan\b|\bcc\b|debit|kart[ea]|carte|tarjeta|cart[aã]o",
        kind=kinds.CREDIT_CARD,
    ),
    _number(
        "iban",
        "-2",
        r"[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?",
        _stdnum("iban", check_country=False),
        kind=kinds.IBAN,
    ),
    _number(
        "announced-card",
        "",
        rf"{_ROUNDED}|\d(?:[ -]?\d){{11,18}}(?:\.0)?",
        _always,
        words=_CARD_NAMES,
        kind=kinds.CREDIT_CARD,
    ),
    _number("us-ssn", "3 5 9", r"\d{3}-\d{2}-\d{4}", _stdnum("us.ssn"), kind=kinds.US_SSN),
    _number(
        "us-ssn",
        "3 5 9",
        r"\d{3}[ .]?\d{2}[ .]?\d{4}",
        _stdnum("us.ssn"),
        words=r"ssn\b|social.?security|\bss ?#",
        kind=kinds.US_SSN,
    ),
    _number("us-ssn", "3", r"\d{3}([ .])\d{2}\1\d{4}", _stdnum("us.ssn"), kind=kinds.US_SSN),
    _number("us-itin", "3", r"9\d{2}-[5-9]\d-\d{4}", _always, words=r"itin|tax", kind=kinds.NATIONAL_ID),
    _number(
        "uk-nino",
        "-2",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] \d{2} \d{2} \d{2} [A-D]",
        _always,
    ),
    _number(
        "uk-nino", "-2", r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", _always
    ),
    _number("uk-nino", "-2", r"ZZ ?\d{2} ?\d{2} ?\d{2} ?[A-DT]", _always),
    _number("uk-nhs-number", "3 6 10", r"\d{3}[ -]?\d{3}[ -]?\d{4}", _stdnum("gb.nhs"), words=r"nhs"),
    _number("spanish-dni", "8 -1", r"\d{8}-?[A-HJ-NP-TV-Z]|[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", _stdnum("es.nif")),
    _number(
        "italian-codice-fiscale",
        "-6",
        r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]",
        _stdnum("it.codicefiscale"),
    ),
    _number(
        "french-nir",
        "1 3 5 7 10 13 15",
        r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?\d{2} ?\d{3} ?\d{3} ?\d{2}",
        _stdnum("fr.nir"),
    ),
    _number(
        "german-tax-id",
        "2 5 8 11",
        r"\d{2} ?\d{3} ?\d{3} ?\d{3}",
        _stdnum("de.idnr"),
        words=r"steuer|tax.?id|\bidnr|tin\b",
    ),
    _number(
        "dutch-bsn",
        "3 4 6 9",
        r"\d{4}[ .]?\d{2}[ .]?\d{3}|\d{3}[ .]\d{3}[ .]\d{3}",
        _stdnum("nl.bsn"),
        words=r"bsn|burgerservice|sofi",
    ),
    _number("polish-pesel", "11", r"\d{11}", _stdnum("pl.pesel"), words=r"pesel"),
    _number(
        "swedish-personnummer",
        "6 8",
        rf"(?:\d\d)?\d\d{_MONTH}(?:[06][1-9]|[1278]\d|[39][01])[-+]\d{{4}}",
        _is_swedish,
    ),
    _number(
        "finnish-hetu", "6", r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]", _stdnum("fi.hetu", allow_temporary=True)
    ),
    _number("danish-cpr", "6 10", r"\d{6}-?\d{4}", _always, words=r"cpr|personnummer"),
    _number(
        "norwegian-id",
        "6 11",
        r"\d{6} ?\d{5}",
        _is_norwegian,
        words=r"f(?:ø|o)dselsnummer|personnummer|fnr",
    ),
    _number("brazilian-cpf", "3 11", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _stdnum("br.cpf")),
    _number("brazilian-cpf", "3 11", r"\d{11}", _stdnum("br.cpf"), words=r"cpf"),
    _number("indian-aadhaar", "4 12", r"\d{4}[ -]\d{4}[ -]\d{4}", _stdnum("in_.aadhaar")),
    _number("indian-aadhaar", "4 12", r"\d{12}", _stdnum("in_.aadhaar"), words=r"aadh?aar|uidai"),
    _number(
        "indian-pan",
        "-5",
        r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]",
        _always,
        words=r"\bpan\b|permanent account",
    ),
    _number(
        "chinese-resident-id",
        "17-18",
        rf"[1-9]\d{{5}}(?:19|20)\d\d{_MONTH}{_DAY}\d{{3}}[0-9Xx]",
        _stdnum("iso7064.mod_11_2"),
    ),
    # Numbers issued since 2020 have no check digit.
    _number("korean-rrn", "6", rf"\d\d{_MONTH}{_DAY}-[1-8]\d{{6}}", _always),
    _number(
        "canadian-sin",
        "3 6 9",
        r"\d{3}[ -]?\d{3}[ -]?\d{3}",
        _stdnum("ca.sin"),
        words=r"\bsin\b|social insurance",
    ),
    _number("australian-tfn", "3 6 9", r"\d{3} ?\d{3} ?\d{3}", _stdnum("au.tfn"), words=r"\btfn\b|tax file"),
    _number("belgian-id", "2 11", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", _is_belgian),
    _number("swiss-ahv", "3 13", r"756\.\d{4}\.\d{4}\.\d{2}|756\d{10}", _stdnum("ch.ssn")),
    _number("turkish-id", "11", r"[1-9]\d{10}", _stdnum("tr.tckimlik"), words=r"kimlik|\btc\b|\btckn"),
    _number(
        "portuguese-nif",
        "3 6 9",
        r"\d{3} ?\d{3} ?\d{3}",
        _stdnum("pt.nif"),
        words=r"\bnif\b|contribuinte",
    ),
    _number("mexican-curp", "-4", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", _is_mexican),
    _number("uk-nino", "-2", r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D T]", _always, words=r"insurance"),
    _number(
        "belgian-id",
        "2 11",
        r"\d{11}",
        _is_belgian,
        words=r"rijksregister|registre national|national.?number",
    ),
    _number(
        "iban", "-2", r"[a-z]{2}\d{2}[a-z0-9]{11,30}", _stdnum("iban"), words=r"\biban\b", kind=kinds.IBAN
    ),
    _number("iban", "-2", r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){10,30}", _always, words=r"\biban\b", kind=kinds.IBAN),
    _number(
        "passport", "", r"[A-Z]{0,2}\d{6,9}[A-Z]?", _always, words=r"passport|reisepass|pasaporte|passeport"
    ),
    _number(
        "driving-licence",
        "",
        r"[A-Z]{0,5}\d{5,13}[A-Z0-9]{0,6}",
        _always,
        words=r"driv(?:er'?s?|ing) licen[cs]e|führerschein",
    ),
    _Number(
        kinds.NATIONAL_ID,
        "announced-id",
        "",
        lazy_pattern(
            rf"(?:{_ROUNDED}|[A-Z]{{0,4}}[ -]?\d[\dA-Z .-]{{5,18}}[\dA-Z])(?![A-Za-z0-9]|\]?\\|\][{{(|\[])"
        ),
        _is_mostly_digits,
        lazy_pattern(f"{_SURE_ID}|{_ID_NAMES}", re.IGNORECASE),
    ),
    _number(
        "bank-account",
        "8-17",
        r"\d{8,17}",
        _always,
        words=r"(?:bank )?account (?:number|no\.?|#)|acct|routing|sort code|\baba\b",
        kind=kinds.IBAN,
    ),
)
DIGITS = rf"[0-9](?:[ .-]?[0-9A-Z]){{5}}|{_ROUNDED}"
"""In every text with a number."""
_DIGITS = lazy_pattern(DIGITS)
_HEAD = lazy_pattern(
    r"(?<![A-Za-z0-9])(?:(?=[\dA-Z .,eE+-]{5})[0-9]{1,19}(?![0-9])|[A-Z]{1,6}(?=[ -]?\d)|"
    r"[a-z]{2}(?=[0-9]{2}))"
)
"""The digits or letters that a number begins with; behind letters there are digits."""
_ANY_NUMBER = lazy_pattern(r"\d(?:[\dA-Z .,eE+-]{4}|\d[a-z0-9]{11})")
"""Where the digits of every number begin."""
_MAX_LETTERS = 8
"""Before the digits."""
_MAX_WORD_DISTANCE = 40
_STEMS = tuple(
    """
    ss soci nat gov codice curp id perso tax citi ni steuer tin bsn burger sofi pesel cpr fnr dselsn cpf
    aad pan perman sin insur card cc maestro debit kart cart tarjeta tfn rijks regis tc kimlik contrib
    licen licence schein acc rout sort aba iban nhs pas dni
    """.split()
)
"""Every word that announces a number contains one of these."""
_SEPARATORS = lazy_pattern(r"[ .-]")


def find_numbers(subject: Subject) -> Iterator[Match]:
    """Numbers of the table that pass their check."""
    text = subject.text
    if _DIGITS.search(text) is None:
        return
    keyed = is_announced_by(subject.key)
    windows = around(_ANY_NUMBER, text, _MAX_LETTERS)
    for head in (head for span in windows for head in _HEAD.finditer(text, *span)):
        at = head.start()
        start = max(0, at - _MAX_WORD_DISTANCE)
        is_near = keyed or is_announced_by(text[start:at])  # quickly rules out most numbers
        digits = len(head[0]) if head[0].isdigit() else -len(head[0])
        for number in _BY_HEAD.get(digits, _ANY_HEAD):
            if (number.words is not None and not is_near) or (hit := number.pattern.match(text, at)) is None:
                continue
            if number.words and not (
                number.words.search(text, start, at) or number.words.search(subject.key)
            ):
                continue
            compact = hit[0] if number.rule == "finnish-hetu" else _SEPARATORS.sub("", hit[0])
            if number.check(compact) and not (number.kind == kinds.CREDIT_CARD and _is_counted(text, at)):
                yield Match(*hit.span(), number.kind, number.rule, 0.7 if number.words else 0.85)


_COUNTED = lazy_pattern(
    r"(?:seed|nonce|pid|ppid|tid|inode|epoch|time(?:stamp)?|offset|cursor|size|bytes|length|count(?:er)?|hash|"
    r"total|nsec|nanos|micros|ticks|cycles|salt|random|\bid|_id|uid|gid|seq(?:uence)?|serial)s?"
    r"[\"'`]?[ \t]{0,2}[=:#]?[ \t]{0,2}[\"'`]?$",
    re.IGNORECASE,
)


def _is_counted(text: str, at: int) -> bool:
    """Whether the word before says that a number is one of a machine: a seed, a process, a time."""
    return _COUNTED.search(text, max(0, at - 24), at) is not None


def unannounced_numbers() -> list[re.Pattern[str]]:
    """Of the numbers that need no word before them; each is followed by neither letter nor digit."""
    return [number.pattern for number in _NUMBERS if number.words is None]


def announcing_words() -> list[str]:
    """The words that other numbers need, or a key that announces them; each once, for RE2."""
    words = {
        number.words.pattern.removesuffix(f"|{_ANY_ID}") for number in _NUMBERS if number.words is not None
    }
    return [f"(?i:{word})" for word in sorted({_ANY_ID, *words})]


def is_announced_by(key: str) -> bool:
    """Whether the key may announce a number."""
    lowered = key.lower()
    return any(map(lowered.__contains__, _STEMS))


def _lengths(heads: str) -> Iterator[int]:
    for part in heads.split():
        first, _, last = part.partition("-") if not part.startswith("-") else (part, "", "")
        yield from range(int(first), int(last or first) + 1)


def _index() -> tuple[dict[int, tuple[_Number, ...]], tuple[_Number, ...]]:
    """The numbers by the length of their first group, and those that any group may begin."""
    headless = tuple(number for number in _NUMBERS if not number.heads)
    lengths = {length for number in _NUMBERS for length in _lengths(number.heads)}
    return {
        length: (*(n for n in _NUMBERS if length in _lengths(n.heads)), *headless) for length in lengths
    }, headless


_BY_HEAD, _ANY_HEAD = _index()
