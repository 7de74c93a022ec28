"""The figures of a report as JSON values (schema `fedlearn.report/v1`): for the page, the terminal, programs.

Counts exclude retracted records unless a name says otherwise; docs/report.md defines every figure.
The history of HEAD adds how the data grew, and up to which day each system has read the others.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, FINE_TUNING, SHARED_SETS, SetName, find_set
from git_fedlearn.core.record import printable
from git_fedlearn.report.lessons import (
    LessonTexts,
    Records,
    ReportLesson,
    ReportProgress,
    read_records,
    read_texts,
)
from git_fedlearn.repository.inbox import Inbox, QuarantinedRecord
from git_fedlearn.repository.names import read_names
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.work_tree import read_trailers
from git_fedlearn.statistics.survey import count_adoption, score_bin

MAX_SAMPLED_COMMITS: Final = 60
"""Commits whose trees are measured."""

MAX_WALKED_COMMITS: Final = 20_000
"""Commits that are read, newest first."""

KINDS: Final = ("patterns", "fine-tuning", "collections", "of single systems")


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes under data/ at the last commit of a day, by kind of file (KINDS)."""

    date: str
    bytes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """The history: `sizes`, oldest first, and `read_until`, the day of the last commit of each system."""

    sizes: list[Size]
    read_until: dict[str, str]


def read_past(repository: Repository) -> Past:
    """Read the history of HEAD; empty without a commit."""
    objects = repository.objects
    head = objects.find_commit("HEAD")
    if head is None:
        return Past([], {})
    return Past(_sizes(objects, head), _read_until(objects, head))


