"""Reading stretches: lines in, extracts out. Nothing is sanitized yet, and nothing leaves the machine."""

from collections.abc import Iterable, Iterator
from datetime import date
from heapq import nlargest
from typing import Final, NamedTuple

from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.routing import BELOW, Skipped
from git_fedlearn.learn.event_times import end_of, event_time, sort_key
from git_fedlearn.learn.extracts import Extract, Found, FoundFault, Place, Reached, Recent, Rules, Verdict
from git_fedlearn.learn.judging import SCORE, Judge, Learned, learned
from git_fedlearn.learn.lines import BrokenLine, Line, SkimmedLines, SourceEvent
from git_fedlearn.learn.skimming import Skimmer
from git_fedlearn.learn.sources import SourceFault, SourceFile, SourceKind, read_events
from git_fedlearn.learn.stretches import Stretch
from git_fedlearn.training.samples import Malformed, parse_sample

NOT_AN_EVENT: Final = "not an event by the profile of its source"
TOO_OLD: Final = "older than --since"


class _Reading(NamedTuple):
    """A stretch being read, and what it gave so far; `number` is that of its first line where known."""

    stretch: Stretch
    extract: Extract
    number: int

    def place(self, line: int) -> Place:
        return Place(self.stretch.file.name, self.stretch.start, line)


class Extractor:
    """Reads stretches by rules, on one day (UTC).

    It remembers how new the newest events were that it met, and leaves out of later extracts those which
    cannot be among the newest of them all. So it pays to read the newest stretches first.
    """

    def __init__(self, rules: Rules, today: date) -> None:
        self.rules = rules
        self._latest = end_of(today)
        self._judge = Judge(rules)
        self._newest: list[tuple[str, bytes]] = []
        self._floor = ""

    def extract(self, stretch: Stretch, number: int = 0) -> Extract:
        """What a stretch gives; `number` is that of its first line, where verdicts are explained."""
        reading = _Reading(stretch, Extract(self.rules.snapshot), number)
        self._learn(reading, self._lines(stretch))
        self._raise_floor(reading.extract.recent)
        return reading.extract

    def extract_trimmed(self, stretch: Stretch) -> Extract:
        """What a stretch gives, with no more than is kept of it, to be sent."""
        return self.extract(stretch).trimmed()

    def _lines(self, stretch: Stretch) -> Iterator[Line | SourceFault]:
        """The lines, numbered from 0."""
        file = stretch.file
        is_plain = file.kind is SourceKind.TELEMETRY and not file.profile and not self.rules.explain
        skimmer = Skimmer(self.rules.threshold) if is_plain else None
        return read_events(file.path, offset=stretch.start, number=0, stop=stretch.stop, skimmer=skimmer)

    def _learn(self, reading: _Reading, lines: Iterable[Line | SourceFault]) -> None:
        file, extract = reading.stretch.file, reading.extract
        end, passed, is_whole = reading.stretch.start, 0, True
        for line in lines:
            if isinstance(line, SourceEvent):
                extract.read[file.kind] += 1
                self._learn_one(reading, line)
                end, passed = line.end, line.number + 1
            elif isinstance(line, SkimmedLines):
                extract.read[file.kind] += line.passed
                extract.skipped[BELOW] += line.passed
                end, passed = line.end, line.number
            elif isinstance(line, BrokenLine):
                extract.add_faults([FoundFault(reading.place(line.number), line.reason, line.start)], 1)
                end, passed = line.end, line.number + 1
            elif isinstance(line, SourceFault):
                extract.add_faults([FoundFault(reading.place(-1), line.reason, hint=line.hint)], 1)
                is_whole = False
        extract.reached[file.name, reading.stretch.start] = Reached(end, passed, is_whole)

    def _learn_one(self, reading: _Reading, event: SourceEvent) -> None:
        if reading.stretch.file.kind is SourceKind.FINE_TUNING:
            self._learn_sample(reading, event)
        else:
            self._learn_event(reading, event)

    def _learn_sample(self, reading: _Reading, event: SourceEvent) -> None:
        sample, place = parse_sample(event.fields), reading.place(event.number)
        if isinstance(sample, Malformed):
            fault = FoundFault(place, f"a sample to train on: {sample.reason}")
            reading.extract.add_faults([fault], 1)
            return
        score = sample.get(SCORE)
        number = score if isinstance(score, int | float) else None
        lesson = learned(FINE_TUNING, sample)
        found = self._found(lesson, number, sort_key(event_time(event.fields), self._latest), place)
        reading.extract.add_lesson(lesson.mark, found)

    def _learn_event(self, reading: _Reading, event: SourceEvent) -> None:
        file, extract = reading.stretch.file, reading.extract
        fields = fields_of(file, event.fields)
        if fields is None:
            extract.skipped[NOT_AN_EVENT] += 1
            return
        judged, when = self._judge.judge(fields), event_time(fields)
        lesson = judged.outcome
        if self.rules.since and when and when.date() < self.rules.since and isinstance(lesson, Learned):
            lesson = Skipped(TOO_OLD)
        if self.rules.explain and judged.terms:
            outcome = lesson if isinstance(lesson, Skipped) else lesson.set_name
            place = f"{file.path}:{reading.number + event.number}"
            self.rules.explain(Verdict(place, judged.terms, outcome))
        if isinstance(lesson, Skipped):
            extract.skipped[lesson.reason] += 1
            return
        time = sort_key(when, self._latest)
        found = self._found(lesson, judged.score, time, reading.place(event.number))
        extract.add_lesson(lesson.mark, found)
        if time >= self._floor:
            mark = xxh3_128_digest(event.data)
            extract.add_recent([Recent(time, mark, event.data, judged.score, file.name, lesson.mark)])

    def _raise_floor(self, recent: Iterable[Recent]) -> None:
        """As many events as are wanted are at least as new as the floor."""
        met = {*self._newest, *((event.time, event.mark) for event in recent)}
        self._newest = nlargest(self.rules.snapshot, met)
        if len(self._newest) == self.rules.snapshot > 0:
            self._floor = self._newest[-1][0]

    def _found(self, lesson: Learned, score: float | None, time: str, place: Place) -> Found:
        day = (time or self._latest)[:10]
        return Found(lesson.set_name, lesson.content, score, day, 1, place)


def fields_of(file: SourceFile, line: JsonObject) -> "JsonObject | None":
    """The event that a line of a file is, None for none of its profile's."""
    return file.profile.apply(line) if file.profile else line
