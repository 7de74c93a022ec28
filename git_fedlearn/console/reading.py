"""What reading logs could not use, as `sync` and `sources` print it."""

from collections.abc import Sequence
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import report_errors, some
from git_fedlearn.learn.pipeline import Batch

MAX_UNREAD_NAMES: Final = 10

LOG_PATTERN: Final = "telemetry/*-events.jsonl"


def say_skipped(context: Context, batch: Batch, unread: Sequence[str]) -> None:
    """Print how many events were skipped for each reason, and the files that nothing reads."""
    for reason, number in sorted(batch.skipped.items(), key=lambda item: (-item[1], item[0])):
        context.say(f"  skipped {number}: {reason}")
    if unread:
        context.say(f"  not read: {some(unread, MAX_UNREAD_NAMES)} (not named like {LOG_PATTERN})")


def say_unreadable(context: Context, batch: Batch) -> None:
    """Report lines and files that cannot be read."""
    errors = []
    for fault in batch.faults:
        start = f": {fault.start}" if fault.start else ""
        hint = "\nhint: " + fault.hint if fault.hint else ""
        errors.append(f"{fault.place}: {fault.reason}{start}{hint}")
    report_errors(context, errors, "lines or files that cannot be read", batch.unreadable)


def unused_to_json(batch: Batch) -> dict[str, object]:
    """The same for programs."""
    return {
        "skipped": batch.skipped,
        "redacted": batch.redacted,
        "faults": [
            {"place": fault.place, "reason": fault.reason, "start": fault.start} for fault in batch.faults
        ],
        "unreadable": batch.unreadable,
    }
