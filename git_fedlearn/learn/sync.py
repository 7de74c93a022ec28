"""`sync`: what the stack wrote since the last time, into the record sets.

Order matters for crashes: records first, then what is pending, the snapshot, what waits for review, and last
the checkpoints.
A run that dies in between is repeated by the next one, and the join makes repetition harmless.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.layout import SetName
from git_fedlearn.learn.batch import Batch
from git_fedlearn.learn.checkpoints import (
    Checkpoints,
    Mark,
    Start,
    make_mark,
    read_checkpoints,
    write_checkpoints,
)
from git_fedlearn.learn.clean_texts import RememberingEngine
from git_fedlearn.learn.extraction import Rules, Verdict
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.learning import Engine, Learning, Starts, Watch
from git_fedlearn.learn.metrics import write_month
from git_fedlearn.learn.pending import read_pending, write_pending
from git_fedlearn.learn.profiles import Profile, read_profiles
from git_fedlearn.learn.remote_files import RemotePath
from git_fedlearn.learn.scorers import KEY as SCORER
from git_fedlearn.learn.scorers import Scorer
from git_fedlearn.learn.snapshots import refresh_latest, snapshot_folder, write_snapshot
from git_fedlearn.learn.sources import SourceFile, find_sources
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.inbox import Inbox
from git_fedlearn.repository.record_sets import Joined, RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.workers import cores

Location = Path | RemotePath
"""Where a source lies."""


@dataclass(frozen=True, slots=True)
class Request:
    """One run: `full` reads everything again, `dry_run` writes nothing."""

    source: Location
    now: datetime
    full: bool = False
    dry_run: bool = False
    since: date | None = None
    """Lessons of events before this day are not learned, and count as read."""
    jobs: int | None = None
    """How many processes read and sanitize; None for one on each core, where there is enough to do."""
    engine: Engine | None = None
    """Reads somewhere else."""
    explain: Callable[[Verdict], None] | None = None
    """Is told what became of each event."""
    watch: Watch | None = None
    """Is told how far the reading is."""


@dataclass(slots=True)
class Synced:
    """What a run read, learned and left."""

    files: int = 0
    batch: Batch = field(default_factory=Batch)
    joined: list[Joined] = field(default_factory=list)
    snapshot: Path | None = None
    metrics: Path | None = None
    """The files of this system that were written."""

    @property
    def learned(self) -> int:
        """How many records are new."""
        return sum(len(joined.added) for joined in self.joined)


def sync(repository: Repository, engine: PrivacyEngine, request: Request) -> Synced:
    """Learn from a source folder. The caller holds the lock. Raises SourceError when there is none."""
    settings = repository.settings
    sources = find_sources(request.source, _profiles(repository, request.source))
    checkpoints = {} if request.full else read_checkpoints(_checkpoint_file(repository, request.source))
    learning = Learning(
        rules=_rules(repository, request),
        intake=Intake(RememberingEngine(engine), repository.system(), settings.record_bytes),
        today=request.now.date(),
        jobs=request.jobs or cores(),
        engine=request.engine,
        watch=request.watch,
        decided=Inbox(repository).sample_decisions(),
    )
    batch, reached = learning.learn(sources, checkpoints)
    synced = Synced(len(sources.files), batch)
    sets = RecordSets(repository.top, settings.record_set_bytes)
    pending = read_pending(repository, sets)
    lessons: dict[SetName, list[bytes]] = {}
    for name in sets.names():
        made, waiting = batch.lessons.get(name, []), pending.get(name, [])
        lacking = _lacking(sets, name, waiting)
        if made or lacking:
            synced.joined.append(sets.join(name, lacking, made=made, write=not request.dry_run))
        lessons[name] = sorted({*waiting, *made})
    if request.dry_run:
        return synced
    write_pending(repository, lessons, sets.names())
    _write_snapshot(repository, synced, request.now.date())
    if _may_have_learned(synced):
        synced.metrics = write_month(repository, request.now)
    Inbox(repository).add_samples(batch.waiting)
    _write_checkpoints(repository, request.source, reached, checkpoints)
    return synced


def _may_have_learned(synced: Synced) -> bool:
    """Whether the metrics of the month may differ: a run that repeats one that died changes no record."""
    changed = any(joined.added or joined.changed for joined in synced.joined)
    return changed or any(synced.batch.lessons.values())


def _lacking(sets: RecordSets, name: SetName, pending: list[bytes]) -> list[bytes]:
    """The pending lines that a set lacks."""
    held = set(sets.read_lines(name)) if pending else ()
    return [line for line in pending if line not in held]


def _rules(repository: Repository, request: Request) -> Rules:
    settings = repository.settings
    scorer = repository.git.find_config(SCORER)
    return Rules(
        weights=settings.weights,
        threshold=settings.minimum_score,
        since=request.since,
        snapshot=settings.telemetry_events,
        explain=request.explain,
        scorer=Scorer(scorer) if scorer else None,
    )


def _write_snapshot(repository: Repository, synced: Synced, today: date) -> None:
    settings = repository.settings
    folder = snapshot_folder(repository.top, repository.system())
    if synced.batch.events:
        keep = (settings.telemetry_events, settings.telemetry_snapshots)
        synced.snapshot = write_snapshot(folder, synced.batch.events, today, keep)
    refresh_latest(folder)


def _profiles(repository: Repository, source: Location) -> dict[Profile, Path]:
    """The profiles of the settings, each with its folder: the source, or what local git config says."""
    folders: dict[Profile, Path] = {}
    for profile in read_profiles(repository.top):
        own = repository.git.find_config(f"fedlearn.source.{profile.name}")
        home = repository.environment.get("HOME", "~")
        named = home + own[1:] if own and own.startswith("~/") else own
        if named:
            folders[profile] = repository.top / named
        elif isinstance(source, Path):
            folders[profile] = source
    return folders


def _write_checkpoints(repository: Repository, source: Location, reached: Starts, known: Checkpoints) -> None:
    marks: dict[str, Mark] = {}
    for file, start in reached.items():
        mark = _mark(file, start, known)
        if mark:
            marks[file.name] = mark
    path = _checkpoint_file(repository, source)
    if marks != dict(read_checkpoints(path)):
        write_checkpoints(path, marks)


def _mark(file: SourceFile, start: Start | None, known: Checkpoints) -> Mark | None:
    try:
        return make_mark(file, start, known) if start and start.offset else None
    except OSError:
        return None


def _checkpoint_file(repository: Repository, source: Location) -> Path:
    """One for each source folder and worktree: what one branch has learned another may not have."""
    place = source.resolve() if isinstance(source, Path) else source
    name = xxh3_64_hexdigest(os.fsencode(f"{place}\0{repository.top}"))
    return repository.state / "checkpoints" / f"{name}.json"
