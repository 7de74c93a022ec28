"""Lines in, extracts out: parse and score each event, and find its lesson. Nothing is sanitized here.

A log repeats events with another score and time, so verdicts are cached.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from heapq import nlargest
from typing import Final, NamedTuple

import msgspec
from xxhash import xxh3_128_digest

from git_fedlearn.core.canonical import JsonObject, format_value
from git_fedlearn.core.events import (
    SCORE,
    SYNONYMS,
    end_of,
    event_time,
    headline_of,
    sort_key,
    unit_number,
)
from git_fedlearn.core.layout import FINE_TUNING, SetName
from git_fedlearn.core.lessons import is_of_one_occurrence
from git_fedlearn.core.scoring import BELOW, Score, Skipped, route_event
from git_fedlearn.learn.extracts import (
    Chunk,
    Extract,
    FoundLesson,
    LineFault,
    LinePlace,
    Reached,
    RecentEvent,
    Rules,
    ScoredEvent,
)
from git_fedlearn.learn.lines import START_BYTES, BrokenLine, SkimmedLines, Skimmer, SourceEvent
from git_fedlearn.learn.profiles import EVENTS, FIELD, LESSONS, LINES, Profile
from git_fedlearn.learn.readers import read_sessions
from git_fedlearn.learn.sources import SourceFault, SourceKind, read_events
from git_fedlearn.training.samples import Malformed, parse_sample
from git_fedlearn.training.worth import find_refusal

MAX_VERDICTS: Final = 5000
"""Cached verdicts; then the cache is cleared."""

TOO_OLD: Final = "older than --since"


class EventVerdict(NamedTuple):
    """The score of an event, and the set of its lesson or why it is skipped."""

    score: float
    outcome: SetName | Skipped
    content: bytes = b""
    """Canonical content of the lesson, without the score."""
    key: bytes = b""
    """Hash of set and content: a lesson has the same key in every process."""
    terms: Score | None = None
    """None if the verdict was cached."""


class Judge:
    """Judges events by fixed rules, with a cache."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._cache: dict[bytes, EventVerdict] = {}

    def judge(self, event: JsonObject) -> EventVerdict:
        """The verdict on an event."""
        rules = self._rules
        claim = unit_number(event, SCORE)
        key = _event_key(event) if claim is not None and not rules.explain else None
        cached = self._cache.get(key) if key else None
        if claim is not None and cached and (score := round(claim, 3)) >= rules.threshold:
            return cached if isinstance(cached.outcome, Skipped) else cached._replace(score=score)
        scorer = rules.scorer.score if rules.scorer else None
        scored, routed = route_event(event, rules.weights, rules.threshold, scorer)
        if isinstance(routed, Skipped):
            verdict = EventVerdict(scored.value, routed)
        else:
            verdict = EventVerdict(
                scored.value, routed.set_name, *format_lesson(routed.set_name, routed.content)
            )
        if key and claim is not None and claim >= rules.threshold:
            if len(self._cache) >= MAX_VERDICTS:
                self._cache.clear()
            self._cache[key] = verdict
        return verdict._replace(terms=scored)


def format_lesson(set_name: SetName, content: JsonObject) -> tuple[bytes, bytes]:
    """Content and key of a lesson, as in EventVerdict."""
    data = format_value({key: value for key, value in content.items() if key != SCORE})
    return data, xxh3_128_digest(b"%s\0%s" % (set_name.encode(), data))


def _event_key(event: Mapping[str, object]) -> bytes | None:
    """A hash of the fields that decide on an event with a claimed score; None if they cannot be encoded."""
    try:
        return xxh3_128_digest(msgspec.json.encode({k: v for k, v in event.items() if _decides(k)}))
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None


@lru_cache(maxsize=1024)
def _decides(key: str) -> bool:
    """Whether a field can affect the verdict on an event with a claimed score."""
    return key in ("finish_reason", "endorsement_count") or not is_of_one_occurrence(key)


