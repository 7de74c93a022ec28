"""`git fedlearn sync`: learn from the logs of an AI stack."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime

import click

from git_fedlearn.console.context import Context
from git_fedlearn.console.installation import restore_hooks
from git_fedlearn.console.older_layout import say_adopted
from git_fedlearn.console.progress import reading_bar
from git_fedlearn.console.reading import LOG_PATTERN, say_skipped, say_unreadable, unused_to_json
from git_fedlearn.console.repeats import print_repeats, repeats_to_json
from git_fedlearn.console.usage import ANSWER_AS_JSON
from git_fedlearn.console.words import count, note_size, redactions, say_folds, updates, what_is_new
from git_fedlearn.core.folding import find_folds
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import MAX_HEADLINE_LENGTH, claimed_id, printable
from git_fedlearn.core.scoring import Skipped
from git_fedlearn.core.weights import Weights
from git_fedlearn.errors import UsageError
from git_fedlearn.learn.explanation import find_unreachable, group_by_verdict
from git_fedlearn.learn.extracts import Chunk, Extract, ScoredEvent
from git_fedlearn.learn.pipeline import Engine
from git_fedlearn.learn.repeats import RepeatedLesson, find_repeats
from git_fedlearn.learn.sources import DEFAULT_SOURCE, SourceKind, choose_source
from git_fedlearn.learn.sync import Synced, SyncOptions, run_sync
from git_fedlearn.repository.repository import Repository
from git_fedlearn.training.own_files import RepairedFile

CLUSTER_PAYS_BYTES = 10**9
"""New lines from which on a cluster with four times our cores is faster: see docs/sources.md."""
MAX_REPORTED_FILES = 5
MAX_NAMED_CHARACTERS = 400
"""Characters of an event's name that are redacted before it is shortened."""


@click.command("sync", short_help="Learn from your AI stack's logs.")
@click.option("--source", metavar="DIR|URL", help=f"Folder with the logs (default: {DEFAULT_SOURCE}).")
@click.option("--commit", "do_commit", is_flag=True, help="Commit the new records.")
@click.option("--dry-run", is_flag=True, help="Show what would be learned, write nothing.")
@click.option("--full", is_flag=True, help="Read all log lines again, not only new ones.")
@click.option(
    "--since",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only learn from events of this day (YYYY-MM-DD, UTC) or later.",
)
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Worker processes (default: one per core).")
@click.option(
    "--engine",
    metavar="NAME",
    default="embedded",
    help="Where to read: embedded (default), or dask[=SCHEDULER] for a cluster.",
)
@click.option("--explain", is_flag=True, help="Show each event with its verdict and score.")
@ANSWER_AS_JSON
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
) -> int:
    """Read telemetry and fine-tuning data, score it, and add the lessons in it to the record sets.

    Secrets and personal data are redacted before anything is written. sync reads only lines that are new
    since its last run. Run it as often as you like: known lessons are not added twice.

    Without --source, the folder is $AI_STACK_DATA, else git config fedlearn.source, which timers use, too.
    """
    repository = context.data_repository
    explanation: list[ScoredEvent] = []
    request = SyncOptions(
        choose_source(repository, context.directory, source),
        context.now(),
        full=full,
        dry_run=dry_run,
        since=since.date() if since else None,
        jobs=jobs,
        engine=_engine(context, engine, explain=explain),
        explain=explanation.append if explain else None,
    )
    restore_hooks(context, repository, dry_run=dry_run)
    with nullcontext() if explain else reading_bar(context) as watch:
        synced = run_sync(repository, context.privacy, replace(request, watch=watch), commit=do_commit)
    repeats = _find_repeats(repository, synced, dry_run=dry_run)
    if context.is_json:
        weights = repository.settings.weights
        explained = _explained(context, explanation, weights) if explain else {}
        context.say_json("sync/v1", {**_to_json(synced, repeats), **explained})
    else:
        if explain:
            _explain(context, explanation, repository.settings.weights)
        _say(context, synced, request)
        for name, found in repeats.items():
            print_repeats(context, name, found)
            note_size(context, repository.sets, name)
    return 1 if synced.batch.faults else 0


def _find_repeats(
    repository: Repository, synced: Synced, *, dry_run: bool
) -> dict[SetName, list[RepeatedLesson]]:
    """The new lessons of each set that an older one says the same as; none of a dry run."""
    fresh = {identifier for joined in synced.joined for identifier in joined.added}
    return {
        joined.name: [] if dry_run else find_repeats(repository, joined.name, joined.added, fresh)
        for joined in synced.joined
    }


def _engine(context: Context, name: str, *, explain: bool) -> Engine | None:
    """The engine with this name; None for the embedded one."""
    kind, _, scheduler = name.partition("=")
    if name == "embedded":
        return None
    if kind != "dask":
        raise UsageError(f"{name}: unknown engine", hint="--engine embedded, dask or dask=tcp://HOST:8786")
    if explain:
        raise UsageError(
            f"--explain and --engine {name} cannot be used together", hint="git fedlearn sync --explain"
        )
    from git_fedlearn.learn.dask_engine import dask_extracts  # noqa: PLC0415  costs start-up time

    def engine(
        extract: Callable[[Chunk], Extract], chunks: Sequence[Chunk], was_read: Callable[[Chunk], None]
    ) -> Iterator[Extract]:
        size = sum(chunk.size for chunk in chunks)
        if size < CLUSTER_PAYS_BYTES:
            pays = f"{CLUSTER_PAYS_BYTES // 10**9} GB"
            context.note(
                f"note: a cluster pays from {pays} of new lines on; this is {size / 10**6:,.1f} MB\n"
                "hint: git fedlearn sync    (without --engine)"
            )
        return dask_extracts(scheduler or None, extract, chunks, was_read)

    return engine


