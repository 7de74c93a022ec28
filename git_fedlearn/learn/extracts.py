"""What a chunk of a source file yields: lessons not yet sanitized, and why other lines have none.

A chunk is a run of whole lines, so the events of a file are those of its chunks, in whatever order they are
read; what is appended while they are read belongs to the next run. Extracts are joined in any order, by any
tree, with the same result: counts add up, of a lesson the highest score, the earliest day and the first place
stay, of events the newest. So chunks can be read by any number of processes, or machines.
"""

import importlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from heapq import nlargest, nsmallest
from typing import IO, Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.scoring import THRESHOLD, Score, Skipped, Term
from git_fedlearn.core.weights import DEFAULT_WEIGHTS, Weights
from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.learn.lines import MAX_LINE
from git_fedlearn.learn.sources import SourceFile, SourceKind, is_compressed, open_source

CHUNK_BYTES: Final = 8 * 1024 * 1024
"""Bytes of a chunk, without the end of its last line."""

MAX_FAULT_PLACES: Final = 1000
"""Broken lines whose place is kept; more are only counted."""

RECENT_SLACK: Final = 4
"""How many times more events are held than the snapshot needs, before the older ones are dropped."""

SCORER_KEY: Final = "fedlearn.scorer"


class Chunk(NamedTuple):
    """The lines of a file that begin at `start` or after it, and before `stop` (None: to the end)."""

    file: SourceFile
    start: int
    stop: int | None
    number: int = 0
    """That of its first line, where it is known."""

    @property
    def size(self) -> int:
        """Bytes; 0 for compressed data, whose length is not known before it was read."""
        return self.stop - self.start if self.stop else 0


