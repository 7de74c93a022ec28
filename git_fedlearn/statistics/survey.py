"""The figures of a federation, counted from its record sets. docs/metrics.md defines every one.

All of it follows from the records and a day: clones that hold the same records find the same figures.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, FINE_TUNING, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, parse_record, score_of
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.statistics.counts import count_adoption, score_bin
from git_fedlearn.training.dataset import count_tokens

PATTERN_SETS: Final = (SKILLS_PATTERNS, ERROR_SOLUTIONS, BEST_PRACTICES)
LESSON_SETS: Final = (*PATTERN_SETS, FINE_TUNING)
WEEKS: Final = 4
"""The pace is the mean over the last four times seven days."""

BINS: Final = 10
UNSCORED: Final = "none"


@dataclass(slots=True)
class SetFigures:
    """One record set: living records, tombstones, bytes on disk."""

    records: int = 0
    retracted: int = 0
    bytes: int = 0


class LessonFacts(NamedTuple):
    """What the figures need of a living record; `first` is None where the record does not say."""

    set_name: SetName
    systems: tuple[str, ...]
    first: date | None
    score: float
    tokens: int


@dataclass(slots=True)
class Survey:
    """The record sets as they stood at the end of a day."""

    until: date
    sets: dict[SetName, SetFigures] = field(default_factory=dict)
    lessons: list[LessonFacts] = field(default_factory=list)

    @property
    def systems(self) -> set[str]:
        """The systems that any lesson names."""
        return {system for lesson in self.lessons for system in lesson.systems}

    @property
    def patterns(self) -> int:
        """Living records of the three pattern sets."""
        return sum(lesson.set_name in PATTERN_SETS for lesson in self.lessons)

    @property
    def samples(self) -> int:
        """Living records of the fine-tuning set."""
        return len(self.lessons) - self.patterns

    @property
    def tokens(self) -> int:
        """The estimated tokens of the fine-tuning set."""
        return sum(lesson.tokens for lesson in self.lessons)

    @property
    def retractions(self) -> int:
        """Tombstones, in all sets."""
        return sum(figures.retracted for figures in self.sets.values())

    @property
    def learning_rate(self) -> float:
        """The share of all lessons that a system did not have to learn itself, mean over systems."""
        told = [lesson for lesson in self.lessons if lesson.systems]
        everything = len(told) * len(self.systems)
        own = sum(len(lesson.systems) for lesson in told)
        return round(1 - own / everything, 3) if everything else 0.0

    @property
    def adoption_rate(self) -> float:
        """The share of lessons that two or more systems learned independently."""
        return count_adoption(lesson.systems for lesson in self.lessons).rate

    @property
    def pace(self) -> float:
        """New patterns a week, mean over the last four weeks."""
        since = self.until - timedelta(weeks=WEEKS)
        firsts = [lesson.first for lesson in self.lessons if lesson.set_name in PATTERN_SETS]
        return round(sum(first is not None and first > since for first in firsts) / WEEKS, 2)

    def scores(self) -> dict[str, int]:
        """How many lessons claim a score in each tenth; 1.0 is in the last one."""
        bins: Counter[str] = Counter(_bin(lesson.score) for lesson in self.lessons)
        names = [*(_bin(number / BINS) for number in range(BINS)), UNSCORED]
        return {name: bins[name] for name in names}

    def new_by_month(self) -> dict[str, Counter[SetName]]:
        """The lessons of each month by set, `YYYY-MM`, oldest first."""
        months: dict[str, Counter[SetName]] = {}
        for lesson in self.lessons:
            if lesson.first:
                months.setdefault(f"{lesson.first:%Y-%m}", Counter())[lesson.set_name] += 1
        return dict(sorted(months.items()))

    def learned_by(self, system: str, month: str) -> dict[SetName, int]:
        """How many lessons of a month a system is among the learners of, by set."""
        counted = Counter(
            lesson.set_name
            for lesson in self.lessons
            if system in lesson.systems and lesson.first and f"{lesson.first:%Y-%m}" == month
        )
        return {name: counted[name] for name in LESSON_SETS}


def survey(sets: RecordSets, until: date) -> Survey:
    """Count what was learned, and what was taken back, up to a day (UTC)."""
    found = Survey(until)
    for name in sets.names():
        figures = SetFigures(bytes=sets.size(name))
        for line in sets.read_lines(name) if figures.bytes else ():
            facts = _read(line)
            if facts.retracted is not UNSET:
                figures.retracted += _retracted_by(facts.retracted, until)
                continue
            lesson = _lesson(name, facts, line)
            if lesson.first is None or lesson.first <= until:
                figures.records += 1
                found.lessons += [lesson] if name in LESSON_SETS else []
        found.sets[name] = figures
    return found


class _Facts(msgspec.Struct, gc=False):
    """What the figures need of a record line; all else is passed over."""

    seen: Any = msgspec.field(name=SEEN_BY, default=None)
    first: Any = msgspec.field(name=FIRST_SEEN, default=None)
    retracted: Any = msgspec.field(name=RETRACTED, default=UNSET)
    value_score: Any = None
    confidence_score: Any = None


_decode: Final = msgspec.json.Decoder(_Facts).decode


def _read(line: bytes) -> _Facts:
    """The facts of a record line, also of one that only our own parser can read."""
    try:
        return _decode(line)
    except msgspec.MsgspecError:
        fields = parse_record(line).fields
        return _Facts(
            fields.get(SEEN_BY),
            fields.get(FIRST_SEEN),
            fields.get(RETRACTED, UNSET),
            fields.get("value_score"),
            fields.get("confidence_score"),
        )


def _lesson(name: SetName, facts: _Facts, line: bytes) -> LessonFacts:
    tokens = count_tokens(parse_record(line).fields) if name == FINE_TUNING else 0
    systems = tuple(map(str, facts.seen)) if isinstance(facts.seen, list) else ()
    score = score_of({"value_score": facts.value_score, "confidence_score": facts.confidence_score})
    return LessonFacts(name, systems, _day(facts.first), score, tokens)


def _retracted_by(facts: Json, until: date) -> bool:
    """Whether a tombstone was made by then; one that does not say when counts as old."""
    day = _day(facts.get("at")) if isinstance(facts, dict) else None
    return day is None or day <= until


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _bin(score: float) -> str:
    if score < 0:
        return UNSCORED
    tenth = score_bin(score, BINS)
    return f"{tenth / BINS:.1f}-{(tenth + 1) / BINS:.1f}"
