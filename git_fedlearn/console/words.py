"""How commands put counts and lists into words.

Changes of records in words: the summary on one line, and a line for each.

How export and import say what they did, and what was left out.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.changes import ChangeKind, RecordChange, count_kinds
from git_fedlearn.core.effective_score import Tally
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import RETRACTED, Record, headline, printable, score_of
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.import_ import ImportDeps, import_into_store, requests_for
from git_fedlearn.qdrant.upsert import Imported
from git_fedlearn.search.embedders.choose import choose_embedder

SHORT_ID = 12
"""Characters of a record id that people are shown; any unambiguous start is accepted."""


def count(number: int, noun: str) -> str:
    """`1 record`, `2 records`, `3 losses`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def ago(context: Context, when: str) -> str:
    """`3 hours ago`, for an ISO time."""
    try:
        seconds = (context.now() - datetime.fromisoformat(when)).total_seconds()
    except (ValueError, TypeError):
        return "an unknown time"
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(int(seconds // size), unit)} ago"
    return "just now"


def evidence(outcomes: Tally) -> str:
    """`worked 3 times, failed 1 time (2 systems)`, or nothing where nobody counted."""
    if not outcomes.systems:
        return ""
    counts = (("worked", outcomes.worked), ("failed", outcomes.failed))
    said = ", ".join(f"{what} {count(number, 'time')}" for what, number in counts if number)
    return f"{said} ({count(outcomes.systems, 'system')})"


def kinds(redacted: Counter[str]) -> str:
    """`; redacted 2 EMAIL_ADDRESS, 1 API_KEY`, or nothing."""
    if not redacted:
        return ""
    return "; redacted " + ", ".join(f"{number} {kind}" for kind, number in sorted(redacted.items()))


def short_ids(ids: Sequence[str], most: int = 10) -> str:
    """The first of some ids, shortened, and how many more there are."""
    shown = " ".join(identifier[:SHORT_ID] for identifier in ids[:most])
    return f"{shown} … and {len(ids) - most} more" if len(ids) > most else shown


_MOVES = (ChangeKind.RAISED, ChangeKind.LOWERED)
_WIDTH = 9


def summarize(changes: Sequence[RecordChange]) -> str:
    """`3 learned, 1 raised 0.72 → 0.90, 1 retracted`; `no record changed` for none."""
    parts = []
    for kind, number in count_kinds(changes).items():
        alone = next(change for change in changes if change.kind is kind) if number == 1 else None
        scores = f" {move_of(alone)}" if alone and kind in _MOVES else ""
        parts.append(f"{number} {kind.value}{scores}")
    return ", ".join(parts) or "no record changed"


def describe(change: RecordChange, *, own: str = "") -> str:
    """One line: what happened, to which record, its score, who did it."""
    name = change.record.id[:SHORT_ID]
    score = move_of(change) if change.kind in _MOVES else score_text(change.after or change.before)
    told = headline(change.lesson)
    if told == "retracted":
        told = ""
    parts = [f"{change.kind.value:<{_WIDTH}}  {name}  {score:<11}", told, _aside(change, own)]
    return "  ".join(part for part in parts if part).rstrip()


def what_happened(change: RecordChange, *, own: str = "") -> str:
    """The same of a record that is known already: `raised 0.72 → 0.90`, `retracted by sys-…: reason`."""
    moved = ""
    if change.kind in _MOVES:
        moved = f" {move_of(change)}"
    elif change.kind in (ChangeKind.LEARNED, ChangeKind.RESTORED) and score_of(change.record.fields) >= 0:
        moved = f" {score_text(change.record)}"
    aside = _aside(change, own)
    return f"{change.kind.value}{moved}{f' {aside}' if aside else ''}"


def move_of(change: RecordChange) -> str:
    """`0.72 → 0.90`."""
    return f"{score_text(change.before) or 'none'} → {score_text(change.after) or 'none'}"


def score_text(record: Record | None) -> str:
    """A score with at least two decimals; nothing for a tombstone, or a record without one."""
    score = score_of(record.fields) if record else -1.0
    return (f"{score:.2f}" if round(score, 2) == score else f"{score:g}") if score >= 0 else ""


def change_json(name: SetName, change: RecordChange) -> dict[str, Json]:
    """A change for programs."""
    scores = [score_of(record.fields) if record else -1.0 for record in (change.before, change.after)]
    return {
        "kind": change.kind.value,
        "set": name,
        "id": change.record.id,
        "before": scores[0] if scores[0] >= 0 else None,
        "after": scores[1] if scores[1] >= 0 else None,
        "systems": [*change.systems],
        "reason": reason_of(change),
        "headline": headline(change.lesson),
    }


def reason_of(change: RecordChange) -> str | None:
    """Why a record was retracted, as the tombstone says."""
    retracted = change.record.fields.get(RETRACTED)
    reason = retracted.get("reason") if isinstance(retracted, dict) else None
    return reason if isinstance(reason, str) else None


def _aside(change: RecordChange, own: str) -> str:
    systems = ["this system" if system == own else printable(system) for system in change.systems]
    by = f"by {', '.join(systems)}" if systems else ""
    if change.kind is ChangeKind.LOST and change.after:
        return "its retraction is gone"
    reason = reason_of(change) if change.kind is ChangeKind.RETRACTED else None
    return f"{by}: {printable(reason)}" if by and reason else by or printable(reason or "")


MAX_REPORTED_FAULTS: Final = 20
"""Points or records that are named; the others are counted."""


def bring_in(context: Context) -> int:
    """Import everything after a clone or a merge; a store that is away is an error and a hint, no more.

    Says only what changed. Returns the exit code.
    """
    repository = context.data_repository

    def told(done: Imported) -> None:
        if done.added or done.updated or done.deleted or not done.is_sound:
            say_imported(context, done)

    try:
        deps = ImportDeps(choose_embedder(repository), context.admit)
        with progress_bar(context, "importing") as show:
            run = import_into_store(repository, deps, requests_for(repository), show, told)
    except FedlearnError as error:
        context.report(error)
        context.complain("hint: nothing is lost; later: git fedlearn import")
        return error.exit_code
    return 0 if run.is_sound else 1


def say_imported(context: Context, one: Imported, *, dry_run: bool = False) -> None:
    """Say what became of a collection."""
    would = "would be " if dry_run else ""
    context.say(
        f"{one.name}: {one.added} {would}added, {one.updated} {would}updated, {one.deleted} {would}deleted, "
        f"{one.present} there already; {count(one.count, 'point')}"
    )
    faults = [(f"{one.name}, record {fault.record[:SHORT_ID]}", fault.reason) for fault in one.faults]
    say_faults(context, faults, "not imported")
    if not one.is_verified:
        context.complain(f"error: {one.name}: the store counts {one.count} points, not {one.expected}")
        context.complain(f"hint: if nobody else writes there: git fedlearn import {one.name}")


def say_faults(context: Context, faults: Sequence[tuple[str, str]], undone: str) -> None:
    """Name what was left out and why; `undone` as in `not exported`."""
    for what, reason in faults[:MAX_REPORTED_FAULTS]:
        context.complain(f"error: {what}: {reason}; {undone}")
    if len(faults) > MAX_REPORTED_FAULTS:
        context.complain(f"error: {len(faults) - MAX_REPORTED_FAULTS} more were {undone}")