def _sizes(objects: Objects, head: Oid) -> list[Size]:
    line = [head]
    while len(line) < MAX_WALKED_COMMITS and (parents := objects.parents(line[-1])):
        line.append(parents[0])
    step = max(1, -(-len(line) // MAX_SAMPLED_COMMITS))
    known: dict[Oid, int] = {}
    sizes = [_size(objects, commit, known) for commit in reversed(line[::step])]
    return list({size.date: size for size in sizes}.values())


def _size(objects: Objects, commit: Oid, known: dict[Oid, int]) -> Size:
    total = dict.fromkeys(KINDS, 0)
    for path, entry in objects.files(commit, DATA).items():
        if entry.is_file:
            if entry.oid not in known:
                known[entry.oid] = objects.size(entry.oid)
            total[_kind(path)] += known[entry.oid]
    return Size(objects.facts(commit).date, tuple(total.values()))


def _kind(path: str) -> str:
    found = find_set(path)
    if not found:
        return KINDS[3]
    if found[0] == FINE_TUNING:
        return KINDS[1]
    return KINDS[2] if found[0].startswith("collections/") else KINDS[0]


def _read_until(objects: Objects, head: Oid) -> dict[str, str]:
    days: dict[str, str] = {}
    for number, commit in enumerate(objects.walk([head])):
        if number >= MAX_WALKED_COMMITS:
            break
        facts = objects.facts(commit)
        system = read_trailers(facts.message).system
        if system:
            days[system] = max(days.get(system, ""), facts.date)
    return days


MAX_SYSTEMS: Final = 12
"""Systems with a line, row or node of their own: those that learned most, and this one."""

MAX_LISTED_SYSTEMS: Final = 500
"""Systems that a page can list and filter by: those with the most lessons."""

MAX_RETRACTIONS: Final = 100
MAX_TOP_LESSONS: Final = 10
BINS: Final = 20
WEEKS_TO_SHOW: Final = 40
"""A longer period is counted by month."""

YEARS_TO_SHOW: Final = 10
"""Earlier days, and days in the future, count as undated: anybody can write a date into a record."""

MAX_SETS: Final = 6
"""Sets with a color of their own: the largest."""

OTHERS: Final = "others"

MAX_LEARNERS: Final = 8
"""Lessons learned by more systems are counted together."""


def read_figures(
    repository: Repository,
    now: datetime,
    inbox: Inbox,
    *,
    is_suspicious: Callable[[JsonObject], bool],
    progress: ReportProgress | None = None,
    max_lessons: int | None = None,
) -> JsonObject:
    """All figures of a report, and the `lessons`, best first; suspicious ones get a mark.

    With `max_lessons`, only so many, those that need attention before others: of all lessons, the texts are
    in memory.
    """
    waiting = _waiting(inbox)
    records, past = read_records(repository, is_suspicious, progress), read_past(repository)
    named = read_names(repository)
    own = named.own
    shown = _shown_systems(records.lessons, own)
    return {
        "made": now.strftime("%Y-%m-%d %H:%M UTC"),
        "repository": printable(repository.top.name),
        **_place(repository),
        "system": own,
        "systems": [*shown],
        "names": {system: printable(name) for system, name in sorted(named.names.items())},
        "totals": _totals(records, past),
        **_by_time(records.lessons, shown, now.date()),
        "scores": _scores(records.lessons),
        "adoption": _adoption(records.lessons),
        "overlap": _overlap(records.lessons, shown),
        "links": _links(records, past.read_until | ({own: now.date().isoformat()} if own else {}), shown),
        "growth": [
            {"date": size.date, "kind": kind, "bytes": number}
            for size in past.sizes
            for kind, number in zip(KINDS, size.bytes, strict=True)
        ],
        "all_systems": _all_systems(records.lessons),
        "retractions": [
            {"id": one.id, "set": one.set_name, "at": one.at, "by": one.by, "reason": one.reason}
            for one in sorted(records.retractions, key=lambda one: one.at, reverse=True)[:MAX_RETRACTIONS]
        ],
        **waiting,
        **_listed(repository, records.lessons, _week_until(now.date()), max_lessons),
    }


def _waiting(inbox: Inbox) -> JsonObject:
    """What waits for a decision, and what peers sent that was kept apart."""
    pending = inbox.count()
    quarantined = Counter((one.peer, one.reason) for one in inbox.pending(QuarantinedRecord))
    return {
        "quarantine": [
            {"peer": peer, "reason": reason, "records": n}
            for (peer, reason), n in sorted(quarantined.items())
        ],
        "waiting": {
            "samples": pending.samples,
            "retractions": pending.retractions,
            "drafts": pending.drafts,
        },
    }


def _listed(
    repository: Repository, lessons: Iterable[ReportLesson], week: "ReportWeek", max_lessons: int | None
) -> JsonObject:
    """The lessons that are listed, with their texts; how many are new, failed or disputed."""
    best = sorted(lessons, key=lambda one: (-one.effective, -one.outcomes.worked, one.id))
    top, listed = _without_repeats(best), best
    if max_lessons is not None:
        listed = sorted(best, key=lambda one: not _needs_attention(one, week))[:max_lessons]
    texts = read_texts(repository, [*top, *listed])
    # Another process may have retracted some since.
    top, listed = ([one for one in some if one.content in texts] for some in (top, listed))
    return {
        "week": [*week],
        "attention": _attention(best, week),
        "top": [_to_json(one, texts[one.content]) for one in top],
        "lessons": [_to_json(one, texts[one.content]) for one in listed],
    }


def _place(repository: Repository) -> JsonObject:
    """The branch (empty if HEAD is detached) and the first characters of the commit (empty before one)."""
    branch = repository.git.attempt("symbolic-ref", "--quiet", "--short", "HEAD")
    commit = repository.git.attempt("rev-parse", "--quiet", "--verify", "--short=12", "HEAD")
    names = (os.fsdecode(found.out).strip() if found.code == 0 else "" for found in (branch, commit))
    return dict(zip(("branch", "commit"), map(printable, names), strict=True))


def _shown_systems(lessons: Iterable[ReportLesson], own: str) -> list[str]:
    counted = Counter(system for lesson in lessons for system in lesson.systems)
    most = [system for system, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0]))]
    chosen = most[:MAX_SYSTEMS]
    if own in counted and own not in chosen:
        chosen[-1] = own
    return chosen


