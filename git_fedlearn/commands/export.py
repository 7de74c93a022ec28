"""`git fedlearn export`: lessons from Qdrant to this repository."""

from shlex import quote

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.store import export_lessons, say_failed
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import (
    COMMIT_HINT,
    count,
    kinds,
    list_counts,
    say_faults,
    say_folds,
    what_is_new,
)
from git_fedlearn.core.expressions import compile_filter
from git_fedlearn.qdrant.export import Exported, ExportRequest


@click.command("export", short_help="Export lessons from Qdrant to this repository.")
@click.argument("collections", metavar="[COLLECTION]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every collection in Qdrant.")
@click.option(
    "--filter",
    "filters",
    metavar="EXPR",
    multiple=True,
    help="Only points for which this JMESPath holds: 'value_score >= `0.7`'.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be exported, write nothing.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    collections: tuple[str, ...],
    filters: tuple[str, ...],
    *,
    everything: bool,
    dry_run: bool,
) -> int:
    """Add the payloads of collections to data/collections/, without vectors, secrets and personal data.

    Qdrant is the server at $QDRANT_URL (git config fedlearn.qdrantUrl), a folder of qdrant-client's local
    mode (fedlearn.qdrantFolder), or the one that git-fedlearn keeps in the git folder. Without names, exports
    the collections in .fedlearn.toml, by default skills-patterns, error-solutions and best-practices.
    """
    request = ExportRequest(
        context.now().date(),
        tuple(map(compile_filter, filters)),
        dry_run=dry_run,
        names=collections,
        everything=everything,
    )
    run = export_lessons(context, request)
    if run.note:
        context.warn(run.note)
    if context.is_json:
        listed = [_to_json(one) for one in run.collections]
        context.say_json("export/v1", {"store": run.place, "collections": listed})
    else:
        for one in run.collections:
            _say(context, one, dry_run=dry_run)
        if any(one.added or one.raised for one in run.collections) and not dry_run:
            context.note(COMMIT_HINT)
    if not run.collections:
        context.note(f"nothing to export: no collection of lessons in {run.place}")
    return 0 if run.is_complete else 1


def _say(context: Context, one: Exported, *, dry_run: bool) -> None:
    if one.error:
        say_failed(context, one.name, one.error)
        return
    added, updated = ("to add", "to update") if dry_run else ("added", "updated")
    known = one.records - one.added - one.raised
    news = what_is_new({added: one.added, updated: one.raised}, known, "lesson")
    read = {"read": one.points, "filtered out": one.filtered, "without content": one.empty}
    points = list_counts(read, "point") or "no points"
    context.say(f"{one.name}: {news}; {points}{kinds(one.redacted)}")
    if one.replaced:
        done = "to retract" if dry_run else "retracted"
        context.say(f"  {count(one.replaced, 'record')} {done}: the content of the point changed")
    say_folds(context, one.folds)
    faults = [(f"{one.name}, point {point}", reason) for point, reason in one.faults]
    say_faults(context, faults, "not exported")
    if not one.is_complete:
        context.print_error(f"error: {one.name}: read only {one.points} of {one.expected} points")
        context.print_error(f"hint: git fedlearn export {quote(one.name)}")


def _to_json(one: Exported) -> dict[str, object]:
    return {
        "collection": one.name,
        "points": one.points,
        "expected": one.expected,
        "filtered": one.filtered,
        "empty": one.empty,
        "lessons": one.records,
        "added": one.added,
        "updated": one.raised,
        "replaced": one.replaced,
        "folds": one.folds.to_json(),
        "redacted": dict(one.redacted),
        "faults": [{"point": point, "reason": reason} for point, reason in one.faults],
        **({"error": one.error.message} if one.error else {}),
    }
