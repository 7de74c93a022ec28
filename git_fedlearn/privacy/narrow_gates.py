r"""The second gates: what a detector looks for, as far as RE2 can say it.

A first gate is a sign, such as a prefix or a long run, that much ordinary text has, too. A narrow gate is
the detector's own pattern with less precision: without look-around, and without the upper bounds of long
repeats. So a text that does not match it holds nothing for the detector.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import re2

from git_fedlearn.privacy.detectors import ids, phones, wallets
from git_fedlearn.privacy.detectors.marked_formats import SHAPED
from git_fedlearn.privacy.detectors.tokens import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_AUTOMATON_BYTES: Final = 64 << 20
MAX_REPEATS: Final = 1000
"""Of RE2."""
_LONGEST_KEPT_REPEAT: Final = 16
_ANY_TEXT: Final = r"[\s\S]{1,8}"
"""In place of the text of an earlier group, which is a quote or a separator."""
_NO_LETTER_BEFORE: Final = "(?:^|[^A-Za-z0-9])"
_PART = re.compile(
    r"(?P<escape>\\.)|(?P<chars>\[\^?\]?(?:\\.|[^\]\\])*\])|(?P<look>\(\?<?[=!])|(?P<group>\(\?P<\w+>)|"
    r"\(\?P=(?P<same>\w+)\)|\{(?P<least>\d+),(?P<most>\d+)\}|(?P<open>\()|(?P<close>\))|.",
    re.DOTALL,
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_BEFORE = re.compile(r"\(\?<!\[(?P<chars>(?:\\[a-z]|[^\]\\])+)\]\)")


def relaxed(pattern: str) -> str:
    """The pattern for RE2: it matches in every text in which `re` finds the original, and in some others.

    Gates see a hyphen in place of a dash, so no set of other characters excludes one.
    """
    lead = _BEFORE.match(pattern)
    pieces = [f"(?:^|{_with_hyphen('[^' + lead['chars'] + ']')})"] if lead else []
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
        else:
            pieces.append(_relaxed_part(part))
    return "".join(pieces)


def _relaxed_part(part: re.Match[str]) -> str:
    if part["escape"]:
        return _relaxed_escape(part["escape"])
    if part["chars"]:
        return _with_hyphen(part["chars"])
    if part["group"]:
        return "(?:"
    if part["same"]:
        return _ANY_TEXT
    if part["most"] and int(part["most"]) > _LONGEST_KEPT_REPEAT:
        return f"{{{min(int(part['least']), MAX_REPEATS)},}}"
    return part[0]


def _relaxed_escape(escape: str) -> str:
    if escape == r"\b":
        return ""
    return _ANY_TEXT if escape[1].isdigit() else escape


def _with_hyphen(chars: str) -> str:
    """A set of characters; one that is negated does not exclude the hyphen."""
    if not chars.startswith("[^"):
        return chars
    return "[^" + chars[2:-1].replace(r"\-", "").removeprefix("-").removesuffix("-") + "]"


def compiled_set(patterns: Iterable[str]) -> re2.Set:
    """The patterns for one pass over an ASCII text, which tells the numbers of those that match somewhere."""
    options = re2.Options()
    options.max_mem = MAX_AUTOMATON_BYTES
    options.encoding = re2.Options.Encoding.LATIN1  # needs fewer states than UTF-8
    compiled = re2.Set.SearchSet(options)
    for pattern in patterns:
        compiled.Add(_BEYOND_ASCII.sub(r"\\x00", pattern).encode("ascii"))
    compiled.Compile()
    return compiled


class NarrowGate(NamedTuple):
    """Patterns, one of which matches wherever the detector of this name finds something."""

    detector: str
    patterns: Callable[[], Iterable[str]]


def _shaped() -> Iterator[str]:
    return (f"{_NO_LETTER_BEFORE}(?:{relaxed(row.pattern)})" for row in SHAPED)


def _numbers() -> Iterator[str]:
    for number in ids.unannounced_numbers():
        yield rf"{_NO_LETTER_BEFORE}(?:{relaxed(number.pattern)})(?:$|[^A-Za-z0-9])"
    yield from map(_ignoring_case, ids.announcing_words())


def _ignoring_case(pattern: re.Pattern[str]) -> str:
    text = relaxed(pattern.pattern)
    return f"(?i:{text})" if pattern.flags & re.IGNORECASE else text


_ESCAPES = (
    r"\\(?:u00[2-7][0-9a-fA-F]|x[2-7][0-9a-fA-F]|/|\r?\n|[nrtfvb0][A-Za-z0-9+(_]|(?:u001[bB]|x1[bB]|033|e)\[)|"
    r"\^\[\[|%(?:25)?[2-7][0-9a-fA-F]|&#[0-9]{2,3};|&#x[2-7][0-9a-fA-F];|"
    r"[\"']\s{0,32}[+.&\\]\s{0,32}[\"']"
)
_LONG_RUNS = (
    NarrowGate("find_shaped_tokens", _shaped),
    NarrowGate("find_unknown_tokens", lambda: (relaxed(UNKNOWN.pattern),)),
    NarrowGate("find_wallets", lambda: map(_ignoring_case, wallets.ADDRESSES)),
    NarrowGate("find_in_hex", lambda: (rf"{_NO_LETTER_BEFORE}(?:[2-7][0-9a-fA-F]){{16}}",)),
    # The first of these characters decodes to that of a text in UTF-8, or to a zero byte.
    NarrowGate(
        "find_in_base64",
        lambda: (r"(?:^|[^A-Za-z0-9+/_=])[ACDI-Za-fw-z0-9][A-Za-z0-9+/_-]{21}",),
    ),
)
_GROUPS: Final[tuple[tuple[NarrowGate, ...], ...]] = (
    _LONG_RUNS,
    (NarrowGate("find_numbers", _numbers),),
    (NarrowGate("find_phones", lambda: map(_ignoring_case, phones.signs())),),
    (NarrowGate("find_behind_escapes", lambda: (_ESCAPES,)),),
)
"""Gates of one group share a pass; all in one would need too many states."""


class NarrowGates:
    """The narrow gates of one group; compiled at the first text."""

    def __init__(self, gates: tuple[NarrowGate, ...]) -> None:
        self._gates = gates
        self.detectors = frozenset(gate.detector for gate in gates)

    @cached_property
    def _set(self) -> re2.Set:
        return compiled_set("|".join(f"(?:{part})" for part in gate.patterns()) for gate in self._gates)

    def shut(self, text: bytes) -> frozenset[str]:
        """The names of the detectors that find nothing in this ASCII text."""
        opened = self._set.Match(text)
        if not opened:
            return self.detectors
        return self.detectors.difference(self._gates[number].detector for number in opened)


NARROW_GATES: Final = tuple(map(NarrowGates, _GROUPS))
