"""Sanitize fields and build the record: the only way into a record set.

The lessons of a log are many times as many as distinct ones, so each distinct content goes through the
privacy engine once. An event is sanitized in the same batch as its lesson, whose texts it mostly repeats.

Doubts about samples to train on: which hold something that may or may not be private.

A sample with a doubt waits in the inbox until a person decides. The decision is remembered by the hash of the
sample's content, so that reading the source again does not ask again; it is written after the sample that was
accepted has joined its set.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value, parse_value
from git_fedlearn.core.events import SCORE
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, NotARecordError, Record, make_record
from git_fedlearn.learn.sync_state import read_pending, write_pending
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.inbox import ACCEPTED, DROPPED, EDITED, DoubtfulSample, Inbox
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    from git_fedlearn.learn.extracts import FoundLesson, RecentEvent
    from git_fedlearn.learn.sources import SourceFile


DOUBTFUL: Final = 0.75
"""A finding of less confidence than this in a sample is for a person to decide on."""

WAITS: Final = "waits for review"
_NOT_LEARNED: Final = {DROPPED: "dropped in review", EDITED: "edited in review"}


def sample_key(content: Mapping[str, object]) -> str:
    """The key of a sample in the inbox: the hash of all but its score and keys of ours."""
    kept = {key: value for key, value in content.items() if key != "value_score" and not is_metadata_key(key)}
    return xxh3_64_hexdigest(format_value(kept))  # type: ignore[arg-type]  # values of JSON


def find_doubts(engine: PrivacyEngine, content: JsonObject) -> tuple[Finding, ...]:
    """The findings in a sample that are for a person to decide on."""
    return tuple(finding for finding in engine.sanitize(content).findings if finding.confidence < DOUBTFUL)


def find_hold(engine: PrivacyEngine, content: JsonObject, decided: Mapping[str, str]) -> str:
    """Why a sample is not to be learned now; empty when it may be, redacted."""
    decision = decided.get(sample_key(content), "") if decided else ""
    if decision in _NOT_LEARNED:
        return _NOT_LEARNED[decision]
    return WAITS if decision != ACCEPTED and find_doubts(engine, content) else ""


def learn_samples(
    repository: Repository,
    engine: PrivacyEngine,
    samples: Sequence[DoubtfulSample],
    decision: str | None,
    today: date,
) -> int:
    """Join samples, sanitized, and remember the decision; how many of them were known already.

    Without a decision nothing is remembered: what was in doubt is allowed now. Raises NotARecordError.
    """
    intake = Intake(engine, repository.system(), repository.settings.record_bytes)
    lines = [intake.admit(sample.content, today).record.line for sample in samples]
    with repository.lock("review"):
        sets = repository.sets
        joined = sets.join(FINE_TUNING, lines)
        pending = read_pending(repository, sets).get(FINE_TUNING, [])
        write_pending(repository, {FINE_TUNING: [*pending, *lines]}, ())
        Inbox(repository).decide_samples([sample.key for sample in samples], decision)
    return len(samples) - len(joined.added)


BATCH_LESSONS: Final = 100
"""Lessons that are sanitized at a time."""

_FOREIGN_FIELDS = frozenset(
    {"session_id", "interaction_id", "event_id", "request_id", "conversation_id", "correlation_id"}
    | {"run_id", "trace_id", "span_id", "host", "hostname", "pid", "user", "user_id", "username"}
)
"""Fields of an event that name a session, a machine or a person, and are no part of a snapshot."""


class Admitted(NamedTuple):
    """A record that may be written, and how many findings of each kind were redacted in it."""

    record: Record
    redacted: Counter[str]


class Intake:
    """Admits what one system learns; `limit` is the largest record in bytes."""

    def __init__(self, engine: PrivacyEngine, system: str, limit: int) -> None:
        self.engine = engine
        self.system = system
        self.limit = limit

    def admit(self, fields: JsonObject, learned: date) -> Admitted:
        """Sanitize fields and make them a record that this system learned on a day (UTC).

        Fields that already name who saw them first keep that. Raises NotARecordError.
        """
        clean, redacted = sanitize_fields(self.engine, fields)
        refuse_blocked(self.engine, redacted)
        if RETRACTED not in clean:
            clean = {SEEN_BY: [self.system], FIRST_SEEN: learned.isoformat(), **clean}
        record = make_record(clean)
        if len(record.line) > self.limit:
            raise NotARecordError(f"larger than {self.limit} bytes")
        return Admitted(record, redacted)


def refuse_blocked(engine: PrivacyEngine, found: Iterable[str]) -> None:
    """Raise NotARecordError if one of these kinds is blocked: such a record is refused, not redacted."""
    blocked = engine.policy.find_blocked(found)
    if blocked:
        raise NotARecordError(f"holds {blocked}, which the policy of this repository blocks")


@dataclass(slots=True)
class AdmittedBatch:
    """What became of some lessons and events: record lines, each once, and the tally of them."""

    lessons: dict[SetName, list[bytes]] = field(default_factory=dict)
    counts: Counter[SetName] = field(default_factory=Counter)
    """How often a lesson of each set was met."""
    events: list[tuple[str, bytes]] = field(default_factory=list)
    """(time, record line)."""
    redacted: Counter[str] = field(default_factory=Counter)
    refused: dict[bytes, str] = field(default_factory=dict)
    """Why other lessons are no records, by their keys."""
    held: dict[bytes, str] = field(default_factory=dict)
    """Why samples are not learned, by their keys: they wait for a person's decision, or one dropped them."""

    def join(self, other: "AdmittedBatch") -> None:
        """Add the records and the tally of another batch; what it did not admit stays with it."""
        for name, lines in other.lessons.items():
            self.lessons.setdefault(name, []).extend(lines)
        self.counts.update(other.counts)
        self.events += other.events
        self.redacted.update(other.redacted)


