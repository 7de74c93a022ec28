"""`git fedlearn retract`: retract lessons on every system."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, SHORT_ID, count, marked_headline, redactions
from git_fedlearn.core.layout import DATA, SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.history import introduced_records
from git_fedlearn.repository.lookup import NoSuchRecordError, get_commit, select
from git_fedlearn.repository.names import read_names
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import retract_records
from git_fedlearn.training.own_files import clear_retracted
from git_fedlearn.training.trained import describe_model, find_models

MAX_REASON_LENGTH = 4000


@click.command("retract", short_help="Retract lessons on every system.")
@click.argument("identifiers", metavar="[ID]...", nargs=-1)
@click.option("--reason", metavar="TEXT", required=True, help="Why; everybody can read it.")
@click.option("--commit", "revision", metavar="REV", help="Retract all records that this commit added.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...], reason: str, revision: str | None) -> None:
    """Retract lessons on every system. A retraction is shared like any record and never expires.

    Systems that have the lesson lose it with their next pull, and take it out of their snapshots with their
    next sync. Only history keeps it, and the models that were trained on it, which are named.
    `git fedlearn restore ID` undoes this.
    """
    repository = context.data_repository
    if not identifiers and not revision:
        raise UsageError("nothing to retract", hint="git fedlearn retract ID --reason WHY")
    sets = repository.sets
    clean = _clean(context, reason)
    with repository.lock("retract"):
        found = [found for start in identifiers for found in select(sets, start)]
        found += _of_commit(repository, sets, revision) if revision else []
        chosen = {(name, record.id): record for name, record in found}
        living = [(name, record) for (name, _), record in chosen.items() if not record.is_tombstone]
        retract_records(repository, living, clean, f"{context.now():%Y-%m-%dT%H:%M:%SZ}")
        clear_retracted(repository)
    for name, record in living:
        context.say(f"retracted {record.id[:SHORT_ID]} from {name}: {marked_headline(record.fields)}")
    taken = [{"set": name, "id": record.id} for name, record in living]
    context.answer("retract/v1", {"retracted": taken, "already_retracted": len(chosen) - len(living)})
    models = find_models(repository, {record.id for _, record in living})
    for model in models:
        context.note(f"note: a model saw it: {describe_model(model, read_names(repository))}")
    if len(living) < len(chosen):
        context.note(f"{count(len(chosen) - len(living), 'record')} already retracted")
    if living:
        context.note(COMMIT_HINT)


def _clean(context: Context, reason: str) -> str:
    if not reason.strip():
        raise UsageError("a retraction needs a reason", hint="git fedlearn retract ID --reason WHY")
    if len(reason) > MAX_REASON_LENGTH:
        raise UsageError(f"the reason is longer than {MAX_REASON_LENGTH} characters")
    fields, redacted = sanitize_fields(context.privacy, {"reason": reason})
    if redacted:
        context.note(f"note: {redactions(redacted)} in the reason")
    return str(fields["reason"])


def _of_commit(repository: Repository, sets: RecordSets, revision: str) -> list[tuple[SetName, Record]]:
    """The records that a commit added: their current versions, or those of the commit if missing here."""
    objects = repository.objects
    commit = get_commit(objects, revision)
    introduced = {name: records for name, records in introduced_records(objects, commit).items() if records}
    if not introduced:
        raise NoSuchRecordError(
            f"{revision}: this commit added no records", hint=f"git show --stat {revision} -- :/{DATA}"
        )
    return [found for name, records in introduced.items() for found in _current(sets, name, records)]


def _current(sets: RecordSets, name: SetName, records: list[Record]) -> list[tuple[SetName, Record]]:
    current = {record.id: record for record in sets.pick(name, {record.id for record in records})}
    return [(name, current.get(record.id, record)) for record in records]
