"""Secrets that are not written plainly: base64 one level deep, and escapes inside a token.

`unescaped` gives a second reading of a text with its escapes decoded and the way back to the offsets.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from git_fedlearn.privacy.subject import Subject

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{24,65536}={0,2}")
_PRINTABLE = re.compile(rb"[\t\n\r\x20-\x7e]{12,}")
_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u00(?P<u>[2-7][0-9a-fA-F])|x(?P<x>[2-7][0-9a-fA-F])|(?P<slash>/)|"
    r"(?P<fold>\r?\n[ \t]{0,32}))"
    r"|%(?P<p>[2-7][0-9a-fA-F])|&#(?P<d>[0-9]{2,3});|&#x(?P<h>[2-7][0-9a-fA-F]);"
)
_LETTER_ESCAPE = re.compile(r"(?<!\\)\\+[nrtfvb0](?=[A-Za-z0-9+(_])")


class View(NamedTuple):
    """Another reading of a text; character i of it covers `starts[i]` to `ends[i]` of the original."""

    text: str
    starts: list[int]
    ends: list[int]
    changed: list[int]


def decoded_base64(subject: Subject) -> list[tuple[int, int, str]]:
    """The runs of base64 that hold printable text, with that text."""
    found: list[tuple[int, int, str]] = []
    runs = subject.long_runs
    for hit in (hit for start, end in runs for hit in _BASE64.finditer(subject.text, start, end)):
        run = hit[0].rstrip("=").replace("-", "+").replace("_", "/")
        if _decode(run[:16]) is None:
            continue
        plain = _decode(run)
        if plain is not None:
            found.append((hit.start(), hit.end(), plain))
    return found


def _decode(run: str) -> str | None:
    run = run[: len(run) - (len(run) % 4 == 1)]
    try:
        data = base64.b64decode(run + "=" * (-len(run) % 4))
    except (binascii.Error, ValueError):
        return None
    return data.decode("ascii") if _PRINTABLE.fullmatch(data) else None


def blank_letter_escapes(text: str) -> str | None:
    r"""The text with `\n`, `\t` … before a word as blanks, None without any. Offsets stay."""
    if "\\" not in text or _LETTER_ESCAPE.search(text) is None:
        return None
    return _LETTER_ESCAPE.sub(lambda m: " " * len(m[0]), text)


def unescaped(text: str) -> View | None:
    """The text with character escapes decoded and folded lines joined, None when it has none."""
    if "\\" not in text and "%" not in text and "&#" not in text:
        return None
    hits = list(_ESCAPE.finditer(text))
    if not hits:
        return None
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    changed: list[int] = []
    at = 0
    for hit in hits:
        pieces.append(text[at : hit.start()])
        starts.extend(range(at, hit.start()))
        ends.extend(range(at + 1, hit.start() + 1))
        if char := _character(hit):
            pieces.append(char)
            changed.append(len(starts))
            starts.append(hit.start())
            ends.append(hit.end())
        else:
            changed.append(len(starts))
        at = hit.end()
    pieces.append(text[at:])
    starts.extend(range(at, len(text)))
    ends.extend(range(at + 1, len(text) + 1))
    return View("".join(pieces), starts, ends, changed)


def _character(hit: re.Match[str]) -> str:
    if hit["slash"]:
        return "/"
    if hit["d"]:
        number = int(hit["d"])
        return chr(number) if 32 <= number < 127 else "?"  # noqa: PLR2004 -- printable ASCII
    code = hit["u"] or hit["x"] or hit["p"] or hit["h"]
    return chr(int(code, 16)) if code else ""
