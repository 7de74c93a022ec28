"""Changes of records in words: the summary on one line, and a line for each."""

from collections.abc import Sequence

from git_fedlearn.console.wording import SHORT_ID
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.changes import Change, ChangeKind, count_kinds
from git_fedlearn.core.headline import headline, printable
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import RETRACTED, Record, score_of

_MOVES = (ChangeKind.RAISED, ChangeKind.LOWERED)
_WIDTH = 9


def summarize(changes: Sequence[Change]) -> str:
    """`3 learned, 1 raised 0.72 → 0.90, 1 retracted`; `no record changed` for none."""
    parts = []
    for kind, number in count_kinds(changes).items():
        alone = next(change for change in changes if change.kind is kind) if number == 1 else None
        scores = f" {move_of(alone)}" if alone and kind in _MOVES else ""
        parts.append(f"{number} {kind.value}{scores}")
    return ", ".join(parts) or "no record changed"


def describe(change: Change, *, own: str = "") -> str:
    """One line: what happened, to which record, its score, who did it."""
    name = change.record.id[:SHORT_ID]
    score = move_of(change) if change.kind in _MOVES else score_text(change.after or change.before)
    told = headline(change.lesson)
    if told == "retracted":
        told = ""
    parts = [f"{change.kind.value:<{_WIDTH}}  {name}  {score:<11}", told, _aside(change, own)]
    return "  ".join(part for part in parts if part).rstrip()


def what_happened(change: Change, *, own: str = "") -> str:
    """The same of a record that is known already: `raised 0.72 → 0.90`, `retracted by sys-…: reason`."""
    moved = ""
    if change.kind in _MOVES:
        moved = f" {move_of(change)}"
    elif change.kind in (ChangeKind.LEARNED, ChangeKind.RESTORED) and score_of(change.record.fields) >= 0:
        moved = f" {score_text(change.record)}"
    aside = _aside(change, own)
    return f"{change.kind.value}{moved}{f' {aside}' if aside else ''}"


def move_of(change: Change) -> str:
    """`0.72 → 0.90`."""
    return f"{score_text(change.before) or 'none'} → {score_text(change.after) or 'none'}"


def score_text(record: Record | None) -> str:
    """A score with at least two decimals; nothing for a tombstone, or a record without one."""
    score = score_of(record.fields) if record else -1.0
    return (f"{score:.2f}" if round(score, 2) == score else f"{score:g}") if score >= 0 else ""


def change_json(name: SetName, change: Change) -> dict[str, Json]:
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


def reason_of(change: Change) -> str | None:
    """Why a record was retracted, as the tombstone says."""
    retracted = change.record.fields.get(RETRACTED)
    reason = retracted.get("reason") if isinstance(retracted, dict) else None
    return reason if isinstance(reason, str) else None


def _aside(change: Change, own: str) -> str:
    systems = ["this system" if system == own else printable(system) for system in change.systems]
    by = f"by {', '.join(systems)}" if systems else ""
    if change.kind is ChangeKind.LOST and change.after:
        return "its retraction is gone"
    reason = reason_of(change) if change.kind is ChangeKind.RETRACTED else None
    return f"{by}: {printable(reason)}" if by and reason else by or printable(reason or "")
