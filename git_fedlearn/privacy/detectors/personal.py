"""Dates of birth, geographic positions, and names of people.

Dates count after a word or under a key that means birth. Positions are announced pairs, degrees, map URLs,
WKT, GeoJSON, and latitude fields.

Names are recognized by a language model: the extra `[ner]`, off unless `[privacy] names` asks for it. A
spaCy pipeline reads each text that contains two capitalized words in a row. Only an installed pipeline is
loaded, so a settings file cannot make it import a module. Other pipelines and versions find other names, so
systems that share a repository should have the same one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import SettingsError
from git_fedlearn.extras import MissingExtraError, install_line, load_extra
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.cities import CITIES
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.subject import around

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
_BIRTH_STEMS = tuple(
    """
    dob d.o.b d_o_b d-o-b birth born gebor geburt naiss né naci nasci nat födel född urodz ur. 出生 生
    """.split()
)
_BIRTH = lazy_pattern(rf"{_BIRTH_WORD}(?:[^0-9\n.]|\.(?!\s+[^\W\d])){{0,24}}?{_DATE}", re.IGNORECASE)
"""In one sentence."""
_DATE_SIGN = lazy_pattern(r"\d(?:\d{3}|[-/]|[. ]\d)")
"""A year, or two parts of a shorter date."""
_BIRTH_KEY = lazy_pattern(_BIRTH_WORD, re.IGNORECASE)
_ANY_DATE = lazy_pattern(_DATE, re.IGNORECASE)


def find_births(subject: Subject) -> Iterator[Match]:
    """Dates that a word before them or their key marks as a birth."""
    if subject.has_any(_BIRTH_STEMS):
        for span in around(_DATE_SIGN, subject.text, _REACH):
            for hit in _BIRTH.finditer(subject.text, *span):
                yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.85)
    if subject.key and is_birth_key(subject.key):
        for hit in _ANY_DATE.finditer(subject.text[:256]):
            yield Match(*hit.span("date"), kinds.DATE_OF_BIRTH, "date-of-birth", 0.9)


def is_birth_key(key: str) -> bool:
    """Whether the value of the key is a date of birth."""
    return _BIRTH_KEY.search(key) is not None


_DECIMAL = r"[+-]?(?:\d{1,2}|1[0-7]\d|180)\.\d{3,16}"
_POSITION = lazy_pattern(
    rf"(?:(?:\blat(?:itude)?\b|\blatlng|\blat_?lon|\bgps\b|\bcoord(?:inate)?s?\b|\bgeo\b|\bgeo:|"
    rf"\blocation\b|\bposition\b|\bll=|\bcenter\b|\bsetview\b|\bflyto\b|\bmarker\b|"
    rf"\bdaddr=|\bsaddr=|[?&]q(?:uery)?=|\bpoint\b|\blnglat|\blonlat)[^\d\n+-]{{0,24}}?)"
    rf"(?P<pair>{_DECIMAL}°?\s?[NS]?\s{{0,2}}(?:[,;/ ]|%2C)\s{{0,2}}{_DECIMAL}°?\s?[EW]?)(?!\d)"
    r"(?!\s?,\s?-?\d)",
    re.IGNORECASE,
)
_MAP = lazy_pattern(
    rf"(?:/@|#map=\d{{1,2}}/|/place/|/dir/|/search/|!3d)(?P<pair>{_DECIMAL}(?:,|/|%2C|!4d)\s?\+?{_DECIMAL})(?!\d)"
)
_PLACED = lazy_pattern(
    rf"(?:^|\b(?:at|near|around|from|to)\s{{1,2}})\(?(?P<pair>[+-]?(?:\d{{1,2}}\.\d{{4,16}}),\s?{_DECIMAL})\)?(?=\s[a-z]|[.;!?]?\s*$)"
)
_WKT = lazy_pattern(
    rf"\b(?:POINT|LINESTRING|POLYGON|MULTIPOINT)(?:\s?Z)?\s?\({{1,3}}(?P<pairs>{_DECIMAL}\s{_DECIMAL}(?:,?\s{{0,2}}{_DECIMAL}){{0,200}})"
)
_GEOJSON = lazy_pattern(
    rf"\\{{0,3}}[\"']coordinates\\{{0,3}}[\"']\s{{0,2}}:\s{{0,2}}\[(?P<pairs>[\s\[]{{0,8}}{_DECIMAL}\s{{0,4}},\s{{0,4}}{_DECIMAL}"
    rf"(?:[\s,\[\]]{{1,8}}{_DECIMAL}){{0,200}})"
)
_MINUTES = (
    r"(?:\s?\d{1,2}(?:\.\d{1,8})?['\u2032\u2019](?:\s?\d{1,2}(?:\.\d{1,8})?(?:\\?\"|\u2033|''|\u201d))?)?"
)
_DEGREES = lazy_pattern(
    rf"\d{{1,2}}(?:\.\d{{1,10}})?°{_MINUTES}\s?[NS][,;\s]{{0,3}}\d{{1,3}}(?:\.\d{{1,10}})?°{_MINUTES}\s?[EWO]"
)
_DEGREES_FIRST = lazy_pattern(
    rf"\b[NS]\s?\d{{1,2}}(?:\.\d{{1,10}})?°{_MINUTES}[,;\s]{{0,3}}[EWO]\s?\d{{1,3}}(?:\.\d{{1,10}})?°{_MINUTES}"
)
_HEMISPHERE = lazy_pattern(rf"{_DECIMAL}\s?[NS][,;\s]{{1,3}}{_DECIMAL}\s?[EW]\b")
_FIELD = lazy_pattern(
    rf"(?<![A-Za-z])(?:m|c|s|d|start|end|user|home|geo)?_?(?:lat(?:itude)?|long?(?:itude)?|lng)\\{{0,2}}[\"']?"
    rf"(?:\s{{0,3}}(?:[:=]|=>|>)\s{{0,3}}|\s{{1,3}}(?:is\s)?)\\{{0,2}}[\"']?(?P<value>{_DECIMAL})(?!\d)",
    re.IGNORECASE,
)
_KEY = lazy_pattern(
    r"^(?:.*[_-])?(?:lat(?:itude)?|lon(?:gitude)?|lng|geo|gps|coord\w*|position|location)$", re.IGNORECASE
)
_NUMBER = lazy_pattern(rf"(?<![\w.]){_DECIMAL}(?![\w.])")
_DECIMALS = lazy_pattern(r"°|\d\.\d{3}")
_REACH: Final = 128
"""More than the length of a position, with the word before it, and than the distance of two in a list."""
_PATTERNS = (
    (_POSITION, "pair", 0.8),
    (_MAP, "pair", 0.85),
    (_PLACED, "pair", 0.6),
    (_WKT, "pairs", 0.85),
    (_GEOJSON, "pairs", 0.8),
    (_DEGREES, 0, 0.85),
    (_DEGREES_FIRST, 0, 0.85),
    (_HEMISPHERE, 0, 0.85),
    (_FIELD, "value", 0.85),
)
POSITIONS = tuple(pattern for pattern, _, _ in _PATTERNS)


def find_positions(subject: Subject) -> Iterator[Match]:
    """Pairs of coordinates recognized by form or context, and numbers under the key of a position.

    That of a large city, or of a place whose population follows, is no position of a person.
    """
    text = subject.text
    windows = list(around(_DECIMALS, text, _REACH))
    for pattern, group, confidence in _PATTERNS if windows else ():
        for hit in (hit for span in windows for hit in pattern.finditer(text, *span)):
            if not _is_of_city(text, hit.start()) and not _POPULATION.match(text, hit.end()):
                yield Match(*hit.span(group), kinds.COORDINATES, "coordinates", confidence)
    if subject.key and len(text) <= 64 and is_position_key(subject.key):  # noqa: PLR2004 -- a value, not a text
        for hit in _NUMBER.finditer(text):
            yield Match(*hit.span(), kinds.COORDINATES, "coordinates", 0.85)


_POPULATION = lazy_pattern(r"[\s\]})\"',]{0,24}population\b", re.IGNORECASE)
_NAME_BEFORE = lazy_pattern(
    r"(?P<name>[^\W\d][^\W\d ]*(?: [^\W\d]+){0,3})[\"'`]?\s{0,2}(?:[:=]|=>|,)\s{0,2}(?:\w{1,16})?"
    r"[({\[]{1,2}[^(){}\[\]\n]{0,32}$|"
    r"\bname[\"']?\s{0,2}[:=]\s{0,2}[\"'](?P<named>[^\"'\n]{2,24})[\"'],?\s{0,24}[\"']?$"
)


def _is_of_city(text: str, start: int) -> bool:
    """Whether the text itself says that a position is that of a large city: `"Lima": {"lat": …`."""
    hit = _NAME_BEFORE.search(text, max(0, start - 72), start)
    name = hit and (hit["name"] or hit["named"])
    return name is not None and name.lower().replace("_", " ") in CITIES


def is_position_key(key: str) -> bool:
    """Whether the value of the key is a position, or half of one."""
    return _KEY.search(key) is not None


_UNUSED_COMPONENTS: Final = ("tagger", "parser", "lemmatizer", "attribute_ruler", "senter", "morphologizer")
_PERSON_LABELS: Final = frozenset(("PERSON", "PER"))
_MAX_TEXT_LENGTH: Final = 20_000
_WORD = r"[^\W\d_a-z][^\W\d_]*(?:['\u2019-][^\W\d_]+)*"
_TWO_WORDS = lazy_pattern(rf"{_WORD}\.?[ \t]{{1,2}}{_WORD}")
_NAME = lazy_pattern(
    rf"{_WORD}(?:\.?\s{{1,2}}(?:{_WORD}|(?:de|da|van|von|der|den|del|la|bin|al)\b)\.?){{1,4}}"
)
# Pipelines trained on news mistake products for people.
_PRODUCTS = lazy_pattern(
    r"\b(?:docker|compose|kubernetes|redis|postgres\w*|mongo\w*|kafka|nginx|apache|linux|ubuntu|debian|python|java\w*|"
    r"github|gitlab|git|jenkins|ansible|terraform|grafana|prometheus|qdrant|django|flask|react|node|rust|windows|"
    r"server|client|service|controller|error|warning|exception|api|url|json|yaml|http|sql|key|token|config)\b",
    re.IGNORECASE,
)


def find_person_names(subject: Subject, model: str) -> Iterator[Match]:
    """Names of two words and more. Raises SettingsError if spaCy or the pipeline is missing."""
    text = subject.text
    if _TWO_WORDS.search(text) is None:
        return
    pipeline = load_pipeline(model)
    for at in range(0, len(text), _MAX_TEXT_LENGTH):
        for entity in pipeline(text[at : at + _MAX_TEXT_LENGTH]).ents:
            hit = _NAME.search(entity.text) if entity.label_ in _PERSON_LABELS else None
            if hit is not None and _PRODUCTS.search(hit[0]) is None:
                start = at + entity.start_char + hit.start()
                yield Match(start, start + len(hit[0]), kinds.PERSON_NAME, f"ner:{model}", 0.5)


@cache
def load_pipeline(model: str) -> Any:  # noqa: ANN401 -- spaCy's Language, which need not be installed
    """The installed pipeline of this name, with only the components that names need."""
    try:
        spacy: Any = load_extra("spacy", "ner")
    except MissingExtraError as error:
        raise _missing("spaCy") from error
    if model not in spacy.util.get_installed_models():
        raise _missing(f"the pipeline {model}")
    return spacy.load(model, exclude=_UNUSED_COMPONENTS)


def _missing(what: str) -> SettingsError:
    return SettingsError(
        f"`privacy.names` needs {what}, which is not installed",
        hint=f"{install_line('ner')}, or remove `names` from .fedlearn.toml",
    )
