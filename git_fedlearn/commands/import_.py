"""`git fedlearn import`: what was learned, into a vector store."""

from dataclasses import replace
from pathlib import Path

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.transfers import admitter, say_faults
from git_fedlearn.console.wording import SHORT_ID, count
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.vectors.collections import Means, import_collections, requests_for
from git_fedlearn.vectors.connect import choose_embedder, open_store
from git_fedlearn.vectors.gathering import parse_dump
from git_fedlearn.vectors.importing import Imported
from git_fedlearn.vectors.settings import check_collection


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
    means = Means(choose_embedder(repository), admitter(context))
    more = _read_dump(context, dump) if dump else []
    requests = [
        replace(request, into=check_collection(into or request.into), more=more, since=since, dry_run=dry_run)
        for request in requests_for(repository, collections)
    ]
    with open_store(repository, "import") as store, progress_bar(context, "importing") as show:
        done = list(import_collections(repository, store, means, requests, show))
        if switch_alias and not dry_run and all(one.is_verified for one in done):
            store.switch_alias(requests[0].collection, requests[0].into)
        place = store.place
    if as_json:
        context.say_json("import/v1", {"store": place, "collections": [_to_json(one) for one in done]})
    else:
        for one in done:
            _say(context, one, dry_run=dry_run)
    return 0 if all(one.is_sound for one in done) else 1


def bring_in(context: Context) -> int:
    """Import everything after a clone or a merge; a store that is away is an error and a hint, no more.

    Says only what changed. Returns the exit code.
    """
    repository = context.data_repository
    code = 0
    try:
        means, requests = Means(choose_embedder(repository), admitter(context)), requests_for(repository)
        with open_store(repository, "import") as store, progress_bar(context, "importing") as show:
            for done in import_collections(repository, store, means, requests, show):
                if done.added or done.updated or done.deleted or not done.is_sound:
                    _say(context, done)
                code |= not done.is_sound
    except FedlearnError as error:
        context.report(error)
        context.complain("hint: nothing is lost; later: git fedlearn import")
        return error.exit_code
    return code


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
    admit = admitter(context)
    lines = []
    for number, point in enumerate(parse_dump(context.directory / Path(dump)), 1):
        payload = point.get("payload")
        try:
            lines.append(
                admit({**payload, "_point_id": point.get("id")} if isinstance(payload, dict) else {})[0].line
            )
        except NotARecordError as error:
            context.complain(f"error: {dump}, point {number}: {error}; not imported")
    return lines


def _say(context: Context, one: Imported, *, dry_run: bool = False) -> None:
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
