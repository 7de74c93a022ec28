"""The hooks post-commit and post-rewrite, for commits that git made from others: rebase, cherry-pick, revert.

They say what the merge driver cannot know: the records that such a commit lost, the lessons that it brought
and the original did not, as with a set that it moved into shards, and the files for which git took others.
"""

from collections.abc import Iterable

from git_fedlearn.commands.hooks.commits import warn_of_losses
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import count, short_ids
from git_fedlearn.core.changes import ChangeKind
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, SetName
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.history import (
    PICK_BY_NAME,
    find_left_out,
    losses_by_set,
    revision_changes,
)
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.trees import committed_tree


def post_commit(context: Context) -> int:
    """Report on the cherry-pick or revert that made HEAD."""
    objects = context.repository.objects
    head = objects.find_commit("HEAD")
    if head is None:
        return 0
    picked = objects.find_commit("CHERRY_PICK_HEAD")
    subject = context.repository.git.text("reflog", "-1", "--format=%gs")
    _report(
        context,
        "revert" if subject.startswith("revert") else "cherry-pick",
        [head],
        [picked] if picked else [],
    )
    return 0


def post_rewrite(context: Context) -> int:
    """Report on a rebase; git names each old commit with the new one on standard input."""
    pairs = [line.split()[:2] for line in context.stdin.read().decode("ascii").splitlines()]
    old = [Oid(pair[0]) for pair in pairs]
    new = list(dict.fromkeys(Oid(pair[1]) for pair in pairs))
    _report(context, "rebase", new, old)
    return 0


def _report(context: Context, what: str, new: list[Oid], old: list[Oid]) -> None:
    objects = context.repository.objects
    head = objects.find_commit("HEAD")
    if head is None or not new:
        return
    parents = dict.fromkeys(parent for commit in new for parent in objects.parents(commit))
    before = [committed_tree(objects, parent) for parent in parents]
    warn_of_losses(context, what, losses_by_set(before, committed_tree(objects, head)))
    if not old:
        return
    if base := next((parent for parent in parents if parent not in new), None):
        _report_left_out(context, what, base, head, old)
    changed = {identifier for commit in old for _, _, identifier in _changes(objects, commit)}
    came: dict[SetName, set[RecordId]] = {}
    for commit in new:
        for name, kind, identifier in _changes(objects, commit):
            if kind is ChangeKind.LEARNED and identifier not in changed:
                came.setdefault(name, set()).add(identifier)
    for name, ids in sorted(came.items()):
        context.print_error(
            f"warning: this {what} brought {count(len(ids), 'record')} of {name} from other commits: "
            f"{short_ids(sorted(ids))}"
        )
    if came:
        context.print_error("hint: git fedlearn retract ID --reason WHY    (if they were to stay out)")


def _report_left_out(context: Context, what: str, base: Oid, head: Oid, old: list[Oid]) -> None:
    """Name the files that git took for others, and the command that begins again without that."""
    objects = context.repository.objects
    left_out = find_left_out(objects, old, objects.files(head, DATA))
    for path in left_out:
        context.print_error(f"warning: this {what} left out {path}, for which git took a similar file")
    if left_out:
        start = read_file(context.repository.git_dir / "sequencer/head").decode("ascii").strip()
        commits = "COMMIT..." if start else " ".join(commit[:12] for commit in old)
        context.print_error(f"hint: git reset --keep {(start or base)[:12]} && {PICK_BY_NAME} {commits}")


def _changes(objects: Objects, commit: Oid) -> Iterable[tuple[SetName, ChangeKind, RecordId]]:
    """The changes of a commit against its first parent."""
    parents = objects.parents(commit)
    for name, changes in revision_changes(objects, parents[0] if parents else None, commit).items():
        for change in changes:
            yield name, change.kind, change.record.id
