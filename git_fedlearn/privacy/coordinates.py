"""Geographic positions: announced pairs, degrees, map addresses, WKT, GeoJSON, latitude fields."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.lazy_pattern import lazy_pattern
from git_fedlearn.privacy.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from git_fedlearn.privacy.subject import Subject

_DECIMAL = r"[+-]?(?:\d{1,2}|1[0-7]\d|180)\.\d{3,16}"
_POSITION = lazy_pattern(
    rf"(?:(?:\blat(?:itude)?\b|\blatlng|\blat_?lon|\bgps\b|\bcoord(?:inate)?s?\b|\bgeo\b|\bgeo:|"
    rf"\blocation\b|\bposition\b|\bll=|\bcenter=|\bdaddr=|\bsaddr=|[?&]q(?:uery)?=|\bpoint\b|\blnglat|\blonlat)[^\d\n+-]{{0,24}}?)"
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


def is_position_key(key: str) -> bool:
    """Whether what stands under the key is a position, or half of one."""
    return _KEY.search(key) is not None


def find_positions(subject: Subject) -> Iterator[Match]:
    """Every pair of coordinates that its form or its surroundings tell, and numbers under a telling key."""
    text = subject.text
    if subject.has_decimals:
        for pattern, group, confidence in _PATTERNS:
            for hit in pattern.finditer(text):
                yield Match(*hit.span(group), kinds.COORDINATES, "coordinates", confidence)
    if subject.key and len(text) <= 64 and is_position_key(subject.key):  # noqa: PLR2004 -- a value, not a text
        for hit in _NUMBER.finditer(text):
            yield Match(*hit.span(), kinds.COORDINATES, "coordinates", 0.85)
