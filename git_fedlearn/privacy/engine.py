"""The privacy engine: what is private in a decoded JSON value, and the value without it.

Laws: `sanitize` is deterministic, idempotent, independent of key order, and keeps the structure; a finding
never holds the secret; keys of the format itself (`_id`, `_seen_by` …, top level) pass through untouched.

Placeholders for the private values of one record, numbered in the order of their first appearance.

A JSON value with its strings and keys replaced: same structure, same order of keys, no value lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.invisible import VisibleText, clean_text, clean_with_offsets
from git_fedlearn.privacy.json_strings import JsonString, escape_pointer, iter_strings, iter_texts
from git_fedlearn.privacy.model import Finding, LocalIdentity, Sanitized, fingerprint
from git_fedlearn.privacy.policy import DEFAULT_POLICY
from git_fedlearn.privacy.scanner import TextScanner

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from git_fedlearn.core.canonical import Json
    from git_fedlearn.privacy.model import Match
    from git_fedlearn.privacy.policy import Policy


# (pointer, is it a key) -> the new text
Texts = dict[tuple[str, bool], str]


def rebuild(value: Json, texts: Texts) -> Json:
    """A copy with the new texts; what is ours at the top level is not copied. Iterative, for any depth."""
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
            for old, new in rename_keys(item, pointer, texts).items():
                fields[new] = item[old]
                if pointer or not old.startswith("_"):
                    stack.append((item[old], f"{pointer}/{escape_pointer(old)}", fields, new))
        else:
            text = texts.get((pointer, False))
            # A number stays one unless its text was redacted.
            target[slot] = item if text is None or text == str(item) else text
    result: Json = root[0]
    return result


def rename_keys(item: dict[str, Json], pointer: str, texts: Texts) -> dict[str, str]:
    """New names, old order: unchanged keys keep theirs, of equal new ones the later get `#2` and so on."""
    wanted = {}
    for old in item:
        if not pointer and old.startswith("_"):
            wanted[old] = old
            continue
        new = texts[f"{pointer}/{escape_pointer(old)}", True]
        if not pointer and new.startswith("_"):
            # A key that became one of the format's by losing an invisible character must not pass for it.
            new = new.lstrip("_") or "key"
        wanted[old] = new
    taken = {old for old, new in wanted.items() if old == new}
    counts: dict[str, int] = {}
    for old in sorted(wanted):
        if old not in taken or wanted[old] != old:
            wanted[old] = _free_name(wanted[old], taken, counts)
            taken.add(wanted[old])
    return wanted


def _free_name(name: str, taken: set[str], counts: dict[str, int]) -> str:
    free = name
    while free in taken:
        counts[name] = counts.get(name, 1) + 1
        free = f"{name}#{counts[name]}"
    return free


class Redactor:
    """Redacts the texts of one record: equal values get equal placeholders, new ones a new number."""

    def __init__(self, scanner: TextScanner, texts: Iterable[str]) -> None:
        """`texts` are all of the record: a placeholder in one of them never stands for a new value."""
        self._scanner = scanner
        self._names: dict[tuple[str, str], str] = {}
        self._taken: dict[str, int] = {}
        for text in texts:
            if "<" in text:
                for hit in scanner.placeholders.finditer(text):
                    self._taken[hit[1]] = max(self._taken.get(hit[1], 0), int(hit[2] or 1))

    def redact(self, text: str, key: str = "", parts: Sequence[Match] = ()) -> str:
        """A cleaned text without anything private, and without these parts of secrets.

        Repeated until nothing more is found, hence idempotent. Each round leaves fewer characters outside
        placeholders, so it ends.
        """
        while matches := self._scanner.matches(text, key, parts):
            parts = ()
            pieces: list[str] = []
            at = 0
            for match in matches:
                pieces += (text[at : match.start], self._name(match.kind, text[match.start : match.end]))
                at = match.end
            pieces.append(text[at:])
            text = clean_text("".join(pieces))
        return text

    def _name(self, kind: str, value: str) -> str:
        if kind in kinds.FIXED:
            return kinds.FIXED[kind]
        found = self._names.get((kind, value))
        if found is None:
            number = self._taken.get(kind, 0) + 1
            self._taken[kind] = number
            found = f"<{kind}>" if number == 1 else f"<{kind}_{number}>"
            self._names[kind, value] = found
        return found


__all__ = ["Finding", "LocalIdentity", "PrivacyEngine", "Sanitized"]

_NOBODY = LocalIdentity()


class PrivacyEngine:
    """Scans and sanitizes values for one identity and one policy. Its memory of texts only saves time."""

    def __init__(self, identity: LocalIdentity = _NOBODY, policy: Policy = DEFAULT_POLICY) -> None:
        self.policy = policy
        self._scanner = TextScanner(identity, policy)

    def scan(self, value: Json) -> tuple[Finding, ...]:
        """Everything private in the value, in the order of pointers and offsets, keys before values."""
        if isinstance(value, str):
            return tuple(self._findings(JsonString(value, "", "", in_key=False), clean_with_offsets(value)))
        if self._scanner.are_clean(iter_texts(value)):
            return ()
        places = list(iter_strings(value))
        texts = [clean_with_offsets(place.text) for place in places]
        splits = self._splits(places, [clean.text for clean in texts])
        return self._scan(places, texts, splits)

    def sanitize(self, value: Json) -> Sanitized:
        """The value redacted, with the findings of the value as given. A clean value is returned as it is."""
        if self._scanner.are_clean(iter_texts(value)):
            return Sanitized(value, ())
        places = list(iter_strings(value))
        cleaned = [clean_with_offsets(place.text) for place in places]
        texts = [clean.text for clean in cleaned]
        splits = self._splits(places, texts)
        findings = self._scan(places, cleaned, splits)
        if not findings and all(text is place.text for text, place in zip(texts, places, strict=True)):
            return Sanitized(value, ())
        redacted = self._redact(value, places, texts, splits)
        while True:
            places = list(iter_strings(redacted))
            texts = [place.text for place in places]
            splits = self._splits(places, texts)
            if not splits:
                return Sanitized(redacted, findings)
            redacted = self._redact(redacted, places, texts, splits)

    def _scan(
        self, places: Sequence[JsonString], cleaned: Sequence[VisibleText], splits: dict[int, list[Match]]
    ) -> tuple[Finding, ...]:
        return tuple(
            finding
            for index, place in enumerate(places)
            for finding in self._findings(place, cleaned[index], splits.get(index, ()))
        )

    def _findings(
        self, place: JsonString, cleaned: VisibleText, parts: Sequence[Match] = ()
    ) -> list[Finding]:
        """What is private in one string, `parts` included."""
        matches = self._scanner.matches(cleaned.text, place.key, parts)
        if not matches and not cleaned.removed:
            return []
        hidden = [
            Finding(
                kinds.INVISIBLE_TEXT,
                "invisible-text",
                place.pointer,
                start,
                end,
                fingerprint(kinds.INVISIBLE_TEXT, place.text[start:end]),
                1.0,
                place.in_key,
            )
            for start, end in cleaned.removed
        ]
        return hidden + [
            Finding(
                match.kind,
                match.rule,
                place.pointer,
                *(cleaned.span(match.start, match.end) if cleaned.origin else (match.start, match.end)),
                fingerprint(match.kind, cleaned.text[match.start : match.end]),
                match.confidence,
                place.in_key,
            )
            for match in matches
        ]

    def _redact(
        self, value: Json, places: Sequence[JsonString], texts: Sequence[str], splits: dict[int, list[Match]]
    ) -> Json:
        """The value without anything private; `texts` are those of the places, cleaned."""
        redactor = Redactor(self._scanner, texts)
        redacted: Texts = {}
        keys = {"": ""}
        for index, place in enumerate(places):
            text = redactor.redact(texts[index], keys[place.key], splits.get(index, ()))
            redacted[place.pointer, place.in_key] = text
            if place.in_key:
                keys[place.text] = text
        return rebuild(value, redacted)

    def _splits(self, places: Sequence[JsonString], texts: Sequence[str]) -> dict[int, list[Match]]:
        """Secrets that strings make together and none of them holds alone, by the numbers of the places."""
        if len(places) < 2:  # noqa: PLR2004 -- a secret is split over two at least
            return {}
        from git_fedlearn.privacy.detectors.split_secrets import SplitText, find_splits, may_begin  # noqa: PLC0415 -- compiles its patterns

        if not any(may_begin(text) for text, place in zip(texts, places, strict=True) if not place.in_key):
            return {}
        found = find_splits(
            [
                SplitText("" if place.in_key else text, place.pointer.rpartition("/")[0])
                for text, place in zip(texts, places, strict=True)
            ]
        )
        counted = {at: self._scanner.counted(matches, texts[at]) for at, matches in found.items()}
        return {at: matches for at, matches in counted.items() if matches}
