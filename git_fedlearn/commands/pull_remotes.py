"""`git fedlearn pull-remotes`: learn from all peers."""

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.peer_table import watching
from git_fedlearn.console.wording import count, short_ids
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import GitError
from git_fedlearn.federation.checking import Checker
from git_fedlearn.federation.gathering import Report
from git_fedlearn.federation.peers import get_peers
from git_fedlearn.federation.pull import Pulled, Request, make_checker, pull
from git_fedlearn.repository.moves import is_half_moved
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.twins import NEW_ID, find_twin

MOST_REFUSED = 5


@click.command("pull-remotes", short_help="Learn from all peers.")
@click.argument("names", nargs=-1, metavar="[PEER]...")
@click.option(
    "--jobs", metavar="N", type=click.IntRange(1, 64), default=8, help="Peers fetched at a time (8)."
)
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0.1, 86400),
    default=60,
    help="Time for each peer (60 s).",
)
@click.option("--dry-run", is_flag=True, help="Fetch and check; join nothing.")
@click.option("--no-commit", is_flag=True, help="Leave what was learned in the index and work tree.")
@click.option("--push", is_flag=True, help="Push the branch to its upstream when something was learned.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
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
    as_json: bool,
) -> int:
    """Fetch all peers, or those named, check every record they send, and join what passes in one commit.

    Nothing outside data/ changes, and no code of a peer is merged. A peer that is down or sends what
    does not pass never stops the others; what did not pass waits in quarantine.
    """
    repository = context.data_repository
    peers = get_peers(repository, names)
    request = Request(timeout, jobs, dry_run=dry_run, commit=not no_commit)
    checker = make_checker(
        repository, Checker(context.privacy, repository.settings.record_bytes, context.now())
    )
    if is_half_moved(repository.git_dir):
        context.note("note: an earlier run was killed; what it left half done is put right")
    warn_of_twin(context, repository)
    with watching(context, peers) as watcher:
        pulled = pull(repository, peers, checker, request, watcher)
    pushed = _push(context) if push and pulled.commit else None
    if as_json:
        context.say_json("pull-remotes/v1", to_json(pulled, pushed))
    else:
        say(context, pulled, request)
    return 1 if any(report.is_failure for report in pulled.reports) or pushed is False else 0


def warn_of_twin(context: Context, repository: Repository) -> None:
    """Say so when this clone was copied, git folder and all, and both learn under one id."""
    twin = find_twin(repository)
    if twin:
        system = repository.system()
        context.complain(f"warning: this clone is a copy of {twin.parent}: both learn as {system}")
        context.complain(f"hint: {NEW_ID}")


def say(context: Context, pulled: Pulled, request: Request) -> None:
    """Print what came of each peer, and of all."""
    if not pulled.reports:
        context.note("no peers yet\nhint: git fedlearn remote add NAME URL")
        return
    width = max(len(report.name) for report in pulled.reports)
    for report in pulled.reports:
        context.say(f"{report.name:<{width}}  {describe(report)}")
        _warn(context, report, is_kept=not request.dry_run)
    for joined in pulled.sets:
        context.say(f"{joined.name}: {len(joined.added)} new, {len(joined.changed)} changed")
    if request.dry_run and pulled.files:
        context.note("nothing was joined (--dry-run)")
    elif pulled.commit:
        context.say(f"committed {pulled.commit[:12]}")
    elif pulled.files:
        context.note("hint: git commit -m 'learn from peers' -- data")
    else:
        context.say("nothing new")


def describe(report: Report) -> str:
    """What came of a peer, in one line."""
    if report.is_failure:
        return f"{report.contact.value}{f': {report.detail}' if report.detail else ''}"
    if not report.tips:
        return report.contact.value
    if not report.has_data:
        return "no folder data/"
    if not (report.learned or report.changed or report.files or report.quarantined):
        return "nothing new"
    parts = [f"{report.learned} learned"]
    numbers = (
        ("changed", report.changed),
        ("quarantined", report.quarantined),
        ("flagged", len(report.flagged)),
    )
    parts += [f"{number} {what}" for what, number in numbers if number]
    if report.files:
        parts.append(count(report.files, "file") + " of other systems")
    return ", ".join(parts)


def to_json(pulled: Pulled, pushed: bool | None) -> dict[str, Json]:  # noqa: FBT001  a value, not a switch
    """The answer for programs."""
    return {
        "peers": [_report_json(report) for report in pulled.reports],
        "sets": [
            {"set": joined.name, "added": [*sorted(joined.added)], "changed": [*sorted(joined.changed)]}
            for joined in pulled.sets
        ],
        "files": [*sorted(pulled.own_files)],
        "commit": pulled.commit,
        "pushed": pushed,
    }


def _report_json(report: Report) -> dict[str, Json]:
    return {
        "name": report.name,
        "contact": report.contact.value,
        "failed": report.is_failure,
        "detail": report.detail,
        "history": report.history,
        "new": report.is_new,
        "learned": report.learned,
        "changed": report.changed,
        "quarantined": report.quarantined,
        "reasons": {reason.value: number for reason, number in report.reasons.items()},
        "flagged": len(report.flagged),
        "refused": {path: reason.value for path, reason in report.refused.items()},
        "tips": [*sorted(set(report.tips.values()))],
    }


def _warn(context: Context, report: Report, *, is_kept: bool) -> None:
    """Print what is not as it should be; a dry run keeps nothing in quarantine."""
    if report.history:
        context.complain(f"warning: {report.name}: its history was {report.history}; what was learned stays")
    for reason, number in sorted(report.reasons.items(), key=lambda item: item[0].value):
        where = "in quarantine" if is_kept else "for quarantine"
        context.complain(f"warning: {report.name}: {count(number, 'record')} {where}: {reason.value}")
    for path, why in sorted(report.refused.items())[:MOST_REFUSED]:
        context.complain(f"warning: {report.name}: {ascii(path)[1:-1]} not taken: {why.value}")
    if report.quarantined and is_kept:
        context.note(f"hint: git fedlearn review --peer {report.name}")
    if report.flagged:
        words = "reads" if len(report.flagged) == 1 else "read"
        ids = short_ids(sorted(report.flagged), MOST_REFUSED)
        flagged = f"{count(len(report.flagged), 'record')} {words} like instructions to an agent: {ids}"
        context.complain(f"warning: {report.name}: {flagged}")
        if is_kept:
            context.note(
                f"hint: git fedlearn show {ids.split()[0]}, and git fedlearn retract what is no lesson"
            )


def _push(context: Context) -> bool:
    """Push the branch to where git pushes it; whether that worked."""
    done = context.repository.git.attempt("push", "--quiet")
    if done.code:
        error = GitError(f"git push failed: {done.err.strip()}", hint="git pull, then git push")
        context.report(error)
    return done.code == 0
