"""Sanitize fields and build the record: the only way into a record set.

A log repeats its lessons, so each distinct content goes through the privacy engine once, in one batch with
its events, which mostly repeat its texts.

A fine-tuning sample with something that may or may not be private waits in the inbox until a person decides.
The decision is kept by a hash of the content, so that reading the source again does not ask again. It is
written after an accepted sample is in its set.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import JsonObject, format_value, parse_object
from git_fedlearn.core.events import SCORE
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, NotARecordError, Record, make_record
from git_fedlearn.learn.pending import read_pending, write_pending
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.inbox import ACCEPTED, DROPPED, EDITED, DoubtfulSample, Inbox
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    from git_fedlearn.learn.extracts import FoundLesson, RecentEvent


BATCH_LESSONS: Final = 100
"""Lessons sanitized at a time."""

DOUBTFUL: Final = 0.75
"""A finding in a sample with less confidence than this is left to a person to decide."""

WAITS: Final = "waits for review"
_DECIDED_AGAINST: Final = {DROPPED: "dropped in review", EDITED: "edited in review"}


class Admitted(NamedTuple):
    """A sanitized record, and the number of redacted findings by kind."""

    record: Record
    redacted: Counter[str]


class Intake:
    """Admits the lessons of one system; `limit` is the maximum size of a record in bytes."""

    def __init__(self, engine: PrivacyEngine, system: str, limit: int) -> None:
        self.engine = engine
        self.system = system
        self.limit = limit

    def admit(self, fields: JsonObject, learned: date) -> Admitted:
        """Make a sanitized record that this system learned on a day (UTC).

        Fields that name their systems and first day keep them. Raises NotARecordError.
        """
        clean, redacted = sanitize_fields(self.engine, fields)
        if blocked := self.engine.policy.find_blocked(redacted):
            raise NotARecordError(f"contains {blocked}, which the privacy policy blocks")
        if RETRACTED not in clean:
            clean = {SEEN_BY: [self.system], FIRST_SEEN: learned.isoformat(), **clean}
        record = make_record(clean)
        if len(record.line) > self.limit:
            raise NotARecordError(f"larger than {self.limit} bytes")
        return Admitted(record, redacted)


@dataclass(slots=True)
class AdmittedBatch:
    """The result for some lessons and events: distinct record lines, and counts."""

    lessons: dict[SetName, list[bytes]] = field(default_factory=dict)
    counts: Counter[SetName] = field(default_factory=Counter)
    """Occurrences of the admitted lessons, by set."""
    events: list[tuple[str, bytes]] = field(default_factory=list)
    """(time, record line) of each admitted event."""
    redacted: Counter[str] = field(default_factory=Counter)
    refused: dict[bytes, str] = field(default_factory=dict)
    """Why lessons cannot be records, by key."""
    held: dict[bytes, str] = field(default_factory=dict)
    """Why samples are not learned now, by key: undecided, or decided against."""

    def join(self, other: "AdmittedBatch") -> None:
        """Add the records and counts of another batch, but not `refused` and `held`."""
        for name, lines in other.lessons.items():
            self.lessons.setdefault(name, []).extend(lines)
        self.counts.update(other.counts)
        self.events += other.events
        self.redacted.update(other.redacted)


class Admitter:
    """Admits lessons and events in batches, for one system on one day (UTC).

    It has all of them from the start, so that forked processes are only sent keys.
    """

    def __init__(
        self,
        intake: Intake,
        today: date,
        *,
        lessons: "Mapping[bytes, FoundLesson]",
        events: "Iterable[RecentEvent]",
        decided: Mapping[str, str],
    ) -> None:
        """`decided`: decisions by key of the sample."""
        self._intake = intake
        self._today = today
        self._lessons = lessons
        self._decided = decided
        self._events: dict[bytes, list[RecentEvent]] = {}
        for event in events:
            self._events.setdefault(event.lesson, []).append(event)

    def batches(self) -> list[list[bytes]]:
        """The keys of all lessons, and of the lessons of all events, in batches."""
        keys = sorted({*self._lessons, *self._events})
        return [keys[start : start + BATCH_LESSONS] for start in range(0, len(keys), BATCH_LESSONS)]

    def admit(self, keys: Iterable[bytes]) -> AdmittedBatch:
        """Make records of the lessons with these keys, and of their events."""
        batch, keys = AdmittedBatch(), [*keys]
        for key in keys:
            if key in self._lessons:
                self._admit_lesson(key, batch)
        for key in keys:
            batch.events += self._admit_events(self._events.get(key, ()))
        return batch

    def _admit_lesson(self, key: bytes, batch: AdmittedBatch) -> None:
        found = self._lessons[key]
        content = parse_object(found.content) or {}
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
            fields = {**(parse_object(event.content) or {}), SCORE: event.score}
            if event.time:
                fields["timestamp"] = min(event.time, f"{self._today.isoformat()}T23:59:59+00:00")
            try:
                record = self._intake.admit(fields, self._today).record
            except NotARecordError:
                continue
            yield event.time, record.line


def sample_key(content: Mapping[str, object]) -> str:
    """The key of a sample in the inbox: a hash of its content without score and metadata."""
    kept = {key: value for key, value in content.items() if key != SCORE and not is_metadata_key(key)}
    return xxh3_64_hexdigest(format_value(kept))  # type: ignore[arg-type]  # values of JSON


def find_doubts(engine: PrivacyEngine, content: JsonObject) -> tuple[Finding, ...]:
    """The findings in a sample that a person has to decide on."""
    return tuple(finding for finding in engine.sanitize(content).findings if finding.confidence < DOUBTFUL)


def find_hold(engine: PrivacyEngine, content: JsonObject, decided: Mapping[str, str]) -> str:
    """Why a sample must not be learned now; empty if it may be, redacted."""
    decision = decided.get(sample_key(content), "") if decided else ""
    if decision in _DECIDED_AGAINST:
        return _DECIDED_AGAINST[decision]
    return WAITS if decision != ACCEPTED and find_doubts(engine, content) else ""


def learn_samples(
    repository: Repository,
    engine: PrivacyEngine,
    samples: Sequence[DoubtfulSample],
    decision: str | None,
    today: date,
) -> int:
    """Add sanitized samples to their set, and remember the decision. Returns how many were already known.

    Nothing is remembered without a decision, that is if the allow-list now covers the doubts.
    Raises NotARecordError.
    """
    intake = Intake(engine, repository.system(), repository.settings.record_bytes)
    lines = [intake.admit(sample.content, today).record.line for sample in samples]
    with repository.lock("review"):
        sets = repository.sets
        Ledger(repository).add(lines)
        joined = sets.join(FINE_TUNING, lines)
        pending = read_pending(repository, sets).get(FINE_TUNING, [])
        write_pending(repository, {FINE_TUNING: [*pending, *lines]})
        Inbox(repository).decide(samples, decision)
    return len(samples) - len(joined.added)
