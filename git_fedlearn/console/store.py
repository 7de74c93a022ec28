"""Lessons to and from Qdrant, with a progress bar, and what came of them in words."""

from collections.abc import Callable, Sequence
from shlex import quote

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.words import SHORT_ID, count, list_counts, say_faults
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.export import ExportRequest, ExportRun, export_collections
from git_fedlearn.qdrant.import_ import (
    ImportDeps,
    ImportRequest,
    ImportRun,
    import_into_store,
    requests_for,
)
from git_fedlearn.qdrant.upsert import Imported
from git_fedlearn.search.embedders.choose import choose_embedder


def export_lessons(context: Context, request: ExportRequest) -> ExportRun:
    """Export lessons from Qdrant to this repository."""
    with progress_bar(context, "exporting") as show:
        return export_collections(
            context.data_repository,
            request,
            admit=context.admit,
            check_name=context.refuse_private_name,
            progress=show,
        )


def import_lessons(
    context: Context,
    requests: Sequence[ImportRequest] | None = None,
    report: Callable[[Imported], None] = lambda _: None,
    *,
    switch_alias: bool = False,
) -> ImportRun:
    """Import lessons of this repository to Qdrant, by default all."""
    repository = context.data_repository
    deps = ImportDeps(choose_embedder(repository), context.admit)
    with progress_bar(context, "importing") as show:
        return import_into_store(
            repository,
            deps,
            requests_for(repository) if requests is None else requests,
            show,
            report,
            switch_alias=switch_alias,
        )


def bring_in(context: Context) -> int:
    """Import all lessons after a clone or a merge, and print what changed. Returns the exit code.

    Failures, such as an unreachable store, are printed and not raised.
    """

    def report(done: Imported) -> None:
        if done.error is None and (done.added or done.updated or done.deleted or not done.is_sound):
            say_imported(context, done)

    try:
        run = import_lessons(context, report=report)
    except FedlearnError as error:
        context.report(error)
        context.print_error("hint: git fedlearn import    (later; no lesson is lost)")
        return error.exit_code
    for one in run.collections:
        if one.error:
            say_failed(context, one.name, one.error)
    return 0 if run.is_sound else 1


def say_imported(context: Context, one: Imported, *, dry_run: bool = False) -> None:
    """Print what an import changed in a collection, or would change."""
    added, updated, deleted = (
        ("to add", "to update", "to delete") if dry_run else ("added", "updated", "deleted")
    )
    if one.error:
        say_failed(context, one.name, one.error)
        return
    news = list_counts({added: one.added, updated: one.updated, deleted: one.deleted})
    context.say(f"{one.name}: {news or 'nothing new'} ({count(one.count, 'point')})")
    faults = [(f"{one.name}, record {fault.record[:SHORT_ID]}", fault.reason) for fault in one.faults]
    say_faults(context, faults, "not imported")
    if not one.is_verified:
        context.print_error(
            f"error: {one.name}: {count(one.count, 'point')} in Qdrant, expected {one.expected}"
        )
        again = f"git fedlearn import {quote(one.name)}"
        context.print_error(f"hint: {again}    (if no other program writes to it)")


def say_failed(context: Context, collection: str, error: FedlearnError) -> None:
    """Report why a collection could not be exported or imported, which did not stop the others."""
    is_named = collection in (*error.message.split(": "), "…")
    message = error.message if is_named else f"{collection}: {error.message}"
    context.report(FedlearnError(message, hint=error.hint))
