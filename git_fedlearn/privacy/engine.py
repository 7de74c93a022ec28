"""The privacy engine: what is private in a decoded JSON value, and the value without it.

Laws: `sanitize` is deterministic, idempotent, independent of key order, and keeps the structure; a finding
never holds the secret; keys of the format itself (`_id`, `_seen_by` …, top level) pass through untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.fingerprint import fingerprint
from git_fedlearn.privacy.invisible import Cleaned, clean_with_offsets
from git_fedlearn.privacy.model import Finding, LocalIdentity, Sanitized
from git_fedlearn.privacy.pointers import Place, iter_strings, iter_texts
from git_fedlearn.privacy.policy import DEFAULT_POLICY
from git_fedlearn.privacy.rebuild import rebuild
from git_fedlearn.privacy.redaction import Redactor
from git_fedlearn.privacy.text_scan import TextScanner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from git_fedlearn.privacy.model import Json, Match
    from git_fedlearn.privacy.policy import Policy
    from git_fedlearn.privacy.rebuild import Texts

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
            return tuple(self._findings(Place(value, "", "", in_key=False), clean_with_offsets(value)))
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
        self, places: Sequence[Place], cleaned: Sequence[Cleaned], splits: dict[int, list[Match]]
    ) -> tuple[Finding, ...]:
        return tuple(
            finding
            for index, place in enumerate(places)
            for finding in self._findings(place, cleaned[index], splits.get(index, ()))
        )

    def _findings(self, place: Place, cleaned: Cleaned, parts: Sequence[Match] = ()) -> list[Finding]:
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
        self, value: Json, places: Sequence[Place], texts: Sequence[str], splits: dict[int, list[Match]]
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

    def _splits(self, places: Sequence[Place], texts: Sequence[str]) -> dict[int, list[Match]]:
        """Secrets that strings make together and none of them holds alone, by the numbers of the places."""
        if len(places) < 2:  # noqa: PLR2004 -- a secret is split over two at least
            return {}
        from git_fedlearn.privacy.split_secrets import Held, find_splits, may_begin  # noqa: PLC0415 -- compiles its patterns

        if not any(may_begin(text) for text, place in zip(texts, places, strict=True) if not place.in_key):
            return {}
        found = find_splits(
            [
                Held("" if place.in_key else text, place.pointer.rpartition("/")[0])
                for text, place in zip(texts, places, strict=True)
            ]
        )
        counted = {at: self._scanner.counted(matches, texts[at]) for at, matches in found.items()}
        return {at: matches for at, matches in counted.items() if matches}
