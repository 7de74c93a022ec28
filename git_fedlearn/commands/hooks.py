"""What each git hook does; `plumbing/hook.py` finds the function by the hook's name.

A hook checks and reports. None writes records (a pull must leave what was pulled), except `sanitize`,
which the pre-commit framework runs to do so.
"""

from git_fedlearn.commands.context import Context
from git_fedlearn.commands.outgoing import Update, check_updates
from git_fedlearn.commands.verdicts import report_losses, report_private, report_problems
from git_fedlearn.commands.wording import count, kinds, short_ids
from git_fedlearn.core.layout import DATA
from git_fedlearn.errors import SettingsError
from git_fedlearn.federation.publishing import may_publish, outgoing_paths
from git_fedlearn.learn.sanitizing import sanitize_files
from git_fedlearn.learn.scanning import shown_path
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.policy import Policy
from git_fedlearn.privacy.policy_table import parse_policy
from git_fedlearn.repository.data_tree import CommittedTree, committed_tree, index_tree, open_objects
from git_fedlearn.repository.gate import judge
from git_fedlearn.repository.history import losses_by_set, merge_parents
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import read_table
from git_fedlearn.repository.verify import limits_of, settings_table_at

POLICY_KEY = "fedlearn.privacyPolicy"
"""Git config of a server: a settings file whose `[privacy]` holds for every push."""

REPAIR = "git fedlearn verify --fix{} && git add :/data && git commit -m 'bring back lost records'"


def pre_commit(context: Context) -> int:
    """Block a commit that adds bad lines or private data, or drops records.

    Nothing staged under data/ is nothing to check, except in a merge: what it drops may look like that.
    """
    repository = context.repository
    merging = (repository.git_dir / "MERGE_HEAD").exists()
    if not merging and repository.git.is_true("diff", "--cached", "--quiet", "--", f":/{DATA}"):
        return 0
    return _check_staged(context, may_shrink=False)


def pre_merge_commit(context: Context) -> int:
    """The same for a merge, except that losses are left to post-merge, which tells how to mend them."""
    return _check_staged(context, may_shrink=True)


def post_merge(context: Context) -> int:
    """Say so when a merge lost records, because the driver did not run."""
    objects = open_objects(context.repository)
    head = objects.find_commit("HEAD")
    if head is None:
        return 0
    earlier, is_forward = _merged(objects, head)
    losses = losses_by_set([committed_tree(objects, oid) for oid in earlier], committed_tree(objects, head))
    for name, found in losses.items():
        ids = (*found.lost, *found.revived, *found.weakened)
        context.complain(f"warning: this merge lost {count(len(ids), 'record')} of {name}: {short_ids(ids)}")
    if losses:
        context.complain(f"hint: {REPAIR.format(' --history' if is_forward else '')}")
    return 0


def _merged(objects: Objects, head: Oid) -> tuple[list[Oid], bool]:
    """The commits that the merge which made HEAD must keep the records of; whether it went forward."""
    before = objects.find_commit("ORIG_HEAD")
    parents = objects.parents(head)
    if len(parents) > 1 and before in (None, parents[0]):
        return parents, False
    return ([before] if before else []), True


def pre_push(context: Context, remote: str, _url: str = "") -> int:
    """Check every commit that would leave, not only the tip, and that it may go there."""
    objects = open_objects(context.repository)
    listed = context.repository.git.attempt(
        "for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}/"
    )
    updates = []
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        _local, new, ref, old = line.split(" ")
        updates.append(Update(ref, old=_find(objects, old), new=_find(objects, new)))
    tips = [update.new for update in updates if update.new]
    refusal = may_publish(context.repository, remote, outgoing_paths(context.repository, remote, tips))
    if refusal:
        context.complain(f"error: {refusal.message}")
        context.complain(f"hint: {refusal.hint}")
        return 1
    known = [_find(objects, oid) for oid in listed.out.decode().split()]
    return check_updates(context, objects, updates, [oid for oid in known if oid])


def pre_receive(context: Context) -> int:
    """On a server: bounce a push that holds private data or bad lines, or drops records.

    The name of the server's account is not looked for: it is nobody's who learns.
    """
    objects = open_objects(context.repository)
    context.privacy = PrivacyEngine(policy=_server_policy(context, objects))
    listed = context.repository.git.run("for-each-ref", "--format=%(objectname)", "refs/heads/")
    updates = []
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        old, new, ref = line.split(" ", 2)
        updates.append(Update(ref, old=_find(objects, old), new=_find(objects, new)))
    known = [_find(objects, oid) for oid in listed.decode().split()]
    return check_updates(context, objects, updates, [oid for oid in known if oid])


def _server_policy(context: Context, objects: Objects) -> Policy:
    """What the server has decided before this push: a push cannot allow itself anything.

    The file that git config `fedlearn.privacyPolicy` names, else the settings on the default branch as it is.
    Settings there that cannot be used allow nothing, so that a push can repair them.
    """
    today = context.now().date()
    pinned = context.repository.git.find_config(POLICY_KEY)
    if pinned:
        path = context.repository.git_dir / pinned
        if not path.is_file():
            raise SettingsError(f"git config {POLICY_KEY}: {path}: no such file")
        return parse_policy(read_table(path), today, str(path))
    head = objects.find_commit("HEAD")
    try:
        return parse_policy(settings_table_at(objects, head), today) if head else Policy(today=today)
    except SettingsError as error:
        context.complain(f"warning: on the default branch: {error.message}; nothing is allowed until then")
        return Policy(today=today)


def _find(objects: Objects, oid: str) -> Oid | None:
    """The commit a ref is to point at; None when the ref is deleted (all zeros) or is no commit here."""
    return objects.find_commit(oid) if oid.strip("0") else None


def sanitize(context: Context, *paths: str) -> int:
    """For the pre-commit framework: rewrite data files; fail when anything changed."""
    with context.repository.lock("sanitize"):
        cleaned = sanitize_files(context.repository, context.privacy, paths or None)
    for path in cleaned.paths:
        context.complain(f"sanitized {shown_path(context.privacy, path)}")
    if cleaned.paths:
        context.complain(f"{count(len(cleaned.paths), 'file')} with private data{kinds(cleaned.redacted)}")
    return 1 if cleaned.paths else 0


def scan(context: Context, *_paths: str) -> int:
    """For the pre-commit framework: block private data in what is staged."""
    return report_private(context, *_staged(context))


def verify(context: Context, *_paths: str) -> int:
    """For the pre-commit framework: block bad lines and losses in what is staged."""
    verdict = judge(limits_of(context.repository), *_staged(context))
    return report_problems(context, verdict.problems) | report_losses(context, verdict.losses)


def _staged(context: Context) -> tuple[CommittedTree, list[CommittedTree]]:
    objects = open_objects(context.repository)
    parents = [committed_tree(objects, oid) for oid in merge_parents(context.repository, objects)]
    return index_tree(context.repository, objects), parents


def _check_staged(context: Context, *, may_shrink: bool) -> int:
    candidate, parents = _staged(context)
    verdict = judge(limits_of(context.repository), candidate, parents)
    code = 0 if may_shrink else report_losses(context, verdict.losses)
    return code | report_problems(context, verdict.problems) | report_private(context, candidate, parents)
