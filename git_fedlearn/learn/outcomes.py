"""Counting what became of lessons: `git fedlearn outcome`, the Python API and the MCP server."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.outcomes import LONGEST_NOTE, Note, Outcome, join_outcomes, read_outcome_lines
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields
from git_fedlearn.repository.outcomes import read_own_outcomes, write_own_outcomes
from git_fedlearn.repository.repository import Repository


class Verdict(NamedTuple):
    """How a lesson did: `note` is clean (see `clean_note`) and may be empty."""

    worked: bool
    note: str = ""


class Counted(NamedTuple):
    """The counters of this system of the lessons after a count, and the file that was written."""

    outcomes: list[Outcome]
    path: Path


def count_outcomes(repository: Repository, ids: Sequence[RecordId], verdict: Verdict, today: date) -> Counted:
    """Count one outcome of each lesson; the caller holds the lock and knows that the lessons exist."""
    data = read_own_outcomes(repository)
    known, _ = read_outcome_lines(data)
    note = Note(today.isoformat(), verdict.note, verdict.worked) if verdict.note else None
    counted = [
        known.get(one, Outcome(one)).counted(worked=verdict.worked, note=note) for one in dict.fromkeys(ids)
    ]
    lines = b"".join(outcome.line + b"\n" for outcome in counted)
    return Counted(counted, write_own_outcomes(repository, join_outcomes(data, lines)))


def clean_note(engine: PrivacyEngine, note: str) -> tuple[str, Counter[str]]:
    """A note as it may be kept: one line, without private data; and the kinds that were redacted.

    Raises UsageError for one that is too long.
    """
    line = " ".join(note.split())
    fields, redacted = sanitize_fields(engine, {"note": line}) if line else ({"note": ""}, Counter[str]())
    clean = str(fields["note"])
    if len(clean) > LONGEST_NOTE:
        raise UsageError(f"the note is longer than {LONGEST_NOTE} characters", hint="say it shorter")
    return clean, redacted
