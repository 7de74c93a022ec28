"""One run of `sync`: read new log lines, and join their lessons into the record sets.

The order of writes makes crashes harmless: records, pending lessons, snapshot, metrics, samples for review,
and last the checkpoints. The next run repeats an interrupted one, and the join makes repetition harmless.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import end_of, event_time
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import claimed_id
from git_fedlearn.core.record_set import join_into, split_lines
from git_fedlearn.learn.adopt import Adopted, adopt_sets
from git_fedlearn.learn.checkpoints import CheckpointStore
from git_fedlearn.learn.extracts import SCORER_KEY, Rules, ScoredEvent, Scorer
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.pending import read_pending, write_pending
from git_fedlearn.learn.pipeline import Batch, Engine, Pipeline, Watch
from git_fedlearn.learn.source_settings import sources_of
from git_fedlearn.learn.sources import Location
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.files import LATEST, held, point_latest, prune, read_file, write_file
from git_fedlearn.repository.inbox import DoubtfulSample, Inbox
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.record_sets import Joined, find_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import SOURCES, read_json, write_json
from git_fedlearn.repository.work_tree import SYSTEM_TRAILER, commit_data, refuse_unfinished
from git_fedlearn.repository.workers import cores
from git_fedlearn.statistics.metrics import write_month
from git_fedlearn.training.own_files import (
    RepairedFile,
    clear_retracted,
    remember_own_files,
    repair_own_files,
)


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """Options of a run. `full` reads everything again, `dry_run` writes nothing."""

    source: Location
    now: datetime
    full: bool = False
    dry_run: bool = False
    since: date | None = None
    """Events before this day are read, but not learned."""
    jobs: int | None = None
    """Worker processes; None for one per core, if there is enough work."""
    engine: Engine | None = None
    """Reads elsewhere; None for this machine."""
    explain: Callable[[ScoredEvent], None] | None = None
    """Called with each event and its verdict."""
    watch: Watch | None = None
    """Called with the progress of reading."""


@dataclass(slots=True)
class Synced:
    """The result of a run."""

    files: int = 0
    batch: Batch = field(default_factory=Batch)
    joined: list[Joined] = field(default_factory=list)
    snapshot: Path | None = None
    metrics: Path | None = None
    """The month file, if it was written."""
    adopted: Adopted | None = None
    """What became of whole events among the records."""
    folders: tuple[Location, ...] = ()
    """The folders of the files."""
    unread: tuple[str, ...] = ()
    """Logs in the source folder that nothing reads, because of their names."""
    repaired: list[RepairedFile] = field(default_factory=list)
    """Files of this system that others had changed."""
    commit: str | None = None
    """The commit, if one was requested and there were changes."""

    @property
    def learned(self) -> int:
        """The number of new records."""
        return sum(len(joined.added) for joined in self.joined)


def run_sync(repository: Repository, engine: PrivacyEngine, options: SyncOptions, *, commit: bool) -> Synced:
    """Run `sync` under the lock of the repository; with `commit`, commit the changes of data/."""
    does_commit = commit and not options.dry_run
    if does_commit:
        refuse_unfinished(repository)
    with repository.lock("sync"):
        synced = sync(repository, engine, options)
        if does_commit:
            synced.commit = commit_data(repository, _message(synced, repository.system()))
    return synced


def _message(synced: Synced, system: str) -> str:
    number = synced.learned
    subject = f"add {number} record{'' if number == 1 else 's'}" if number else "update records"
    sets = ", ".join(f"{len(joined.added)} {joined.name}" for joined in synced.joined if joined.added)
    return "\n\n".join(part for part in (f"sync: {subject}", sets, f"{SYSTEM_TRAILER}: {system}") if part)


def sync(repository: Repository, engine: PrivacyEngine, options: SyncOptions) -> Synced:
    """Learn from a source. The caller holds the lock. Raises SourceError if the source is missing."""
    sources = sources_of(repository, options.source)
    store = CheckpointStore(repository, options.source)
    checkpoints = {} if options.full else store.read()
    pipeline = pipeline_of(repository, engine, options)
    batch, reached = pipeline.run(sources, checkpoints)
    synced = Synced(len(sources.files), batch, folders=sources.folders, unread=sources.unread)
    if not options.dry_run:
        synced.adopted = adopt_sets(repository, pipeline.intake, options.now)
    lessons = _join_lessons(repository, synced, write=not options.dry_run)
    if options.dry_run:
        return synced
    synced.repaired = repair_own_files(repository, options.now.date())
    write_pending(repository, lessons)
    _write_own_files(repository, synced, options.now)
    if batch.waiting:
        Inbox(repository).add(batch.waiting)
    store.write(reached, checkpoints)
    _remember_yields(repository, batch, options.now)
    return synced


def _join_lessons(repository: Repository, synced: Synced, *, write: bool) -> dict[SetName, list[bytes]]:
    """Join what was read, and pending lessons that are missing. Returns what is pending then, by set."""
    sets, read = repository.sets, synced.batch.lessons
    pending, lessons = read_pending(repository, sets), dict[SetName, list[bytes]]()
    names = sets.names()
    if write:
        Ledger(repository).add(line for made in read.values() for line in made)
    for name in names:
        made, waiting = read.get(name, []), pending.get(name, [])
        present = set(sets.read_lines(name)) if waiting else ()
        missing = [line for line in waiting if line not in present]
        if made or missing:
            synced.joined.append(sets.join(name, missing, made=made, write=write))
        lessons[name] = sorted({*waiting, *made})
    return lessons


def _write_own_files(repository: Repository, synced: Synced, now: datetime) -> None:
    """Write the snapshot of the newest events, and the month file."""
    settings, batch = repository.settings, synced.batch
    folder = repository.top / "data" / "telemetry" / "snapshots" / repository.system()
    if batch.events:
        keep = (settings.telemetry_events, settings.telemetry_snapshots)
        synced.snapshot = write_snapshot(folder, batch.events, now.date(), keep)
    clear_retracted(repository)
    refresh_latest(folder)
    # A run that repeats an interrupted one changes no record, but the month file may be out of date.
    if any(batch.lessons.values()) or any(joined.added or joined.changed for joined in synced.joined):
        synced.metrics = write_month(repository, now)
    remember_own_files(repository, filter(None, (synced.snapshot, synced.metrics)))


def _remember_yields(repository: Repository, batch: Batch, now: datetime) -> None:
    """Store when each source had something to read, and how many lessons were in it."""
    if batch.yields:
        path = repository.state.path(SOURCES)
        at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        news: JsonObject = {name: {"at": at, "lessons": found} for name, found in batch.yields.items()}
        write_json(path, {**read_json(path), **news})


def pipeline_of(repository: Repository, engine: PrivacyEngine, options: SyncOptions) -> Pipeline:
    """How a run reads, judges and admits events. Raises SettingsError."""
    settings = repository.settings
    scorer = repository.git.find_config(SCORER_KEY)
    rules = Rules(
        weights=settings.weights,
        threshold=settings.minimum_score,
        since=options.since,
        snapshot=settings.telemetry_events,
        explain=options.explain,
        scorer=Scorer(scorer) if scorer else None,
    )
    return Pipeline(
        rules=rules,
        intake=Intake(engine, repository.system(), settings.record_bytes),
        today=options.now.date(),
        jobs=options.jobs or cores(),
        engine=options.engine,
        watch=options.watch,
        decided=Inbox(repository).decisions(DoubtfulSample),
    )


def write_snapshot(
    folder: Path, events: Iterable[tuple[str, bytes]], today: date, keep: tuple[int, int]
) -> Path:
    """Write the snapshot of a day: the newest of these events and of those in the last snapshot.

    Events are (time, record line); of several with the same lesson the last one counts. `keep` is the number
    of events in a snapshot, and of snapshots to keep.
    The caller holds the lock.
    """
    max_events, snapshots = keep
    older = _dated(folder)
    known = [(_time_of(line), line) for line in split_lines(read_file(older[-1]))] if older else []
    latest = end_of(today)
    added = list(events)
    by_time = sorted({(min(time, latest), line) for time, line in (*known, *added)})
    newest = sorted({claimed_id(line): (time, line) for time, line in by_time}.values())[-max_events:]
    kept, new = {line for _, line in newest}, {line for _, line in added}
    path = folder / f"{today.isoformat()}.jsonl"
    write_file(path, join_into([], kept - new, kept & new).format())
    prune(_dated(folder), snapshots)
    refresh_latest(folder)
    return path


def refresh_latest(folder: Path) -> None:
    """Point `latest.jsonl` to the newest snapshot in a folder, if there is one."""
    newest = _dated(folder)
    if newest:
        point_latest(newest[-1])


def _dated(folder: Path) -> list[Path]:
    """The snapshots in a folder that are not empty, oldest first."""
    return held(sorted(path for path in folder.glob("*.jsonl") if path.name != LATEST))


def _time_of(line: bytes) -> str:
    record = find_record(line)
    when = event_time(record.fields) if record else None
    return when.isoformat() if when else ""