def _totals(records: Records, past: Past) -> JsonObject:
    lessons = records.lessons
    adoption = count_adoption(lesson.systems for lesson in lessons if lesson.set_name in SHARED_SETS)
    used = [lesson for lesson in lessons if lesson.outcomes.systems]
    by_set = Counter(lesson.set_name for lesson in lessons)
    return {
        "lessons": len(lessons),
        "sets": dict(sorted(by_set.items())),
        "systems": len({system for lesson in lessons for system in lesson.systems}),
        "adopted": adoption.adopted,
        "adoption_rate": adoption.rate,
        "worked": sum(lesson.outcomes.worked for lesson in used),
        "failed": sum(lesson.outcomes.failed for lesson in used),
        "with_outcomes": len(used),
        "retracted": len(records.retractions),
        "bytes": sum(past.sizes[-1].bytes) if past.sizes else 0,
    }


def _by_time(lessons: list[ReportLesson], shown: list[str], today: date) -> JsonObject:
    """New lessons of each week (each month over a long period) by set and by system."""
    largest = [name for name, _ in Counter(lesson.set_name for lesson in lessons).most_common(MAX_SETS)]
    dated = [(day, lesson) for lesson in lessons if (day := _day(lesson.first, today))]
    days = [day for day, _ in dated]
    unit = "week" if not days or max(days) - min(days) <= timedelta(weeks=WEEKS_TO_SHOW) else "month"
    by_set: Counter[tuple[str, str]] = Counter()
    by_system: Counter[tuple[str, str]] = Counter()
    for day, lesson in dated:
        start = (day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)).isoformat()
        by_set[start, lesson.set_name if lesson.set_name in largest else OTHERS] += 1
        by_system.update((start, system if system in shown else OTHERS) for system in lesson.systems)
    return {
        "unit": unit,
        "undated": len(lessons) - len(dated),
        "by_set": [{"start": at, "set": name, "lessons": n} for (at, name), n in sorted(by_set.items())],
        "by_system": [
            {"start": at, "system": system, "lessons": n} for (at, system), n in sorted(by_system.items())
        ],
    }


def _scores(lessons: Iterable[ReportLesson]) -> JsonObject:
    claimed = Counter(score_bin(lesson.claimed, BINS) for lesson in lessons if lesson.claimed is not None)
    effective = Counter(score_bin(lesson.effective, BINS) for lesson in lessons)
    rows: list[Json] = [
        {"from": low / BINS, "to": high / BINS, "claimed": claimed[low], "effective": effective[low]}
        for low, high in pairwise(range(BINS + 1))
    ]
    return {"bins": rows, "unscored": sum(lesson.claimed is None for lesson in lessons)}


def _adoption(lessons: Iterable[ReportLesson]) -> list[Json]:
    shared = (lesson for lesson in lessons if lesson.systems and lesson.set_name in SHARED_SETS)
    counted = Counter(min(len(lesson.systems), MAX_LEARNERS) for lesson in shared)
    return [
        {"systems": f"{number}" if number < MAX_LEARNERS else f"{number}+", "lessons": counted[number]}
        for number in range(1, max(counted, default=0) + 1)
    ]


def _overlap(lessons: Iterable[ReportLesson], shown: list[str]) -> list[Json]:
    """For each pair of systems, how many lessons both learned for themselves."""
    both: Counter[tuple[str, str]] = Counter()
    for lesson in lessons:
        known = [system for system in shown if system in lesson.systems]
        both.update((a, b) for a in known for b in known if a != b)
    return [{"a": a, "b": b, "lessons": n} for (a, b), n in sorted(both.items())]


