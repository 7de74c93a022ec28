"""What export and import share: the door to the record sets, and how they say what was left out."""

from collections import Counter
from collections.abc import Callable, Sequence

from git_fedlearn.console.context import Context
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import Record
from git_fedlearn.learn.intake import Intake

MOST_FAULTS = 20
"""Most points or records that are named; the others are counted."""


def admitter(context: Context) -> Callable[[JsonObject], tuple[Record, Counter[str]]]:
    """The door to the record sets for what this system reads today."""
    repository = context.data_repository
    intake = Intake(context.privacy, repository.system(), repository.settings.record_bytes)
    today = context.now().date()

    def admit(fields: JsonObject) -> tuple[Record, Counter[str]]:
        admitted = intake.admit(fields, today)
        return admitted.record, admitted.redacted

    return admit


def say_faults(context: Context, faults: Sequence[tuple[str, str]], undone: str) -> None:
    """Name what was left out and why; `undone` as in `not exported`."""
    for what, reason in faults[:MOST_FAULTS]:
        context.complain(f"error: {what}: {reason}; {undone}")
    if len(faults) > MOST_FAULTS:
        context.complain(f"error: {len(faults) - MOST_FAULTS} more were {undone}")
