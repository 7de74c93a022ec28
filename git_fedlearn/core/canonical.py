"""Canonical JSON: one value, one sequence of bytes. Specified in docs/format.md, "Canonical JSON".

Parsing is strict where other parsers disagree with each other (duplicate keys, NaN, numbers that
no double can hold, deep nesting), so that a line is a record on every system or on none. Numbers
are held by value: what is whole becomes an int, so 1, 1.0 and 1e0 are equal.
"""

import json
from typing import Final, NoReturn, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = "dict[str, Json]"

MAX_DEPTH: Final = 100
"""Arrays and objects may nest this deep; recursion limits of parsers differ, this one does not."""

MAX_DIGITS: Final = 640
"""Digits of a whole number; the least that Python promises to convert under any setting."""


class InvalidJsonError(ValueError):
    """The bytes are no JSON text of this format. The message is a reason, never the text itself."""


def parse_value(data: bytes) -> Json:
    """Read one JSON text. Raises InvalidJsonError with a reason that is safe to print."""
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

    Numbers must be as `parse_value` returns them. A lone surrogate, which
    UTF-8 cannot carry, is written as its escape.
    """
    text = _ENCODER.encode(value)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        paired = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return paired.encode("utf-8", "backslashreplace")


_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


def _whole_if_whole(number: float) -> int | float:
    if number != number or number in (float("inf"), float("-inf")):  # noqa: PLR0124  NaN alone differs from itself
        raise InvalidJsonError("a number that a double cannot hold")
    return int(number) if number.is_integer() else number


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS and len(digits.lstrip("-")) > MAX_DIGITS:
        raise InvalidJsonError(f"a number of more than {MAX_DIGITS} digits")
    return int(digits)


def _parse_float(digits: str) -> int | float:
    return _whole_if_whole(float(digits))


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
