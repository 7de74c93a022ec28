"""Chunks of source files, and their extracts: lessons not yet sanitized, and why other lines have none.

A chunk consists of whole lines, so chunks can be read in any order; lines appended meanwhile belong to the
next run. The join of extracts is commutative and associative: it adds counts, keeps the highest score, the
earliest day and the first place of a lesson, and the newest events. So any number of processes or machines
can share the work.
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
from git_fedlearn.learn.documents import HEAD_BYTES, is_document
from git_fedlearn.learn.lines import MAX_LINE
from git_fedlearn.learn.sources import FileMark, SourceFile, SourceKind, is_compressed, open_source

CHUNK_BYTES: Final = 8 * 1024 * 1024
"""Bytes of a chunk, before it is extended to the end of its last line."""

MAX_FAULT_PLACES: Final = 1000
"""Faults kept with their place; further ones are only counted."""

RECENT_SLACK: Final = 4
"""Events are collected up to this multiple of the snapshot's size before old ones are dropped."""

SCORER_KEY: Final = "fedlearn.scorer"


class Chunk(NamedTuple):
    """The lines of a file whose first byte is in [start, stop); `stop` None is the end of the file."""

    file: SourceFile
    start: int
    stop: int | None
    number: int = 0
    """The number of its first line, if known."""
    mark: FileMark | None = None

    @property
    def size(self) -> int:
        """Bytes; 0 for compressed data, whose length is unknown."""
        return self.stop - self.start if self.stop else 0


def split_chunks(file: SourceFile, start: int, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The chunks of a file from the start of a line on. Raises OSError if the file is gone.

    Compressed data is one chunk, since it can only be read from the front; so are sessions and indented JSON.
    """
    if is_compressed(file.path):
        yield Chunk(file, start, None)
        return
    with open_source(file.path) as stream:
        if file.reads_whole or is_document(stream.read(HEAD_BYTES)):
            yield Chunk(file, start, None)
            return
        end = stream.seek(0, 2)
        while end - start > size:
            stop = _next_line(stream, start + size, end)
            yield Chunk(file, start, stop)
            start = stop
    if start < end:
        yield Chunk(file, start, end)


def _next_line(stream: IO[bytes], at: int, end: int) -> int:
    """The offset of the first line that starts at or after `at`."""
    stream.seek(at - 1)
    while (found := stream.readline(MAX_LINE)) and not found.endswith(b"\n"):
        pass
    return min(stream.tell(), end)


class ScorerError(FedlearnError):
    """The scoring function configured on this machine failed on an event."""


class Scorer:
    """A scoring function, `module:function`, for events without a score; returns 0 to 1, or None.

    It is named in git config (SCORER_KEY), never in a committed file, and imported from Python's own path,
    never from the work tree: a peer must not be able to choose code that runs here.
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
                hint=f"git config {SCORER_KEY} MODULE:FUNCTION    (Python must be able to import MODULE)",
            ) from error
        self._function: Callable[[JsonObject], object] = found

    def __reduce__(self) -> "tuple[type[Scorer], tuple[str]]":
        """Pickled as its name."""
        return Scorer, (self.name,)

    def score(self, event: JsonObject) -> Score | None:
        """The score of an event, None to use the heuristics. Raises ScorerError."""
        hint = f"git config --unset {SCORER_KEY}"
        try:
            value = self._function(event)
        except Exception as error:
            raise ScorerError(f"the scorer {self.name} failed: {type(error).__name__}", hint=hint) from error
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ScorerError(f"the scorer {self.name} did not return a number", hint=hint)
        score = round(min(1.0, max(0.0, float(value))), 3)
        return Score(score, (Term("scorer", score, f"by {self.name}"),))


class ScoredEvent(NamedTuple):
    """An event for `--explain`: its place, its score, and the set of its lesson or why it is skipped."""

    path: str
    line: int
    headline: str
    """Its name in one line, not redacted; empty if it has none."""
    score: Score
    outcome: SetName | Skipped


