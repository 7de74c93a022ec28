r"""Values that are private once are private wherever the record has them: the copies of what was found.

A copy is the whole value between characters that are neither letters nor digits: as it is, in capitals or
without them, escaped as JSON or URLs do, in base64 or hex, alone or with other text (`user:password`). A long
generated value counts inside a longer word, too. A number has copies without its separators, and among the
numbers of the record. From a home folder the name of its user is taken along, if it is not a common word.

Law: finding the copies in a text takes time in proportion to the text, however many values are known.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import insort
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, quote_plus, unquote

from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.local_identity import is_telling_name
from git_fedlearn.privacy.gates import ENCODED_TEXT
from git_fedlearn.privacy.model import Match
from git_fedlearn.privacy.shapes import is_random
from git_fedlearn.privacy.wrapped import decode_base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_VALUE_LENGTH: Final = 512
"""Longer ones are key blocks, which have a form that is found anywhere."""
MAX_EMBEDDED_VALUES: Final = 32
"""The number of generated values that are looked up inside of words; the longest come first."""
_MIN_SECRET_LENGTH = 4
_MIN_WORD_LENGTH = 6
_MIN_EMBEDDED_LENGTH = 16
_RUN = lazy_pattern(r"[^\W_]+")
_PATH_BREAK = lazy_pattern(r"[\\/~]|%2[Ff]|%5[Cc]")
_ESCAPE_LETTERS = frozenset("nrtbfv0")
_ESCAPE_SIGNS = ("\\", "%")
_BASE64 = lazy_pattern(rf"(?<![A-Za-z0-9+/_=-])(?:{ENCODED_TEXT})[A-Za-z0-9+/_-]{{10,65536}}={{0,2}}")
_SEPARATED_DIGITS = lazy_pattern(r"\+?[0-9(][0-9 ()./-]{5,32}[0-9]")
_ESCAPED = lazy_pattern(r"%[0-9A-F]{2}")
_MIN_DIGITS = 7
_MIN_COPIED_DIGITS = 9
"""In a text; shorter numbers are those of other things, too."""
_NUMBERED = frozenset(
    (
        kinds.PHONE_NUMBER,
        kinds.CREDIT_CARD,
        kinds.US_SSN,
        kinds.NATIONAL_ID,
        kinds.IBAN,
        kinds.PASSWORD,
        kinds.SECRET,
    )
)
"""Kinds whose values may stand in a record as numbers."""


class KnownValues:
    """The private values of one record, with the kind of each."""

    def __init__(self) -> None:
        self._kinds: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._lengths: dict[str, dict[int, set[int]]] = {}
        self._embedded: list[str] = []
        """The values that are looked for inside of words, longest first."""
        self.numbers: dict[str, str] = {}
        """Digits, with their kind: a number of the record that has these is private."""

    def learn(self, text: str, matches: Iterable[Match]) -> None:
        """Remember what these matches cover in the text."""
        for match in matches:
            value = text[match.start : match.end]
            if match.kind == kinds.HOME_PATH:
                user = _PATH_BREAK.split(value)[-1]
                if is_telling_name(user):
                    self._add(_form(user), user, kinds.USER_NAME)
            elif _is_worth_copying(match.kind, value):
                for form in _forms(value):
                    self._add(form, value, match.kind)
                if match.kind in _NUMBERED:
                    self._add_digits(value, match.kind)

    def original(self, value: str) -> str:
        """The value that this one is an escaped form of, or itself."""
        return self._originals.get(value, value)

    def copies(self, text: str, *, is_number: bool = False) -> list[Match]:
        """The known values in a text, longest first where several begin; they may overlap."""
        if is_number and text in self.numbers:
            return [Match(0, len(text), self.numbers[text], "copy", 0.8)]
        if not self._kinds:
            return []
        return [*self._between_words(text), *self._inside_words(text), *self._in_base64(text)]

    def _add(self, form: _Form, value: str, kind: str) -> None:
        text = form.text
        known = self._kinds.get(text)
        if known is not None:
            self._kinds[text] = min(known, kind, key=lambda name: kinds.RANK.get(name, 0))
        elif form.run:
            self._kinds[text] = kind
            self._originals[text] = value
            self._lengths.setdefault(form.run, {}).setdefault(form.start, set()).add(len(text))
            if form.is_generated:
                insort(self._embedded, text, key=lambda text: (-len(text), text))

    def _add_digits(self, value: str, kind: str) -> None:
        digits = "".join(filter(str.isdigit, value))
        if len(digits) < _MIN_DIGITS or _SEPARATED_DIGITS.fullmatch(value) is None:
            return
        for form in {digits, digits.lstrip("0")}:
            self.numbers.setdefault(form, kind)
            self._originals.setdefault(form, value)
            if len(form) >= _MIN_COPIED_DIGITS:
                self._add(_form(form), value, kind)

    def _in_base64(self, text: str) -> Iterator[Match]:
        """Whole runs that decode to a text with a known value, such as a login."""
        for run in _BASE64.finditer(text):
            plain = decode_base64(run[0])
            found = next(self._between_words(plain), None) if plain is not None else None
            if found is not None:
                yield Match(*run.span(), found.kind, "copy", 0.8)

    def _between_words(self, text: str) -> Iterator[Match]:
        runs = _RUN.findall(text)
        if "\\" in text or "%" in text:
            runs += [run[escape:] for run in runs for escape in (1, 2)]
        if self._lengths.keys().isdisjoint(runs):
            return
        for hit in _RUN.finditer(text):
            if hit[0] not in self._lengths and text[hit.start() - 1 : hit.start()] not in _ESCAPE_SIGNS:
                continue
            for start, run in _beginnings(text, hit):
                for offset, lengths in self._lengths.get(run, {}).items():
                    yield from self._at(text, start - offset, lengths)

    def _at(self, text: str, start: int, lengths: Iterable[int]) -> Iterator[Match]:
        if start < 0:
            return
        for length in lengths:
            end = start + length
            kind = self._kinds.get(text[start:end])
            is_whole = end >= len(text) or not (text[end].isalnum() and text[end - 1].isalnum())
            if kind is not None and end <= len(text) and is_whole:
                yield Match(start, end, kind, "copy", 0.8)

    def _inside_words(self, text: str) -> Iterator[Match]:
        for value in self._embedded[:MAX_EMBEDDED_VALUES]:
            at = text.find(value)
            while at >= 0:
                end = at + len(value)
                yield Match(at, end, self._kinds[value], "copy", 0.8)
                at = text.find(value, end)


def _is_worth_copying(kind: str, value: str) -> bool:
    """Whether other places that have this value mean the same: not a short number, not a short word."""
    if kind == kinds.INVISIBLE_TEXT or len(value) > MAX_VALUE_LENGTH:
        return False
    is_plain = value.isalpha() or value.replace(".", "").isdigit()
    return len(value) >= (_MIN_WORD_LENGTH if is_plain else _MIN_SECRET_LENGTH)


class _Form(NamedTuple):
    """A way to write a value: its first run of letters and digits, where, and whether it is generated."""

    text: str
    run: str
    start: int
    is_generated: bool


def _form(text: str) -> _Form:
    run = _RUN.search(text)
    is_generated = text.isalnum() and is_random(text, min_length=_MIN_EMBEDDED_LENGTH)
    return _Form(text, run[0] if run else "", run.start() if run else 0, is_generated)


@lru_cache(maxsize=1024)
def _forms(value: str) -> tuple[_Form, ...]:
    """The value and how it is written inside of JSON and URLs, and without such escapes."""
    escaped = json.dumps(value)[1:-1]
    forms = {value, escaped, value.replace("/", "\\/")}
    if escaped != value:
        forms |= {json.dumps(value, ensure_ascii=False)[1:-1], json.dumps(escaped)[1:-1]}
    quoted = quote(value, safe="")
    if quoted != value:
        forms |= {quoted, quote(value), quote_plus(value), _in_small_escapes(quoted)}
    if not value.isalpha():
        forms |= {value.lower(), value.upper()}
    if len(value) >= _MIN_WORD_LENGTH:
        data = value.encode("utf-8", "surrogatepass")
        for encoded in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()):
            forms |= {encoded, encoded.rstrip("=")}
        forms |= {data.hex(), data.hex().upper()}
    if "%" in value:
        forms.add(unquote(value))
    if "\\" in value:
        try:
            plain = json.loads(f'"{value}"')
        except ValueError:
            pass
        else:
            forms.add(plain)
    return tuple(_form(form) for form in forms if _MIN_SECRET_LENGTH <= len(form) <= MAX_VALUE_LENGTH)


def _in_small_escapes(text: str) -> str:
    """A quoted text with `%2f` in place of `%2F`."""
    return _ESCAPED.sub(lambda hit: hit[0].lower(), text)


def _beginnings(text: str, hit: re.Match[str]) -> Iterator[tuple[int, str]]:
    r"""The run of letters and digits, and what is left of it after the letters of an escape (`\n`, `%3D`)."""
    start, run = hit.start(), hit[0]
    yield start, run
    before = text[start - 1] if start else ""
    if before == "\\" and run[0] in _ESCAPE_LETTERS:
        yield start + 1, run[1:]
    elif before == "%":
        yield start + 2, run[2:]
