"""What one peer may change here: verdicts that depend on who sent a line and on what this clone has.

Lines of record sets: a peer may retract or restore only what it introduced, unless it has full trust, and
never many records at once.

Outcomes: a peer may bring what other systems counted, as a hub does, but never what this system counted.
Versions are merged by the larger of each counter. Invented counts do limited harm, as no system moves a score
by more than its share.

Other files of single systems: taken whole or not at all, never changed or deleted. A file that exists here
stays: only its system rewrites it. Of dated files only those newer than the newest one here are taken, or
files that a system has pruned would return from every other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.canonical import InvalidJsonError, Json, parse_value
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FileKind, kind_of, owner_of
from git_fedlearn.core.outcomes import NotAnOutcomeError, join_outcomes, parse_outcome
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.check import Checked, Checker, Reason, reads_like_instructions, reason_of
from git_fedlearn.federation.land import HeadSet
from git_fedlearn.federation.peers import TrustLevel

MAX_RETRACTIONS: Final = 20
"""New retractions that a peer may always make in one run."""
MAX_RETRACTED_SHARE: Final = 0.1
"""The share of a set that a peer may retract in one run, if that is more."""
MAX_GENERATION_STEP: Final = 1000
"""Generations that a record may be ahead of ours; a peer that claims more wants to win forever."""
MAX_OUTCOME_LINES: Final = 100_000
"""Lessons of which a peer may bring outcomes of one system."""


@dataclass(slots=True)
class Ruling:
    """The verdict on the lines of one peer for one set; quarantined ones have a reason."""

    accepted: list[Checked] = field(default_factory=list)
    quarantined: list[tuple[bytes, Reason]] = field(default_factory=list)


def apply_rules(
    lines: Iterable[tuple[bytes, Checked]], head: HeadSet, trust: TrustLevel, introduced: set[RecordId]
) -> Ruling:
    """Decide on checked lines; `introduced` are ids that this peer brought here first."""
    ruling = Ruling()
    passed: list[tuple[bytes, Checked]] = []
    for line, checked in sorted(lines):
        if checked.reason:
            ruling.quarantined.append((line, checked.reason))
        else:
            passed.append((line, checked))
    ids = {c.id for _, c in passed if c.id and (c.is_tombstone or c.gen)}
    ours = head.generations(ids) if ids else {}
    for line, checked in passed:
        may_rule = trust is TrustLevel.FULL or checked.id in introduced
        reason = _reason(checked, ours, may_rule=may_rule)
        if reason:
            ruling.quarantined.append((line, reason))
        else:
            ruling.accepted.append(checked)
    _refuse_mass(ruling, ours, len(head.lines))
    return ruling


def _reason(checked: Checked, ours: dict[RecordId, tuple[int, bool]], *, may_rule: bool) -> Reason | None:
    if not checked.id or not (checked.is_tombstone or checked.gen):
        return None
    gen, is_tombstone = ours.get(checked.id, (0, False))
    if checked.gen > gen + MAX_GENERATION_STEP:
        return Reason.GENERATION
    if may_rule:
        return None
    if checked.is_tombstone:
        return None if is_tombstone and checked.gen <= gen else Reason.RETRACTION
    return Reason.RESTORATION if is_tombstone and checked.gen > gen else None


def _refuse_mass(ruling: Ruling, ours: dict[RecordId, tuple[int, bool]], size: int) -> None:
    """Quarantine all retractions if there are too many; those of records retracted here do not count."""
    retractions = [
        c for c in ruling.accepted if c.is_tombstone and not ours.get(c.id or RecordId(""), (0, False))[1]
    ]
    if len(retractions) <= MAX_RETRACTIONS or len(retractions) <= size * MAX_RETRACTED_SHARE:
        return
    lines = {checked.line for checked in retractions}
    ruling.accepted = [checked for checked in ruling.accepted if checked.line not in lines]
    ruling.quarantined += [(line, Reason.MASS_RETRACTION) for line in sorted(lines)]


def merge_peer_outcomes(
    ours: bytes, offered: Iterable[bytes], checker: Checker
) -> tuple[bytes, Reason | None]:
    """Our version of a file merged with those of peers, and why a line was skipped, if any was."""
    known = set(split_lines(ours))
    fresh = sorted({line for data in offered for line in split_lines(data)} - known)
    verdicts = {line: _outcome_reason(line, checker) for line in fresh}
    sound = [line for line, reason in verdicts.items() if not reason]
    skipped = next((reason for reason in verdicts.values() if reason), None)
    room = max(MAX_OUTCOME_LINES - len(known), 0)
    if len(sound) > room:
        skipped = skipped or Reason.TOO_MANY
    return join_outcomes(ours, b"\n".join(sound[:room])), skipped


def _outcome_reason(line: bytes, checker: Checker) -> Reason | None:
    if len(line) > checker.record_bytes:
        return Reason.TOO_LARGE
    try:
        outcome = parse_outcome(line)
    except NotAnOutcomeError:
        return Reason.NOT_A_RECORD
    if any(checker.is_later(note.at) for note in outcome.notes):
        return Reason.FUTURE
    texts: list[Json] = [note.text for note in outcome.notes]
    for key, value in outcome.rest:
        texts += [key, value.decode("utf-8", "replace")]
    reason = reason_of(checker.engine.scan(texts)) if texts else None
    if reason or not checker.quarantine_injection:
        return reason
    return Reason.INJECTION if reads_like_instructions(outcome.line, {"texts": texts}) else None


def newer_paths(offered: Iterable[str], existing: Iterable[str], system: str) -> list[str]:
    """The offered paths, `system`'s own excepted, that are newer than all existing ones of their series."""
    newest: dict[str, str] = {}
    for path in existing:
        if owner_of(path):
            newest[_series(path)] = max(newest.get(_series(path), ""), path)
    return [
        path
        for path in sorted(offered)
        if owner_of(path) not in (None, system) and path > newest.get(_series(path), "")
    ]


def _series(path: str) -> str:
    """What dated files of one series share: the folder, and the name of the collection before the date."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{name.partition('-20')[0] if folder.startswith('data/collections/') else ''}"


def lines_to_check(path: str, data: bytes) -> list[bytes]:
    """The lines of a file that must pass the check of records."""
    return [] if kind_of(path) is FileKind.METRICS else split_lines(data)


def find_reason(path: str, data: bytes, checked: Mapping[bytes, Checked], checker: Checker) -> Reason | None:
    """Why a file is refused: the reason of its first refused line, or of the figures in a file of metrics."""
    if kind_of(path) is not FileKind.METRICS:
        return next((reason for line in split_lines(data) if (reason := checked[line].reason)), None)
    try:
        value = parse_value(data)
    except InvalidJsonError:
        return Reason.NOT_A_RECORD
    return reason_of(checker.engine.scan(value)) if isinstance(value, dict) else Reason.NOT_A_RECORD
