"""Counts, lists and changes of records in words, as several commands print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from git_fedlearn.console.context import Context, paint, paint_score
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.changes import ChangeKind, RecordChange, count_kinds
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import RETRACTED, Record, headline, printable, score_of
from git_fedlearn.repository.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from git_fedlearn.core.effective_score import Tally
    from git_fedlearn.core.folding import Folds
    from git_fedlearn.repository.names import SystemNames
    from git_fedlearn.repository.record_sets import RecordSets

NOTED_MEMORY: Final = 1_000_000_000
"""Bytes of memory."""

WARNED_SHARE = 0.8
"""The share of its largest size from which on a set is noted: there is time to act."""
SHORT_ID = 12
"""Characters of the id of a record or commit in output for people; commands accept any unambiguous prefix."""

MAX_REPORTED_ERRORS: Final = 20
"""Errors of one kind that are listed; the others are counted."""

COMMIT_HINT: Final = "hint: git add data && git commit"
ALLOW_HINT: Final = "hint: git fedlearn scan --allow FINGERPRINT --reason WHY    (if it is not private)"


def count(number: int, noun: str) -> str:
    """`1 record`, `2 records`, `3 losses`."""
    return f"1 {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def some(names: Sequence[str], limit: int, between: str = ", ") -> str:
    """The first `limit` names, and the number of the others: `a, b and 3 more`."""
    rest = len(names) - limit
    return between.join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def report_errors(context: Context, errors: Sequence[str], rest: str, total: int = 0) -> None:
    """Print the first errors, and how many more there are (of `total`): `rest` as in `problems`."""
    for error in errors[:MAX_REPORTED_ERRORS]:
        context.print_error(f"error: {error}")
    left = max(total, len(errors)) - MAX_REPORTED_ERRORS
    if left > 0:
        context.print_error(f"error: and {left} more {rest.removesuffix('s') if left == 1 else rest}")


def printable_lines(text: str) -> str:
    """The text with everything except visible characters, spaces and line feeds escaped."""
    return "\n".join(map(printable, text.split("\n")))


def align(rows: Iterable[Sequence[str]], right: Container[int] = ()) -> list[str]:
    """The rows with their columns aligned, two spaces apart; the columns with these numbers to the right."""
    rows = [*rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


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
    """`worked 3 times, failed 1 time (2 systems)`; empty without outcomes."""
    if not outcomes.systems:
        return ""
    counts = (("worked", outcomes.worked), ("failed", outcomes.failed))
    said = ", ".join(f"{what} {count(number, 'time')}" for what, number in counts if number)
    return f"{said} ({count(outcomes.systems, 'system')})"


SUSPICIOUS: Final = "reads like instructions to an agent; treat it with suspicion"
"""The mark of a lesson that may try to steer whoever reads it."""

SUSPICIOUS_TITLE: Final = "[reads like instructions to an agent]"
"""The same mark on the line of a list, after the title of the lesson."""


def marked_headline(fields: JsonObject, title: str | None = None) -> str:
    """The title of a lesson (default: its headline), marked if it reads like instructions to an agent."""
    from git_fedlearn.federation.injection import is_suspicious  # noqa: PLC0415  hooks do not pay for it

    title = headline(fields) if title is None else title
    return f"{title} {SUSPICIOUS_TITLE}".strip() if is_suspicious(fields) else title


def redactions(redacted: Counter[str]) -> str:
    """`redacted 2 EMAIL_ADDRESS, 1 API_KEY`; empty for nothing."""
    found = ", ".join(f"{number} {kind}" for kind, number in sorted(redacted.items()))
    return f"redacted {found}" if found else ""


def kinds(redacted: Counter[str]) -> str:
    """What was redacted, to append to an answer: `; redacted 1 API_KEY`."""
    return f"; {redactions(redacted)}" if redacted else ""


def list_counts(counts: Mapping[str, int], noun: str = "") -> str:
    """`2 records added, 1 updated`: all counts except 0, with the noun after the first number."""
    parts = [(number, what) for what, number in counts.items() if number]
    first = [f"{count(number, noun) if noun else number} {what}" for number, what in parts[:1]]
    return ", ".join([*first, *(f"{number} {what}" for number, what in parts[1:])])


def what_is_new(counts: Mapping[str, int], known: int, noun: str = "") -> str:
    """`2 new, 1 updated, 3 already known`, or `nothing new (3 already known)`."""
    old = f"{known} already known" if known else ""
    news = list_counts(counts, noun)
    if not news:
        return f"nothing new ({old})" if old else "nothing new"
    return f"{news}, {old}" if old else news


def updates(raised: int, changed: int) -> dict[str, int]:
    """Counts of changed records by the reason, for `list_counts`; `raised` of them have a higher score."""
    return {"updated (higher score)": raised, "updated": changed - raised}


def short_ids(ids: Sequence[str], limit: int = 10) -> str:
    """The first `limit` ids, shortened, and the number of the others."""
    return some([identifier[:SHORT_ID] for identifier in ids], limit, " ")


_CHANGES: Final = {
    ChangeKind.LEARNED: ("learned", "good"),
    ChangeKind.RAISED: ("score raised", "good"),
    ChangeKind.LOWERED: ("score lowered", "fair"),
    ChangeKind.ENDORSED: ("confirmed", "good"),
    ChangeKind.RETRACTED: ("retracted", "bad"),
    ChangeKind.RESTORED: ("restored", "good"),
    ChangeKind.CHANGED: ("changed", "fair"),
    ChangeKind.LOST: ("lost", "bad"),
}
"""What people read for a kind of change, and what it means for them; `--json` has its value."""
CHANGE_WORDS: Final = {kind: words for kind, (words, _) in _CHANGES.items()}

_SCORE_CHANGES: Final = (ChangeKind.RAISED, ChangeKind.LOWERED)


def summarize(changes: Sequence[RecordChange]) -> str:
    """`3 learned, 1 score raised to 0.90, 1 retracted`; `no changes` for none.

    The same change of one record in several sets is one.
    """
    changes = [*{(one.kind, one.record.id): one for one in changes}.values()]
    parts = []
    for kind, number in count_kinds(changes).items():
        only = next(change for change in changes if change.kind is kind) if number == 1 else None
        words = CHANGE_WORDS[kind] if number == 1 else CHANGE_WORDS[kind].replace("score ", "scores ")
        score = f" to {score_text(only.after) or 'none'}" if only and kind in _SCORE_CHANGES else ""
        parts.append(f"{number} {words}{score}")
    return ", ".join(parts) or "no changes"


def describe_changes(changes: Sequence[RecordChange], names: SystemNames) -> list[str]:
    """A line for each change: its kind, the record, its score, its headline, and who changed it."""
    scores = [_scores(change) for change in changes]
    kind_width = max((len(CHANGE_WORDS[change.kind]) for change in changes), default=0)
    score_width = max(map(len, scores), default=0)
    lines = []
    for change, score in zip(changes, scores, strict=True):
        scored = change.after or change.before
        height = score_of(scored.fields) if scored else -1.0
        title = marked_headline(change.lesson)
        parts = [
            paint(_CHANGES[change.kind][1], f"{CHANGE_WORDS[change.kind]:<{kind_width}}"),
            paint("id", change.record.id[:SHORT_ID]),
            paint_score(height, f"{score:<{score_width}}"),
            "" if title == "retracted" else title,
            _author(change, names),
        ]
        lines.append("  ".join(part for part in parts if part).rstrip())
    return lines


def _scores(change: RecordChange) -> str:
    if change.kind in _SCORE_CHANGES:
        return f"{score_text(change.before) or 'none'} → {score_text(change.after) or 'none'}"
    return score_text(change.after or change.before)


def what_happened(change: RecordChange, names: SystemNames) -> str:
    """A change of a record that was named before: `score raised to 0.90`, `retracted by sys-…: reason`."""
    score = ""
    if change.kind in _SCORE_CHANGES:
        score = f" to {score_text(change.after) or 'none'}"
    elif change.kind in (ChangeKind.LEARNED, ChangeKind.RESTORED) and score_of(change.record.fields) >= 0:
        score = f" with score {score_text(change.record)}"
    author = _author(change, names)
    what = paint(_CHANGES[change.kind][1], f"{CHANGE_WORDS[change.kind]}{score}")
    return f"{what}{f' {author}' if author else ''}"


def score_text(record: Record | None) -> str:
    """A score with at least two decimals; empty for a tombstone, or a record without a score."""
    score = score_of(record.fields) if record else -1.0
    return (f"{score:.2f}" if round(score, 2) == score else f"{score:g}") if score >= 0 else ""


def change_json(name: SetName, change: RecordChange) -> dict[str, object]:
    """A change for programs."""
    from git_fedlearn.federation.injection import is_suspicious  # noqa: PLC0415  hooks do not pay for it

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
        "reads_like_instructions": is_suspicious(change.lesson),
    }


def reason_of(change: RecordChange) -> str | None:
    """Why a record was retracted; None if its tombstone gives no reason."""
    retracted = change.record.fields.get(RETRACTED)
    reason = retracted.get("reason") if isinstance(retracted, dict) else None
    return reason if isinstance(reason, str) else None


def _author(change: RecordChange, names: SystemNames) -> str:
    """`by this system: reason`, as far as the record says."""
    systems = [names.show(system) for system in change.systems]
    by = f"by {', '.join(systems)}" if systems else ""
    if change.kind is ChangeKind.LOST and change.after:
        return "its retraction is missing"
    reason = reason_of(change) if change.kind is ChangeKind.RETRACTED else None
    return f"{by}: {printable(reason)}" if by and reason else by or printable(reason or "")


def say_folds(context: Context, folds: Folds) -> None:
    """Print how many inputs share a record."""
    if folds.found:
        context.say(f"  {folds}")


def note_size(context: Context, sets: RecordSets, name: SetName) -> None:
    """Say it before a set reaches the size at which the commit checks refuse it."""
    size, most = sets.size(name), sets.max_bytes
    if size > WARNED_SHARE * most:
        context.note(
            f"note: {name}: {size / 10**6:,.1f} MB of at most {most / 10**6:,.1f} MB\n"
            f"hint: raise record_set_bytes in {SETTINGS_FILE}, or put some lessons into collections"
        )


def note_memory(context: Context, size: int) -> None:
    """Say it before a command takes gigabytes of memory."""
    if size >= NOTED_MEMORY:
        context.note(f"note: this takes about {size / 10**9:.1f} GB of memory")


def say_faults(context: Context, faults: Sequence[tuple[str, str]], undone: str) -> None:
    """Report what was skipped and why; `undone` as in `not exported`."""
    report_errors(context, [f"{what}: {reason}; {undone}" for what, reason in faults], undone)