def split_chunks(file: SourceFile, start: int, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The chunks of a file from an offset where a line begins. Raises OSError when the file is gone.

    Compressed data can be read from the front only, so it is one chunk.
    """
    if is_compressed(file.path):
        yield Chunk(file, start, None)
        return
    with open_source(file.path) as stream:
        end = stream.seek(0, 2)
        while end - start > size:
            stop = _next_line(stream, start + size, end)
            yield Chunk(file, start, stop)
            start = stop
    if start < end:
        yield Chunk(file, start, end)


def _next_line(stream: IO[bytes], at: int, end: int) -> int:
    """Where the first line begins that does not begin before `at`."""
    stream.seek(at - 1)
    while (found := stream.readline(MAX_LINE)) and not found.endswith(b"\n"):
        pass
    return min(stream.tell(), end)


class ScorerError(FedlearnError):
    """The scoring function of this machine failed on an event."""


class Scorer:
    """A scoring function, `module:function`, for events without a score: a number from 0 to 1, or None.

    Only git config of this machine can name it (SCORER_KEY), never a committed file, and it is imported from
    where Python looks anyway, never from the work tree: a peer must not be able to say what runs here.
    """

    def __init__(self, name: str) -> None:
        """Import the function. Raises SettingsError."""
        self.name = name
        module, _, function = name.partition(":")
        try:
            found = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError, ValueError) as error:
            raise SettingsError(
                f"git config {SCORER_KEY}: {name}: {type(error).__name__}",
                hint=f"git config {SCORER_KEY} MODULE:FUNCTION, of a module that this Python can import",
            ) from error
        self._function: Callable[[JsonObject], object] = found

    def __reduce__(self) -> "tuple[type[Scorer], tuple[str]]":
        """To another process it goes as its name."""
        return Scorer, (self.name,)

    def score(self, event: JsonObject) -> Score | None:
        """The score of an event; None leaves it to the heuristics. Raises ScorerError."""
        hint = f"git config --unset {SCORER_KEY}"
        try:
            value = self._function(event)
        except Exception as error:
            raise ScorerError(f"the scorer {self.name} failed: {type(error).__name__}", hint=hint) from error
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ScorerError(f"the scorer {self.name} gave no number", hint=hint)
        held = round(min(1.0, max(0.0, float(value))), 3)
        return Score(held, (Term("scorer", held, f"by {self.name}"),))


class ScoredEvent(NamedTuple):
    """An event explained: its place, its score, the set it was learned into or why it was not."""

    place: str
    score: Score
    outcome: SetName | Skipped


@dataclass(frozen=True, slots=True)
class Rules:
    """How events are judged. None before `since` is learned; `snapshot` is how many of them it keeps."""

    weights: Weights = DEFAULT_WEIGHTS
    threshold: float = THRESHOLD
    since: date | None = None
    snapshot: int = 1000
    explain: Callable[[ScoredEvent], None] | None = None
    scorer: Scorer | None = None
    """In place of the heuristics."""


class LinePlace(NamedTuple):
    """A line: the name of its file, the offset of its chunk, and its number in the chunk, from 0."""

    file: str
    chunk: int
    line: int


class LineFault(NamedTuple):
    """A line that could not be read: `start` is how it begins, not yet redacted."""

    place: LinePlace
    reason: str
    start: bytes = b""
    hint: str = ""


class FoundLesson(NamedTuple):
    """A lesson: its canonical content without the score, and what is known of all events that hold it."""

    set_name: SetName
    content: bytes
    score: float | None
    day: str
    times: int
    place: LinePlace

    def join(self, other: "FoundLesson") -> "FoundLesson":
        """The same lesson, met as often as both."""
        mine, its = self.score, other.score
        return FoundLesson(
            self.set_name,
            self.content,
            its if mine is None else mine if its is None else max(mine, its),
            min(self.day, other.day),
            self.times + other.times,
            min(self.place, other.place),
        )


class RecentEvent(NamedTuple):
    """An event that became a lesson, for the snapshot: ordered by time, then by the hash of its line."""

    time: str
    key: bytes
    line: bytes
    score: float
    file: str
    lesson: bytes
    """The key of its lesson."""


class Reached(NamedTuple):
    """How far a chunk was read: the offset of the next line, lines passed, whether nothing stopped it."""

    end: int
    lines: int
    is_whole: bool


@dataclass(slots=True)
class Extract:
    """What some chunks yielded."""

    snapshot: int
    """How many events the snapshot keeps."""
    lessons: dict[bytes, FoundLesson] = field(default_factory=dict)
    """By key, the hash of set and content."""
    recent: list[RecentEvent] = field(default_factory=list)
    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    faults: list[LineFault] = field(default_factory=list)
    unreadable: int = 0
    """How many faults there are, with those that are only counted."""
    reached: dict[tuple[str, int], Reached] = field(default_factory=dict)
    """By the name of the file and the offset of the chunk."""

    def add_lesson(self, key: bytes, found: FoundLesson) -> None:
        """Add a lesson, or join it with the same one."""
        known = self.lessons.get(key)
        self.lessons[key] = known.join(found) if known else found

    def add_recent(self, events: Iterable[RecentEvent]) -> None:
        """Add events; of all of them only the newest are kept, with some slack."""
        self.recent += events
        if len(self.recent) >= RECENT_SLACK * self.snapshot:
            self.recent = self.newest()

    def add_faults(self, faults: Iterable[LineFault], unreadable: int) -> None:
        """Add faults; the first ones in the order of places are kept."""
        self.faults += faults
        self.unreadable += unreadable
        if len(self.faults) > 2 * MAX_FAULT_PLACES:
            self.faults = nsmallest(MAX_FAULT_PLACES, self.faults)

    def newest(self) -> list[RecentEvent]:
        """The events that the snapshot needs, newest first, each once."""
        return nlargest(self.snapshot, {(event.time, event.key): event for event in self.recent}.values())

    def join(self, other: "Extract") -> "Extract":
        """Add another extract; returns this one."""
        for key, found in other.lessons.items():
            self.add_lesson(key, found)
        self.add_recent(other.recent)
        self.add_faults(other.faults, other.unreadable)
        self.read.update(other.read)
        self.skipped.update(other.skipped)
        self.reached |= other.reached
        return self

    def trimmed(self) -> "Extract":
        """Drop what is not kept, before it is sent; returns this one."""
        self.recent = self.newest()
        self.faults = nsmallest(MAX_FAULT_PLACES, self.faults)
        return self
