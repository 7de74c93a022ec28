"""Passing over lines that claim too low a score: without parsing them, with the same result as if they were.

Programs write their logs in few shapes. Of each shape a line is parsed in full once; from then on one
regular expression recognises it, byte for byte: the same keys in the same order, each value by JSON's
grammar, valid UTF-8, and a `value_score` that is surely below the threshold. So what it matches is
known to be a sound line of which nothing is learned. Whatever it does not match is parsed as ever.
"""

import re
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.events import unit_number

MAX_SHAPES: Final = 24
MAX_FIELDS: Final = 60
MAX_NESTING: Final = 3

_UTF8: Final = (
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_TEXT: Final = rb'"(?:[^"\\\x00-\x1f\x80-\xff]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})|' + _UTF8 + rb')*+"'
_NUMBER: Final = rb"-?+(?:0|[1-9][0-9]{0,300}+)(?:\.[0-9]{1,300}+)?+(?![0-9.eE])"
_SCALAR: Final = rb"(?:" + _TEXT + rb"|" + _NUMBER + rb"|true|false|null)"
_LIST: Final = rb"\[(?:" + _SCALAR + rb"(?:, ?+" + _SCALAR + rb")*+)?+\]"
_KEY: Final = re.compile(r"[^\"\\\x00-\x1f\x7f-\U0010ffff]+")


class Skimmer:
    """Learns the shapes of one log's lines. `threshold` is the score below which nothing is learned."""

    def __init__(self, threshold: float) -> None:
        self._low = low_numbers(threshold)
        self._threshold = threshold
        self._seen: set[bytes] = set()
        self._runs: list[re.Pattern[bytes]] = []

    def skip(self, data: bytes, at: int) -> int:
        """Where the whole lines end, from `at` on, of which nothing is learned."""
        moved = True
        while moved:
            moved = False
            for number, run in enumerate(self._runs):
                match = run.match(data, at)
                if match and match.end() > at:
                    at, moved = match.end(), True
                    if number:
                        self._runs.insert(0, self._runs.pop(number))
                    break
        return at

    def learn(self, line: bytes, fields: JsonObject) -> None:
        """Remember the shape of a line that was parsed, if its event claims too low a score."""
        if self._low is None or len(self._seen) >= MAX_SHAPES:
            return
        score = unit_number(fields, "value_score")
        shape = _shape_of(fields, self._low) if score is not None and score < self._threshold else None
        if shape is None or shape in self._seen:
            return
        self._seen.add(shape)
        if re.fullmatch(_shape_of(fields, _NUMBER) or b"", line):
            self._runs.append(re.compile(rb"(?:" + shape + rb"\r?+\n)*+"))


def low_numbers(threshold: float) -> bytes | None:
    """A pattern of numbers of at most three decimals that are below the threshold; None for none.

    A score is rounded to three decimals before it is compared, which leaves these as they are.
    """
    tenths = [str(tenth) for tenth in range(10) if (tenth * 100 + 99) / 1000 < threshold]
    if not tenths:
        return None
    return rb"0(?:\.[" + "".join(tenths).encode() + rb"][0-9]{0,2}+)?+(?![0-9.eE])"


def _shape_of(fields: JsonObject, low: bytes | None, depth: int = 0) -> bytes | None:
    """The pattern of objects with these keys in this order; None for what is better parsed."""
    if len(fields) > MAX_FIELDS or depth > MAX_NESTING:
        return None
    members: list[bytes] = []
    for key, value in fields.items():
        pattern = low if low and key == "value_score" else _value_pattern(value, depth)
        if pattern is None or not _KEY.fullmatch(key):
            return None
        members.append(b'"' + re.escape(key.encode()) + b'": ?+' + pattern)
    return rb"\{" + rb", ?+".join(members) + rb"\}"


def _value_pattern(value: Json, depth: int) -> bytes | None:
    if isinstance(value, dict):
        return _shape_of(value, None, depth + 1)
    if isinstance(value, list):
        return None if any(isinstance(item, list | dict) for item in value) else _LIST
    return _SCALAR
