"""Outcomes on disk: one file per system under data/outcomes/, joined on read.

The counters of this clone are also kept in its local state, so two branches or worktrees that count in
turn never use the same number twice, and the larger one is always the sum.
"""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import OUTCOMES
from git_fedlearn.core.outcomes import Note, Outcome, join_outcomes, read_outcome_lines
from git_fedlearn.core.record import SYSTEM_ID, claimed_id
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import OWN_OUTCOMES
from git_fedlearn.repository.trees import matching_files


class UseResult(NamedTuple):
    """Whether a lesson worked; `note` is sanitized (see `record_fields.clean_note`) and may be empty."""

    worked: bool
    note: str = ""


class Counted(NamedTuple):
    """The new counters of this system, and the file that was written."""

    outcomes: list[Outcome]
    path: Path


def outcomes_path(top: Path, system: str) -> Path:
    """The file of a system; no other system writes it."""
    return top / OUTCOMES / f"{system}.jsonl"


def read_outcomes(
    repository: Repository, wanted: Collection[RecordId] | None = None
) -> dict[RecordId, dict[str, Outcome]]:
    """The outcomes of all systems by record and system, for the `wanted` records or for all (None).

    Invalid lines and files are skipped: `verify` reports them.
    """
    found: dict[RecordId, dict[str, Outcome]] = {}
    for path, data in matching_files(repository, f"{OUTCOMES}/*.jsonl"):
        if not SYSTEM_ID.fullmatch(path.stem):
            continue
        if wanted is not None:
            data = b"\n".join(line for line in data.split(b"\n") if claimed_id(line) in wanted)  # noqa: PLW2901  fewer lines
        for identifier, outcome in read_outcome_lines(data)[0].items():
            found.setdefault(identifier, {})[path.stem] = outcome
    return found


def read_own_outcomes(repository: Repository) -> bytes:
    """The counters of this system, from any branch or worktree of this clone."""
    path = _own(repository)
    tracked = read_file(path) or repository.sparse.read(repository.relative(path))
    return join_outcomes(tracked, read_file(repository.state.path(OWN_OUTCOMES)))


def write_own_outcomes(repository: Repository, data: bytes) -> Path:
    """Write the counters of this system; the caller holds the lock.

    The copy in the local state is written first, so a crash in between loses no count.
    """
    path = _own(repository)
    for folder in (path.parent, path.parent.parent):
        if folder.is_symlink():
            raise FedlearnError(f"{folder}: a symlink in place of a directory", hint="move it away")
    write_file(repository.state.path(OWN_OUTCOMES), data)
    write_file(path, data)
    return path


def count_outcomes(
    repository: Repository, ids: Sequence[RecordId], verdict: UseResult, today: date
) -> Counted:
    """Count one outcome of each lesson; the caller holds the lock and has checked that the lessons exist."""
    data = read_own_outcomes(repository)
    known, _ = read_outcome_lines(data)
    note = Note(today.isoformat(), verdict.note, verdict.worked) if verdict.note else None
    counted = [
        known.get(one, Outcome(one)).counted(worked=verdict.worked, note=note) for one in dict.fromkeys(ids)
    ]
    lines = b"".join(outcome.line + b"\n" for outcome in counted)
    return Counted(counted, write_own_outcomes(repository, join_outcomes(data, lines)))


def _own(repository: Repository) -> Path:
    return outcomes_path(repository.top, repository.system())
