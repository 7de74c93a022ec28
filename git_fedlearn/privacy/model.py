"""The values that the privacy engine takes and gives.

A `Finding` says where something private stands, never what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None


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


def sort_matches(matches: Iterable[Match]) -> list[Match]:
    """By position; of two that start together the longer first. Independent of the order of detectors."""
    return sorted(matches, key=lambda m: (m.start, -m.end, m.kind, m.rule))


def settle_overlaps(matches: Iterable[Match], rank: dict[str, int]) -> Iterator[Match]:
    """Join overlapping spans into one, so that no part of any stays; the best-ranked kind names it."""
    cluster: list[Match] = []
    end = -1
    for match in sort_matches(matches):
        if cluster and match.start >= end:
            yield _join(cluster, end, rank)
            cluster = []
            end = -1
        cluster.append(match)
        end = max(end, match.end)
    if cluster:
        yield _join(cluster, end, rank)


def _join(cluster: list[Match], end: int, rank: dict[str, int]) -> Match:
    if len(cluster) == 1:
        return cluster[0]
    best = min(cluster, key=lambda m: (rank.get(m.kind, 0), m.start - m.end, m.rule))
    return Match(cluster[0].start, end, best.kind, best.rule, max(m.confidence for m in cluster))
