"""All detectors over one text: matches settled, placeholders spared, the policy applied.

What was found in a text is remembered by the text and the key it is under, on which alone it depends: logs,
names of fields and lines of code repeat themselves.

What the detectors find under one layer: in decoded base64, behind escapes.

Secrets that are not written plainly: base64 one level deep, and escapes inside a token.

`unescaped` gives a second reading of a text with its escapes decoded and the way back to the offsets.
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_128_digest

from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.detectors.local_identity import IdentityRules
from git_fedlearn.privacy.detectors.network import find_emails
from git_fedlearn.privacy.json_strings import plain_key
from git_fedlearn.privacy.model import Match, fingerprint, settle_overlaps
from git_fedlearn.privacy.policy import compile_pattern
from git_fedlearn.privacy.registry import DETECTORS, SECRET_DETECTORS, Prefilter
from git_fedlearn.privacy.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from git_fedlearn.privacy.model import LocalIdentity
    from git_fedlearn.privacy.policy import CustomRule, Policy
    from git_fedlearn.privacy.registry import Detector


MAX_REMEMBERED_TEXTS: Final = 100_000
"""About 30 MB. The oldest makes room for the newest."""
MAX_REMEMBERED_MATCHES: Final = 8
"""A text with more is not remembered, so that no log can fill the memory."""
MAX_VERBATIM_CHARACTERS: Final = 48
"""Of a longer text or key the hash is remembered."""

_Mark = tuple[str | bytes, str | bytes]


class _Seen(NamedTuple):
    """What is private in a text, and whether a secret that goes on in another text may begin in it."""

    matches: Sequence[Match]
    may_begin: bool | None
    """None until somebody asks."""


class TextScanner:
    """Finds what is private in single texts, for one identity and policy."""

    def __init__(self, identity: LocalIdentity, policy: Policy) -> None:
        self._allowed_kinds = {kind for kind, action in policy.actions.items() if action == "allow"}
        self._allowed = policy.allowed_fingerprints()
        self._own = self._own_detectors(identity, policy)
        self._seen: OrderedDict[_Mark, _Seen] = OrderedDict()
        self.placeholders = kinds.placeholder_pattern(tuple(rule.kind for rule in policy.rules))

    def are_clean(self, texts: Iterable[tuple[str, str | None]]) -> bool:
        """Whether these texts of one value, each with its key, None for a key, are all known to be clean.

        False, too, where a secret may be split over several of them.
        """
        for text, key in texts:
            mark = _mark(text, key or "")
            seen = self._seen.get(mark)
            if seen is None or seen.matches:
                return False
            if key is None:
                continue
            if seen.may_begin is None:
                seen = self._seen[mark] = _Seen((), _may_begin(text))
            if seen.may_begin:
                return False
        return True

    def matches(self, text: str, key: str = "", parts: Sequence[Match] = ()) -> Sequence[Match]:
        """The private spans of a cleaned text, in order, without overlaps or cut placeholders.

        `parts` are spans that other strings of the record made private.
        """
        if parts:
            return self._find(text, key, parts)
        mark = _mark(text, key)
        seen = self._seen.get(mark)
        if seen is not None:
            return seen.matches
        found = self._find(text, key)
        if len(found) <= MAX_REMEMBERED_MATCHES:
            if len(self._seen) >= MAX_REMEMBERED_TEXTS:
                self._seen.popitem(last=False)
            self._seen[mark] = _Seen(found, None)
        return found

    def _find(self, text: str, key: str, parts: Sequence[Match] = ()) -> Sequence[Match]:
        if len(text) < 3 and not parts:  # noqa: PLR2004 -- nothing private is that short
            return ()
        subject = Subject(text, plain_key(key) if "<" in key else key)
        detectors = (*_prefilter().choose(subject), *self._own)
        found = [*parts, *(m for detector in detectors for m in detector(subject))]
        if not found or not (found := self.counted(found, text)):
            return ()
        if "<" in text:
            found = list(self._spare_placeholders(found, text))
        settled = settle_overlaps(found)
        return self.counted(settled, text) if self._allowed else settled

    @staticmethod
    def _own_detectors(identity: LocalIdentity, policy: Policy) -> tuple[Detector, ...]:
        """What only this machine, its user and this repository's policy look for."""
        rules = IdentityRules(identity)
        own: list[Detector] = [rules.find] if rules.is_known else []
        if policy.names:
            own.append(partial(_find_person_names, policy.names))
        own += [partial(_find_custom, rule, compile_pattern(rule.pattern)) for rule in policy.rules]
        return tuple(own)

    def counted(self, matches: Iterable[Match], text: str) -> list[Match]:
        """Those that the policy does not allow, neither by their kind nor by what they hold."""
        return [
            m
            for m in matches
            if m.start < m.end
            and m.kind not in self._allowed_kinds
            and not (self._allowed and fingerprint(m.kind, text[m.start : m.end]) in self._allowed)
        ]

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


