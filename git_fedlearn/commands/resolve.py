"""`git fedlearn resolve`: resolve merge conflicts in data files, where the merge driver did not run."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.core.canonical import Json
from git_fedlearn.repository.conflicts import resolve_conflicts
from git_fedlearn.repository.work_tree import continue_command


@click.command("resolve", short_help="Resolve merge conflicts in data files.")
@ANSWER_AS_JSON
@click.pass_obj
def command(context: Context) -> int:
    """Merge both sides of every data file that has a conflict, and stage the result.

    No lesson of either side is lost. Conflicts in other files are left to you.
    """
    repository = context.data_repository
    with repository.lock("resolve"):
        resolved = resolve_conflicts(repository)
    facts: dict[str, Json] = {
        "merged": [*resolved.joined],
        "refused": [*resolved.refused],
        "foreign": [*resolved.foreign],
    }
    context.answer("resolve/v1", facts)
    for path in resolved.joined:
        context.say(f"merged {path}")
    for path in resolved.refused:
        context.say(f"{path}: not a regular file on one side; remove it, then run this again")
    for path in resolved.foreign:
        context.say(f"{path}: not a record set or snapshot; resolve it by hand")
    if resolved.refused or resolved.foreign:
        return 1
    if not resolved.joined:
        context.say("no conflicts in data files")
    else:
        context.note(f"{count(len(resolved.joined), 'file')} merged and staged")
    command = continue_command(repository)
    if command:
        context.note(f"hint: {f'git fedlearn verify && {command}' if resolved.joined else command}")
    return 0
