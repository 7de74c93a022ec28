"""What the commits tell a report: how the data grew, and until when each system has read the others."""

from dataclasses import dataclass
from typing import Final

from git_fedlearn.core.layout import DATA, FINE_TUNING, find_set
from git_fedlearn.core.trailers import read_trailers
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository

MOST_SAMPLES: Final = 60
"""Commits whose trees are measured."""

MOST_COMMITS: Final = 20_000
"""Commits that are looked at, newest first."""

KINDS: Final = ("patterns", "fine-tuning", "collections", "of single systems")


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes under data/ at the last commit of a day, by kind of file (KINDS)."""

    date: str
    bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """`sizes` oldest first; `read_until` is the last day on which a commit of each system was made."""

    sizes: list[Size]
    read_until: dict[str, str]


def read_past(repository: Repository) -> Past:
    """Look through the history of HEAD; nothing where there is no commit."""
    objects = repository.objects
    head = objects.find_commit("HEAD")
    if head is None:
        return Past([], {})
    return Past(_sizes(objects, head), _read_until(objects, head))


def _sizes(objects: Objects, head: Oid) -> list[Size]:
    line = [head]
    while len(line) < MOST_COMMITS and (parents := objects.parents(line[-1])):
        line.append(parents[0])
    step = max(1, -(-len(line) // MOST_SAMPLES))
    known: dict[Oid, int] = {}
    sizes = [_size(objects, commit, known) for commit in reversed(line[::step])]
    return list({size.date: size for size in sizes}.values())


def _size(objects: Objects, commit: Oid, known: dict[Oid, int]) -> Size:
    total = dict.fromkeys(KINDS, 0)
    for path, entry in objects.files(commit, DATA).items():
        if entry.is_file:
            if entry.oid not in known:
                known[entry.oid] = objects.size(entry.oid)
            total[_kind(path)] += known[entry.oid]
    return Size(objects.facts(commit).date, tuple(total.values()))


def _kind(path: str) -> str:
    found = find_set(path)
    if not found:
        return KINDS[3]
    if found[0] == FINE_TUNING:
        return KINDS[1]
    return KINDS[2] if found[0].startswith("collections/") else KINDS[0]


def _read_until(objects: Objects, head: Oid) -> dict[str, str]:
    days: dict[str, str] = {}
    for number, commit in enumerate(objects.walk([head])):
        if number >= MOST_COMMITS:
            break
        facts = objects.facts(commit)
        system = read_trailers(facts.message).system
        if system:
            days[system] = max(days.get(system, ""), facts.date)
    return days
