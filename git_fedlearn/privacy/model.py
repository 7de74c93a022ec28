"""The values that the privacy engine takes and gives.

A `Finding` says where something private stands, never what it is.
"""

from __future__ import annotations

from bisect import bisect_left
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


def settle_overlaps(matches: Iterable[Match], rank: dict[str, int], strong: frozenset[str]) -> list[Match]:
    """Join overlapping spans into one, so that no part of any stays; the best-ranked kind names it.

    Where a span of a strong kind meets another, it keeps its own bounds and the other goes: the password of
    `scheme://user:password@host` must not take the host along. The next round finds the rest of it.
    """
    ordered = sort_matches(matches)
    firm = list(_clusters((m for m in ordered if m.kind in strong), rank))
    starts = [m.start for m in firm]
    others = (m for m in ordered if m.kind not in strong and not _meets(m, firm, starts))
    return sort_matches([*firm, *_clusters(others, rank)])


def _meets(match: Match, firm: list[Match], starts: list[int]) -> bool:
    at = bisect_left(starts, match.end)
    return at > 0 and firm[at - 1].end > match.start


def _clusters(ordered: Iterable[Match], rank: dict[str, int]) -> Iterator[Match]:
    cluster: list[Match] = []
    end = -1
    for match in ordered:
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
