"""All detectors over one text, read as it is and without its wrapping (`wrapped`).

Overlapping matches are merged, placeholders stay whole, and what the policy allows is left out. The matches
of a text depend only on the text and the key it is stored under, so they are remembered: logs, field names
and lines of code repeat.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_128_digest

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.local_identity import IdentityRules
from git_fedlearn.privacy.detectors.personal import find_person_names
from git_fedlearn.privacy.detectors.split_secrets import may_begin
from git_fedlearn.privacy.invisible import clean_text
from git_fedlearn.privacy.json_strings import plain_key
from git_fedlearn.privacy.model import Match, fingerprint, settle_overlaps
from git_fedlearn.privacy.policy import compile_pattern
from git_fedlearn.privacy.registry import Prefilter
from git_fedlearn.privacy.subject import Subject
from git_fedlearn.privacy.wrapped import ALL_DETECTORS

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence

    from git_fedlearn.privacy.model import LocalIdentity
    from git_fedlearn.privacy.policy import CustomRule, Policy
    from git_fedlearn.privacy.registry import Detector

MAX_REMEMBERED_TEXTS: Final = 100_000
"""About 30 MB. The oldest text is forgotten first."""
MAX_REMEMBERED_MATCHES: Final = 8
"""A text with more matches is not remembered, so that no log can fill the memory."""
MAX_VERBATIM_CHARACTERS: Final = 48
"""A longer text or key is remembered by its hash."""

_MemoryKey = tuple[str | bytes, str | bytes]


class _KnownText(NamedTuple):
    """What is private in a text, and whether a secret that continues in another text may begin in it."""

    matches: Sequence[Match]
    may_begin: bool | None
    """None if not determined yet."""


_CLEAN: Final = _KnownText((), None)


class TextScanner:
    """Finds what is private in single texts, for one identity and policy."""

    def __init__(self, identity: LocalIdentity, policy: Policy) -> None:
        self._allowed_kinds = {kind for kind, action in policy.actions.items() if action == "allow"}
        self._allowed = policy.allowed_fingerprints()
        # What only this machine and its user, and this repository's policy look for.
        self._identity = IdentityRules(identity)
        self._own: tuple[Detector, ...] = (
            *([partial(find_person_names, model=policy.names)] if policy.names else ()),
            *(partial(_find_custom, rule, compile_pattern(rule.pattern)) for rule in policy.rules),
        )
        self._seen: OrderedDict[_MemoryKey, _KnownText] = OrderedDict()
        self.placeholders = kinds.placeholder_pattern(tuple(rule.kind for rule in policy.rules))

    def are_clean(self, texts: Iterable[tuple[str, str | None]]) -> bool:
        """Whether these texts of one value, each with its key (None for a key), are all clean.

        Also False if a secret may be split over several of them.
        """
        for text, key in texts:
            known_by = _memory_key(text, key or "")
            seen = self._seen.get(known_by) or self._look(text, key or "", known_by)
            if seen is None or seen.matches:
                return False
            if key is None:
                continue
            if seen.may_begin is None:
                seen = self._seen[known_by] = _CLEAN._replace(may_begin=may_begin(text))
            if seen.may_begin:
                return False
        return True

    def is_clean(self, text: str) -> bool:
        """Whether a text on its own holds nothing private or invisible."""
        known_by = _memory_key(text, "")
        seen = self._seen.get(known_by) or self._look(text, "", known_by)
        return seen is not None and not seen.matches

    def _look(self, text: str, key: str, known_by: _MemoryKey) -> _KnownText | None:
        """What is private in a text that is not remembered; None if it has invisible characters."""
        return None if clean_text(text) is not text else self._remember(known_by, self._find(text, key))

    def matches(self, text: str, key: str = "", parts: Sequence[Match] = ()) -> Sequence[Match]:
        """The private spans of a text without invisible characters, in order; none cuts a placeholder.

        `parts` are spans that are private because of other strings of the record.
        """
        if parts:
            return self._find(text, key, parts)
        known_by = _memory_key(text, key)
        seen = self._seen.get(known_by)
        if seen is not None:
            return seen.matches
        return self._remember(known_by, self._find(text, key)).matches

    def _remember(self, known_by: _MemoryKey, found: Sequence[Match]) -> _KnownText:
        known = _KnownText(found, None) if found else _CLEAN
        if len(found) <= MAX_REMEMBERED_MATCHES:
            if len(self._seen) >= MAX_REMEMBERED_TEXTS:
                self._seen.popitem(last=False)
            self._seen[known_by] = known
        return known

    def joined(self, found: Sequence[Match], more: Iterable[Match], text: str) -> Sequence[Match]:
        """The settled matches of a text with those of `more` that they do not cover, settled again."""
        starts = [match.start for match in found]
        new = [
            match
            for match in more
            if (at := bisect_right(starts, match.start)) == 0 or found[at - 1].end < match.end
        ]
        return self._settled([*found, *new], text) if new else found

    def without_allowed(self, matches: Iterable[Match], text: str) -> list[Match]:
        """The matches that the policy does not allow, neither by kind nor by fingerprint."""
        return [
            m
            for m in matches
            if m.start < m.end
            and m.kind not in self._allowed_kinds
            and not (self._allowed and fingerprint(m.kind, text[m.start : m.end]) in self._allowed)
        ]

    def _find(self, text: str, key: str, parts: Sequence[Match] = ()) -> Sequence[Match]:
        if len(text) < 3 and not parts:  # noqa: PLR2004 -- nothing private is that short
            return ()
        key = plain_key(key)
        detectors = (*_PREFILTER.choose(text, key), *self._own)
        if self._identity.is_mentioned(text):
            detectors = (*detectors, self._identity.find)
        if not detectors and not parts:
            return ()
        subject = Subject(text, key)
        found = [*parts, *(match for detector in detectors for match in detector(subject))]
        return self._settled(found, text)

    def _settled(self, found: list[Match], text: str) -> Sequence[Match]:
        if not found or not (found := self.without_allowed(found, text)):
            return ()
        if "<" in text:
            found = self._without_placeholders(found, text)
        settled = settle_overlaps(found)
        return self.without_allowed(settled, text) if self._allowed else settled

    def widened(self, matches: Sequence[Match], text: str, reach: int) -> Sequence[Match]:
        """The matches with as many more characters on both sides, joined; none cuts a placeholder."""
        spans = [hit.span() for hit in self.placeholders.finditer(text)]
        starts, ends = [start for start, _ in spans], [end for _, end in spans]
        wide: list[Match] = []
        for match in matches:
            start, end = max(0, match.start - reach), min(len(text), match.end + reach)
            before, after = bisect_right(ends, start), bisect_left(starts, end) - 1
            if before < len(spans):
                start = min(start, starts[before])
            if after >= 0:
                end = max(end, ends[after])
            wide.append(match._replace(start=start, end=end))
        return settle_overlaps(wide)

    def _without_placeholders(self, found: list[Match], text: str) -> list[Match]:
        """The matches that cut no placeholder and contain something besides placeholders."""
        spans = [hit.span() for hit in self.placeholders.finditer(text)]
        ends = [end for _, end in spans]
        kept: list[Match] = []
        for match in found:
            first = last = bisect_right(ends, match.start)
            while last < len(spans) and spans[last][0] < match.end:
                last += 1
            touched = spans[first:last]
            is_cutting = any(start < match.start or end > match.end for start, end in touched)
            if not is_cutting and sum(end - start for start, end in touched) < match.end - match.start:
                kept.append(match)
        return kept


def _memory_key(text: str, key: str) -> _MemoryKey:
    """A text and its key, each as it is if short, otherwise as its hash."""
    return (
        text
        if len(text) <= MAX_VERBATIM_CHARACTERS
        else xxh3_128_digest(text.encode("utf-8", "surrogatepass")),
        key if len(key) <= MAX_VERBATIM_CHARACTERS else xxh3_128_digest(key.encode("utf-8", "surrogatepass")),
    )


def _find_custom(rule: CustomRule, pattern: re.Pattern[str], subject: Subject) -> Iterator[Match]:
    if rule.keywords and not any(word.lower() in subject.lowered for word in rule.keywords):
        return
    for hit in pattern.finditer(subject.text):
        yield Match(*hit.span(pattern.groupindex.get("secret", 0)), rule.kind, f"custom:{rule.name}")


_PREFILTER = Prefilter(ALL_DETECTORS)
