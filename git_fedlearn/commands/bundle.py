"""`git fedlearn bundle`: share lessons as a file, without a network."""

from pathlib import Path
from shlex import quote

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.message_checks import Outgoing, Update
from git_fedlearn.console.peers import say, to_json
from git_fedlearn.console.progress import PULLING, progress_bar
from git_fedlearn.console.push_checks import check_updates
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count
from git_fedlearn.core.changes import ChangeKind
from git_fedlearn.errors import RefusedError
from git_fedlearn.federation.bundles import find_refusal, find_sender, unpacked, write_bundle
from git_fedlearn.federation.peers import get_peers
from git_fedlearn.federation.pull import PullOptions, make_checker, pull
from git_fedlearn.repository.history import all_changes, revision_changes
from git_fedlearn.repository.lookup import get_commit
from git_fedlearn.repository.work_tree import read_work_state


@click.group("bundle", short_help="Share lessons as a file, without a network.")
def command() -> None:
    """Share lessons as a file, without a network.

    A bundle is one file with the commits of this branch. Its records pass the same checks as records from
    peers.
    """


@command.command("create", short_help="Create a bundle.")
@click.argument("file", type=click.Path())
@click.option("--since", metavar="REV", help="Exclude this commit and its ancestors: the receiver has them.")
@click.option(
    "--for", "receiver", metavar="PEER", help="Fail unless everything may be published to this peer."
)
@ANSWER_AS_JSON
@click.pass_obj
def create(context: Context, file: str, since: str | None, receiver: str | None) -> None:
    """Write the commits of this branch to FILE, after the checks of a push.

    A receiver without common history needs a bundle without --since.
    """
    repository = context.data_repository
    objects = repository.objects
    tip = get_commit(objects, "HEAD")
    base = get_commit(objects, since) if since else None
    if receiver:
        get_peers(repository, (receiver,))
        refusal = find_refusal(repository, receiver, tip, base)
        if refusal:
            raise RefusedError(refusal.message, hint=refusal.hint)
    outgoing = Outgoing(repository, [Update("the bundle", base, tip)], [base] if base else [])
    if check_updates(context, outgoing):
        raise RefusedError("no bundle written: it failed the checks of a push", hint="git fedlearn scan")
    written = write_bundle(repository, context.named_path(file).resolve(), tip, base)
    changes = all_changes(revision_changes(objects, base, tip))
    gained = len({change.record.id for change in changes if change.kind is not ChangeKind.LOST})
    if context.is_json:
        answer = {"file": file, "bytes": written.size, "commits": written.commits, "tip": written.tip}
        context.say_json("bundle-create/v1", {**answer, "since": base, "records": gained})
        return
    what = f"{count(written.commits, 'commit')}, {count(gained, 'record')}, {written.size:,} bytes"
    context.say(f"{file}: {what}, up to {written.tip[:12]}")
    if read_work_state(repository).changed:
        context.note("note: uncommitted changes are not included")
    context.note(f"hint: git fedlearn bundle apply {quote(Path(file).name)}    (on the other machine)")


@command.command("apply", short_help="Add the records of a bundle.")
@click.argument("file", type=click.Path())
@click.option("--from", "name", metavar="NAME", help="Its sender: a peer or any name (default: bundle-FILE).")
@click.option("--dry-run", is_flag=True, help="Only check the bundle.")
@ANSWER_AS_JSON
@click.pass_obj
def apply(context: Context, file: str, name: str | None, *, dry_run: bool) -> int:
    """Check every record of the bundle FILE, and add those that pass in one commit.

    Records that fail the checks go to quarantine. If the sender is a peer, its trust level applies.
    """
    repository = context.data_repository
    path = context.named_path(file).resolve()
    sender = find_sender(repository, path, name)
    request = PullOptions(dry_run=dry_run)
    checker = make_checker(repository, context.privacy, context.now())
    with unpacked(repository, path, sender) as peer, progress_bar(context, PULLING) as show:
        pulled = pull(repository, [peer], checker, request, show)
    if context.is_json:
        context.say_json("bundle-apply/v1", to_json(pulled, None))
    else:
        say(context, pulled, request)
    return 1 if any(report.is_failure for report in pulled.reports) else 0
