"""`git fedlearn sync`: learn from what the stack wrote."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from functools import partial

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.progress import reading_bar
from git_fedlearn.console.words import count, kinds
from git_fedlearn.core.canonical import Json
from git_fedlearn.core.scoring import Skipped
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.extracts import ScoredEvent
from git_fedlearn.learn.pipeline import Engine
from git_fedlearn.learn.sources import DEFAULT_SOURCE, SourceKind, choose_source
from git_fedlearn.learn.sync import Synced, SyncOptions, run_sync

MAX_REPORTED_FAULTS = 20


@click.command("sync", short_help="Learn from what the stack wrote.")
@click.option("--source", metavar="DIR|URL", help=f"The stack's data ({DEFAULT_SOURCE}).")
@click.option("--commit", "do_commit", is_flag=True, help="Commit what was learned.")
@click.option("--dry-run", is_flag=True, help="Say what would be learned; write nothing.")
@click.option("--full", is_flag=True, help="Read everything again, not only what is new.")
@click.option(
    "--since",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Learn from events of this day (YYYY-MM-DD, UTC) and later only.",
)
@click.option(
    "--jobs", type=click.IntRange(1), metavar="N", help="Processes that read and sanitize (one a core)."
)
@click.option(
    "--engine",
    metavar="NAME",
    default="embedded",
    help="Who reads: embedded, or dask[=SCHEDULER], a cluster.",
)
@click.option("--explain", is_flag=True, help="Print the terms of every event's score.")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
@click.pass_obj
def command(  # noqa: PLR0913  one parameter for each option
    context: Context,
    source: str | None,
    since: datetime | None,
    *,
    do_commit: bool,
    dry_run: bool,
    full: bool,
    jobs: int | None,
    engine: str,
    explain: bool,
    as_json: bool,
) -> int:
    """Read telemetry and fine-tuning data, score it, and join what is worth learning into the record sets.

    Secrets and personal data are redacted before anything is written. Only what is new since the last
    run is read. Run it as often as you like: what is known already changes nothing.

    Where the stack's data lies is said by --source, else by $AI_STACK_DATA, else by git config
    fedlearn.source, which timers follow too.
    """
    repository = context.data_repository
    said = partial(_explain, context) if explain and not as_json else None
    request = SyncOptions(
        choose_source(repository, context.directory, source),
        context.now(),
        full=full,
        dry_run=dry_run,
        since=since.date() if since else None,
        jobs=jobs,
        engine=_engine(engine, explain=explain),
        explain=said,
    )
    with nullcontext() if said else reading_bar(context) as watch:
        synced = run_sync(repository, context.privacy, replace(request, watch=watch), commit=do_commit)
    if as_json:
        context.say_json("sync/v1", _to_json(synced))
    else:
        _say(context, synced, request)
        if synced.commit:
            context.say(f"committed {synced.commit[:12]}")
        elif synced.learned and not dry_run:
            context.note("hint: git add data && git commit    (or next time: git fedlearn sync --commit)")
    return 1 if synced.batch.faults else 0


def _engine(name: str, *, explain: bool) -> Engine | None:
    """What reads in place of this machine; None for the embedded one."""
    kind, _, scheduler = name.partition("=")
    if name == "embedded":
        return None
    if kind != "dask":
        raise UsageError(f"{name}: no such engine", hint="--engine embedded, dask, or dask=tcp://HOST:8786")
    if explain:
        raise UsageError("--explain reads line by line on this machine", hint="leave out --engine")
    from git_fedlearn.learn.dask_engine import dask_extracts  # noqa: PLC0415  costs start-up time

    return partial(dask_extracts, scheduler or None)


def _explain(context: Context, verdict: ScoredEvent) -> None:
    outcome = verdict.outcome
    if isinstance(outcome, Skipped):
        what = f"not learned: {outcome.reason}" + (f" ({outcome.detail})" if outcome.detail else "")
    else:
        what = f"learned into {outcome}"
    context.say(f"{verdict.place}: {verdict.score.value:.3f}, {what}")
    for term in verdict.score.terms:
        context.say(f"    {term.contribution:.3f}  {term.name:<12} {term.why}")


def _say(context: Context, synced: Synced, request: SyncOptions) -> None:
    batch = synced.batch
    read = ", ".join(
        count(number, "event" if kind is SourceKind.TELEMETRY else "fine-tuning sample")
        for kind, number in sorted(batch.read.items(), key=lambda item: item[0].value, reverse=True)
    )
    context.say(f"read {read or 'nothing new'} from {count(synced.files, 'file')} in {request.source}")
    verb = "would learn" if request.dry_run else "learned"
    for joined in synced.joined:
        if joined.name not in batch.lessons and not joined.added:
            continue
        lessons = batch.counts[joined.name]
        tally = {"raised": len(joined.raised), "updated": len(joined.changed) - len(joined.raised)}
        known = "".join(f", {number} {what}" for what, number in tally.items() if number)
        context.say(f"  {verb} {len(joined.added):>4}  {joined.name} (of {count(lessons, 'lesson')}{known})")
    for reason, number in sorted(batch.skipped.items(), key=lambda item: (-item[1], item[0])):
        context.say(f"  skipped {number:>4}  {reason}")
    if batch.redacted:
        context.say(f"  {kinds(batch.redacted).removeprefix('; ')}")
    if batch.waiting and not request.dry_run:
        context.note("hint: git fedlearn review    (samples that may hold something private wait for you)")
    if synced.snapshot:
        context.say(f"  snapshot {synced.snapshot.name} ({synced.snapshot.parent.name})")
    for fault in batch.faults[:MAX_REPORTED_FAULTS]:
        shown = f": {fault.start}" if fault.start else ""
        context.complain(f"error: {fault.place}: {fault.reason}{shown}")
        if fault.hint:
            context.complain(f"hint: {fault.hint}")
    if batch.unreadable > MAX_REPORTED_FAULTS:
        context.complain(
            f"error: {batch.unreadable - MAX_REPORTED_FAULTS} more lines or files could not be read"
        )


def _to_json(synced: Synced) -> dict[str, Json]:
    batch = synced.batch
    return {
        "files": synced.files,
        "read": {kind.value: number for kind, number in batch.read.items()},
        "sets": [
            {
                "set": joined.name,
                "lessons": batch.counts[joined.name],
                "added": [*joined.added],
                "changed": [*joined.changed],
            }
            for joined in synced.joined
        ],
        "skipped": dict(batch.skipped),
        "redacted": dict(batch.redacted),
        "faults": [
            {"place": fault.place, "reason": fault.reason, "start": fault.start} for fault in batch.faults
        ],
        "unreadable": batch.unreadable,
        "commit": synced.commit,
    }
