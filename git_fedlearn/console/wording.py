"""How commands put counts and lists into words."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from git_fedlearn.console.context import Context
from git_fedlearn.core.effective_score import Tally

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
