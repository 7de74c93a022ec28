"""The second half of learning: what was extracted is sanitized, and becomes record lines.

Lessons of a log are many times as many as distinct ones, so each distinct content goes through the privacy
engine once. An event is sanitized beside its lesson, whose texts it mostly repeats.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import JsonObject, parse_value
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.learn.extractor import fields_of
from git_fedlearn.learn.extracts import Found, Recent
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.judging import SCORE
from git_fedlearn.learn.review import find_hold
from git_fedlearn.learn.sources import SourceFile

PORTION: Final = 100
"""Lessons that are sanitized at a time."""

_FOREIGN_FIELDS = frozenset(
    {"session_id", "interaction_id", "event_id", "request_id", "conversation_id", "correlation_id"}
    | {"run_id", "trace_id", "span_id", "host", "hostname", "pid", "user", "user_id", "username"}
)
"""Fields of an event that tell of a session, a machine or a person, and are no part of a snapshot."""


class Portion(NamedTuple):
    """Some lessons by their marks, events that are wanted for the snapshot, and the files those are from."""

    lessons: dict[bytes, Found]
    events: tuple[Recent, ...]
    files: Mapping[str, SourceFile]


class AdmittedLesson(NamedTuple):
    """A lesson, by its mark, as a record line, or why it is none."""

    mark: bytes
    line: bytes
    redacted: Counter[str]
    fault: str = ""
    hold: str = ""
    """Why it is kept back: a sample that waits for a person's decision, or that was dropped by one."""


class AdmittedPortion(NamedTuple):
    """What became of a portion: its lessons, and (time, record line) of events."""

    lessons: list[AdmittedLesson]
    events: list[tuple[str, bytes]]


def portions(
    lessons: Mapping[bytes, Found], events: Iterable[Recent], files: Mapping[str, SourceFile]
) -> Iterator[Portion]:
    """All lessons by their marks, in portions, each with the events of its lessons."""
    of_lesson: dict[bytes, list[Recent]] = {}
    for event in events:
        of_lesson.setdefault(event.lesson, []).append(event)
    marks = sorted({*lessons, *of_lesson})
    for start in range(0, len(marks), PORTION):
        some = marks[start : start + PORTION]
        recent = tuple(event for mark in some for event in of_lesson.get(mark, ()))
        named = {event.file: files[event.file] for event in recent}
        yield Portion({mark: lessons[mark] for mark in some if mark in lessons}, recent, named)


class Admitter:
    """Sanitizes portions for one system on one day (UTC); `decided`: decisions on samples, by their keys.

    It has all portions from the start, so that nothing of them need be sent to a forked process.
    """

    def __init__(
        self, intake: Intake, today: date, decided: Mapping[str, str], waiting: Sequence[Portion]
    ) -> None:
        self._intake = intake
        self._today = today
        self._decided = decided
        self._portions = waiting

    def admit(self, number: int) -> AdmittedPortion:
        """The record lines of a portion, by its number."""
        portion = self._portions[number]
        lessons = [self._admit(mark, found) for mark, found in portion.lessons.items()]
        return AdmittedPortion(lessons, [*self._events(portion.events, portion.files)])

    def _admit(self, mark: bytes, found: Found) -> AdmittedLesson:
        content = _object(found.content)
        if found.score is not None:
            content[SCORE] = found.score
        if found.set_name == FINE_TUNING:
            hold = find_hold(self._intake.engine, content, self._decided)
            if hold:
                return AdmittedLesson(mark, b"", Counter(), hold=hold)
        try:
            record, redacted = self._intake.admit(content, date.fromisoformat(found.day))
        except NotARecordError as error:
            return AdmittedLesson(mark, b"", Counter(), str(error))
        return AdmittedLesson(mark, record.line, redacted)

    def _events(
        self, events: Iterable[Recent], files: Mapping[str, SourceFile]
    ) -> Iterator[tuple[str, bytes]]:
        for event in events:
            fields = fields_of(files[event.file], _object(event.line)) or {}
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


def _object(data: bytes) -> JsonObject:
    value = parse_value(data)
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
