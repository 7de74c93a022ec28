"""What the lines of one source become: lessons for the record sets, and why the rest is none."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.core.routing import BELOW, THRESHOLD, Lesson, Skipped, route_event
from git_fedlearn.core.scoring import DEFAULT_WEIGHTS, Score, Weights, score_event
from git_fedlearn.learn.distinct_lessons import DistinctLessons
from git_fedlearn.learn.fine_tuning import Malformed, parse_sample
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.lines import BrokenLine, Line, SkimmedLines, SourceEvent
from git_fedlearn.learn.recent_events import RecentEvents
from git_fedlearn.learn.sources import SourceFault, SourceFile, SourceKind

NOT_AN_EVENT: Final = "not an event by the profile of its source"
TOO_OLD: Final = "older than --since"

_FOREIGN_FIELDS = frozenset(
    {"session_id", "interaction_id", "event_id", "request_id", "conversation_id", "correlation_id"}
    | {"run_id", "trace_id", "span_id", "host", "hostname", "pid", "user", "user_id", "username"}
)
"""Fields of an event that tell of a session, a machine or a person, and are no part of a snapshot."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line or file that could not be read: where, and a reason without its text."""

    place: str
    reason: str
    hint: str = ""


@dataclass(slots=True)
class Batch:
    """Lessons that wait to be joined, and the tally of all that was read."""

    lessons: dict[SetName, list[bytes]] = field(default_factory=dict)
    events: list[tuple[str, bytes]] = field(default_factory=list)
    """(time, record line) of every event that became a lesson, for the telemetry snapshot."""
    read: Counter[SourceKind] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    redacted: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)


class Verdict(NamedTuple):
    """What became of one event: where it stands, its score, the set it was learned into or why it was not."""

    place: str
    score: Score
    routed: Lesson | Skipped


@dataclass(frozen=True, slots=True)
class Rules:
    """How events are judged. None older than `since` is learned from; `snapshot` is how many events stay."""

    weights: Weights = DEFAULT_WEIGHTS
    threshold: float = THRESHOLD
    since: date | None = None
    snapshot: int = 1000
    explain: Callable[[Verdict], None] | None = None


class Learner:
    """Turns events and samples into lessons for one system on one day; `finish` gives what was learned."""

    def __init__(self, intake: Intake, rules: Rules, today: date) -> None:
        self.intake = intake
        self.rules = rules
        self.today = today
        self._lessons = DistinctLessons(intake)
        self._recent = RecentEvents(rules.snapshot, self._snapshot_line)

    def learn(
        self, file: SourceFile, lines: Iterable[Line | SourceFault], batch: Batch
    ) -> tuple[int, int] | None:
        """Take in the lines of a file; returns the offset and line number reached, None for none."""
        reached: tuple[int, int] | None = None
        for line in lines:
            if isinstance(line, SourceFault):
                batch.faults.append(Fault(str(line.path), line.reason, line.hint))
                continue
            if isinstance(line, SkimmedLines):
                batch.read[file.kind] += line.count
                batch.skipped[BELOW] += line.count
                reached = (line.end, line.number)
            elif isinstance(line, BrokenLine):
                batch.faults.append(Fault(f"{file.path}:{line.number}", line.reason))
                reached = (line.end, line.number + 1)
            elif isinstance(line, SourceEvent):
                batch.read[file.kind] += 1
                self._learn_one(file, line, batch)
                reached = (line.end, line.number + 1)
        return reached

    @property
    def kept(self) -> int:
        """How many distinct lessons were found since the last were handed over."""
        return len(self._lessons)

    def finish(self, batch: Batch) -> None:
        """Hand over the lessons and the newest events of all that was read."""
        self._hand_over(batch)
        batch.events += self._recent.take()

    def _hand_over(self, batch: Batch) -> None:
        for name, lines in self._lessons.take().items():
            batch.lessons.setdefault(name, []).extend(lines)

    def _learn_one(self, file: SourceFile, event: SourceEvent, batch: Batch) -> None:
        try:
            if file.kind is SourceKind.FINE_TUNING:
                self._learn_sample(file, event, batch)
            else:
                self._learn_event(file, event, batch)
        except NotARecordError as error:
            batch.faults.append(Fault(f"{file.path}:{event.number}", str(error)))

    def _learn_sample(self, file: SourceFile, event: SourceEvent, batch: Batch) -> None:
        sample = parse_sample(event.fields)
        if isinstance(sample, Malformed):
            batch.faults.append(
                Fault(f"{file.path}:{event.number}", f"a sample to train on: {sample.reason}")
            )
            return
        self._admit(FINE_TUNING, sample, event.fields, batch)

    def _learn_event(self, file: SourceFile, event: SourceEvent, batch: Batch) -> None:
        fields = file.profile.apply(event.fields) if file.profile else event.fields
        if fields is None:
            batch.skipped[NOT_AN_EVENT] += 1
            return
        score = score_event(fields, self.rules.weights)
        routed = route_event(fields, score, self.rules.threshold)
        when = event_time(fields)
        if self.rules.since and when and when.date() < self.rules.since and isinstance(routed, Lesson):
            routed = Skipped(TOO_OLD)
        if self.rules.explain:
            self.rules.explain(Verdict(f"{file.path}:{event.number}", score, routed))
        if isinstance(routed, Skipped):
            batch.skipped[routed.reason] += 1
            return
        self._admit(routed.set_name, routed.content, fields, batch)
        kept = {
            key: value
            for key, value in fields.items()
            if key not in _FOREIGN_FIELDS and not key.startswith("_")
        }
        latest = f"{self.today.isoformat()}T24"
        time = min(when.isoformat(), latest) if when else ""
        self._recent.add(time, {**kept, "value_score": routed.content["value_score"]})

    def _snapshot_line(self, event: JsonObject) -> bytes | None:
        try:
            return self.intake.admit(event, self.today).record.line
        except NotARecordError:
            return None

    def _admit(self, name: SetName, content: JsonObject, fields: JsonObject, batch: Batch) -> None:
        when = event_time(fields)
        learned = min(when.date(), self.today) if when else self.today
        batch.redacted += self._lessons.add(name, content, learned)
        if self._lessons.is_full:
            self._hand_over(batch)


def event_time(fields: JsonObject) -> datetime | None:
    """When an event happened, in UTC: ISO 8601 text or seconds since 1970; None when it does not say."""
    for key in ("timestamp", "ts", "time", "created_at"):
        found = _parse_time(fields.get(key))
        if found:
            return found
    return None


def _parse_time(value: Json) -> datetime | None:
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.removesuffix("Z") if "+" in value else value)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
