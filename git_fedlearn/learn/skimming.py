"""Passing over lines that claim too low a score, without parsing them.

A line is passed over when it is UTF-8, one JSON object by its grammar, and its `value_score` is a number that
is surely below the threshold. Nothing is learned of such an event, whatever else it holds. What a record may
not hold besides (a key twice, numbers beyond all bounds, a hundred levels) is not looked for. Whatever is not
surely such a line is parsed as ever.
"""

from operator import itemgetter
from typing import Final

import msgspec

_NONE: Final = 2.0
"""Stands for no score."""

_FIRST: Final = itemgetter(0)
_LAST: Final = itemgetter(-2)
"""The byte before the line end."""

ROUNDING: Final = 0.001
"""Scores are rounded to three decimals before they are compared: what is nearer than this is parsed."""


class _Claim(msgspec.Struct, gc=False):
    """All that is read of a line; the rest is only checked against the grammar."""

    value_score: float = _NONE


_decoder: Final = msgspec.json.Decoder(_Claim)
_UNREADABLE: Final = _Claim()


class Skimmer:
    """Tells the lines that must be parsed. `threshold` is the score below which nothing is learned."""

    def __init__(self, threshold: float) -> None:
        self._below = threshold - ROUNDING

    def pick(self, lines: list[bytes], block: bytes) -> list[int]:
        """The numbers, from 0, of those lines of a block, each with its line end, that must be parsed."""
        below = self._below
        wanted = [at for at, claim in enumerate(_claims(lines, block)) if not 0 <= claim.value_score < below]
        if _is_utf8(block):
            return wanted
        parsed = set(wanted)
        return [at for at, line in enumerate(lines) if at in parsed or not _is_utf8(line)]


def _claims(lines: list[bytes], block: bytes) -> list[_Claim]:
    """The claim of each line.

    The decoder passes over blank lines, takes several objects from one line and one from several, so it is
    given the block as a whole only if each line begins an object and ends one: where `}` and `{` meet, an
    object ends, and where no more objects end than lines, each line is one.
    """
    if set(map(_FIRST, lines)) == {ord("{")} and set(map(_LAST, lines)) == {ord("}")}:
        try:
            claims = _decoder.decode_lines(block)
        except msgspec.MsgspecError:
            claims = []
        if len(claims) == len(lines):
            return claims
    return [*map(_claim, lines)]


def _claim(line: bytes) -> _Claim:
    try:
        return _decoder.decode(line)
    except msgspec.MsgspecError:
        return _UNREADABLE


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
