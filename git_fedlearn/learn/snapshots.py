"""Telemetry snapshots: the last events that were worth learning, written by this system alone."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from git_fedlearn.core.record_set import canonical_set, parse_record_set, split_lines
from git_fedlearn.errors import FedlearnError
from git_fedlearn.learn.batch import event_time
from git_fedlearn.repository.files import read_file, write_file

LATEST = "latest.jsonl"


def snapshot_folder(top: Path, system: str) -> Path:
    """Where a system keeps its telemetry snapshots; no other system writes there."""
    return top / "data" / "telemetry" / "snapshots" / system


def dated(folder: Path) -> list[Path]:
    """The snapshots in a folder, oldest first."""
    return sorted(path for path in folder.glob("*.jsonl") if path.name != LATEST) if folder.is_dir() else []


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
    for old in dated(folder)[:-snapshots]:
        old.unlink()
    point_latest(folder)
    return path


def point_latest(folder: Path) -> None:
    """Make `latest.jsonl` the newest snapshot: a symlink, or a copy where there are none. Git ignores it."""
    newest = dated(folder)
    latest = folder / LATEST
    if not newest or (latest.is_symlink() and latest.readlink() == Path(newest[-1].name)):
        return
    try:
        latest.unlink(missing_ok=True)
        latest.symlink_to(newest[-1].name)
    except OSError:
        try:
            latest.write_bytes(newest[-1].read_bytes())
        except OSError as error:
            raise FedlearnError(f"{os.fspath(latest)}: cannot be written: {error.strerror}") from error


def _time_of(line: bytes) -> str:
    for parsed in parse_record_set(line):
        when = event_time(parsed.record.fields) if parsed.record else None
        return when.isoformat() if when else ""
    return ""
