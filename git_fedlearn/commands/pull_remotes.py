"""`git fedlearn pull-remotes`: fetch, check and merge the records of peers."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.peers import say, to_json, warn_of_copied_clone
from git_fedlearn.console.progress import PULLING, progress_bar
from git_fedlearn.console.usage import ANSWER_AS_JSON, NumberRange
from git_fedlearn.errors import GitError
from git_fedlearn.federation.peers import get_peers
from git_fedlearn.federation.pull import PullOptions, make_checker, pull
from git_fedlearn.repository.checkout import is_interrupted


@click.command("pull-remotes", short_help="Fetch lessons from all peers.")
@click.argument("names", nargs=-1, metavar="[PEER]...")
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 64),
    default=8,
    help="Peers to fetch in parallel (default: 8).",
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=NumberRange(0.1, 86400),
    default=60,
    help="Timeout per peer (default: 60).",
)
@click.option("--dry-run", is_flag=True, help="Only fetch and check.")
@click.option("--no-commit", is_flag=True, help="Leave new records in the index and working tree.")
@click.option("--push", is_flag=True, help="Push the branch to its upstream if there is a commit.")
@ANSWER_AS_JSON
@click.pass_obj
def command(  # noqa: PLR0913  one option each
    context: Context,
    names: tuple[str, ...],
    *,
    jobs: int,
    timeout: float,
    dry_run: bool,
    no_commit: bool,
    push: bool,
) -> int:
    """Fetch from all peers or those named, check every record, and add those that pass in one commit.

    Nothing outside data/ changes, and no code of a peer is merged. A peer that fails never stops the others.
    Records that fail the checks go to quarantine; see `git fedlearn review`.
    """
    repository = context.data_repository
    peers = get_peers(repository, names)
    request = PullOptions(timeout, jobs, dry_run=dry_run, commit=not no_commit)
    checker = make_checker(repository, context.privacy, context.now())
    if is_interrupted(repository.git_dir):
        context.note("note: the previous run was interrupted; its leftovers were cleaned up")
    warn_of_copied_clone(context, repository)
    with progress_bar(context, PULLING) as show:
        pulled = pull(repository, peers, checker, request, show)
    pushed = _push(context) if push and pulled.commit else None
    if context.is_json:
        context.say_json("pull-remotes/v1", to_json(pulled, pushed))
    else:
        say(context, pulled, request)
    return 1 if any(report.is_failure for report in pulled.reports) or pushed is False else 0


def _push(context: Context) -> bool:
    """Run `git push`; returns whether it succeeded."""
    done = context.repository.git.attempt("push", "--quiet")
    if done.code:
        error = GitError(f"git push failed: {done.said}", hint="git pull && git push")
        context.report(error)
    return done.code == 0
