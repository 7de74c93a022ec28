"""Telemetry snapshots: the last events that were worth learning, written by this system alone."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from git_fedlearn.core.record_set import join_into, parse_record_set, split_lines
from git_fedlearn.learn.event_times import end_of, event_time
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.snapshot_files import LATEST, held, point_latest, prune


def snapshot_folder(top: Path, system: str) -> Path:
    """Where a system keeps its telemetry snapshots; no other system writes there."""
    return top / "data" / "telemetry" / "snapshots" / system


def dated(folder: Path) -> list[Path]:
    """The snapshots in a folder that hold something, oldest first."""
    return held(sorted(path for path in folder.glob("*.jsonl") if path.name != LATEST))


def write_snapshot(
    folder: Path, events: Iterable[tuple[str, bytes]], today: date, keep: tuple[int, int]
) -> Path:
    """Write the snapshot of a day: the newest events of the last snapshot and these, lines of records.

    `keep` is how many events a snapshot holds and how many snapshots stay. The caller holds the lock.
    """
    most, snapshots = keep
    older = dated(folder)
    known = [(_time_of(line), line) for line in split_lines(read_file(older[-1]))] if older else []
    latest = end_of(today)
    made = list(events)
    newest = sorted({(min(time, latest), line) for time, line in (*known, *made)})[-most:]
    kept, here = {line for _, line in newest}, {line for _, line in made}
    path = folder / f"{today.isoformat()}.jsonl"
    write_file(path, join_into([], kept - here, kept & here).format())
    prune(dated(folder), snapshots)
    refresh_latest(folder)
    return path


def refresh_latest(folder: Path) -> None:
    """Make `latest.jsonl` the newest snapshot of a folder, if it has one."""
    newest = dated(folder)
    if newest:
        point_latest(newest[-1])


def _time_of(line: bytes) -> str:
    for parsed in parse_record_set(line):
        when = event_time(parsed.record.fields) if parsed.record else None
        return when.isoformat() if when else ""
    return ""
