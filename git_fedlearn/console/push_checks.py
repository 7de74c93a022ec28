"""Check what a push or a bundle publishes, commit by commit."""

from collections.abc import Iterable, Iterator
from itertools import chain

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import (
    report_found,
    report_losses,
    report_private,
    report_problems,
    scan_lines,
)
from git_fedlearn.console.message_checks import Update, check_messages
from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import SettingsError
from git_fedlearn.privacy.policy import parse_policy
from git_fedlearn.repository.commit_checks import NewLine, find_problems, find_shrinking
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import SETTINGS_FILE, settings_of
from git_fedlearn.repository.trees import CommittedTree, committed_tree
from git_fedlearn.repository.verify import limits_at, settings_table_at
from git_fedlearn.scanning.findings import scan_name

COMMIT_LENGTH = 12


def check_updates(context: Context, objects: Objects, updates: Iterable[Update], known: list[Oid]) -> int:
    """Report what must not be published; 1 if there is any. `known` are commits that the other side has."""
    updates = list(updates)
    code = check_messages(context, objects, updates, known)
    for update in updates:
        if update.new is not None:
            code |= _check_update(context, objects, update, known)
        elif update.target:
            code |= _check_files(context, objects, update)
    return code


def _check_update(context: Context, objects: Objects, update: Update, known: list[Oid]) -> int:
    """Report private data in new commits, invalid lines in the tip, and records that it lost."""
    tip = update.new or Oid("")
    old = [update.old] if update.old else []
    commits = list(_data_commits(objects, tip, [*known, *old]))
    refused = code = _check_settings(context, objects, update)
    for commit in commits:
        before = _trees(objects, objects.parents(commit))
        if report_private(context, committed_tree(objects, commit), before, is_past=commit != tip):
            context.print_error(f"  in commit {commit[:COMMIT_LENGTH]} ({update.ref})")
            code = 1
    if refused or (
        not commits and (not old or objects.tree_oid(old[0], DATA) == objects.tree_oid(tip, DATA))
    ):
        return code
    fresh = dict.fromkeys(commits)
    bases = {oid for commit in commits for oid in objects.parents(commit) if oid not in fresh}
    outside = [*_trees(objects, sorted(bases.union(old)))]
    candidate = committed_tree(objects, tip)
    problems = find_problems(limits_at(context.repository, objects, tip), candidate, outside)
    losses = find_shrinking(context.repository, chain(outside, _trees(objects, fresh)), candidate, tip)
    return code | report_problems(context, problems) | report_losses(context, losses)


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


def _data_commits(objects: Objects, tip: Oid, without: list[Oid]) -> Iterator[Oid]:
    """The new commits that change data files, compared with any parent."""
    for commit in objects.walk([tip], without=without):
        data = objects.tree_oid(commit, DATA)
        before = [objects.tree_oid(parent, DATA) for parent in objects.parents(commit)]
        if any(tree != data for tree in before or [None]):
            yield commit


def _trees(objects: Objects, commits: Iterable[Oid]) -> list[CommittedTree]:
    return [committed_tree(objects, commit) for commit in commits]
