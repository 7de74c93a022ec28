"""All detectors over a JSON value: its strings one by one, secrets split over several, copies in numbers.

`engine` states the laws; it loads this module, with all detectors, for the first value it does not know.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.copies import KnownValues
from git_fedlearn.privacy.detectors.split_secrets import SplitText, find_splits, may_begin
from git_fedlearn.privacy.invisible import VisibleText, clean_text, clean_with_offsets
from git_fedlearn.privacy.json_strings import JsonString, escape_pointer, iter_strings, iter_texts
from git_fedlearn.privacy.model import Finding, Sanitized, fingerprint
from git_fedlearn.privacy.scanner import TextScanner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from git_fedlearn.core.canonical import Json
    from git_fedlearn.privacy.model import LocalIdentity, Match
    from git_fedlearn.privacy.policy import Policy

MAX_EXACT_ROUNDS: Final = 8
"""Rounds of redaction in one text that take only what was found; honest texts need two or three."""
_MIN_REACH: Final = 64
_NewTexts = dict[tuple[str, bool], str]
"""The redacted text of each string, by its pointer and whether it is a key."""


class ValueScanner:
    """Scans and sanitizes values for one identity and one policy. Its memory of texts only saves time."""

    def __init__(self, identity: LocalIdentity, policy: Policy) -> None:
        self._texts = TextScanner(identity, policy)

    def scan(self, value: Json) -> tuple[Finding, ...]:
        """All findings, ordered by pointer and offset, keys before values."""
        if isinstance(value, str):
            if self._texts.is_clean(value):
                return ()
        elif self._texts.are_clean(iter_texts(value)):
            return ()
        return tuple(self._look(value, KnownValues()).findings())

    def sanitize(self, value: Json) -> Sanitized:
        """The redacted value and the findings of the original. A clean value is returned as it is."""
        if self._texts.are_clean(iter_texts(value)):
            return Sanitized(value, ())
        known = KnownValues()
        seen = self._look(value, known)
        findings = tuple(seen.findings())
        if not findings and all(
            clean.text is string.text for clean, string in zip(seen.visible, seen.strings, strict=True)
        ):
            return Sanitized(value, ())
        while True:
            value = self._redact(value, seen, known)
            # Redaction can bring the pieces of another secret together, and show values that have copies.
            seen = self._look(value, known)
            if not any(seen.matches):
                return Sanitized(value, findings)

    def _look(self, value: Json, known: KnownValues) -> _Seen:
        """What is private in the strings of a value and in numbers that are copies; `known` learns it."""
        while True:
            count = len(known.numbers)
            strings = list(iter_strings(value, known.numbers))
            visible = [clean_with_offsets(string.text) for string in strings]
            matches = self._inspect(strings, [clean.text for clean in visible], known)
            if len(known.numbers) == count:
                return _Seen(strings, visible, matches)

    def _inspect(
        self, strings: Sequence[JsonString], texts: Sequence[str], known: KnownValues
    ) -> list[Sequence[Match]]:
        """What is private in each text, pieces of split secrets and copies too; `known` learns the values."""
        splits = self._splits(strings, texts)
        matches = [
            self._texts.matches(text, string.key, splits.get(index, ()))
            for index, (text, string) in enumerate(zip(texts, strings, strict=True))
        ]
        for text, found in zip(texts, matches, strict=True):
            known.learn(text, found)
        return [
            self._texts.joined(found, known.copies(text, is_number=string.is_number), text)
            for string, text, found in zip(strings, texts, matches, strict=True)
        ]

    def _splits(self, strings: Sequence[JsonString], texts: Sequence[str]) -> dict[int, list[Match]]:
        """Pieces of secrets that only several strings together contain, by the index of the string."""
        if len(strings) < 2 or not any(  # noqa: PLR2004 -- a secret is split over at least two strings
            may_begin(text) for text, string in zip(texts, strings, strict=True) if not string.in_key
        ):
            return {}
        found = find_splits(
            [
                SplitText("" if string.in_key else text, string.pointer.rpartition("/")[0])
                for text, string in zip(texts, strings, strict=True)
            ]
        )
        private = {
            index: self._texts.without_allowed(matches, texts[index]) for index, matches in found.items()
        }
        return {index: matches for index, matches in private.items() if matches}

    def _redact(self, value: Json, seen: _Seen, known: KnownValues) -> Json:
        """The value without anything private."""
        redactor = _Redactor(self._texts, [clean.text for clean in seen.visible], known)
        redacted: _NewTexts = {}
        keys = {"": ""}
        for string, clean, found in zip(seen.strings, seen.visible, seen.matches, strict=True):
            new = redactor.redact(clean.text, keys[string.key], found)
            redacted[string.pointer, string.in_key] = new
            if string.in_key:
                keys[string.text] = new
        return _rebuild(value, redacted)


class _Seen(NamedTuple):
    """The strings of a value, without their invisible characters too, and what is private in each."""

    strings: Sequence[JsonString]
    visible: Sequence[VisibleText]
    matches: Sequence[Sequence[Match]]

    def findings(self) -> Iterator[Finding]:
        """In the order of the strings."""
        for string, clean, found in zip(*self, strict=True):
            for start, end in clean.removed:
                yield Finding(
                    kinds.INVISIBLE_TEXT,
                    "invisible-text",
                    string.pointer,
                    start,
                    end,
                    fingerprint(kinds.INVISIBLE_TEXT, string.text[start:end]),
                    1.0,
                    string.in_key,
                )
            for match in found:
                yield Finding(
                    match.kind,
                    match.rule,
                    string.pointer,
                    *clean.span(match.start, match.end),
                    fingerprint(match.kind, clean.text[match.start : match.end]),
                    match.confidence,
                    string.in_key,
                )


class _Redactor:
    """Redacts the texts of one record: equal values get equal placeholders, numbered by first appearance."""

    def __init__(self, scanner: TextScanner, texts: Iterable[str], known: KnownValues) -> None:
        """`texts` are all texts of the record: a new value gets no placeholder that they already contain."""
        self._texts = scanner
        self._known = known
        self._names: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, int] = {}
        for text in texts:
            if "<" in text:
                for hit in scanner.placeholders.finditer(text):
                    self._numbers[hit[1]] = max(self._numbers.get(hit[1], 0), int(hit[2] or 1))

    def redact(self, text: str, key: str, matches: Sequence[Match]) -> str:
        """A text without these matches and without anything private.

        Repeated until nothing more is found, hence idempotent. Each round leaves fewer characters outside
        placeholders, so it ends. In a text made for it, as `password=password=…`, each round finds one more
        value: after some rounds, more and more around each goes with it, so that few follow.
        """
        matches = matches or self._texts.matches(text, key)
        for number in count():
            if not matches:
                break
            self._known.learn(text, matches)
            if number >= MAX_EXACT_ROUNDS:
                matches = self._texts.widened(matches, text, _MIN_REACH << (number - MAX_EXACT_ROUNDS))
            pieces: list[str] = []
            at = 0
            for match in matches:
                pieces += (
                    text[at : match.start],
                    self._placeholder(match.kind, text[match.start : match.end]),
                )
                at = match.end
            pieces.append(text[at:])
            text = clean_text("".join(pieces))
            matches = self._texts.matches(text, key)
        return text

    def _placeholder(self, kind: str, value: str) -> str:
        if kind in kinds.FIXED:
            return kinds.FIXED[kind]
        value = self._known.original(value)
        name = self._names.get((kind, value))
        if name is None:
            number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
            name = self._names[kind, value] = f"<{kind}>" if number == 1 else f"<{kind}_{number}>"
        return name


def _rebuild(value: Json, texts: _NewTexts) -> Json:
    """A copy with the new texts; values of the format's own keys are shared. Iterative, for any depth."""
    root: list[Any] = [None]
    stack: list[tuple[Json, str, Any, Any]] = [(value, "", root, 0)]
    while stack:
        item, pointer, target, slot = stack.pop()
        if isinstance(item, str):
            target[slot] = texts[pointer, False]
        elif isinstance(item, list):
            target[slot] = copied = [None] * len(item)
            stack.extend((child, f"{pointer}/{i}", copied, i) for i, child in enumerate(item))
        elif isinstance(item, dict):
            target[slot] = fields = {}
            for old, new in _renamed_keys(item, pointer, texts).items():
                fields[new] = item[old]
                if pointer or not is_metadata_key(old):
                    stack.append((item[old], f"{pointer}/{escape_pointer(old)}", fields, new))
        else:
            text = texts.get((pointer, False))
            # A number stays a number unless its text was redacted.
            target[slot] = item if text is None or text == str(item) else text
    result: Json = root[0]
    return result


def _renamed_keys(item: dict[str, Json], pointer: str, texts: _NewTexts) -> dict[str, str]:
    """The new key of each old one, in the old order. Keys that become equal get `#2` and so on."""
    renamed = {}
    for old in item:
        if not pointer and is_metadata_key(old):
            renamed[old] = old
            continue
        new = texts[f"{pointer}/{escape_pointer(old)}", True]
        if not pointer and is_metadata_key(new):
            # Losing an invisible character must not turn it into a key of the format.
            new = new.lstrip("_")
        renamed[old] = new
    taken = {old for old, new in renamed.items() if old == new}
    counts: dict[str, int] = {}
    for old in sorted(renamed):
        if renamed[old] == old:
            continue
        new = free = renamed[old]
        while free in taken:
            counts[new] = counts.get(new, 1) + 1
            free = f"{new}#{counts[new]}"
        renamed[old] = free
        taken.add(free)
    return renamed
