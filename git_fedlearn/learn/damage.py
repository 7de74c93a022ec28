"""Intact events in a line that is not one JSON object, whatever else the line holds.

A killed writer leaves the start of an event, with the next one right behind it; copytruncate leaves a hole of
NUL bytes; some programs write an array, or several objects without a line ending, or NaN. An object is an
event only if it was not part of another one: what is left of a damaged event is never learned.
"""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import (
    MAX_DIGITS,
    InvalidJsonError,
    Json,
    JsonObject,
    format_value,
    parse_value,
)

SEARCH_BYTES: Final = 1_000_000
"""Bytes that a search may parse in vain, beyond four times the length of the line."""

_RECURSION_COST: Final = 10_000
"""Bytes that are parsed in the time that too deep a nesting costs."""

_SEPARATORS: Final = re.compile(r"[\s\0\x1e\ufeff,\[\]]*")
_NESTED_AFTER: Final = (":", "[", ",")
"""What precedes an object that is part of another one."""


class LinePiece(NamedTuple):
    """A part of a line: an event, or damage (`fields` None) and its reason; offsets are bytes in the line."""

    start: int
    end: int
    fields: JsonObject | None
    reason: str = ""
    repeated: frozenset[str] = frozenset()
    """Keys, at any depth, that occur twice with different values; the last one is in `fields`."""
    data: bytes = b""
    """The event as JSON."""


def find_pieces(line: bytes, *, is_whole: bool = True) -> list[LinePiece]:
    """The events and the damage in a line, in order; only damage if no event is intact.

    With `is_whole` False the line is still being written, so that its end may belong to an open object.
    """
    text = line.decode("utf-8", "surrogateescape")
    search = _Search(text, is_whole=is_whole)
    pieces: list[LinePiece] = []
    at = _skip_separators(text, 0)
    while at < len(text):
        found = search.next_event(at)
        damage_end = found.start if found else len(text)
        if damage_end > at:
            pieces.append(LinePiece(_bytes_to(text, at), _bytes_to(text, damage_end), None, search.reason))
        if not found:
            break
        end = _skip_separators(text, found.end)
        pieces.append(found._replace(start=_bytes_to(text, found.start), end=_bytes_to(text, end)))
        at = end
    return pieces


class _Search:
    """Finds the next intact event in a text, in time linear in its length; offsets are characters."""

    def __init__(self, text: str, *, is_whole: bool) -> None:
        self._text = text
        self._is_whole = is_whole
        self._budget = 4 * len(text) + SEARCH_BYTES
        self.reason = ""
        """Why the last damage could not be parsed."""

    def next_event(self, at: int) -> LinePiece | None:
        """The first event at or after `at`."""
        text, first_key, self.reason = self._text, _first_key(self._text, at), ""
        start = text.find("{", at)
        while start >= 0 and self._budget > 0:
            try:
                found = _decode(text, start)
            except InvalidJsonError as error:
                self.reason = self.reason or str(error)
                stop = getattr(error, "position", start)
                self._budget -= 10 + stop - start + stop // 16  # an error counts the lines before it
                start = text.find("{", start + 1)
                continue
            if start == at or self._is_event(at, found, first_key):
                return found
            self._budget -= found.end - start
            start = text.find("{", found.end)
        self.reason = self.reason or "not a JSON object"
        return None

    def _is_event(self, at: int, found: LinePiece, first_key: str) -> bool:
        """Whether an object behind damage from `at` on is an event, not a part of a damaged one."""
        text = self._text
        after = _skip_separators(text, found.end)
        if not found.fields or (after < len(text) and text[after] != "{"):
            return False
        if not text[at : found.start].rstrip(" \t").endswith(_NESTED_AFTER):
            return True
        is_alike = bool(first_key) and _first_key(text, found.start) == first_key
        return is_alike and (self._is_whole or after < len(text))


class _DamagedError(InvalidJsonError):
    """The text at a position is not an object; `position` is where parsing stopped."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.position = position


def _decode(text: str, start: int) -> LinePiece:
    """The object at a position, without fields that JSON cannot hold (NaN). Raises InvalidJsonError."""
    repeated: set[str] = set()
    decoder = json.JSONDecoder(
        parse_int=_parse_int,
        parse_float=_parse_float,
        parse_constant=lambda _: _UNUSABLE,
        object_pairs_hook=lambda pairs: _usable(pairs, repeated),
    )
    try:
        fields, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _DamagedError(f"not JSON: {error.msg.lower()} at column {error.colno}", error.pos) from None
    except RecursionError:
        raise _DamagedError("nested too deep", start + _RECURSION_COST) from None
    try:
        text[start:end].encode("utf-8")
    except UnicodeEncodeError:
        raise _DamagedError("not valid UTF-8", end) from None
    data = format_value(fields)
    parse_value(data)  # depth
    return LinePiece(start, end, fields, "", frozenset(repeated), data)


_UNUSABLE: Final = object()
"""In place of a value that JSON cannot hold."""


def _usable(pairs: list[tuple[str, Json]], repeated: set[str]) -> JsonObject:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        repeated |= {key for key, value in pairs if value != fields[key]}
    return {key: value for key, value in fields.items() if not _is_unusable(value)}


def _is_unusable(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_is_unusable, value))
    return value is _UNUSABLE


def _parse_int(digits: str) -> object:
    return int(digits) if len(digits) <= MAX_DIGITS else _UNUSABLE


def _parse_float(digits: str) -> object:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        return _UNUSABLE
    return int(number) if number.is_integer() else number


_FIRST_KEY: Final = re.compile(r'\{\s*("(?:[^"\\]|\\.)*")\s*:')


def _first_key(text: str, at: int) -> str:
    match = _FIRST_KEY.match(text, at)
    return match[1] if match else ""


def _skip_separators(text: str, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


def _bytes_to(text: str, at: int) -> int:
    return at if text.isascii() else len(text[:at].encode("utf-8", "surrogateescape"))
