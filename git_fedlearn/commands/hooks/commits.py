"""The hooks pre-commit, pre-merge-commit and post-merge; `plumbing/hook.py` finds them by name.

Before a commit, private data in staged records is redacted; everything else is checked and reported. After a
merge nothing is written: a pull must not change what was pulled.
"""

from contextlib import suppress

from git_fedlearn.commands.hooks.mode import must_stop
from git_fedlearn.console.context import Context
from git_fedlearn.console.judged import SCAN, VERIFY, Judged, remembering_clean_texts
from git_fedlearn.console.words import count, short_ids
from git_fedlearn.core.layout import DATA, SetName
from git_fedlearn.core.record_set import Losses
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.commit_checks import judge, staged_raw_logs
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.history import find_lost_records, losses_by_set, merge_parents
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.own_lessons import find_own_changes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import MERGED
from git_fedlearn.repository.trees import CommittedTree, committed_tree, index_tree

AUTO_IMPORT_KEY = "fedlearn.autoImport"
"""Git config of a clone: whether to import lessons to Qdrant after each merge."""

REPAIR = "git fedlearn verify --fix{} && git add :/data && git commit -m 'Restore lost records'"


def pre_commit(context: Context) -> int:
    """Redact staged records; block a commit that adds other private data or invalid lines, or loses records.

    Without staged changes under data/ there is nothing to check.
    """
    return refuse_raw_logs(context) | _check_staged(context, *staged(context))


def refuse_raw_logs(context: Context) -> int:
    """Report staged logs of a source inside the work tree; 1 if there are any."""
    paths = staged_raw_logs(context.repository)
    if not paths:
        return 0
    from git_fedlearn.console.findings import KEEP_RAW, report_raw  # noqa: PLC0415  costs start-up time

    code = report_raw(context, paths)
    context.print_error(f"hint: {KEEP_RAW}")
    return code


def pre_merge_commit(context: Context) -> int:
    """Like pre-commit, for a merge; post-merge reports lost records, if there may be any."""
    candidate, parents = staged(context)
    losses = losses_by_set(parents, candidate)
    code = _check_staged(context, candidate, parents, losses)
    if not (code or losses or _is_worth_a_report(context, candidate, parents)):
        _note_merge(context.repository)
    return code


def _note_merge(repository: Repository) -> None:
    """Leave a note for the script of post-merge (setup/hooks.py): data/ and the parents of the merge."""
    tree = repository.git.attempt("write-tree", f"--prefix={DATA}/").out.decode("ascii").strip()
    with suppress(FedlearnError, OSError):  # a git folder that cannot be written to: checked again
        note = "\n".join([tree, *merge_parents(repository, repository.objects), ""])
        write_file(repository.state.path(MERGED), note.encode("ascii"))


def _is_worth_a_report(context: Context, candidate: CommittedTree, parents: list[CommittedTree]) -> bool:
    """Whether post-merge may have something to report or to do, besides lost records."""
    return bool(
        _imports(context)
        or not candidate.entries
        or any(find_own_changes(context.repository, parents[0], candidate))
    )


def _imports(context: Context) -> bool:
    return context.repository.git.find_config(AUTO_IMPORT_KEY, "--type=bool") == "true"


def post_merge(context: Context) -> int:
    """Warn if a merge lost records because the driver did not run. Then import, if configured."""
    objects = context.repository.objects
    head = objects.find_commit("HEAD")
    if head is None:
        return 0
    earlier, is_forward = _merged(objects, head)
    before, after = [committed_tree(objects, oid) for oid in earlier], committed_tree(objects, head)
    losses = find_lost_records(context.repository, before, after, head)
    warn_of_losses(context, "merge", losses, " --history" if is_forward else "")
    if before:
        _report_own(context, before[0], after)
    if _imports(context):
        from git_fedlearn.console.store import bring_in  # noqa: PLC0415  costs start-up time

        bring_in(context)
    return 0


def warn_of_losses(context: Context, what: str, losses: dict[SetName, Losses], option: str = "") -> None:
    """Say which records a commit that is done already has lost, and how to restore them."""
    for name, found in losses.items():
        ids = (*found.lost, *found.revived, *found.weakened)
        context.print_error(
            f"warning: this {what} lost {count(len(ids), 'record')} of {name}: {short_ids(ids)}"
        )
    if losses:
        context.print_error(f"hint: {REPAIR.format(option)}")


