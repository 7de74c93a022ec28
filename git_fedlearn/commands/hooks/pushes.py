"""The hooks pre-push (in a clone) and pre-receive (on a server); `plumbing/hook.py` finds them by name."""

from git_fedlearn.console.context import Context
from git_fedlearn.console.message_checks import Outgoing, Update
from git_fedlearn.console.push_checks import check_push, check_updates
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.settings import SETTINGS_FILE


def pre_push(context: Context, remote: str, url: str = "") -> int:
    """Check what git is about to push."""
    objects = context.repository.objects
    updates, unknown = [], []
    for line in context.stdin.read().decode("utf-8", "replace").splitlines():
        _local, new, ref, old = line.split(" ")
        if new.strip("0") and not _find(objects, new):
            unknown.append(ref)
        updates.append(Update(ref, _find(objects, old), _find(objects, new), new))
    return check_push(context, (remote, url), updates, unknown)


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
