"""Passing over lines that claim too low a score, without parsing them.

A line is passed over when it is UTF-8, one JSON object by its grammar, and has one `value_score`, a number
that is surely below the threshold. Nothing is learned of such an event, whatever else it holds. What a
record may not hold besides (a key twice, numbers beyond all bounds, a hundred levels) is not looked for.
Whatever is not surely such a line is parsed as ever.
"""

from typing import Final

import msgspec

_NAME: Final = b'"value_score"'
_NONE: Final = 2.0
"""Stands for no score."""

ROUNDING: Final = 0.001
"""Scores are rounded to three decimals before they are compared: what is nearer than this is parsed."""


class _Claim(msgspec.Struct, gc=False):
    """All that is read of a line; the rest is only checked against the grammar."""

    value_score: float = _NONE


_decode: Final = msgspec.json.Decoder(_Claim).decode
_UNREADABLE: Final = _Claim()


class Skimmer:
    """Tells the lines that must be parsed. `threshold` is the score below which nothing is learned."""

    def __init__(self, threshold: float) -> None:
        self._below = threshold - ROUNDING

    def pick(self, lines: list[bytes], block: bytes) -> list[int]:
        """The numbers, from 0, of those lines of a block that must be parsed."""
        try:
            claims = [*map(_decode, lines)]
        except msgspec.MsgspecError:
            claims = [*map(_claim, lines)]
        below = self._below
        low = [0 <= claim.value_score < below for claim in claims]
        named = sum(claim.value_score != _NONE for claim in claims)
        if block.count(_NAME) != named or not _is_utf8(block):
            low = [is_low and _is_plain(line) for is_low, line in zip(low, lines, strict=True)]
        return [at for at, is_low in enumerate(low) if not is_low]


def _claim(line: bytes) -> _Claim:
    try:
        return _decode(line)
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
