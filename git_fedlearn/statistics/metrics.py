"""Monthly metrics: one small file per system and month, and the sum over all systems.

Only its own system writes a file, at the last sync of a month that learned something. docs/metrics.md defines
the figures.
"""

import calendar
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, objects_in, parse_object
from git_fedlearn.core.layout import FINE_TUNING
from git_fedlearn.core.record import SYSTEM_ID
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import matching_files
from git_fedlearn.statistics.survey import PATTERN_SETS, Survey, survey
from git_fedlearn.training.own_files import remember_own_files

FORMAT: Final = 1
_MONTH: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


@dataclass(frozen=True, slots=True)
class MonthFile:
    """The metrics of one system and month; `bytes` is the size of its record sets, None if missing."""

    system: str
    month: str
    synced_at: str
    bytes: int | None


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of all systems: the survey of the records, and the month files."""

    survey: Survey
    files: tuple[MonthFile, ...]

    @property
    def sync_last(self) -> str | None:
        """The time of the last sync, of any system, that changed something."""
        return max((file.synced_at for file in self.files), default=None)

    @property
    def systems(self) -> set[str]:
        """All systems that a lesson names or that wrote a month file."""
        return self.survey.systems | {file.system for file in self.files}


def metrics_path(top: Path, system: str, month: str) -> Path:
    """The month file of a system; no other system writes it."""
    return top / "data" / "metrics" / "monthly" / system / f"{month}.json"


def parse_month(text: str) -> date:
    """The last day of a month given as `YYYY-MM`. Raises UsageError."""
    if not _MONTH.fullmatch(text):
        raise UsageError(f"{text}: not a month", hint="write it as 2026-05")
    year, month = (int(part) for part in text.split("-"))
    return date(max(year, 1), month, calendar.monthrange(max(year, 1), month)[1])


def collect(repository: Repository, until: date, month: str | None = None) -> Metrics:
    """The metrics of all systems up to a day; with `month`, month files of other months do not count."""
    sets = repository.sets
    files = [file for file in read_month_files(repository) if month in (None, file.month)]
    return Metrics(survey(sets, until), tuple(files))


def write_month(repository: Repository, now: datetime) -> Path | None:
    """Write this system's file of the month; returns None if only the time would change.

    The caller holds the lock.
    """
    system, month = repository.system(), f"{now:%Y-%m}"
    found = survey(repository.sets, now.date())
    facts = _facts(found, system, month)
    path = metrics_path(repository.top, system, month)
    known = parse_object(read_file(path) or repository.sparse.read(repository.relative(path))) or {}
    if {key: value for key, value in known.items() if key != "synced_at"} == facts:
        return None
    text = json.dumps(facts | {"synced_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}, indent=2, sort_keys=True)
    write_file(path, f"{text}\n".encode())
    remember_own_files(repository, [path])
    return path


def read_month_files(repository: Repository) -> Iterator[MonthFile]:
    """The month files of all systems, ordered by system and month; invalid files are skipped."""
    for path, data in matching_files(repository, "data/metrics/monthly/*/*.json"):
        facts = parse_object(data) or {}
        when, sets = facts.get("synced_at"), facts.get("sets")
        named = SYSTEM_ID.fullmatch(path.parent.name) and _MONTH.fullmatch(path.stem)
        if named and facts.get("format") == FORMAT and isinstance(when, str) and _TIME.fullmatch(when):
            yield MonthFile(path.parent.name, path.stem, when, _total_bytes(sets))


def write_older_month(repository: Repository, older: Path) -> Path | None:
    """Write this system's file of a month from a file that names no system; None if it has no figures.

    A file that this system has already is kept as it is. The caller holds the lock.
    """
    facts = parse_object(read_file(older)) or {}
    figures = facts.get("federation")
    when = _utc_time(facts.get("timestamp"))
    if not isinstance(figures, dict) or not when or not _MONTH.fullmatch(older.stem):
        return None
    path = metrics_path(repository.top, repository.system(), older.stem)
    names = {"patterns_total": "patterns_federated", "fine_tuning_samples": "fine_tuning_samples"}
    known = {new: figures[old] for old, new in names.items() if isinstance(figures.get(old), int)}
    if not path.exists():
        own = {"format": FORMAT, "system": repository.system(), "month": older.stem, "synced_at": when}
        text = json.dumps({**known, **own}, indent=2, sort_keys=True)
        write_file(path, f"{text}\n".encode())
        remember_own_files(repository, [path])
    return path


def _utc_time(value: Json) -> str:
    """A time of ISO 8601 as month files write it; empty if it is none."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return ""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if when else ""


def _facts(found: Survey, system: str, month: str) -> JsonObject:
    """The content of a month file without the time: no figure that changes because days pass."""
    facts = {
        "format": FORMAT,
        "system": system,
        "month": month,
        "learned": {str(name): number for name, number in found.learned_by(system, month).items()},
        "sets": {name: asdict(figures) for name, figures in found.sets.items()},
        "total_systems": len(found.systems | {system}),
        "patterns_federated": found.patterns,
        "fine_tuning_samples": found.samples,
        "collective_learning_rate": found.learning_rate,
        "cross_system_adoption_rate": found.adoption_rate,
        "value_scores": dict(found.scores()),
        "retractions": found.retractions,
    }
    return parse_object(json.dumps(facts).encode()) or {}


def _total_bytes(sets: Json) -> int | None:
    listed = [*sets.values()] if isinstance(sets, dict) else []
    sizes = [figures.get("bytes") for figures in objects_in(listed)]
    whole = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
    return sum(whole) if whole else None


class SystemGrowth(NamedTuple):
    """What one system learned, by month, and when it last synced with a change (None: unknown)."""

    system: str
    synced_at: str | None
    lessons: int
    months: dict[str, int]


def growth_by_system(metrics: Metrics) -> list[SystemGrowth]:
    """The growth of every system, the one that learned most first."""
    months = metrics.survey.months_by_system()
    synced = {file.system: file.synced_at for file in sorted(metrics.files, key=lambda file: file.synced_at)}
    found = [
        SystemGrowth(
            system,
            synced.get(system),
            months.get(system, Counter()).total(),
            {month: number for month, number in sorted(months.get(system, Counter()).items()) if month},
        )
        for system in metrics.systems
    ]
    return sorted(found, key=lambda one: (-one.lessons, one.system))


def trend(metrics: Metrics) -> list[dict[str, Json]]:
    """Rows by month: new patterns and samples, all until then, systems with a file, largest size."""
    new = metrics.survey.new_by_month()
    rows: list[dict[str, Json]] = []
    total = sum(lesson.first is None for lesson in metrics.survey.lessons)
    for month in sorted({*new, *(file.month for file in metrics.files)}):
        files = [file for file in metrics.files if file.month == month]
        counted = new.get(month)
        total += counted.total() if counted else 0
        rows.append(
            {
                "month": month,
                "patterns": sum(counted[name] for name in PATTERN_SETS) if counted else 0,
                "samples": counted[FINE_TUNING] if counted else 0,
                "total": total,
                "systems": len({file.system for file in files}),
                "bytes": max((file.bytes for file in files if file.bytes is not None), default=None),
            }
        )
    return rows
