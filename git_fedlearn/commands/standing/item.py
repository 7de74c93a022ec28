"""One line of `status`."""

from dataclasses import dataclass, field
from datetime import datetime

from git_fedlearn.console.context import Context
from git_fedlearn.console.wording import count
from git_fedlearn.core.canonical import Json


@dataclass(frozen=True, slots=True)
class Item:
    """What it is about, what is so, and the command that would act on it, if there is anything to do."""

    name: str
    text: str
    command: str = ""
    facts: dict[str, Json] = field(default_factory=dict)
    """Numbers and names for programs."""


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
