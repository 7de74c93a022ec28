"""`git fedlearn restore`: bring a retracted lesson back."""

import click

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.selection import select
from git_fedlearn.commands.wording import SHORT_ID
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.retraction import restored


@click.command("restore", short_help="Bring retracted lessons back.")
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.pass_obj
def command(context: Context, identifiers: tuple[str, ...]) -> None:
    """Write each retracted record again, one generation on, so that it wins over its tombstone everywhere."""
    repository = context.data_repository
    sets = RecordSets(repository.top, repository.settings.record_set_bytes)
    with repository.lock("restore"):
        for start in identifiers:
            for name, record in select(sets, start):
                if not record.is_tombstone:
                    context.note(f"{record.id[:SHORT_ID]} in {name} is not retracted")
                    continue
                sets.join(name, [lesson.line for lesson in restored(repository, name, record)])
                context.say(f"restored {record.id[:SHORT_ID]} in {name}")
