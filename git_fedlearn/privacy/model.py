"""The values that the privacy engine takes and returns, and the merging of overlapping matches.

A `Finding` says where a private value is and identifies it by its fingerprint, never by its text.

A fingerprint has no key, so that every clone computes the same one. Generated values (keys, tokens) get 64
bits. Values that somebody could find by trying all of them (addresses, phone numbers, passwords) get 20
bits: about 4,000 of the 2^32 IPv4 addresses share each fingerprint, so it confirms a guess only weakly.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.kinds import RANK, SECRET_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class LocalIdentity(NamedTuple):
    """What identifies this machine and its user, as the caller determined it; empty if unknown."""

    user: str = ""
    host: str = ""
    full_name: str = ""
    emails: tuple[str, ...] = ()
    home: str = ""


class Finding(NamedTuple):
    """One private span of a decoded string.

    `start` and `end` count code points of the original string, including invisible characters. `pointer` is
    the RFC 6901 pointer to the string; for a finding in a key, the pointer to the value of that key.
    """

    kind: str
    rule: str
    pointer: str
    start: int
    end: int
    fingerprint: str
    confidence: float
    in_key: bool = False


class Sanitized(NamedTuple):
    """A value that is safe to write, and the findings of the original value."""

    value: Json
    findings: tuple[Finding, ...]


class Match(NamedTuple):
    """A private span of one text, before the policy is applied and overlaps are merged."""

    start: int
    end: int
    kind: str
    rule: str
    confidence: float = 0.9


def settle_overlaps(matches: Iterable[Match]) -> list[Match]:
    """Merge overlapping spans into one each, which covers them all and has the best-ranked kind.

    Only where a secret overlaps something else, the secret keeps its bounds and the other match is dropped:
    the password of `scheme://user:password@host` must not take the host along. The next round of redaction
    finds what is left of it. The result is ordered by position and does not depend on the order of the
    matches.
    """
    ordered = sorted(matches, key=lambda m: (m.start, -m.end, m.kind, m.rule))
    if all(one.end <= other.start for one, other in pairwise(ordered)):
        return ordered
    secrets = list(_merged(m for m in ordered if m.kind in SECRET_KINDS))
    ends = [m.end for m in secrets]
    others = (
        m
        for m in ordered
        if m.kind not in SECRET_KINDS
        and ((at := bisect_right(ends, m.start)) == len(secrets) or secrets[at].start >= m.end)
    )
    return sorted([*secrets, *_merged(others)], key=lambda m: m.start)


def _merged(ordered: Iterable[Match]) -> Iterator[Match]:
    """One match per run of overlapping ones."""
    cluster: list[Match] = []
    end = -1
    for match in chain(ordered, (None,)):
        if match is not None and match.start < end:
            cluster.append(match)
            end = max(end, match.end)
            continue
        if cluster:
            best = min(cluster, key=lambda m: (RANK.get(m.kind, 0), m.start - m.end, m.rule))
            confidence = max(m.confidence for m in cluster)
            yield Match(cluster[0].start, end, best.kind, best.rule, confidence)
        if match is not None:
            cluster, end = [match], match.end


_GENERATED_KINDS = frozenset((kinds.PRIVATE_KEY, kinds.API_KEY, kinds.JWT, kinds.WEBHOOK_URL))


def fingerprint(kind: str, text: str) -> str:
    """16 hexadecimal digits for generated values, 5 for others; depends on the kind and the exact text."""
    digest = hashlib.sha256(f"git-fedlearn/1\0{kind}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:16] if kind in _GENERATED_KINDS else digest[:5]
