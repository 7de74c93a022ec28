"""`git fedlearn export`: what a vector store learned, into the repository."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.private_names import refuse_private_name
from git_fedlearn.console.progress import progress_bar
from git_fedlearn.console.transfers import admitter, say_faults
from git_fedlearn.console.wording import count, kinds
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.expressions import parse_filter
from git_fedlearn.errors import UsageError
from git_fedlearn.vectors.connect import open_store
from git_fedlearn.vectors.exporting import Exported, ExportRequest, export_collection
from git_fedlearn.vectors.settings import check_collection, read_qdrant_settings
from git_fedlearn.vectors.store import Collection, Store


@click.command("export", short_help="Bring what a vector store learned into the repository.")
@click.argument("collections", metavar="[COLLECTION]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every collection of the store.")
@click.option(
    "--filter", "filters", metavar="EXPR", multiple=True, help="Only points that fit: 'value_score>=0.7'."
)
@click.option("--dry-run", is_flag=True, help="Say what would be exported; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(
    context: Context,
    collections: tuple[str, ...],
    filters: tuple[str, ...],
    *,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Join the payloads of collections into data/collections/, without vectors, secrets and personal data.

    The store is $QDRANT_URL (git config fedlearn.qdrantUrl), a folder of qdrant-client's local mode
    (fedlearn.qdrantFolder), or the one that git-fedlearn keeps under the git folder. Without names, the
    collections of .fedlearn.toml that the store has: skills-patterns, error-solutions and best-practices.
    """
    repository = context.data_repository
    request = ExportRequest(context.now().date(), tuple(map(parse_filter, filters)), dry_run=dry_run)
    admit = admitter(context)
    with open_store(repository, "export") as store, progress_bar(context, "exporting") as show:
        chosen = _chosen(context, store, collections, everything=everything)
        done = [export_collection(repository, collection, admit, request, show) for collection in chosen]
        place = store.place
    if as_json:
        context.say_json("export/v1", {"store": place, "collections": [_to_json(one) for one in done]})
    else:
        for one in done:
            _say(context, one, dry_run=dry_run)
        if any(one.added or one.raised for one in done) and not dry_run:
            context.note("hint: git add data && git commit")
    if not done:
        context.note(f"nothing to export: {place} has none of these collections")
    return 0 if all(one.is_complete and not one.faults for one in done) else 1


def _chosen(context: Context, store: Store, names: tuple[str, ...], *, everything: bool) -> list[Collection]:
    """The collections to export. Raises UsageError for one that was named and is not there."""
    wanted = names or read_qdrant_settings(context.data_repository.top).collections
    found: list[Collection] = []
    for name in store.names() if everything else wanted:
        refuse_private_name(context, name)
        collection = store.find(check_collection(name))
        if collection:
            found.append(collection)
        elif name in names:
            there = ", ".join(store.names()) or "none"
            raise UsageError(f"{store.place}: no collection {name}", hint=f"there is: {there}")
    return found


def _say(context: Context, one: Exported, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    news = f"{count(one.records, 'lesson')}, {one.added} {would}added, {one.raised} {would}updated"
    left = f", {one.filtered} filtered out" if one.filtered else ""
    context.say(f"{one.name}: {count(one.points, 'point')}, {news}{left}{kinds(one.redacted)}")
    faults = [(f"{one.name}, point {point}", reason) for point, reason in one.faults]
    say_faults(context, faults, "not exported")
    if not one.is_complete:
        context.complain(f"error: {one.name}: the store counts {one.expected} points, {one.points} were read")
        context.complain(f"hint: git fedlearn export {one.name}")


def _to_json(one: Exported) -> dict[str, Json]:
    return {
        "collection": one.name,
        "points": one.points,
        "expected": one.expected,
        "filtered": one.filtered,
        "lessons": one.records,
        "added": one.added,
        "updated": one.raised,
        "redacted": dict(one.redacted),
        "faults": [{"point": point, "reason": reason} for point, reason in one.faults],
    }
