"""Telemetry snapshots: the last events that were worth learning, written by this system alone."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from git_fedlearn.core.record_set import canonical_set, parse_record_set, split_lines
from git_fedlearn.learn.event_times import event_time
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
    """Write the snapshot of a day: the newest events of the last snapshot and these.

    `keep` is how many events a snapshot holds and how many snapshots stay. The caller holds the lock.
    """
    most, snapshots = keep
    older = dated(folder)
    known = [(_time_of(line), line) for line in split_lines(read_file(older[-1]))] if older else []
    latest = f"{today.isoformat()}T24"  # a clock that ran ahead must not keep its events in front for ever
    newest = sorted({(min(time, latest), line) for time, line in (*known, *events)})[-most:]
    path = folder / f"{today.isoformat()}.jsonl"
    write_file(path, canonical_set(b"\n".join(line for _, line in newest)))
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
