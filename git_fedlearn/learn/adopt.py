"""Adopt files of an older layout: the lessons in them become records, and what no clone may share goes.

Whole events become the lessons that a `sync` of their log would make, so that it adds nothing later. An event
that is no lesson stays as it is. A file is removed only when HEAD has it and everything in it was taken in.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import SCORE, event_time, unit_number, unwrapped
from git_fedlearn.core.layout import FINE_TUNING, SetName, find_set
from git_fedlearn.core.lessons import find_draft
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.core.scoring import Skipped, route_event
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.lines import parse_line
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.older_layout import OlderFile, OlderKind, is_committed, raw_events, root_files
from git_fedlearn.repository.repository import Repository
from git_fedlearn.statistics.metrics import write_older_month
from git_fedlearn.training.own_files import remember_own_files
from git_fedlearn.training.samples import Malformed, format_training_line, parse_sample


class AdoptedFile(NamedTuple):
    """One file: the number of lessons or samples taken from it, and the path that it has now, if any."""

    path: str
    kind: OlderKind
    number: int = 0
    target: str = ""


@dataclass(slots=True)
class Adopted:
    """What became of the files of an older layout."""

    done: list[AdoptedFile] = field(default_factory=list)
    kept: Counter[str] = field(default_factory=Counter)
    """Whole events that contain no lesson, by path; they stay as they are."""
    uncommitted: list[str] = field(default_factory=list)
    """Files that stay because HEAD does not have them as they are."""
    redacted: Counter[str] = field(default_factory=Counter)


def adopt(repository: Repository, intake: Intake, files: Iterable[OlderFile], now: datetime) -> Adopted:
    """Adopt files of an older layout, except dumps of collections. The caller holds the lock."""
    adopted = adopt_sets(repository, intake, now)
    for path, kind, _line in files:
        if kind is OlderKind.RAW:
            # It stays on this machine, where .gitignore hides it.
            repository.git.run("rm", "--cached", "--quiet", "--ignore-unmatch", "--", path)
            adopted.done.append(AdoptedFile(path, kind))
        elif kind in (OlderKind.TELEMETRY, OlderKind.SAMPLES, OlderKind.MONTH, OlderKind.LINK):
            if kind is not OlderKind.LINK and not is_committed(repository, path):
                adopted.uncommitted.append(path)
                continue
            number, target = 0, ""
            if kind is OlderKind.TELEMETRY:
                number = _adopt_events(repository, intake, path, now, adopted)
            elif kind is OlderKind.SAMPLES:
                number, target = _adopt_version(repository, intake, path, now)
            elif kind is OlderKind.MONTH and (month := write_older_month(repository, repository.top / path)):
                target = repository.relative(month)
            (repository.top / path).unlink()
            adopted.done.append(AdoptedFile(path, kind, number, target))
    return adopted


def adopt_sets(repository: Repository, intake: Intake, now: datetime) -> Adopted:
    """Turn whole events among the records into lessons, and logged samples into samples.

    The caller holds the lock.
    """
    adopted = Adopted()
    for path in root_files(repository):
        found, events = find_set(path), [*raw_events(read_file(repository.top / path))]
        if not events or not found:
            continue
        lessons: dict[SetName, list[bytes]] = {}
        gone = set[bytes]()
        for _start, line, event in events:
            draft = _sample_of(event) if found[0] == FINE_TUNING else _lesson_of(event)
            if draft and (made := _admit(intake, draft[1], event, now, adopted)):
                lessons.setdefault(draft[0], []).append(made)
                gone.add(line)
        if len(gone) < len(events):
            adopted.kept[path] = len(events) - len(gone)
        if gone:
            own = lessons.pop(found[0], [])
            _learn(repository, lessons)
            Ledger(repository).add(own)
            repository.sets.replace(found[0], gone, own)
            adopted.done.append(AdoptedFile(path, OlderKind.EVENTS, len(gone)))
    return adopted


def _adopt_events(repository: Repository, intake: Intake, path: str, now: datetime, adopted: Adopted) -> int:
    """Learn the lessons in a snapshot of events; returns their number."""
    lessons: dict[SetName, list[bytes]] = {}
    for line in split_lines(read_file(repository.top / path)):
        event = parse_line(line)[0]
        draft = _lesson_of(event) if event else None
        if event and draft and (made := _admit(intake, draft[1], event, now, adopted)):
            lessons.setdefault(draft[0], []).append(made)
    _learn(repository, lessons)
    return sum(map(len, lessons.values()))


def _adopt_version(repository: Repository, intake: Intake, path: str, now: datetime) -> tuple[int, str]:
    """Copy a version of the training data into the folder of this system, redacted; its size and path."""
    lines = dict[bytes, None]()
    for line in split_lines(read_file(repository.top / path)):
        fields = parse_line(line)[0]
        sample = parse_sample(fields) if fields else None
        if sample and not isinstance(sample, Malformed):
            clean = intake.admit(sample, now.date()).record.fields
            lines[format_training_line(clean)] = None
    file = Path(path)
    target = (file.parent / repository.system() / file.name).as_posix()
    write_file(repository.top / target, b"".join(lines))
    remember_own_files(repository, [repository.top / target])
    return len(lines), target


def _lesson_of(event: JsonObject) -> tuple[SetName, JsonObject] | None:
    """The set and the content of the lesson in an event, also of one that scores too little for a sync."""
    routed = route_event(event)[1]
    if not isinstance(routed, Skipped):
        return routed.set_name, routed.content
    fields = unwrapped(event)
    draft = find_draft(fields)
    if not draft or not draft.content:
        return None
    score = unit_number(fields, SCORE)
    return draft.set_name, draft.content if score is None else {**draft.content, SCORE: round(score, 3)}


def _sample_of(event: JsonObject) -> tuple[SetName, JsonObject] | None:
    sample = parse_sample(event)
    return None if isinstance(sample, Malformed) else (FINE_TUNING, sample)


def _admit(
    intake: Intake, content: JsonObject, event: JsonObject, now: datetime, adopted: Adopted
) -> bytes | None:
    """The record of a lesson; None if it cannot be one."""
    when = event_time(event)
    day = min(when.date(), now.date()) if when else now.date()
    try:
        admitted = intake.admit(content, day)
    except NotARecordError:
        return None
    adopted.redacted.update(admitted.redacted)
    return admitted.record.line


def _learn(repository: Repository, lessons: dict[SetName, list[bytes]]) -> None:
    for name, lines in lessons.items():
        Ledger(repository).add(lines)
        repository.sets.join(name, lines)
