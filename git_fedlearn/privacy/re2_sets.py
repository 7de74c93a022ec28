r"""Sets of patterns for RE2, which tries them all in one pass over a text and takes time in proportion to it.

RE2 sees one byte a character: `for_gates` has a few bytes in place of what is beyond ASCII, and `relaxed`
makes a pattern of `re` one of RE2 that matches wherever the original does.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

MAX_REPEATS: Final = 1000
"""Of RE2."""
_LONGEST_KEPT_REPEAT: Final = 16
_ANY_TEXT: Final = r"[\s\S]{0,8}"
"""In place of the text of an earlier group, which is a quote or a separator."""
FOREIGN: Final = r"\x80-\xff"
"""What `for_gates` has in place of characters beyond ASCII; each may be one of any set."""
_PART = re.compile(
    r"(?P<foreign>\\u[0-9a-f]{4}|[^\x00-\x7f])|(?P<escape>\\.)|(?P<chars>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<look>\(\?<?[=!])|(?P<group>\(\?P<\w+>)|"
    r"\(\?P=(?P<same>\w+)\)|\{(?P<least>\d+),(?P<most>\d+)\}|(?P<open>\()|(?P<close>\))|(?P<end>\$)|.",
    re.DOTALL,
)
_BEFORE = re.compile(r"\(\?<!(?P<chars>\[(?:\\[a-z]|[^\]\\])+\])\)")
_LAST_HYPHEN = re.compile(r"(?<!\\)-\Z")
_BESIDE_LETTER = re.compile(r"[^\\]?[A-Za-z0-9]\\b|.{0,2}\\b[A-Za-z0-9](?![?*{])", re.DOTALL)
"""There, an end of a word for `re` is one for RE2, too, to which a letter beyond ASCII is no letter."""
_BEYOND_ASCII = re.compile(r"\\u[0-9a-f]{4}|[^\x00-\x7f]")
_FOREIGN_OF = {
    r"\d": r"\x81\x84",
    r"\s": r"\x85",
    r"\w": r"\x80-\x84",
    r"\D": FOREIGN,
    r"\S": FOREIGN,
    r"\W": FOREIGN,
}
"""What else these match."""


def relaxed(pattern: str) -> str:
    """The pattern for RE2: it matches in every text in which `re` finds the original, and in some others."""
    lead = _BEFORE.match(pattern)
    pieces = [f"(?:^|{_relaxed_set('[^' + lead['chars'][1:])})"] if lead else []
    at = lead.end() if lead else 0
    depth = 0
    while at < len(pattern):
        part = _PART.match(pattern, at)
        assert part is not None  # noqa: S101 -- the last alternative is any character
        at = part.end()
        if depth:  # inside a look-around, which is left out
            depth += bool(part["open"] or part["look"] or part["group"]) - bool(part["close"])
        elif part["look"]:
            depth = 1
        elif part[0] == r"\b":
            pieces.append(r"\b" if _BESIDE_LETTER.match(pattern, max(0, part.start() - 2)) else "")
        else:
            pieces.append(_relaxed_part(part))
    return "".join(pieces)


def _relaxed_part(part: re.Match[str]) -> str:
    text = part[0]
    if part["escape"]:
        text = _relaxed_escape(text)
    elif part["chars"]:
        text = _relaxed_set(text)
    elif part["most"] and int(part["most"]) > _LONGEST_KEPT_REPEAT:
        text = f"{{{min(int(part['least']), MAX_REPEATS)},}}"
    return {"group": "(?:", "same": _ANY_TEXT, "end": "", "foreign": f"[{FOREIGN}]"}.get(
        part.lastgroup or "", text
    )


def _relaxed_escape(escape: str) -> str:
    if escape[1].isdigit():
        return _ANY_TEXT
    if escape in _FOREIGN_OF:
        return f"[{escape}{_FOREIGN_OF[escape]}]"
    return "" if escape == r"\Z" else escape


def _relaxed_set(chars: str) -> str:
    """A set of characters that holds those beyond ASCII if the original may hold one of them."""
    bare = _BEYOND_ASCII.sub("", chars)
    more = {foreign for escape, foreign in _FOREIGN_OF.items() if escape in chars}
    if bare != chars:
        more.add(FOREIGN)
    if chars.startswith("[^"):
        return f"(?:{bare}|[{FOREIGN}])" if FOREIGN in more else bare
    if not more:
        return bare
    inner = _LAST_HYPHEN.sub(r"\\-", bare[:-1])
    return f"{inner}{''.join(sorted(more))}]"


def for_re2(pattern: re.Pattern[str] | str) -> str:
    """What RE2 can say of a pattern of `re`."""
    if isinstance(pattern, str):
        return f"(?:{relaxed(pattern)})"
    letters = (("i", re.IGNORECASE), ("m", re.MULTILINE))
    flags = "".join(letter for letter, flag in letters if pattern.flags & flag)
    return f"(?{flags}:{relaxed(pattern.pattern)})"


LOOKALIKES: Final = dict(
    zip(
        "АВЕЅІЈКМНОРСТХаеіјорсухѕԁԛԝһνοαρΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",  # noqa: RUF001 -- Cyrillic and Greek on purpose
        "ABESIJKMHOPCTXaeijopcyxsdqwhvoapABEZHIKMNOPTYX",
        strict=True,
    )
) | {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
"""Letters of other scripts that look like ASCII, and the wide forms."""


class _StandIns(dict[int, int]):
    """The byte that stands for a character in `for_gates`."""

    def __missing__(self, code: int) -> int:
        char = chr(code)
        if code < _FOREIGN:
            found = code
        elif char.isspace():
            found = _SPACE
        else:
            found = _DIGIT if char.isdecimal() else _FOREIGN
        if len(self) < _MAX_STAND_INS:
            self[code] = found
        return found


_FOREIGN, _LOOKALIKE, _DEGREE, _ODD, _DIGIT, _SPACE = range(0x80, 0x86)
_LAST_CONTROL: Final = 0xA0
_MAX_STAND_INS: Final = 20_000
_STAND_INS: Final = _StandIns(
    dict.fromkeys(map(ord, LOOKALIKES), _LOOKALIKE)
    | {ord("°"): _DEGREE}
    # If case does not count, these match an ASCII letter: dotted and dotless i, long s, the sign of Kelvin.
    | dict.fromkeys((0x130, 0x131, 0x17F, 0x212A), _ODD)
)


_LATIN: Final = bytes(code if code < _LAST_CONTROL else _STAND_INS[code] for code in range(256))


def _stand_ins(error: UnicodeError) -> tuple[bytes, int]:
    """What stands for characters beyond Latin 1, which no byte of _LATIN changes."""
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101 -- nothing else is asked for
    return _stand_ins_of(error.object[error.start : error.end]), error.end


@lru_cache(maxsize=4096)
def _stand_ins_of(beyond: str) -> bytes:
    return beyond.translate(_STAND_INS).encode("latin-1")


codecs.register_error("fedlearn-stand-ins", _stand_ins)


def for_gates(text: str) -> bytes:
    """The text as the gates see it, one byte a character: what is beyond ASCII is one of a few bytes."""
    return text.encode() if text.isascii() else text.encode("latin-1", "fedlearn-stand-ins").translate(_LATIN)
