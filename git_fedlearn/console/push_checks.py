"""Check what a push or a bundle publishes, commit by commit."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import (
    report_found,
    report_losses,
    report_private,
    report_problems,
    report_raw,
    scan_lines,
)
from git_fedlearn.console.judged import SCAN, VERIFY, Judged, remembering_clean_texts, settings_bytes
from git_fedlearn.console.message_checks import Outgoing, Update, check_authors, check_messages
from git_fedlearn.console.words import SHORT_ID
from git_fedlearn.core.layout import DATA, is_raw_in
from git_fedlearn.errors import SettingsError
from git_fedlearn.federation.publish_policy import find_restricted, outgoing_paths, refuse_paths
from git_fedlearn.privacy.policy import parse_policy
from git_fedlearn.repository.commit_checks import NewLine, find_problems, find_shrinking, source_folder
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import SETTINGS_FILE, settings_of
from git_fedlearn.repository.trees import CommittedTree, committed_tree
from git_fedlearn.repository.verify import limits_at, settings_table_at
from git_fedlearn.scanning.findings import scan_name


def check_push(
    context: Context, remote: tuple[str, str], updates: list[Update], unknown: Sequence[str] = ()
) -> int:
    """Check that the remote may get each new commit, not only the tip, and that all are sound; 1 if not.

    `remote` is its name, and where git pushes to, if that is known; `unknown` are refs without a commit.
    """
    repository, (name, _) = context.repository, remote
    listed = repository.git.attempt("for-each-ref", "--format=%(objectname)", f"refs/remotes/{name}/")
    if _refuse_files(context, remote, updates, unknown):
        return 1
    found = [repository.objects.find_commit(oid) for oid in listed.out.decode().split()]
    outgoing = Outgoing(repository, updates, [oid for oid in found if oid])
    with remembering_clean_texts(context):
        code = check_updates(context, outgoing, judged=True)
        return check_authors(context, outgoing) | code


def _refuse_files(
    context: Context, remote: tuple[str, str], updates: list[Update], unknown: Sequence[str]
) -> bool:
    """Report files that may not be pushed to this remote, or nowhere; whether there are any."""
    peer, folder = find_restricted(context.repository, *remote), source_folder(context.repository)
    if peer is None and folder is None:
        return False
    tips = [update.new for update in updates if update.new]
    there = [update.old for update in updates if update.old]
    paths = outgoing_paths(context.repository, remote[0], tips, there)
    refusal = refuse_paths(peer, paths, unknown) if peer else None
    if refusal:
        context.print_error(f"error: {refusal.message}")
        context.print_error(f"hint: {refusal.hint}")
        return True
    if report_raw(context, [path for path in paths if folder and is_raw_in(folder, path)]):
        context.print_error("hint: git rm --cached FILE && git commit --amend    (it stays on this machine)")
        return True
    return False


def check_updates(context: Context, outgoing: Outgoing, *, judged: bool = False) -> int:
    """Report what must not be published; 1 if there is any.

    With `judged`, data files that a hook of this clone found sound, when they were committed, are not
    checked again.
    """
    code = check_messages(context, outgoing)
    for update in outgoing.updates:
        if update.new is not None:
            code |= _check_update(context, outgoing, update, judged=judged)
        elif update.target:
            code |= _check_files(context, outgoing.objects, update)
    return code


def _check_update(context: Context, outgoing: Outgoing, update: Update, *, judged: bool) -> int:
    """Report private data in new commits, invalid lines in the tip, and records that it lost."""
    objects, tip = outgoing.objects, update.new or Oid("")
    old = [update.old] if update.old else []
    commits = list(_data_commits(outgoing, update))
    refused = code = _check_settings(context, objects, update)
    unverified = False
    for commit in commits:
        after, before = committed_tree(objects, commit), _trees(objects, objects.parents(commit))
        known = Judged(context, after, before) if judged else None
        unverified |= not (known and known.is_sound(VERIFY))
        if known and known.is_sound(SCAN):
            continue
        if report_private(context, after, before, is_past=commit != tip):
            context.print_error(f"  in commit {commit[:SHORT_ID]} ({update.ref})")
            code = 1
    if refused or (
        not commits and (not old or objects.tree_oid(old[0], DATA) == objects.tree_oid(tip, DATA))
    ):
        return code
    fresh = dict.fromkeys(commits)
    bases = {oid for commit in commits for oid in objects.parents(commit) if oid not in fresh}
    if not unverified and bases.issuperset(old) and _has_these_settings(context, objects, tip):
        return code  # each commit keeps what its parents have, so the last one has everything
    outside = [*_trees(objects, sorted(bases.union(old)))]
    candidate = committed_tree(objects, tip)
    problems = find_problems(limits_at(context.repository, objects, tip), candidate, outside)
    losses = find_shrinking(context.repository, chain(outside, _trees(objects, fresh)), candidate, tip)
    return code | report_problems(context, problems) | report_losses(context, losses)


def _has_these_settings(context: Context, objects: Objects, commit: Oid) -> bool:
    """Whether the settings of a commit are those with which the hooks checked the commits."""
    entry = objects.files(commit, SETTINGS_FILE).get(SETTINGS_FILE)
    return (objects.read(entry.oid) if entry and entry.is_file else b"") == settings_bytes(context)


def _check_files(context: Context, objects: Objects, update: Update) -> int:
    """Report private data in a pushed blob or tree, and in its file names; 1 if there is any."""
    files = list(objects.files_without_commit(update.target))
    named = (
        found._replace(path=f"{update.ref}:{found.path}")
        for path, _oid in files
        for found in scan_name(context.privacy, path)
    )
    lines = (
        NewLine(f"{update.ref}:{path}" if path else update.ref, number, line)
        for path, oid in files
        for number, line in enumerate(objects.read(oid).split(b"\n"), 1)
        if line
    )
    code = report_found(context, chain(named, scan_lines(context.privacy, lines)))
    if code:
        context.print_error(f"hint: {update.ref} does not point to a commit; push a commit instead")
    return code


def _check_settings(context: Context, objects: Objects, update: Update) -> int:
    """Report invalid settings; 1 if the update adds them."""
    before, after = (
        objects.files(commit, SETTINGS_FILE) if commit else {} for commit in (update.old, update.new)
    )
    if before == after or not update.new:
        return 0
    try:
        table = settings_table_at(objects, update.new)
        settings_of(table)
        parse_policy(table, context.now().date())
    except SettingsError as error:
        context.report(error)
        return 1
    return 0


def _data_commits(outgoing: Outgoing, update: Update) -> Iterator[Oid]:
    """The new commits of an update that change data files, compared with any parent."""
    objects = outgoing.objects
    for commit in outgoing.of(update).commits:
        data = objects.tree_oid(commit, DATA)
        before = [objects.tree_oid(parent, DATA) for parent in objects.parents(commit)]
        if any(tree != data for tree in before or [None]):
            yield commit


def _trees(objects: Objects, commits: Iterable[Oid]) -> list[CommittedTree]:
    return [committed_tree(objects, commit) for commit in commits]
