"""What a stretch of a source gives: lessons not yet sanitized, and why the rest is none.

Extracts are joined in any order, by any tree, with the same result: counts add up, of a lesson the highest
score, the earliest day and the first place stay, of events the newest. So stretches can be read by any
number of processes, or machines.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from heapq import nlargest, nsmallest
from typing import Final, NamedTuple

from git_fedlearn.core.layout import SetName
from git_fedlearn.core.routing import THRESHOLD, Skipped
from git_fedlearn.core.scoring import Score
from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights
from git_fedlearn.learn.scorers import Scorer
from git_fedlearn.learn.sources import SourceKind

MOST_FAULTS: Final = 1000
"""Broken lines of which the place is kept; beyond that they are counted."""

SLACK: Final = 4
"""How many times more events are held than are wanted, before the older ones are let go."""


class Verdict(NamedTuple):
    """What became of one event: where it stands, its score, the set it was learned into or why it was not."""

    place: str
    score: Score
    outcome: SetName | Skipped


@dataclass(frozen=True, slots=True)
class Rules:
    """How events are judged. None older than `since` is learned from; `snapshot` is how many events stay."""

    weights: Weights = DEFAULT_WEIGHTS
    threshold: float = THRESHOLD
    since: date | None = None
    snapshot: int = 1000
    explain: Callable[[Verdict], None] | None = None
    scorer: Scorer | None = None
    """In place of the default score."""


class Place(NamedTuple):
    """A line: the name of its file, the offset of its stretch, and its number in it, from 0."""

    file: str
    stretch: int
    line: int


class FoundFault(NamedTuple):
    """A line that could not be read: `start` is how it begins, not yet redacted."""

    place: Place
    reason: str
    start: bytes = b""
    hint: str = ""


class Found(NamedTuple):
    """A lesson: its canonical content without the score, and what is known of all who said it."""

    set_name: SetName
    content: bytes
    score: float | None
    day: str
    times: int
    place: Place

    def join(self, other: "Found") -> "Found":
        """The same lesson, met as often as both."""
        mine, its = self.score, other.score
        return Found(
            self.set_name,
            self.content,
            its if mine is None else mine if its is None else max(mine, its),
            min(self.day, other.day),
            self.times + other.times,
            min(self.place, other.place),
        )


class Recent(NamedTuple):
    """An event that became a lesson, for the snapshot: ordered by time, then by its line."""

    time: str
    mark: bytes
    line: bytes
    score: float
    file: str
    lesson: bytes


class Reached(NamedTuple):
    """How far a stretch was read: the offset of the next line, lines passed, whether nothing stopped it."""

    end: int
    lines: int
    is_whole: bool


@dataclass(slots=True)
class Extract:
    """What some stretches gave."""

    snapshot: int
    """How many events are wanted for the snapshot."""
    lessons: dict[bytes, Found] = field(default_factory=dict)
    """By the hash of set and content."""
    recent: list[Recent] = field(default_factory=list)
    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[FoundFault] = field(default_factory=list)
    unreadable: int = 0
    """How many faults there are, those too that were let go."""
    reached: dict[tuple[str, int], Reached] = field(default_factory=dict)
    """By the name of the file and the offset of the stretch."""

    def add_lesson(self, mark: bytes, found: Found) -> None:
        """Take in a lesson, or meet it again."""
        known = self.lessons.get(mark)
        self.lessons[mark] = known.join(found) if known else found

    def add_recent(self, events: Iterable[Recent]) -> None:
        """Take in events; only as many of the newest stay as are wanted, and a few."""
        self.recent += events
        if len(self.recent) >= SLACK * self.snapshot:
            self.recent = self.newest()

    def add_faults(self, faults: Iterable[FoundFault], unreadable: int) -> None:
        """Take in faults; the first ones stay."""
        self.faults += faults
        self.unreadable += unreadable
        if len(self.faults) > 2 * MOST_FAULTS:
            self.faults = nsmallest(MOST_FAULTS, self.faults)

    def newest(self) -> list[Recent]:
        """The events that are wanted for the snapshot, newest first, each once."""
        return nlargest(self.snapshot, {(event.time, event.mark): event for event in self.recent}.values())

    def join(self, other: "Extract") -> "Extract":
        """Take in another extract; returns this one."""
        for mark, found in other.lessons.items():
            self.add_lesson(mark, found)
        self.add_recent(other.recent)
        self.add_faults(other.faults, other.unreadable)
        self.read.update(other.read)
        self.skipped.update(other.skipped)
        self.reached |= other.reached
        return self

    def trimmed(self) -> "Extract":
        """Let go of what is not kept, before it is sent; returns this one."""
        self.recent = self.newest()
        self.faults = nsmallest(MOST_FAULTS, self.faults)
        return self
