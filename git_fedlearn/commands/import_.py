"""`git fedlearn import`: lessons from this repository to Qdrant."""

from collections.abc import Sequence
from dataclasses import replace

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.store import import_lessons, say_imported
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import say_folds
from git_fedlearn.core.collection_names import known_name
from git_fedlearn.core.folding import find_folds
from git_fedlearn.core.record import POINT_ID, NotARecordError
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.qdrant.connect import check_collection
from git_fedlearn.qdrant.import_ import requests_for
from git_fedlearn.qdrant.upsert import Imported
from git_fedlearn.repository.older_layout import read_dump
from git_fedlearn.repository.repository import Repository


@click.command("import", short_help="Import lessons from this repository to Qdrant.")
@click.argument("collections", metavar="[COLLECTION]...", nargs=-1)
@click.option("--into", metavar="NAME", help="Another name for the collection in Qdrant.")
@click.option("--switch-alias", is_flag=True, help="Afterwards, make COLLECTION an alias of NAME.")
@click.option("--since", metavar="REV", help="Only lessons that changed since this commit.")
@click.option("--dump", metavar="FILE", help="Also import a scroll dump (JSON).")
@click.option("--dry-run", is_flag=True, help="Show what would be imported, write nothing.")
@ANSWER_AS_JSON
@click.pass_obj
def command(  # noqa: PLR0913  click passes an argument for each option
    context: Context,
    collections: tuple[str, ...],
    into: str | None,
    since: str | None,
    dump: str | None,
    *,
    switch_alias: bool,
    dry_run: bool,
) -> int:
    """Embed lessons that are missing from Qdrant, update those that changed, delete those retracted.

    Without names, imports every collection in .fedlearn.toml and data/collections/. `git fedlearn help
    export` says which Qdrant is used. Run it as often as you like: lessons are not added twice, and an
    interrupted import resumes where it stopped.
    """
    _check(collections, into, dump, switch_alias=switch_alias)
    repository = context.data_repository
    more = _read_dump(context, dump) if dump else []
    _refuse_unknown(repository, () if dump or into else collections)
    folds = find_folds(more)
    requests = [
        replace(request, into=check_collection(into or request.into), more=more, since=since, dry_run=dry_run)
        for request in requests_for(repository, collections)
    ]
    run = import_lessons(context, requests, switch_alias=switch_alias and not dry_run)
    if run.note:
        context.warn(run.note)
    if context.is_json:
        listed = [_to_json(one) for one in run.collections]
        answer = {"store": run.place, "folds": folds.to_json(), "collections": listed}
        context.say_json("import/v1", answer)
    else:
        say_folds(context, folds)
        for one in run.collections:
            say_imported(context, one, dry_run=dry_run)
    return 0 if run.is_sound else 1


def _check(collections: tuple[str, ...], into: str | None, dump: str | None, *, switch_alias: bool) -> None:
    if (into or dump) and len(collections) != 1:
        raise UsageError(
            "--into and --dump need exactly one collection", hint="git fedlearn import NAME --into NEW"
        )
    if switch_alias and (not into or into == collections[0]):
        raise UsageError(
            "--switch-alias needs another name", hint="git fedlearn import NAME --into NEW --switch-alias"
        )


def _refuse_unknown(repository: Repository, collections: Sequence[str]) -> None:
    """Raise UsageError for a collection without records here that no settings name."""
    known = [request.collection for request in requests_for(repository)]
    for name in collections:
        if not {name, known_name(name)} & {*known}:
            listed = ", ".join(known) or "none"
            raise UsageError(f"{name}: no such collection here", hint=f"collections: {listed}")


def _read_dump(context: Context, dump: str) -> list[bytes]:
    """The records of a dump, sanitized; invalid ones are reported and skipped."""
    try:
        points = read_dump(context.named_path(dump))
    except OSError as error:
        raise FedlearnError(f"{dump}: cannot be read: {error.strerror}") from error
    if points is None:
        raise FedlearnError(
            f"{dump}: not a scroll dump", hint="it must contain `result.points`, each with an id"
        )
    lines = []
    for number, point in enumerate(points, 1):
        payload = point.get("payload")
        content = {**payload, POINT_ID: point["id"]} if isinstance(payload, dict) else {}
        try:
            lines.append(context.admit(content)[0].line)
        except NotARecordError as error:
            context.print_error(f"error: {dump}, point {number}: {error}; not imported")
    return lines


def _to_json(one: Imported) -> dict[str, object]:
    return {
        "collection": one.name,
        "added": one.added,
        "updated": one.updated,
        "deleted": one.deleted,
        "present": one.present,
        "points": one.count,
        "expected": one.expected,
        "faults": [{"record": fault.record, "reason": fault.reason} for fault in one.faults],
        **({"error": one.error.message} if one.error else {}),
    }
