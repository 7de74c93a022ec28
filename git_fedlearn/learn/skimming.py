"""Passing over lines that claim too low a score, without parsing them.

A line is passed over when it is UTF-8, one JSON object by its grammar, and has one `value_score`, a number
that is surely below the threshold. Nothing is learned of such an event, whatever else it holds. What a
record may not hold besides (a key twice, numbers beyond all bounds, a hundred levels) is not looked for.
Whatever is not surely such a line is parsed as ever.
"""

from operator import itemgetter
from typing import Final

import msgspec

_NAME: Final = b'"value_score"'
_NONE: Final = 2.0
"""Stands for no score."""

_FIRST: Final = itemgetter(0)

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
        """The numbers, from 0, of those lines of a block that must be parsed."""
        claims, below = _claims(lines, block), self._below
        wanted = [at for at, claim in enumerate(claims) if not 0 <= claim.value_score < below]
        named = len(lines) - sum(claims[at].value_score == _NONE for at in wanted)
        if block.count(_NAME) == named and _is_utf8(block):
            return wanted
        parsed = set(wanted)
        return [at for at, line in enumerate(lines) if at in parsed or not _is_plain(line)]


def _claims(lines: list[bytes], block: bytes) -> list[_Claim]:
    """The claim of each line.

    The decoder passes over blank lines and takes several objects from one line, so it is given the block as
    a whole only if each line begins an object.
    """
    if all(lines) and set(map(_FIRST, lines)) == {ord("{")}:
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


def _is_plain(line: bytes) -> bool:
    """Whether the line names its score once, in UTF-8."""
    return line.count(_NAME) == 1 and _is_utf8(line)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
