"""Canonical JSON: one value, one sequence of bytes. Specified in docs/format.md, "Canonical JSON".

Parsing is strict where other parsers disagree with each other (duplicate keys, NaN, numbers out
of the range of a double, deep nesting), so that a line is a record on every system or on none. Numbers
are compared by value: a whole number becomes an int, so 1, 1.0 and 1e0 are equal.
"""

from __future__ import annotations

import json
import sys
from math import isfinite
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

MAX_DEPTH: Final = 100
"""Levels of arrays and objects. Recursion limits of parsers differ; this one does not."""

MAX_DIGITS: Final = 640
"""Digits of a whole number: as many as Python converts under any setting."""


class InvalidJsonError(ValueError):
    """The bytes are not JSON in this format. The message is a reason and never quotes the text."""


def parse_value(data: bytes) -> Json:
    """Parse one JSON text. Raises InvalidJsonError with a reason that is safe to print."""
    try:
        value: Json = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidJsonError("not valid UTF-8") from None
    except json.JSONDecodeError as error:
        raise InvalidJsonError(f"not JSON: {error.msg.lower()} at column {error.colno}") from None
    except RecursionError:
        raise InvalidJsonError(_TOO_DEEP) from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise InvalidJsonError(_TOO_DEEP)
    return value


def format_value(value: Json) -> bytes:
    """The canonical bytes of a value: sorted keys, no white space, UTF-8, only the escapes JSON needs.

    Numbers must be as `parse_value` returns them. A lone surrogate, which UTF-8 cannot encode, is
    escaped.
    """
    if (faster := sys.modules.get("msgspec")) and _is_written_alike(value):
        try:
            encoded: bytes = faster.json.encode(value, order="sorted")
        except UnicodeEncodeError:
            pass  # a surrogate
        else:
            return encoded
    text = _ENCODER.encode(value)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return paired.encode("utf-8", "backslashreplace")


def _is_written_alike(value: Json) -> bool:
    """Whether msgspec writes an object as we do: but for very small and large numbers it does.

    It takes a tenth of the time, but 20 ms to load. So it is used where somebody has loaded it, as all do who
    format thousands of values.
    """
    return isinstance(value, dict) and all(map(_is_ordinary, value.values()))


def _is_ordinary(value: Json) -> bool:
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is list:
        return all(type(item) is str for item in cast("list[Json]", value))
    return kind in {int, float} and (_MIN_PLAIN <= abs(cast("float", value)) < _MAX_PLAIN or value == 0)


_MIN_PLAIN: Final = 0.0001
_MAX_PLAIN: Final = 1e15
"""Numbers between them are written without an exponent."""


def parse_object(data: bytes) -> JsonObject | None:
    """The object that a JSON text is; None for anything else."""
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return None
    return value if isinstance(value, dict) else None


def objects_in(value: Json) -> list[JsonObject]:
    """The objects in a list; none in any other value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def iter_strings(value: Json) -> Iterator[str]:
    """Every string in a value, in order; the keys of objects are not among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from iter_strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from iter_strings(item)


def is_parsed(value: object, depth: int = 0) -> bool:
    """Whether a value certainly survives formatting and parsing unchanged.

    False for every value with surrogates, because two of them may form one character.
    """
    kind = type(value)
    if kind is dict:
        if depth >= MAX_DEPTH:
            return False
        for key, item in cast("dict[object, object]", value).items():
            if type(key) is not str or not _has_no_surrogates(key) or not is_parsed(item, depth + 1):
                return False
        return True
    if kind is list:
        return depth < MAX_DEPTH and all(is_parsed(item, depth + 1) for item in cast("list[object]", value))
    return value is None or kind is bool or _is_parsed_scalar(value)


def _is_parsed_scalar(value: object) -> bool:
    if type(value) is str:
        return _has_no_surrogates(value)
    if type(value) is int:
        return -_MAX_INTEGER < value < _MAX_INTEGER
    return type(value) is float and isfinite(value) and not value.is_integer()


def _has_no_surrogates(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


_MAX_INTEGER: Final = 10**MAX_DIGITS
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS and len(digits.lstrip("-")) > MAX_DIGITS:
        raise InvalidJsonError(f"a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _parse_float(digits: str) -> int | float:
    number = float(digits)
    if number.is_integer():
        return int(number)
    if not isfinite(number):
        raise InvalidJsonError("a number out of the range of a double")
    return number


def _reject_constant(_name: str) -> NoReturn:
    raise InvalidJsonError("NaN or Infinity, which is not JSON")


def _unique_keys(pairs: list[tuple[str, Json]]) -> JsonObject:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise InvalidJsonError("a key that occurs twice")
    return fields


def _depth(value: Json) -> int:
    deepest, level = 0, [value]
    while level:
        inner: list[Json] = []
        containers = 0
        for item in level:
            if isinstance(item, dict):
                containers += 1
                inner.extend(item.values())
            elif isinstance(item, list):
                containers += 1
                inner.extend(item)
        deepest += bool(containers)
        level = inner
    return deepest


_DECODER = json.JSONDecoder(
    parse_int=_parse_int,
    parse_float=_parse_float,
    parse_constant=_reject_constant,
    object_pairs_hook=_unique_keys,
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