def _explain(context: Context, explanation: list[ScoredEvent], weights: Weights) -> None:
    for verdict, events in group_by_verdict(explanation):
        context.say(f"{verdict} ({len(events)})")
        for event in events:
            score = f"{event.score.value:.3f}, " if event.score.terms else ""
            detail = event.outcome.detail if isinstance(event.outcome, Skipped) else ""
            name = _headline(context, event)
            context.say(f"{event.path}:{event.line}: {score}{detail or verdict}{f': {name}' if name else ''}")
            for term in event.score.terms:
                context.say(f"    {term.contribution:.3f}  {term.name:<12} {term.why}")
        context.say("")
    for path, missing, most in find_unreachable(explanation, weights):
        context.say(f"{path}: no event says anything about {missing}, so none can score above {most:g}")


def _headline(context: Context, event: ScoredEvent) -> str:
    """The name of an event in one redacted line."""
    text = printable(str(context.privacy.sanitize(event.headline[:MAX_NAMED_CHARACTERS]).value))
    return text if len(text) <= MAX_HEADLINE_LENGTH else f"{text[: MAX_HEADLINE_LENGTH - 1]}…"


def _explained(context: Context, explanation: list[ScoredEvent], weights: Weights) -> dict[str, object]:
    events = [
        {
            "path": event.path,
            "line": event.line,
            "headline": _headline(context, event),
            "set": None if isinstance(event.outcome, Skipped) else event.outcome,
            "reason": event.outcome.reason if isinstance(event.outcome, Skipped) else None,
            "score": event.score.value if event.score.terms else None,
            "terms": [
                {"name": term.name, "contribution": term.contribution, "why": term.why}
                for term in event.score.terms
            ],
        }
        for event in explanation
    ]
    groups = [{"verdict": verdict, "events": len(found)} for verdict, found in group_by_verdict(explanation)]
    unreachable = [
        {"path": path, "term": term, "highest": highest}
        for path, term, highest in find_unreachable(explanation, weights)
    ]
    return {"events": events, "groups": groups, "unreachable": unreachable}


def _say(context: Context, synced: Synced, request: SyncOptions) -> None:
    batch = synced.batch
    read = ", ".join(
        count(number, "event" if kind is SourceKind.TELEMETRY else "fine-tuning sample")
        for kind, number in sorted(batch.read.items(), key=lambda item: item[0].value, reverse=True)
    )
    folders = ", ".join(map(str, synced.folders or [request.source]))
    if read:
        context.say(f"read {read} from {count(synced.files, 'file')} in {folders}")
    elif synced.files:
        context.say(f"read {count(synced.files, 'file')} in {folders}: nothing new")
    else:
        context.say(f"no logs found in {folders} (looked for {LOG_PATTERN})")
    _say_sets(context, synced)
    say_skipped(context, batch, synced.unread)
    _warn_of_repairs(context, synced.repaired)
    for warning in batch.warnings:
        context.warn(warning)
    if batch.redacted:
        context.say(f"  {redactions(batch.redacted)}")
    if batch.waiting and not request.dry_run:
        context.note("hint: git fedlearn review    (samples that may contain private data)")
    if request.dry_run:
        context.note("dry run: nothing was written")
    say_unreadable(context, batch)
    if synced.commit:
        context.say(f"committed {synced.commit[:12]}")
    elif synced.learned and not request.dry_run:
        context.note("hint: git add data && git commit    (or next time: git fedlearn sync --commit)")


def _warn_of_repairs(context: Context, repaired: list[RepairedFile]) -> None:
    for file in repaired[:MAX_REPORTED_FILES]:
        found = {"of others removed": file.removed, "of ours put back": file.returned}
        what = ", ".join(f"{count(number, 'line')} {what}" for what, number in found.items() if number)
        context.warn(f"{file.path}: only this system writes it; {what}")
    if len(repaired) > MAX_REPORTED_FILES:
        context.warn(f"and {count(len(repaired) - MAX_REPORTED_FILES, 'more file')} of this system")


def _say_sets(context: Context, synced: Synced) -> None:
    if synced.adopted and synced.adopted.done:
        say_adopted(context, synced.adopted)
    for joined in synced.joined:
        lessons = synced.batch.lessons.get(joined.name, [])
        if lessons or joined.added:
            news = {"new": len(joined.added), **updates(len(joined.raised), len(joined.changed))}
            found = {claimed_id(line) for line in lessons}
            known = len(found.difference(joined.added, joined.changed))
            context.say(f"  {joined.name}: {what_is_new(news, known)}")
            say_folds(context, find_folds(lessons))


def _to_json(synced: Synced, repeats: Mapping[SetName, Sequence[RepeatedLesson]]) -> dict[str, object]:
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
                "folds": find_folds(batch.lessons.get(joined.name, [])).to_json(),
                "near_duplicates": repeats_to_json(repeats[joined.name]),
            }
            for joined in synced.joined
        ],
        **unused_to_json(batch),
        "repaired": [file._asdict() for file in synced.repaired],
        "commit": synced.commit,
    }
