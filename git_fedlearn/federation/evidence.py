"""Outcomes that peers bring: counters of other systems, joined with ours by the larger of each.

A peer may bring what another system counted, as a hub does, but never what this system counted. What it can
do with invented counts is bounded where they are read: no system moves a score by more than its share.
"""

from collections.abc import Iterable
from typing import Final

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.outcomes import NotAnOutcomeError, Outcome, join_outcomes, parse_outcome
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.checking import Checker, reason_of
from git_fedlearn.federation.injection import reads_like_instructions
from git_fedlearn.federation.reasons import Reason

MOST_LINES: Final = 100_000
"""Lessons that one system can have outcomes of, as far as peers are believed."""


def join_evidence(ours: bytes, offered: Iterable[bytes], checker: Checker) -> tuple[bytes, Reason | None]:
    """Our version of a file joined with what peers offer, and why a line of theirs was left out, if any."""
    known = set(split_lines(ours))
    fresh = sorted({line for data in offered for line in split_lines(data)} - known)
    verdicts = {line: find_fault(line, checker) for line in fresh}
    sound = [line for line, reason in verdicts.items() if not reason]
    left_out = next((reason for reason in verdicts.values() if reason), None)
    room = max(MOST_LINES - len(known), 0)
    if len(sound) > room:
        left_out = left_out or Reason.TOO_MANY
    return join_outcomes(ours, b"\n".join(sound[:room])), left_out


def find_fault(line: bytes, checker: Checker) -> Reason | None:
    """Why a line is not taken."""
    if len(line) > checker.record_bytes:
        return Reason.TOO_LARGE
    try:
        outcome = parse_outcome(line)
    except NotAnOutcomeError:
        return Reason.NOT_A_RECORD
    if any(checker.is_later(note.at) for note in outcome.notes):
        return Reason.FUTURE
    return _fault_of_texts(outcome, checker)


def _fault_of_texts(outcome: Outcome, checker: Checker) -> Reason | None:
    said: list[Json] = [note.text for note in outcome.notes]
    for key, value in outcome.rest:
        said += [key, value.decode("utf-8", "replace")]
    reason = reason_of(checker.engine.scan(said)) if said else None
    if reason or not checker.quarantine_injection:
        return reason
    return Reason.INJECTION if reads_like_instructions(outcome.line, {"said": said}) else None