def _mark(text: str, key: str) -> _Mark:
    """What stands for a text under a key in memory: themselves if short, else their hashes."""
    return (
        text
        if len(text) <= MAX_VERBATIM_CHARACTERS
        else xxh3_128_digest(text.encode("utf-8", "surrogatepass")),
        key if len(key) <= MAX_VERBATIM_CHARACTERS else xxh3_128_digest(key.encode("utf-8", "surrogatepass")),
    )


def _may_begin(text: str) -> bool:
    from git_fedlearn.privacy.detectors.split_secrets import may_begin  # noqa: PLC0415 -- compiles its patterns

    return may_begin(text)


@cache
def _prefilter() -> Prefilter:
    """Imported at the first text: the patterns take longer to compile than most commands run."""
    from git_fedlearn.privacy.registry import Prefilter  # noqa: PLC0415

    return Prefilter(ALL_DETECTORS)


def _find_person_names(model: str, subject: Subject) -> Iterator[Match]:
    from git_fedlearn.privacy.detectors.personal import find_person_names  # noqa: PLC0415 -- off by default

    return find_person_names(subject, model)


def _find_custom(rule: CustomRule, pattern: re.Pattern[str], subject: Subject) -> Iterator[Match]:
    if rule.keywords and not any(word.lower() in subject.lowered for word in rule.keywords):
        return
    for hit in pattern.finditer(subject.text):
        yield Match(*hit.span(pattern.groupindex.get("secret", 0)), rule.kind, f"custom:{rule.name}")


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


def find_in_base64(subject: Subject) -> Iterator[Match]:
    """Runs of base64 whose plain text holds a secret; the whole run goes."""
    for start, end, plain in decoded_base64(subject):
        inner = Subject(plain)
        found = min(
            (m for detector in _secret_detectors().choose(inner) for m in detector(inner)),
            key=lambda m: (kinds.RANK[m.kind], m.rule),
            default=None,
        )
        if found is not None:
            yield Match(start, end, found.kind, f"base64:{found.rule}", 0.9)


def find_behind_escapes(subject: Subject) -> Iterator[Match]:
    """What shows only once escapes are read: a key after a written newline, an escaped letter."""
    blanked = blank_letter_escapes(subject.text)
    if blanked is not None:
        inner = Subject(blanked)
        for detector in _glued_detectors().choose(inner):
            yield from detector(inner)
    view = unescaped(subject.text)
    if view is None:
        return
    inner = Subject(view.text, subject.key)
    for detector in _plain_detectors().choose(inner):
        for match in detector(inner):
            at = bisect_left(view.changed, match.start)
            if at < len(view.changed) and view.changed[at] < match.end:
                yield replace(match, start=view.starts[match.start], end=view.ends[match.end - 1])


_secret_detectors = cache(lambda: Prefilter(SECRET_DETECTORS))
_glued_detectors = cache(lambda: Prefilter((*SECRET_DETECTORS, find_emails)))
_plain_detectors = cache(lambda: Prefilter(DETECTORS))

ALL_DETECTORS = (*DETECTORS, find_in_base64, find_behind_escapes)