def _report_own(context: Context, before: CommittedTree, after: CommittedTree) -> None:
    """Say which lessons of this system others retracted or replaced: whoever may push can do that."""
    own = find_own_changes(context.repository, before, after)
    found = (
        ("retracted {} that this system learned", "lesson", own.retracted, "restore"),
        ("took score or systems from {} that this system learned", "lesson", own.replaced, "restore"),
        ("undid {} of this system", "retraction", own.returned, "retract"),
    )
    for what, noun, ids, command in found:
        if ids:
            what_happened = what.format(count(len(ids), noun))
            context.print_error(f"warning: this merge {what_happened}: {short_ids(ids)}")
            context.print_error(f"hint: git fedlearn {command} ID    (if that was wrong)")


def _merged(objects: Objects, head: Oid) -> tuple[list[Oid], bool]:
    """The commits whose records the merge in HEAD must keep; whether it was a fast-forward."""
    before = objects.find_commit("ORIG_HEAD")
    parents = objects.parents(head)
    if len(parents) > 1 and before in (None, parents[0]):
        return parents, False
    return ([before] if before else []), True


def staged(context: Context) -> tuple[CommittedTree, list[CommittedTree]]:
    """The data files of the index, and those of the parents of the next commit."""
    objects = context.repository.objects
    parents = [committed_tree(objects, oid) for oid in merge_parents(context.repository, objects)]
    return index_tree(context.repository, objects), parents


def is_unchanged(candidate: CommittedTree, parents: list[CommittedTree]) -> bool:
    """Whether a commit has the data files of each parent, or no parent and no data files."""
    return all(tree.entries == candidate.entries for tree in parents) if parents else not candidate.entries


def _check_staged(
    context: Context,
    candidate: CommittedTree,
    parents: list[CommittedTree],
    losses: dict[SetName, Losses] | None = None,
) -> int:
    """Check the next commit; `losses` are those of a merge, which post-merge reports."""
    if is_unchanged(candidate, parents):
        return 0
    judged = Judged(context, candidate, parents)
    if judged.is_sound(SCAN) and judged.is_sound(VERIFY):
        return 0
    with remembering_clean_texts(context):
        return _judge(context, candidate, parents, losses)


def _judge(
    context: Context,
    candidate: CommittedTree,
    parents: list[CommittedTree],
    losses: dict[SetName, Losses] | None,
) -> int:
    from git_fedlearn.console.findings import (  # noqa: PLC0415  costs start-up time
        find_private,
        report,
        report_losses,
        report_problems,
    )

    private = find_private(context.privacy, candidate, parents)
    if private.found and _redact(context, candidate, parents):
        candidate, parents = staged(context)
        private = find_private(context.privacy, candidate, parents)
    judged = Judged(context, candidate, parents)
    verdict = judge(context.repository, candidate, parents, losses)
    lossy = report_losses(context, verdict.losses) if losses is None else 0
    broken = report_problems(context, verdict.problems)
    judged.remember(VERIFY, broken or bool(verdict.losses))
    return lossy | broken | judged.remember(SCAN, report(context, private))


def _redact(context: Context, candidate: CommittedTree, parents: list[CommittedTree]) -> bool:
    """Redact the staged records and say so, unless git config forbids it; whether the index changed."""
    from git_fedlearn.console.words import redactions  # noqa: PLC0415  costs start-up time
    from git_fedlearn.scanning.findings import shown_path  # noqa: PLC0415
    from git_fedlearn.scanning.staged import redact_staged  # noqa: PLC0415

    if must_stop(context.repository):
        return False
    redacted = redact_staged(context.repository, context.privacy, candidate, parents)
    for path, found in redacted.kinds.items():
        context.print_error(
            f"note: {shown_path(context.privacy, path)}: {redactions(found)} before the commit"
        )
    if redacted.index_only:
        context.print_error("hint: git fedlearn sanitize    (the working tree still has the private data)")
    return bool(redacted.kinds)
