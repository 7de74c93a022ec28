"""How commands put counts and lists into words."""

from collections import Counter
from collections.abc import Sequence

SHORT_ID = 12
"""Characters of a record id that people are shown; any unambiguous start is accepted."""


def count(number: int, noun: str) -> str:
    """`1 record`, `2 records`, `3 losses`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def kinds(redacted: Counter[str]) -> str:
    """`; redacted 2 EMAIL_ADDRESS, 1 API_KEY`, or nothing."""
    if not redacted:
        return ""
    return "; redacted " + ", ".join(f"{number} {kind}" for kind, number in sorted(redacted.items()))


def short_ids(ids: Sequence[str], most: int = 10) -> str:
    """The first of some ids, shortened, and how many more there are."""
    shown = " ".join(identifier[:SHORT_ID] for identifier in ids[:most])
    return f"{shown} … and {len(ids) - most} more" if len(ids) > most else shown