class Extractor:
    """Reads chunks by fixed rules, on one day (UTC).

    It keeps the times of the newest events so far, and omits older ones from later extracts, since the
    snapshot does not need them. So it is faster to read the newest chunks first.
    """

    def __init__(self, rules: Rules, today: date) -> None:
        self.rules = rules
        self._latest = end_of(today)
        self._judge = Judge(rules)
        self._newest: list[tuple[str, bytes]] = []
        self._floor = ""
        """The time of the oldest event that the snapshot can still need; empty until it is full."""

    def extract(self, chunk: Chunk) -> Extract:
        """The extract of a chunk."""
        file, extract = chunk.file, Extract(self.rules.snapshot)
        if file.profile and file.profile.reader:
            last = SourceEvent({}, 0, 0, 0)

            def fields() -> Iterator[JsonObject]:
                nonlocal last
                for last in _read_chunk(extract, chunk, None):
                    yield last.fields

            for event in read_sessions(file.profile.reader, fields()):
                line = SourceEvent(event, last.number, last.offset, last.end, format_value(event))
                self._learn_event(extract, chunk, line)
        else:
            learn = self._learn_sample if file.kind is SourceKind.FINE_TUNING else self._learn_event
            is_plain = file.kind is SourceKind.TELEMETRY and not file.profile and not self.rules.explain
            for line in _read_chunk(extract, chunk, Skimmer(self.rules.threshold) if is_plain else None):
                learn(extract, chunk, line)
        self._raise_floor(extract)
        return extract

    def extract_trimmed(self, chunk: Chunk) -> Extract:
        """The extract of a chunk, trimmed to be sent to another process."""
        return self.extract(chunk).trimmed()

    def _learn_sample(self, extract: Extract, chunk: Chunk, line: SourceEvent) -> None:
        place, sample = LinePlace(chunk.file.name, chunk.start, line.number), parse_sample(line.fields)
        if isinstance(sample, Malformed):
            extract.add_faults([LineFault(place, f"fine-tuning sample: {sample.reason}")], 1)
            return
        if refusal := find_refusal(line.fields, sample, self.rules.threshold):
            extract.skipped[f"sample: {refusal}"] += 1
            return
        score = sample.get(SCORE)
        number = score if isinstance(score, int | float) else None
        content, key = format_lesson(FINE_TUNING, sample)
        day = (sort_key(event_time(line.fields), self._latest) or self._latest)[:10]
        extract.add_lesson(key, FoundLesson(FINE_TUNING, content, number, day, 1, place))

    def _learn_event(self, extract: Extract, chunk: Chunk, line: SourceEvent) -> None:
        file, fields = chunk.file, line.fields
        profile, place = file.profile, LinePlace(file.name, chunk.start, line.number)
        if profile:
            extract.uses[profile.name, LINES] += 1
            mapped = profile.apply(fields)
            if mapped is None:
                extract.skipped[f"excluded by `where` in [sources.{profile.name}]"] += 1
                return
            fields = mapped
            extract.uses[profile.name, EVENTS] += 1
            extract.uses.update((profile.name, FIELD + name) for name, _ in profile.fields if name in fields)
        score, outcome, content, key, terms = self._judge.judge(fields)
        when, since = event_time(fields), self.rules.since
        if _is_ambiguous(line.repeated, content, profile):
            extract.add_faults([LineFault(place, "a key that occurs twice", line.data[:START_BYTES])], 1)
            return
        if since and when and when.date() < since and not isinstance(outcome, Skipped):
            outcome = Skipped(TOO_OLD)
        if self.rules.explain and terms:
            self.rules.explain(
                ScoredEvent(str(file.path), chunk.number + line.number, headline_of(fields), terms, outcome)
            )
        if isinstance(outcome, Skipped):
            extract.skipped[outcome.reason] += 1
            return
        if profile:
            extract.uses[profile.name, LESSONS] += 1
        time = sort_key(when, self._latest)
        day = (time or self._latest)[:10]
        extract.add_lesson(key, FoundLesson(outcome, content, score, day, 1, place))
        if time >= self._floor:
            event = RecentEvent(time, xxh3_128_digest(line.data), content, score, key)
            extract.add_recent([event])

    def _raise_floor(self, extract: Extract) -> None:
        seen = {*self._newest, *((event.time, event.key) for event in extract.recent)}
        self._newest = nlargest(self.rules.snapshot, seen)
        if len(self._newest) == self.rules.snapshot > 0:
            self._floor = self._newest[-1][0]


def _read_chunk(extract: Extract, chunk: Chunk, skimmer: Skimmer | None) -> Iterator[SourceEvent]:
    """The events of a chunk; the extract gets the faults, and how many lines and bytes were read."""
    file, end, lines, is_whole = chunk.file, chunk.start, 0, True
    read = read_events(
        file.path, offset=chunk.start, number=0, stop=chunk.stop, skimmer=skimmer, mark=chunk.mark
    )
    for line in read:
        if isinstance(line, SourceEvent):
            extract.read[file.kind] += 1
            yield line
            end, lines = line.end, line.number + 1
        elif isinstance(line, SkimmedLines):
            if line.skipped:
                extract.read[file.kind] += line.skipped
                extract.skipped[BELOW] += line.skipped
            end, lines = line.end, line.number
        elif isinstance(line, BrokenLine):
            place = LinePlace(file.name, chunk.start, line.number)
            extract.add_faults([LineFault(place, line.reason, line.start)], 1)
            end, lines = line.end, line.number + 1
        elif isinstance(line, SourceFault):
            place = LinePlace(file.name, chunk.start, -1)
            extract.add_faults([LineFault(place, line.reason, hint=line.hint)], 1)
            is_whole = False
    extract.reached[file.name, chunk.start] = Reached(end, lines, is_whole)


def _is_ambiguous(repeated: frozenset[str], content: bytes, profile: Profile | None) -> bool:
    """Whether a key with two different values matters to a lesson with this content."""
    if not repeated:
        return False
    read = str(profile.entry) if profile and profile.fields else ""
    return any(
        key in _DECIDING_FIELDS or key in read or b"%s:" % format_value(key) in content for key in repeated
    )


_DECIDING_FIELDS: Final = frozenset({SCORE}.union(*SYNONYMS.values()))
