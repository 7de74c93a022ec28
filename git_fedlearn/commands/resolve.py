"""`git fedlearn resolve`: resolve merge conflicts in data files, where the merge driver did not run."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.repository.conflicts import resolve_conflicts
from git_fedlearn.repository.history import PICK_BY_NAME, find_left_out
from git_fedlearn.repository.trees import index_tree
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
    facts = {"merged": resolved.joined, "refused": resolved.refused, "foreign": resolved.foreign}
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
    picked = repository.objects.find_commit("CHERRY_PICK_HEAD")
    there = index_tree(repository, repository.objects).entries
    left_out = find_left_out(repository.objects, [picked], there) if picked else []
    for path in left_out:
        context.note(f"warning: this cherry-pick left out {path}, for which git took a similar file")
    if left_out:
        context.note(f"hint: git cherry-pick --abort && {PICK_BY_NAME} COMMIT...    (the same commits)")
        return 1
    command = continue_command(repository)
    if command:
        context.note(f"hint: {f'git fedlearn verify && {command}' if resolved.joined else command}")
    return 0