class Admitter:
    """Sanitizes lessons and events, batch by batch, for one system on one day (UTC).

    It has all of them from the start, so that only keys need be sent to a forked process.
    """

    def __init__(
        self,
        intake: Intake,
        today: date,
        *,
        lessons: "Mapping[bytes, FoundLesson]",
        events: "Iterable[RecentEvent]",
        files: "Mapping[str, SourceFile]",
        decided: Mapping[str, str],
    ) -> None:
        """`files` are the source files by name; `decided` are decisions on samples, by their keys."""
        self._intake = intake
        self._today = today
        self._lessons = lessons
        self._files = files
        self._decided = decided
        self._events: dict[bytes, list[RecentEvent]] = {}
        for event in events:
            self._events.setdefault(event.lesson, []).append(event)

    def batches(self) -> list[list[bytes]]:
        """The keys of all lessons and of those of all events, in batches."""
        keys = sorted({*self._lessons, *self._events})
        return [keys[start : start + BATCH_LESSONS] for start in range(0, len(keys), BATCH_LESSONS)]

    def admit(self, keys: Iterable[bytes]) -> AdmittedBatch:
        """Make records of the lessons with these keys and of their events."""
        batch, keys = AdmittedBatch(), [*keys]
        for key in keys:
            if key in self._lessons:
                self._admit_lesson(key, batch)
        for key in keys:
            batch.events += self._admit_events(self._events.get(key, ()))
        return batch

    def _admit_lesson(self, key: bytes, batch: AdmittedBatch) -> None:
        found = self._lessons[key]
        content = parse_object(found.content)
        if found.score is not None:
            content[SCORE] = found.score
        if found.set_name == FINE_TUNING:
            hold = find_hold(self._intake.engine, content, self._decided)
            if hold:
                batch.held[key] = hold
                return
        try:
            record, redacted = self._intake.admit(content, date.fromisoformat(found.day))
        except NotARecordError as error:
            batch.refused[key] = str(error)
            return
        batch.lessons.setdefault(found.set_name, []).append(record.line)
        batch.counts[found.set_name] += found.times
        for kind, number in redacted.items():
            batch.redacted[kind] += number * found.times

    def _admit_events(self, events: "Iterable[RecentEvent]") -> Iterator[tuple[str, bytes]]:
        for event in events:
            line, profile = parse_object(event.line), self._files[event.file].profile
            fields = profile.apply(line) or {} if profile else line
            kept: JsonObject = {
                key: value
                for key, value in fields.items()
                if key not in _FOREIGN_FIELDS and not key.startswith("_")
            }
            try:
                record = self._intake.admit({**kept, SCORE: event.score}, self._today).record
            except NotARecordError:
                continue
            yield event.time, record.line


def parse_object(data: bytes) -> JsonObject:
    """An object that was written in canonical form. Raises TypeError for any other value."""
    value = parse_value(data)
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
