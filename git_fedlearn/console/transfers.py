"""How export and import say what they did, and what was left out."""

from collections.abc import Sequence
from typing import Final

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.wording import SHORT_ID, count
from git_fedlearn.errors import FedlearnError
from git_fedlearn.vectors.collections import Means, import_into_store, requests_for
from git_fedlearn.vectors.connect import choose_embedder
from git_fedlearn.vectors.importing import Imported

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
        means = Means(choose_embedder(repository), context.admit)
        with progress_bar(context, "importing") as show:
            run = import_into_store(repository, means, requests_for(repository), show, told)
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
