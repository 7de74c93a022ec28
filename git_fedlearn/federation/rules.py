"""What one peer may do: verdicts on its lines that depend on who it is and on what we hold.

Outcomes that peers bring: counters of other systems, joined with ours by the larger of each.

A peer may bring what another system counted, as a hub does, but never what this system counted. What it can
do with invented counts is bounded where they are read: no system moves a score by more than its share.

Files that one system alone writes, brought by a peer: taken whole or not at all, never changed or deleted.

A file that we hold is left as it is: only its system rewrites it. Of dated files only those newer than the
newest that we hold are taken, or what a system has pruned would come back from every other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.canonical import InvalidJsonError, Json, parse_value
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FileKind, kind_of, owner_of
from git_fedlearn.core.outcomes import NotAnOutcomeError, Outcome, join_outcomes, parse_outcome
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.check import Checked, Checker, Reason, reads_like_instructions, reason_of
from git_fedlearn.federation.land import HeadSet
from git_fedlearn.federation.peers import TrustLevel

MASS: Final = 20
"""So many retractions by one peer at once are too many when they are also more than this share of the set."""
MASS_SHARE: Final = 0.1
MAX_GENERATION_STEP: Final = 1000
"""A record may be so many generations ahead of ours; a peer that claims more wants to win for ever."""


@dataclass(slots=True)
class Ruling:
    """The lines of one peer for one set: accepted, and kept back with a reason."""

    accepted: list[Checked] = field(default_factory=list)
    kept_back: list[tuple[bytes, Reason]] = field(default_factory=list)


def rule(
    lines: Iterable[tuple[bytes, Checked]], head: HeadSet, trust: TrustLevel, introduced: set[RecordId]
) -> Ruling:
    """Decide on checked lines; `introduced` are ids that this peer brought here first."""
    ruling = Ruling()
    passed: list[tuple[bytes, Checked]] = []
    for line, checked in sorted(lines):
        if checked.reason:
            ruling.kept_back.append((line, checked.reason))
        else:
            passed.append((line, checked))
    held = head.generations({c.id for _, c in passed if c.id and (c.is_tombstone or c.gen)})
    for line, checked in passed:
        may_rule = trust is TrustLevel.FULL or checked.id in introduced
        reason = _reason(checked, held, may_rule=may_rule)
        if reason:
            ruling.kept_back.append((line, reason))
        else:
            ruling.accepted.append(checked)
    _refuse_mass(ruling, held, len(head.lines))
    return ruling


def _reason(checked: Checked, held: dict[RecordId, tuple[int, bool]], *, may_rule: bool) -> Reason | None:
    if not checked.id or not (checked.is_tombstone or checked.gen):
        return None
    gen, is_tombstone = held.get(checked.id, (0, False))
    if checked.gen > gen + MAX_GENERATION_STEP:
        return Reason.GENERATION
    if may_rule:
        return None
    if checked.is_tombstone:
        return None if is_tombstone and checked.gen <= gen else Reason.RETRACTION
    return Reason.RESTORATION if is_tombstone and checked.gen > gen else None


def _refuse_mass(ruling: Ruling, held: dict[RecordId, tuple[int, bool]], size: int) -> None:
    """Keep back all retractions when there are too many; what we hold retracted already does not count."""
    burying = [
        c for c in ruling.accepted if c.is_tombstone and not held.get(c.id or RecordId(""), (0, False))[1]
    ]
    if len(burying) <= MASS or len(burying) <= size * MASS_SHARE:
        return
    lines = {checked.line for checked in burying}
    ruling.accepted = [checked for checked in ruling.accepted if checked.line not in lines]
    ruling.kept_back += [(line, Reason.MASS_RETRACTION) for line in sorted(lines)]


MAX_OUTCOME_LINES: Final = 100_000
"""Lessons that one system can have outcomes of, as far as peers are believed."""


def merge_peer_outcomes(
    ours: bytes, offered: Iterable[bytes], checker: Checker
) -> tuple[bytes, Reason | None]:
    """Our version of a file joined with what peers offer, and why a line of theirs was left out, if any."""
    known = set(split_lines(ours))
    fresh = sorted({line for data in offered for line in split_lines(data)} - known)
    verdicts = {line: find_fault(line, checker) for line in fresh}
    sound = [line for line, reason in verdicts.items() if not reason]
    left_out = next((reason for reason in verdicts.values() if reason), None)
    room = max(MAX_OUTCOME_LINES - len(known), 0)
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


def newer_paths(offered: Iterable[str], held: Iterable[str], system: str) -> list[str]:
    """The offered paths of other systems that are newer than all we hold of the same kind."""
    newest: dict[str, str] = {}
    for path in held:
        if owner_of(path):
            newest[_series(path)] = max(newest.get(_series(path), ""), path)
    return [
        path
        for path in sorted(offered)
        if owner_of(path) not in (None, system) and path > newest.get(_series(path), "")
    ]


def lines_to_check(path: str, data: bytes) -> list[bytes]:
    """The lines of a file that must pass the check of records."""
    return [] if kind_of(path) is FileKind.METRICS else split_lines(data)


def find_reason(path: str, data: bytes, checked: Mapping[bytes, Checked], checker: Checker) -> Reason | None:
    """Why a file is not taken: the reason of its first line that has one."""
    if kind_of(path) is FileKind.METRICS:
        return _metrics_reason(data, checker)
    verdicts = (checked[line] for line in split_lines(data))
    return next((found.reason for found in verdicts if found.reason), None)


def _metrics_reason(data: bytes, checker: Checker) -> Reason | None:
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return Reason.NOT_A_RECORD
    return reason_of(checker.engine.scan(value)) if isinstance(value, dict) else Reason.NOT_A_RECORD


def _series(path: str) -> str:
    """What files of one kind share: the folder, and before a date the name of the collection."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('-20')[0] if folder.startswith('data/collections/') else ''}"
