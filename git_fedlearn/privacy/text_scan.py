"""All detectors over one text: matches settled, placeholders spared, the policy applied."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Final

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.fingerprint import fingerprint
from git_fedlearn.privacy.identity import IdentityRules
from git_fedlearn.privacy.model import Match, settle_overlaps
from git_fedlearn.privacy.pointers import plain_key
from git_fedlearn.privacy.policy import compile_pattern
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from git_fedlearn.privacy.model import LocalIdentity
    from git_fedlearn.privacy.policy import CustomRule, Policy
    from git_fedlearn.privacy.prefilter import Prefilter


_SHORT: Final = 48
_MOST_KNOWN: Final = 4096
"""Names of fields and short values come again and again: so many are remembered, which only saves time."""


class TextScanner:
    """Finds what is private in single texts, for one identity and policy."""

    def __init__(self, identity: LocalIdentity, policy: Policy) -> None:
        self._identity = IdentityRules(identity)
        self._policy = policy
        self._allowed = policy.allowed_fingerprints()
        self._custom = [(rule, compile_pattern(rule.pattern)) for rule in policy.rules]
        self._is_special = bool(self._identity.is_known or policy.names or self._custom)
        self._known: dict[tuple[str, str], tuple[Match, ...]] = {}
        self.placeholders = kinds.placeholder_pattern(tuple(rule.kind for rule in policy.rules))

    def matches(self, text: str, key: str = "", parts: Sequence[Match] = ()) -> Sequence[Match]:
        """The private spans of a cleaned text, in order, without overlaps or cut placeholders.

        `parts` are spans that other strings of the record made private.
        """
        key = plain_key(key)
        if len(text) > _SHORT or parts:
            return self._find(text, key, parts)
        found = self._known.get((text, key))
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[text, key] = tuple(self._find(text, key))
        return found

    def _find(self, text: str, key: str, parts: Sequence[Match] = ()) -> list[Match]:
        if len(text) < 3 and not parts:  # noqa: PLR2004 -- nothing private is that short
            return []
        subject = Subject(text, key)
        found = [m for detector in _prefilter().choose(subject) for m in detector(subject)]
        found += parts
        if self._is_special:
            found += self._special(subject)
        if not found or not (found := self.counted(found, text)):
            return []
        if "<" in text:
            found = list(self._spare_placeholders(found, text))
        settled = settle_overlaps(found, kinds.RANK, kinds.SECRET_KINDS)
        return [m for m in settled if self._counts(m, text)] if self._allowed else settled

    def _special(self, subject: Subject) -> Iterator[Match]:
        """What only this machine, its user and this repository's policy look for."""
        yield from self._identity.find(subject)
        if self._policy.names:
            yield from _person_names(subject, self._policy.names)
        for rule, pattern in self._custom:
            yield from _custom_hits(rule, pattern, subject)

    def counted(self, matches: Iterable[Match], text: str) -> list[Match]:
        """Those that the policy does not allow."""
        return [m for m in matches if self._counts(m, text)]

    def _counts(self, match: Match, text: str) -> bool:
        if match.start >= match.end or self._policy.action(match.kind) == "allow":
            return False
        return (
            not self._allowed or fingerprint(match.kind, text[match.start : match.end]) not in self._allowed
        )

    def _spare_placeholders(self, found: Iterable[Match], text: str) -> Iterator[Match]:
        """Without what lies in a placeholder or cuts one; a match may hold one whole, and more."""
        spans = [m.span() for m in self.placeholders.finditer(text)]
        if not spans:
            yield from found
            return
        ends = [end for _, end in spans]
        for match in found:
            touching = _touching(match, spans, ends)
            cut = any(s[0] < match.start or s[1] > match.end for s in touching)
            covered = sum(end - start for start, end in touching)
            if not cut and covered < match.end - match.start:
                yield match


def _touching(match: Match, spans: list[tuple[int, int]], ends: list[int]) -> list[tuple[int, int]]:
    first = bisect_right(ends, match.start)
    last = first
    while last < len(spans) and spans[last][0] < match.end:
        last += 1
    return spans[first:last]


@cache
def _prefilter() -> Prefilter:
    """Imported at the first text: the patterns take longer to compile than most commands run."""
    from git_fedlearn.privacy.layers import ALL_DETECTORS  # noqa: PLC0415
    from git_fedlearn.privacy.prefilter import Prefilter  # noqa: PLC0415

    return Prefilter(ALL_DETECTORS)


def _person_names(subject: Subject, model: str) -> Iterator[Match]:
    from git_fedlearn.privacy.person_names import find_person_names  # noqa: PLC0415 -- off by default

    return find_person_names(subject, model)


def _custom_hits(rule: CustomRule, pattern: re.Pattern[str], subject: Subject) -> Iterator[Match]:
    if rule.keywords and not any(word.lower() in subject.lowered for word in rule.keywords):
        return
    for hit in pattern.finditer(subject.text):
        yield Match(*hit.span(pattern.groupindex.get("secret", 0)), rule.kind, f"custom:{rule.name}")
