"""Figures of a federation, counted from its record sets. docs/metrics.md defines each of them.

They depend on the records and a day only: clones with the same records get the same figures.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, FINE_TUNING, SKILLS_PATTERNS, SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, SEEN_BY, claimed_id, parse_record, score_of
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.training.dataset import count_tokens

PATTERN_SETS: Final = (SKILLS_PATTERNS, ERROR_SOLUTIONS, BEST_PRACTICES)
LESSON_SETS: Final = (*PATTERN_SETS, FINE_TUNING)
WEEKS: Final = 4
"""Weeks, ending today, over which the pace is averaged."""

BINS: Final = 10
UNSCORED: Final = "none"


@dataclass(slots=True)
class SetFigures:
    """One record set: living records, tombstones, bytes on disk."""

    records: int = 0
    retracted: int = 0
    bytes: int = 0


class Adoption(NamedTuple):
    """Lessons that name their systems, and how many of them two or more systems learned independently."""

    lessons: int
    adopted: int

    @property
    def rate(self) -> float:
        """The share of adopted lessons, rounded to three decimals."""
        return round(self.adopted / self.lessons, 3) if self.lessons else 0.0


def count_adoption(learners: Iterable[Collection[str]]) -> Adoption:
    """Count lessons, each given as the systems that learned it; those without systems do not count."""
    numbers = [len(systems) for systems in learners if systems]
    return Adoption(len(numbers), sum(number > 1 for number in numbers))


def score_bin(score: float, bins: int) -> int:
    """The number, from 0, of the bin of a score in [0, 1]; 1.0 is in the last one."""
    return min(int(score * bins), bins - 1)


class LessonFacts(NamedTuple):
    """The fields of a living record that figures need; `first` is None if the record does not say."""

    set_name: SetName
    systems: tuple[str, ...]
    first: date | None
    score: float
    tokens: int


@dataclass(slots=True)
class Survey:
    """The record sets at the end of a day."""

    until: date
    sets: dict[SetName, SetFigures] = field(default_factory=dict)
    lessons: list[LessonFacts] = field(default_factory=list)

    @property
    def systems(self) -> set[str]:
        """All systems named by a lesson."""
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
        """The share of lessons that a system received from others, averaged over systems."""
        attributed = [lesson for lesson in self.lessons if lesson.systems]
        everything = len(attributed) * len(self.systems)
        own = sum(len(lesson.systems) for lesson in attributed)
        return round(1 - own / everything, 3) if everything else 0.0

    @property
    def adoption_rate(self) -> float:
        """The share of lessons that two or more systems learned independently."""
        return count_adoption(lesson.systems for lesson in self.lessons).rate

    @property
    def pace(self) -> float:
        """New patterns per week, averaged over the last WEEKS weeks."""
        since = self.until - timedelta(weeks=WEEKS)
        firsts = [lesson.first for lesson in self.lessons if lesson.set_name in PATTERN_SETS]
        return round(sum(first is not None and first > since for first in firsts) / WEEKS, 2)

    def scores(self) -> dict[str, int]:
        """Lessons by the tenth of [0, 1] that their claimed score is in; 1.0 is in the last one."""
        bins: Counter[str] = Counter(_bin(lesson.score) for lesson in self.lessons)
        names = [*(_bin(number / BINS) for number in range(BINS)), UNSCORED]
        return {name: bins[name] for name in names}

    def new_by_month(self) -> dict[str, Counter[SetName]]:
        """New lessons by month (`YYYY-MM`, oldest first) and set."""
        months: dict[str, Counter[SetName]] = {}
        for lesson in self.lessons:
            if lesson.first:
                months.setdefault(f"{lesson.first:%Y-%m}", Counter())[lesson.set_name] += 1
        return dict(sorted(months.items()))

    def months_by_system(self) -> dict[str, Counter[str]]:
        """Lessons that each system learned, by month (`YYYY-MM`, empty if unknown)."""
        months: dict[str, Counter[str]] = {}
        for lesson in self.lessons:
            for system in lesson.systems:
                month = f"{lesson.first:%Y-%m}" if lesson.first else ""
                months.setdefault(system, Counter())[month] += 1
        return months

    def learned_by(self, system: str, month: str) -> dict[SetName, int]:
        """Lessons of a month that a system learned, by set."""
        counted = Counter(
            lesson.set_name
            for lesson in self.lessons
            if system in lesson.systems and lesson.first and f"{lesson.first:%Y-%m}" == month
        )
        return {name: counted[name] for name in LESSON_SETS}


def survey(sets: RecordSets, until: date) -> Survey:
    """Survey lessons, each counted once, and retractions up to a day (UTC), inclusive."""
    found = Survey(until)
    lessons: dict[bytes, LessonFacts] = {}
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
                if name in LESSON_SETS:
                    identifier = (claimed_id(line) or "").encode() or line
                    known = lessons.get(identifier)
                    lessons[identifier] = _join_facts(known, lesson) if known else lesson
        found.sets[name] = figures
    found.lessons = [*lessons.values()]
    return found


def _join_facts(one: LessonFacts, other: LessonFacts) -> LessonFacts:
    """The facts of a lesson that is in two sets: it is one lesson, of the set that came first."""
    days = [day for day in (one.first, other.first) if day]
    return one._replace(
        systems=tuple(sorted({*one.systems, *other.systems})),
        first=min(days, default=None),
        score=max(one.score, other.score),
        tokens=max(one.tokens, other.tokens),
    )


class _Facts(msgspec.Struct, gc=False):
    """The fields of a record line that figures need; the decoder skips the others."""

    seen: Any = msgspec.field(name=SEEN_BY, default=None)
    first: Any = msgspec.field(name=FIRST_SEEN, default=None)
    retracted: Any = msgspec.field(name=RETRACTED, default=UNSET)
    value_score: Any = None
    confidence_score: Any = None


_decode: Final = msgspec.json.Decoder(_Facts).decode


def _read(line: bytes) -> _Facts:
    """Decode a record line; falls back to our own parser, which reads more numbers than msgspec."""
    try:
        return _decode(line)
    except (msgspec.MsgspecError, RecursionError):
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
    """Whether a tombstone was made on or before a day; without a valid date it counts as older."""
    day = _day(facts.get("at")) if isinstance(facts, dict) else None
    return day is None or day <= until


def _day(value: Json) -> date | None:
    return _parse_day(value[:10]) if isinstance(value, str) else None


@lru_cache(maxsize=1024)
def _parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _bin(score: float) -> str:
    if score < 0:
        return UNSCORED
    tenth = score_bin(score, BINS)
    return f"{tenth / BINS:.1f}-{(tenth + 1) / BINS:.1f}"
