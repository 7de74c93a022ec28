"""`git fedlearn retract`: take lessons back, for every system."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID, count, kinds
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.layout import DATA, SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.history import introduced_records
from git_fedlearn.repository.lookup import NoSuchRecordError, select
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import retract_records

MAX_REASON_LENGTH = 4000


@click.command("retract", short_help="Take lessons back, for every system.")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--reason", metavar="TEXT", required=True, help="Why; it travels with the tombstone.")
@click.option("--commit", "revision", metavar="REV", help="Everything that a commit introduced.")
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...], reason: str, revision: str | None) -> None:
    """Replace each record by a tombstone that travels like any record and never expires.

    Systems that still hold the record lose it when they join; `git fedlearn restore ID` undoes this.
    """
    repository = context.data_repository
    if not identifiers and not revision:
        raise UsageError("nothing to retract", hint="git fedlearn retract ID --reason WHY, or --commit REV")
    sets = repository.sets
    retracted: JsonObject = {
        "at": context.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": repository.system(),
        "reason": _clean(context, reason),
    }
    with repository.lock("retract"):
        found = [found for start in identifiers for found in select(sets, start)]
        found += _of_commit(repository, sets, revision) if revision else []
        chosen = {(name, record.id): record for name, record in found}
        living = [(name, record) for (name, _), record in chosen.items() if not record.is_tombstone]
        retract_records(repository, living, retracted)
    for name, record in living:
        context.say(f"retracted {record.id[:SHORT_ID]} from {name}")
    if len(living) < len(chosen):
        context.note(f"{count(len(chosen) - len(living), 'record')} retracted already")


def _clean(context: Context, reason: str) -> Json:
    if not reason.strip():
        raise UsageError("a retraction without a reason", hint="--reason WHY")
    if len(reason) > MAX_REASON_LENGTH:
        raise UsageError(f"the reason is longer than {MAX_REASON_LENGTH} characters")
    fields, redacted = sanitize_fields(context.privacy, {"reason": reason})
    if redacted:
        context.note(f"note: the reason is kept without private data{kinds(redacted)}")
    return fields["reason"]


def _of_commit(repository: Repository, sets: RecordSets, revision: str) -> list[tuple[SetName, Record]]:
    """What a commit introduced, as it stands here now, or as the commit has it if it is not here."""
    objects = repository.objects
    commit = objects.find_commit(revision)
    if commit is None:
        raise UsageError(f"{revision}: no such commit")
    introduced = {name: records for name, records in introduced_records(objects, commit).items() if records}
    if not introduced:
        raise NoSuchRecordError(
            f"{revision}: introduced no record", hint=f"git show --stat {revision} -- :/{DATA}"
        )
    return [found for name, records in introduced.items() for found in _as_of_now(sets, name, records)]


def _as_of_now(sets: RecordSets, name: SetName, records: list[Record]) -> list[tuple[SetName, Record]]:
    wanted = {record.id for record in records}
    here = {record.id: record for record in sets.pick(name, wanted)}
    return [(name, here.get(record.id, record)) for record in records]
