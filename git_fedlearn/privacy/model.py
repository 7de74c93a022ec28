"""The values that the privacy engine takes and gives.

A `Finding` says where something private stands, never what it is.

Short hashes by which an allow-list knows a value without holding it.

The hash has no key, so that every clone computes the same. What a generator made (keys, tokens) gets 64
bits. What can be guessed by trying all values (addresses, phone numbers, passwords) gets 20 bits only:
among the 2^32 IPv4 addresses some four thousand share each fingerprint, so it confirms a guess weakly and
identifies nobody.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from git_fedlearn.core.canonical import Json
from git_fedlearn.privacy import kinds
from git_fedlearn.privacy.kinds import RANK, SECRET_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class LocalIdentity:
    """What identifies this machine and its user; filled by the caller, never read from here."""

    user: str = ""
    host: str = ""
    full_name: str = ""
    emails: tuple[str, ...] = ()
    home: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One private span of a decoded string.

    `start` and `end` count code points of the string as it stands in the value, invisible
    characters included. `pointer` is the RFC 6901 pointer to the string; for a hit in a key it is the pointer
    of that key's value.
    """

    kind: str
    rule: str
    pointer: str
    start: int
    end: int
    fingerprint: str
    confidence: float
    in_key: bool = False


@dataclass(frozen=True, slots=True)
class Sanitized:
    """A value that is safe to write, and what was found in the value it came from."""

    value: Json
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A private span of one text, before policy and overlaps are settled."""

    start: int
    end: int
    kind: str
    rule: str
    confidence: float = 0.9


def settle_overlaps(matches: Iterable[Match]) -> list[Match]:
    """Join overlapping spans into one, so that no part of any stays; the best-ranked kind names it.

    Where a secret meets something else, it keeps its own bounds and the other goes: the password of
    `scheme://user:password@host` must not take the host along. The next round finds the rest of it.
    The answer, ordered by position, does not depend on the order of the matches.
    """
    ordered = sorted(matches, key=lambda m: (m.start, -m.end, m.kind, m.rule))
    if all(one.end <= other.start for one, other in pairwise(ordered)):
        return ordered
    secrets = list(_join(m for m in ordered if m.kind in SECRET_KINDS))
    ends = [m.end for m in secrets]
    others = (
        m
        for m in ordered
        if m.kind not in SECRET_KINDS
        and ((at := bisect_right(ends, m.start)) == len(secrets) or secrets[at].start >= m.end)
    )
    return sorted([*secrets, *_join(others)], key=lambda m: m.start)


def _join(ordered: Iterable[Match]) -> Iterator[Match]:
    """One match for each run of overlapping ones."""
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


_STRONG = frozenset((kinds.PRIVATE_KEY, kinds.API_KEY, kinds.JWT, kinds.WEBHOOK_URL))


def fingerprint(kind: str, text: str) -> str:
    """16 hex digits for high-entropy kinds, 5 for the others; depends on kind and exact text."""
    digest = hashlib.sha256(f"git-fedlearn/1\0{kind}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:16] if kind in _STRONG else digest[:5]
