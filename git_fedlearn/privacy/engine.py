"""The privacy engine: what is private in a decoded JSON value, and the value without it.

Laws: `sanitize` is deterministic, idempotent, independent of key order, and keeps the structure; a finding
never holds the secret; keys of the format itself (`_id`, `_seen_by` …, top level) pass through untouched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.fingerprint import fingerprint
from git_fedlearn.privacy.invisible import Cleaned, clean_text, clean_with_offsets
from git_fedlearn.privacy.model import Finding, LocalIdentity, Sanitized
from git_fedlearn.privacy.pointers import Place, iter_strings
from git_fedlearn.privacy.policy import DEFAULT_POLICY
from git_fedlearn.privacy.rebuild import rebuild
from git_fedlearn.privacy.redaction import Redactor
from git_fedlearn.privacy.text_scan import TextScanner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from git_fedlearn.privacy.model import Json, Match
    from git_fedlearn.privacy.policy import Policy
    from git_fedlearn.privacy.rebuild import Texts

__all__ = ["Finding", "LocalIdentity", "PrivacyEngine", "Sanitized"]

_NOBODY = LocalIdentity()


class PrivacyEngine:
    """Scans and sanitizes values for one identity and one policy. Holds no state between calls."""

    def __init__(self, identity: LocalIdentity = _NOBODY, policy: Policy = DEFAULT_POLICY) -> None:
        self.policy = policy
        self._scanner = TextScanner(identity, policy)

    def scan(self, value: Json) -> tuple[Finding, ...]:
        """Everything private in the value, in the order of pointers and offsets, keys before values."""
        if isinstance(value, str):
            return tuple(self._scan_place(Place(value, "", "", in_key=False), []))
        return self._scan(list(iter_strings(value)))

    def sanitize(self, value: Json) -> Sanitized:
        """The value redacted, with the findings of the value as given. A clean value is returned as it is."""
        places = list(iter_strings(value))
        findings = self._scan(places)
        if not findings and all(clean_text(place.text) is place.text for place in places):
            return Sanitized(value, ())
        redacted = self._redact(value, places)
        while self._splits(places := list(iter_strings(redacted))):
            redacted = self._redact(redacted, places)
        return Sanitized(redacted, findings)

    def _redact(self, value: Json, places: list[Place]) -> Json:
        redactor = Redactor(self._scanner)
        redactor.reserve(clean_text(place.text) for place in places)
        splits = self._splits(places)
        texts: Texts = {}
        keys = {"": ""}
        for index, place in enumerate(places):
            text = redactor.redact(place.text, keys[place.key], splits.get(index, []))
            texts[place.pointer, place.in_key] = text
            if place.in_key:
                keys[place.text] = text
        return rebuild(value, texts)

    def _splits(self, places: list[Place]) -> dict[int, list[Match]]:
        """Secrets that strings make together and none of them holds alone, by the numbers of the places."""
        if len(places) < 2:  # noqa: PLR2004 -- a secret is split over two at least
            return {}
        from git_fedlearn.privacy.split_secrets import Held, find_splits  # noqa: PLC0415 -- compiles its patterns

        found = find_splits(
            [Held("" if p.in_key else clean_text(p.text), p.pointer.rpartition("/")[0]) for p in places]
        )
        counted = {
            at: self._scanner.counted(matches, clean_text(places[at].text)) for at, matches in found.items()
        }
        return {at: matches for at, matches in counted.items() if matches}

    @staticmethod
    def _begins_secret(text: str) -> bool:
        """Whether a secret may begin in a cleaned text that goes on in another string."""
        from git_fedlearn.privacy.split_secrets import may_begin  # noqa: PLC0415 -- compiles its patterns

        return may_begin(text)

    def _scan(self, places: list[Place]) -> tuple[Finding, ...]:
        splits = self._splits(places)
        return tuple(
            finding
            for index, place in enumerate(places)
            for finding in self._scan_place(place, splits.get(index, []))
        )

    def _scan_place(self, place: Place, splits: list[Match]) -> list[Finding]:
        text = place.text
        if text.isascii() and text.isprintable():
            matches = self._scanner.matches(text, place.key, splits)
            return self._findings(matches, place, Cleaned(text)) if matches else []
        cleaned = clean_with_offsets(text)
        hidden = [
            Finding(
                kinds.INVISIBLE_TEXT,
                "invisible-text",
                place.pointer,
                start,
                end,
                fingerprint(kinds.INVISIBLE_TEXT, text[start:end]),
                1.0,
                place.in_key,
            )
            for start, end in cleaned.removed
        ]
        return hidden + self._findings(self._scanner.matches(cleaned.text, place.key, splits), place, cleaned)

    def _findings(self, matches: Iterable[Match], place: Place, cleaned: Cleaned) -> list[Finding]:
        return [
            Finding(
                match.kind,
                match.rule,
                place.pointer,
                *cleaned.span(match.start, match.end),
                fingerprint(match.kind, cleaned.text[match.start : match.end]),
                match.confidence,
                place.in_key,
            )
            for match in matches
        ]
