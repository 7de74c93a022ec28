"""`git fedlearn diff`: which records changed between two states."""

import click

from git_fedlearn.console.context import Context, paint
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import change_json, describe_changes, summarize
from git_fedlearn.core.layout import SetName
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.history import (
    SetChanges,
    Tree,
    all_changes,
    changed_tree,
    tree_at,
    tree_changes,
)
from git_fedlearn.repository.lookup import get_commit, get_range
from git_fedlearn.repository.names import read_names
from git_fedlearn.repository.objects import Objects
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import index_tree, set_paths
from git_fedlearn.repository.work_tree import read_work_state


@click.command("diff", short_help="Show which records changed between two states.")
@click.argument("revisions", nargs=-1, metavar="[A [B]]")
@click.option("--staged", is_flag=True, help="Compare the index, not the working tree.")
@click.option("--set", "only", metavar="SET", multiple=True, help="Only this record set; may be repeated.")
@click.option("--stat", is_flag=True, help="Only counts.")
@ANSWER_AS_JSON
@click.pass_obj
def command(
    context: Context,
    revisions: tuple[str, ...],
    only: tuple[str, ...],
    *,
    staged: bool,
    stat: bool,
) -> int:
    """Show which records changed between A and B: learned, confirmed, retracted, restored, with a new score.

    A and B are commits, branches or tags, also written A..B or A...B. A is HEAD by default, B the working
    tree.

    Exits with 1 if there are differences, as diff(1) does.
    """
    repository = context.repository
    objects = repository.objects
    before, after = _trees(repository, objects, revisions, staged=staged)
    sets = tree_changes(before, after)
    known = sorted(set_paths(before).keys() | set_paths(after).keys())
    for name in only:
        if name not in known:
            hint = f"record sets: {', '.join(known) or 'none'}"
            raise UsageError(f"{name}: no such record set in either state", hint=hint)
    sets = {name: changes for name, changes in sets.items() if not only or name in only}
    if context.is_json:
        context.say_json("diff/v1", _to_json(sets))
    else:
        with context.paging():
            _say(context, sets, stat=stat)
    return 1 if sets else 0


def _trees(
    repository: Repository, objects: Objects, revisions: tuple[str, ...], *, staged: bool
) -> tuple[Tree, Tree]:
    if len(revisions) > 2:  # noqa: PLR2004
        raise UsageError("at most two revisions", hint="git fedlearn diff A B")
    if len(revisions) == 2:  # noqa: PLR2004
        old, new = (get_commit(objects, revision) for revision in revisions)
        return tree_at(objects, old), tree_at(objects, new)
    if revisions and ".." in revisions[0]:
        start, end = get_range(repository, objects, revisions[0])
        return tree_at(objects, start), tree_at(objects, end)
    base = get_commit(objects, revisions[0]) if revisions else objects.find_commit("HEAD")
    if staged:
        return tree_at(objects, base), index_tree(repository, objects)
    repository.require_data()
    return tree_at(objects, base), changed_tree(repository, objects, read_work_state(repository))


def _say(context: Context, sets: SetChanges, *, stat: bool) -> None:
    context.say(summarize(all_changes(sets)))
    names = read_names(context.repository)
    for name, changes in sets.items():
        shown = paint("set", name)
        context.say(f"{shown}: {summarize(changes)}" if stat else shown)
        for line in () if stat else describe_changes(changes, names):
            context.say(f"  {line}")


def _to_json(sets: SetChanges) -> dict[str, object]:
    changes = [change_json(SetName(name), change) for name in sets for change in sets[name]]
    return {"summary": summarize(all_changes(sets)), "changes": changes}