@dataclass(frozen=True, slots=True)
class Rules:
    """How events are judged. Events before `since` are skipped; `snapshot` is the number it keeps."""

    weights: Weights = DEFAULT_WEIGHTS
    threshold: float = THRESHOLD
    since: date | None = None
    snapshot: int = 1000
    explain: Callable[[ScoredEvent], None] | None = None
    scorer: Scorer | None = None
    """Used instead of the heuristics."""


class LinePlace(NamedTuple):
    """The name of a file, the offset of a chunk, and the number of a line in it, from 0."""

    file: str
    chunk: int
    line: int


class LineFault(NamedTuple):
    """A line that cannot be read; `start` is its beginning, not redacted."""

    place: LinePlace
    reason: str
    start: bytes = b""
    hint: str = ""


class FoundLesson(NamedTuple):
    """A lesson: canonical content without the score, and best score, first day and count of its events."""

    set_name: SetName
    content: bytes
    score: float | None
    day: str
    times: int
    place: LinePlace

    def join(self, other: "FoundLesson") -> "FoundLesson":
        """Both as one: highest score, earliest day, first place; occurrences add up."""
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
    """An event with a lesson, for the snapshot; ordered by time, then by the hash of its line.

    Of the event only time and score are kept: what else it holds, such as a question, is not in the lesson.
    """

    time: str
    key: bytes
    content: bytes
    """The content of its lesson."""
    score: float
    lesson: bytes
    """The key of its lesson."""


class Reached(NamedTuple):
    """How far a chunk was read: offset of the next line, number of lines, and whether there was no fault."""

    end: int
    lines: int
    is_whole: bool


@dataclass(slots=True)
class Extract:
    """The result of reading some chunks."""

    snapshot: int
    """The number of events that the snapshot keeps."""
    lessons: dict[bytes, FoundLesson] = field(default_factory=dict)
    """By key: the hash of set and content."""
    recent: list[RecentEvent] = field(default_factory=list)
    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often the profile of a name read a line, had an event, found a field or learned a lesson."""
    faults: list[LineFault] = field(default_factory=list)
    unreadable: int = 0
    """The number of all faults, including those not kept."""
    reached: dict[tuple[str, int], Reached] = field(default_factory=dict)
    """By name of the file and offset of the chunk."""

    def add_lesson(self, key: bytes, found: FoundLesson) -> None:
        """Add a lesson, joined with the one that has this key."""
        known = self.lessons.get(key)
        self.lessons[key] = known.join(found) if known else found

    def add_recent(self, events: Iterable[RecentEvent]) -> None:
        """Add events, and drop old ones from time to time (see RECENT_SLACK)."""
        self.recent += events
        if len(self.recent) >= RECENT_SLACK * self.snapshot:
            self.recent = self.newest()

    def add_faults(self, faults: Iterable[LineFault], unreadable: int) -> None:
        """Add faults, and keep those with the first places; `unreadable` counts all of them."""
        self.faults += faults
        self.unreadable += unreadable
        if len(self.faults) > 2 * MAX_FAULT_PLACES:
            self.faults = nsmallest(MAX_FAULT_PLACES, self.faults)

    def newest(self) -> list[RecentEvent]:
        """The distinct events that the snapshot needs, newest first."""
        return nlargest(self.snapshot, {(event.time, event.key): event for event in self.recent}.values())

    def join(self, other: "Extract") -> "Extract":
        """Add another extract to this one, and return this one."""
        for key, found in other.lessons.items():
            self.add_lesson(key, found)
        self.add_recent(other.recent)
        self.add_faults(other.faults, other.unreadable)
        self.read.update(other.read)
        self.skipped.update(other.skipped)
        self.uses.update(other.uses)
        self.reached |= other.reached
        return self

    def trimmed(self) -> "Extract":
        """Drop events and faults in excess, and return this one."""
        self.recent = self.newest()
        self.faults = nsmallest(MAX_FAULT_PLACES, self.faults)
        return self
