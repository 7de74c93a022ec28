"""What one run learned: lines for the record sets, and the tally of all that was read."""

from collections import Counter
from dataclasses import dataclass, field

from git_fedlearn.core.layout import SetName
from git_fedlearn.learn.sources import SourceKind
from git_fedlearn.repository.inbox import DoubtfulSample


@dataclass(frozen=True, slots=True)
class Fault:
    """A line or file that could not be read: where, why, and the redacted start of the line."""

    place: str
    reason: str
    hint: str = ""
    start: str = ""


@dataclass(slots=True)
class Batch:
    """Lessons that wait to be joined, and the tally of all that was read."""

    lessons: dict[SetName, list[bytes]] = field(default_factory=dict)
    """Record lines, each once."""
    counts: Counter[SetName] = field(default_factory=Counter)
    """How often a lesson of each set was met."""
    events: list[tuple[str, bytes]] = field(default_factory=list)
    """(time, record line) of the newest events that became lessons, for the telemetry snapshot."""
    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    """The first of them, in order."""
    waiting: list[DoubtfulSample] = field(default_factory=list)
    """Samples to train on that a person has to decide on first."""
    unreadable: int = 0
    """How many faults there are in all."""
