"""`git fedlearn restore`: undo a retraction, on every system."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import COMMIT_HINT, SHORT_ID, marked_headline
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import FedlearnError
from git_fedlearn.privacy.record_fields import scan_fields
from git_fedlearn.repository.lookup import select
from git_fedlearn.repository.retraction import improved, restored


@click.command("restore", short_help="Undo a retraction, on every system.")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...]) -> None:
    """Undo the retraction of each record, on every system, with the best score and all systems it ever had.

    A record that is not retracted gets them back, too, if a peer took them away.
    A record that contains private data stays retracted.
    """
    repository = context.data_repository
    sets = repository.sets
    lessons: list[tuple[SetName, list[Record]]] = []
    with repository.lock("restore"):
        for start in identifiers:
            for name, record in select(sets, start):
                found = (restored if record.is_tombstone else improved)(repository, name, record)
                if found:
                    lessons.append((name, found))
                else:
                    context.note(f"{record.id[:SHORT_ID]} in {name} is not retracted")
        for _, records in lessons:
            _refuse_private(context, records)
        for name, records in lessons:
            sets.join(name, [record.line for record in records])
            lesson = records[0]
            context.say(f"restored {lesson.id[:SHORT_ID]} in {name}: {marked_headline(lesson.fields)}")
    brought = [{"set": name, "id": records[0].id} for name, records in lessons]
    context.answer("restore/v1", {"restored": brought})
    if lessons:
        context.note(COMMIT_HINT)


def _refuse_private(context: Context, records: list[Record]) -> None:
    for record in records:
        found = sorted({finding.kind for finding in scan_fields(context.privacy, record.fields)})
        if found:
            raise FedlearnError(
                f"{record.id}: contains private data ({', '.join(found)})",
                hint="git fedlearn add SET FILE    (the lesson without private data)",
            )
