"""Text without what a reader cannot see: control, zero-width, bidirectional and tag characters.

Detectors read the cleaned text, so a zero-width space cannot hide a key; `VisibleText.origin` leads back to
the original offsets. Joiners stay inside emoji sequences and between letters of scripts that need them.
Laws: cleaning is idempotent, and an unchanged text is returned as the same object.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from git_fedlearn.core.patterns import lazy_pattern

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_FORMAT = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d\ufe0f"
_SURROGATES = "\ud800-\udfff"
_PLAIN = bytes(range(0x20, 0x7F)) + b"\t\n\r"
_ANY = lazy_pattern(f"[{_CONTROL}{_FORMAT}{_JOINERS}{_SURROGATES}]")

# A terminal color sequence is removed as a whole: without its ESC it would leave "[31m" behind.
_HARD = lazy_pattern(f"\x1b\\[[0-9;?]{{0,32}}[A-Za-z]|[{_CONTROL}{_FORMAT}]+")
_SURROGATE = lazy_pattern(f"[{_SURROGATES}]")

_EMOJI = "[\u00a9\u00ae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_SKIN = "[\U0001f3fb-\U0001f3ff]"
_UNIT = f"{_EMOJI}\ufe0f?{_SKIN}?"
_SOFT = lazy_pattern(
    f"(?P<keep>[0-9#*]\ufe0f\u20e3|{_UNIT}(?:\u200d{_UNIT})*"
    "|(?<=[\u0620-\u0dff])[\u200c\u200d](?=[\u0620-\u0dff]))"
    f"|[{_JOINERS}]",
)


class VisibleText(NamedTuple):
    """A cleaned text; `origin[i]` is the original offset of its character i, None if no offset changed."""

    text: str
    origin: tuple[int, ...] | None = None
    removed: tuple[tuple[int, int], ...] = ()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span that covers this span of the cleaned text."""
        if self.origin is None or start >= end:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1


def clean_text(text: str) -> str:
    """The text without invisible characters, lone surrogates replaced by U+FFFD."""
    if (text.isascii() and text.isprintable()) or not _has_invisible(text):
        return text
    text = _SURROGATE.sub("\ufffd", text)
    text = _HARD.sub("", text)
    return _SOFT.sub(lambda m: m["keep"] or "", text)


def clean_with_offsets(text: str) -> VisibleText:
    """Like `clean_text`, with the original offsets and the removed spans."""
    if (text.isascii() and text.isprintable()) or not _has_invisible(text):
        return VisibleText(text)
    whole = _SURROGATE.sub("\ufffd", text)
    first = _removed_spans(_HARD, whole)
    middle, origin = _cut(whole, first, None)
    final, origin = _cut(middle, _removed_spans(_SOFT, middle), origin)
    return VisibleText(final, tuple(origin), _gaps(origin, len(text)))


def _has_invisible(text: str) -> bool:
    """Whether a text contains any of _ANY. Deleting plain ASCII first is faster than searching all of it."""
    rest = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN)
    return bool(rest) and _ANY.search(rest.decode("utf-8", "surrogatepass")) is not None


def _removed_spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [m.span() for m in pattern.finditer(text) if not m.groupdict().get("keep")]


def _cut(text: str, spans: list[tuple[int, int]], origin: list[int] | None) -> tuple[str, list[int]]:
    """The text without the spans, and the original offset of each character that is left."""
    pieces: list[str] = []
    kept: list[int] = []
    at = 0
    for start, end in [*spans, (len(text), len(text))]:
        pieces.append(text[at:start])
        kept.extend(range(at, start) if origin is None else origin[at:start])
        at = end
    return "".join(pieces), kept


def _gaps(origin: list[int], length: int) -> tuple[tuple[int, int], ...]:
    gaps: list[tuple[int, int]] = []
    expected = 0
    for offset in [*origin, length]:
        if offset > expected:
            gaps.append((expected, offset))
        expected = offset + 1
    return tuple(gaps)
