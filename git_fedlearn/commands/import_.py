"""`git fedlearn import`: what was learned, into a vector store."""

from dataclasses import replace
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.words import say_imported
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import UsageError
from git_fedlearn.qdrant.connect import check_collection
from git_fedlearn.qdrant.expected import parse_dump
from git_fedlearn.qdrant.import_ import ImportDeps, import_into_store, requests_for
from git_fedlearn.qdrant.upsert import Imported
from git_fedlearn.search.embedders.choose import choose_embedder


@click.command("import", short_help="Bring what was learned into a vector store.")
@click.argument("collections", metavar="[COLLECTION]...", nargs=-1)
@click.option("--into", metavar="NAME", help="Another name for the collection in the store.")
@click.option("--switch-alias", is_flag=True, help="Then make COLLECTION an alias of NAME.")
@click.option("--since", metavar="REV", help="Only what changed since a commit.")
@click.option("--dump", metavar="FILE", help="A scroll dump (JSON) to import as well.")
@click.option("--dry-run", is_flag=True, help="Say what would be imported; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
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
    as_json: bool,
) -> int:
    """Embed lessons that a vector store lacks, update what changed, delete what was retracted.

    Without names, every collection of .fedlearn.toml and data/collections/. The store is the one of
    `git fedlearn export`. Run it as often as you like: what is there already is not added twice, and an
    import that was interrupted goes on where it was.
    """
    _check(collections, into, dump, switch_alias=switch_alias)
    repository = context.data_repository
    deps = ImportDeps(choose_embedder(repository), context.admit)
    more = _read_dump(context, dump) if dump else []
    requests = [
        replace(request, into=check_collection(into or request.into), more=more, since=since, dry_run=dry_run)
        for request in requests_for(repository, collections)
    ]
    switch = switch_alias and not dry_run
    with progress_bar(context, "importing") as show:
        run = import_into_store(repository, deps, requests, show, switch_alias=switch)
    if as_json:
        listed: list[Json] = [_to_json(one) for one in run.collections]
        context.say_json("import/v1", {"store": run.place, "collections": listed})
    else:
        for one in run.collections:
            say_imported(context, one, dry_run=dry_run)
    return 0 if run.is_sound else 1


def _check(collections: tuple[str, ...], into: str | None, dump: str | None, *, switch_alias: bool) -> None:
    if (into or dump) and len(collections) != 1:
        raise UsageError(
            "--into and --dump are for one collection", hint="git fedlearn import NAME --into NEW"
        )
    if switch_alias and (not into or into == collections[0]):
        raise UsageError(
            "--switch-alias needs another name", hint="git fedlearn import NAME --into NEW --switch-alias"
        )


def _read_dump(context: Context, dump: str) -> list[bytes]:
    """The records of a dump, sanitized; what is no record is named and left out."""
    lines = []
    for number, point in enumerate(parse_dump(context.directory / Path(dump)), 1):
        payload = point.get("payload")
        try:
            lines.append(
                context.admit({**payload, "_point_id": point.get("id")} if isinstance(payload, dict) else {})[
                    0
                ].line
            )
        except NotARecordError as error:
            context.complain(f"error: {dump}, point {number}: {error}; not imported")
    return lines


def _to_json(one: Imported) -> dict[str, Json]:
    return {
        "collection": one.name,
        "added": one.added,
        "updated": one.updated,
        "deleted": one.deleted,
        "present": one.present,
        "points": one.count,
        "expected": one.expected,
        "faults": [{"record": fault.record, "reason": fault.reason} for fault in one.faults],
    }
