"""The hooks pre-push (in a clone) and pre-receive (on a server); `plumbing/hook.py` finds them by name."""

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import report_raw
from git_fedlearn.console.judged import remembering_clean_texts
from git_fedlearn.console.message_checks import Outgoing, Update, check_authors
from git_fedlearn.console.push_checks import check_updates
from git_fedlearn.core.layout import is_raw_in
from git_fedlearn.federation.publish_policy import find_restricted, outgoing_paths, refuse_paths
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.commit_checks import source_folder
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import SETTINGS_FILE


def pre_push(context: Context, remote: str, url: str = "") -> int:
    """Check that the remote may get each new commit, not only the tip, and that all are sound."""
    objects = context.repository.objects
    listed = context.repository.git.attempt(
        "for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}/"
    )
    updates, unknown = [], []
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        _local, new, ref, old = line.split(" ")
        if new.strip("0") and not _find(objects, new):
            unknown.append(ref)
        updates.append(Update(ref, _find(objects, old), _find(objects, new), new))
    if _refuse_files(context, remote, url, updates, unknown):
        return 1
    found = [_find(objects, oid) for oid in listed.out.decode().split()]
    outgoing = Outgoing(context.repository, updates, [oid for oid in found if oid])
    with remembering_clean_texts(context):
        code = check_updates(context, outgoing, judged=True)
        return check_authors(context, outgoing) | code


def _refuse_files(context: Context, remote: str, url: str, updates: list[Update], unknown: list[str]) -> bool:
    """Report files that may not be pushed to this remote, or nowhere; whether there are any."""
    peer, folder = find_restricted(context.repository, remote, url), source_folder(context.repository)
    if peer is None and folder is None:
        return False
    tips = [update.new for update in updates if update.new]
    there = [update.old for update in updates if update.old]
    paths = outgoing_paths(context.repository, remote, tips, there)
    refusal = refuse_paths(peer, paths, unknown) if peer else None
    if refusal:
        context.print_error(f"error: {refusal.message}")
        context.print_error(f"hint: {refusal.hint}")
        return True
    if report_raw(context, [path for path in paths if folder and is_raw_in(folder, path)]):
        context.print_error("hint: git rm --cached FILE && git commit --amend    (it stays on this machine)")
        return True
    return False


def pre_receive(context: Context) -> int:
    """On a server: refuse a push that contains private data or invalid lines, or loses records.

    The account name of the server is not private: it belongs to nobody who learns.
    """
    objects = context.repository.objects
    context.privacy = PrivacyEngine(policy=context.server_policy())
    listed = context.repository.git.run("for-each-ref", "--format=%(objectname)", "refs/heads/")
    updates = []
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        old, new, ref = line.split(" ", 2)
        updates.append(Update(ref, _find(objects, old), _find(objects, new), new))
    known = [_find(objects, oid) for oid in listed.decode().split()]
    code = check_updates(context, Outgoing(context.repository, updates, [oid for oid in known if oid]))
    if code and _brings_settings(objects, updates):
        context.print_error("hint: this push changes .fedlearn.toml; the server uses the version it has")
        context.print_error("hint: git push REMOTE COMMIT:BRANCH    (push the commit that changes it first)")
    return code


def _brings_settings(objects: Objects, updates: list[Update]) -> bool:
    """Whether a tip has other settings than the server uses."""
    head = objects.find_commit("HEAD")
    ours = objects.files(head, SETTINGS_FILE) if head else {}
    return any(objects.files(update.new, SETTINGS_FILE) != ours for update in updates if update.new)


def _find(objects: Objects, oid: str) -> Oid | None:
    """The commit with an id; None for a deleted ref (all zeros) and for an object that is no commit here."""
    return objects.find_commit(oid) if oid.strip("0") else None
