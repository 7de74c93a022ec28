"""`git fedlearn retract`: take lessons back, for every system."""

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.selection import select
from git_fedlearn.commands.wording import SHORT_ID, count
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.learn.intake import sanitize_fields
from git_fedlearn.repository.data_tree import open_objects
from git_fedlearn.repository.history import introduced_ids
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone


@click.command("retract", short_help="Take lessons back, for every system.")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--reason", required=True, help="Why; it travels with the tombstone.")
@click.option("--commit", "revision", metavar="REV", help="Everything that a commit introduced.")
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...], reason: str, revision: str | None) -> None:
    """Replace each record by a tombstone that travels like any record and never expires.

    Systems that still hold the record lose it when they join; `git fedlearn restore ID` undoes this.
    """
    repository = context.data_repository
    if not identifiers and not revision:
        raise UsageError("nothing to retract", hint="git fedlearn retract ID --reason WHY, or --commit REV")
    sets = RecordSets(repository.top, repository.settings.record_set_bytes)
    facts, _ = sanitize_fields(context.privacy, {"reason": reason})
    retracted: JsonObject = {
        "at": context.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": repository.system(),
        "reason": facts["reason"],
    }
    with repository.lock("retract"):
        chosen = [found for start in identifiers for found in select(sets, start)]
        chosen += _of_commit(repository, sets, revision) if revision else []
        living = [(name, record) for name, record in chosen if not record.is_tombstone]
        keep_retracted(repository, [record for _, record in living])
        for name in sorted({name for name, _ in living}):
            sets.join(name, [tombstone(record, retracted).line for of, record in living if of == name])
    for name, record in living:
        context.say(f"retracted {record.id[:SHORT_ID]} from {name}")
    if len(living) < len(chosen):
        context.note(f"{count(len(chosen) - len(living), 'record')} retracted already")


def _of_commit(repository: Repository, sets: RecordSets, revision: str) -> list[tuple[SetName, Record]]:
    objects = open_objects(repository)
    commit = objects.find_commit(revision)
    if commit is None:
        raise UsageError(f"{revision}: no such commit")
    introduced = introduced_ids(objects, commit)
    if not any(introduced.values()):
        raise FedlearnError(f"{revision}: introduced no record")
    return [found for name, ids in introduced.items() for found in _present(sets, name, ids)]


def _present(sets: RecordSets, name: SetName, ids: list[RecordId]) -> list[tuple[SetName, Record]]:
    wanted = set(ids)
    return [(name, record) for record in sets.read(name) if record.id in wanted] if wanted else []
