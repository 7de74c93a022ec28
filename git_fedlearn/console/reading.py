"""What reading logs could not use, as `sync` and `sources` print it."""

from collections.abc import Sequence
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.learn.pipeline import Batch

MAX_REPORTED_FAULTS: Final = 20
MAX_UNREAD_NAMES: Final = 10

LOG_PATTERN: Final = "telemetry/*-events.jsonl"


def say_skipped(context: Context, batch: Batch, unread: Sequence[str]) -> None:
    """Print how many events were skipped for each reason, and the files that nothing reads."""
    for reason, number in sorted(batch.skipped.items(), key=lambda item: (-item[1], item[0])):
        context.say(f"  skipped {number}: {reason}")
    if unread:
        names = ", ".join(unread[:MAX_UNREAD_NAMES])
        more = len(unread) - MAX_UNREAD_NAMES
        context.say(
            f"  not read: {names}{f' and {more} more' if more > 0 else ''} (not named like {LOG_PATTERN})"
        )


def say_unreadable(context: Context, batch: Batch) -> None:
    """Report lines and files that cannot be read."""
    for fault in batch.faults[:MAX_REPORTED_FAULTS]:
        start = f": {fault.start}" if fault.start else ""
        context.print_error(f"error: {fault.place}: {fault.reason}{start}")
        if fault.hint:
            context.print_error(f"hint: {fault.hint}")
    if batch.unreadable > MAX_REPORTED_FAULTS:
        context.print_error(
            f"error: and {batch.unreadable - MAX_REPORTED_FAULTS} more lines or files that cannot be read"
        )