def _links(records: Records, read_until: dict[str, str], shown: list[str]) -> JsonObject:
    """Who learned from whom: lessons that `source` learned and `target` did not, but can read or has used."""
    edges: Counter[tuple[str, str]] = Counter()
    used: Counter[tuple[str, str]] = Counter()
    reads: Counter[str] = Counter()
    for lesson in records.lessons:
        users = records.users.get(lesson.id, frozenset())
        for target in shown:
            if target in lesson.systems:
                continue
            has_used, until = target in users, read_until.get(target, "")
            if has_used or (lesson.first and lesson.first <= until):
                pairs = [(source, target) for source in lesson.systems if source in shown]
                edges.update(pairs)
                reads[target] += bool(pairs)
                used.update(pairs if has_used else ())
    learned = Counter(system for lesson in records.lessons for system in lesson.systems)
    nodes: list[Json] = [
        {"system": system, "lessons": learned[system], "reads": reads[system]} for system in shown
    ]
    rows: list[Json] = [
        {"source": source, "target": target, "lessons": n, "used": used[source, target]}
        for (source, target), n in sorted(edges.items())
    ]
    return {"nodes": nodes, "edges": rows}


class ReportWeek(NamedTuple):
    """The first and the last day of a week, in ISO form."""

    first: str
    last: str


def _week_until(today: date) -> ReportWeek:
    """The week up to the day of the report, and the next day: in some places it has begun."""
    return ReportWeek(*((today + timedelta(days=days)).isoformat() for days in (-6, 1)))


def _is_new(lesson: ReportLesson, week: ReportWeek) -> bool:
    return week.first <= lesson.first <= week.last


def _needs_attention(lesson: ReportLesson, week: ReportWeek) -> bool:
    return lesson.outcomes.failed > 0 or _is_new(lesson, week)


def _attention(lessons: Iterable[ReportLesson], week: ReportWeek) -> JsonObject:
    """How many lessons are new, failed (and never worked) or are disputed (worked and failed)."""
    counted = Counter({"new": 0, "failed": 0, "disputed": 0})
    for one in lessons:
        counted["new"] += _is_new(one, week)
        if one.outcomes.failed:
            counted["disputed" if one.outcomes.worked else "failed"] += 1
    return dict(counted)


def _all_systems(lessons: Iterable[ReportLesson]) -> list[Json]:
    """Each system with its number of lessons and the day of its newest one; those with most lessons first."""
    counted, newest = Counter[str](), dict[str, str]()
    for one in lessons:
        counted.update(one.systems)
        newest |= {system: max(newest.get(system, ""), one.first) for system in one.systems}
    most = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:MAX_LISTED_SYSTEMS]
    return [[system, number, newest[system]] for system, number in most]


def _without_repeats(best: Iterable[ReportLesson]) -> list[ReportLesson]:
    """The top lessons, each once, even if it is in several sets; the first one stays."""
    top: dict[RecordId, ReportLesson] = {}
    for one in best:
        top.setdefault(one.id, one)
        if len(top) == MAX_TOP_LESSONS:
            break
    return [*top.values()]


def _to_json(lesson: ReportLesson, texts: LessonTexts) -> JsonObject:
    return {
        "id": lesson.id,
        "set": lesson.set_name,
        "title": texts.title,
        "body": texts.body,
        "texts": dict(texts.fields),
        "first": lesson.first,
        "systems": [*lesson.systems],
        "claimed": lesson.claimed,
        "effective": round(lesson.effective, 3),
        "worked": lesson.outcomes.worked,
        "failed": lesson.outcomes.failed,
        "reads_like_instructions": lesson.is_suspicious,
    }


def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    oldest = today - timedelta(days=365 * YEARS_TO_SHOW)
    return day if oldest <= day <= today + timedelta(days=1) else None


def set_names(figures: JsonObject) -> list[SetName]:
    """The sets that contain lessons."""
    totals = figures["totals"]
    sets = totals["sets"] if isinstance(totals, dict) else {}
    return [SetName(name) for name in sets] if isinstance(sets, dict) else []
