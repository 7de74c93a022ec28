"""What one peer may change here: verdicts that depend on who sent a line and on what this clone has.

Lines of record sets, unless the peer has full trust. A record that is not here is taken at generation 0,
whatever generation it claims. A higher generation of a record that is here waits for a decision: it would
replace score and systems, or undo a retraction. A retraction counts only for what came from this peer alone,
neither learned by this system nor offered by another peer, and in the generation that is here. At every
trust level, many retractions within 30 days wait.

Outcomes: a peer may bring what other systems counted, as a hub does, but never what this system counted.
Versions are merged by the larger of each counter. Invented counts do limited harm, as no system moves a score
by more than its share.

Other files of single systems: taken whole or not at all, never changed or deleted. A file that exists here
stays: only its system rewrites it. A system of which there are files here gets more only from the peer that
brought the first ones. Of dated files only those newer than the newest one here are taken, or files that a
system has pruned would return from every other; none is dated in the future.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from git_fedlearn.core.canonical import InvalidJsonError, Json, parse_value
from git_fedlearn.core.collection_names import unescape_name
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import DATA, FileKind, kind_of, owner_of
from git_fedlearn.core.outcomes import NotAnOutcomeError, join_outcomes, parse_outcome
from git_fedlearn.core.record import GEN, Record, make_record, parse_record
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.check import Checked, Checker, Reason, reason_of
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.federation.land import HeadSet
from git_fedlearn.federation.peers import TrustLevel

RETRACTION_DAYS: Final = 30
"""Days over which the retractions of a peer are counted."""
MAX_RETRACTIONS: Final = 20
"""New retractions that a peer may always make in that time."""
MAX_RETRACTED_SHARE: Final = 0.1
"""The share of a set that a peer may retract in that time, if that is more."""
MAX_GENERATION_STEP: Final = 1000
"""Generations that a record may be ahead of ours; a peer that claims more wants to win forever."""
_VERSION: Final = re.compile(r"v(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}", re.ASCII)
_OF_COLLECTION: Final = re.compile(r"(.+)-(\d{4}-\d\d-\d\d)", re.ASCII)
MAX_OUTCOME_LINES: Final = 100_000
"""Lessons of which a peer may bring outcomes of one system."""


@dataclass(slots=True)
class Ruling:
    """The verdict on the lines of one peer for one set; quarantined ones have a reason."""

    accepted: list[Checked] = field(default_factory=list)
    retracted: list[Checked] = field(default_factory=list)
    """Those accepted ones that retract a lesson."""
    quarantined: list[tuple[bytes, Reason]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a peer may do in a set: `alone` are the records that came from it alone.

    `recent` counts its retractions of the last RETRACTION_DAYS: in all sets, and in this set.
    """

    trust: TrustLevel
    alone: Callable[[], set[RecordId]]
    """Called only if a retraction depends on it."""
    recent: tuple[int, int] = (0, 0)


def apply_rules(lines: Iterable[tuple[bytes, Checked]], head: HeadSet, standing: Standing) -> Ruling:
    """Decide on the checked lines of a peer."""
    ruling = Ruling()
    passed: list[tuple[bytes, Checked]] = []
    for line, checked in sorted(lines):
        if checked.reason:
            ruling.quarantined.append((line, checked.reason))
        else:
            passed.append((line, checked))
    held = head.pick({c.id for _, c in passed if c.id and (c.is_tombstone or c.gen)})
    for line, checked in passed:
        ours = held.get(checked.id, []) if checked.id else []
        verdict = _judge(checked, ours, standing)
        if isinstance(verdict, Reason):
            ruling.quarantined.append((line, verdict))
        else:
            ruling.accepted.append(verdict)
            if verdict.is_tombstone and ours and not ours[0].is_tombstone and verdict.gen >= ours[0].gen:
                ruling.retracted.append(verdict)
    _refuse_mass(ruling, standing, len(head.lines))
    return ruling


def _judge(checked: Checked, ours: list[Record], standing: Standing) -> Checked | Reason:
    """The line as it may be joined with `ours`, the records with its id, or why it has to wait."""
    if not checked.id or not (checked.is_tombstone or checked.gen):
        return checked
    gen = ours[0].gen if ours else 0
    if standing.trust is TrustLevel.FULL:
        return Reason.GENERATION if checked.gen > gen + MAX_GENERATION_STEP else checked
    if ours and (checked.gen < gen or (checked.gen == gen and not checked.is_tombstone)):
        return checked
    lowered = _at_generation(checked, gen)
    if checked.is_tombstone:
        is_retracted = bool(ours) and ours[0].is_tombstone
        return lowered if is_retracted or checked.id in standing.alone() else Reason.RETRACTION
    is_no_news = not ours or join_records([*ours, parse_record(lowered.line)]) == ours
    return lowered if is_no_news and not (ours and ours[0].is_tombstone) else Reason.RESTORATION


def _at_generation(checked: Checked, gen: int) -> Checked:
    record = make_record({**parse_record(checked.line).fields, GEN: gen})
    return checked._replace(line=record.line, gen=gen)


def _refuse_mass(ruling: Ruling, standing: Standing, size: int) -> None:
    """Quarantine all new retractions if they are too many together with the recent ones."""
    number = len({checked.id for checked in ruling.retracted})
    in_all, in_set = standing.recent
    too_many = in_all + number > MAX_RETRACTIONS and in_set + number > size * MAX_RETRACTED_SHARE
    if not number or not too_many:
        return
    lines = {checked.line for checked in ruling.retracted}
    ruling.retracted = []
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
    return Reason.INJECTION if is_suspicious({"texts": texts}) else None


def newer_paths(offered: Iterable[str], existing: Iterable[str], brought: Collection[str]) -> list[str]:
    """The offered paths of systems without a file here that are newer than all existing ones of their series.

    `brought` are the systems whose first files came from the same peer; they may have files here.
    """
    newest: dict[str, str] = {}
    present: set[str] = set()
    for path in existing:
        owner = None if kind_of(path) is FileKind.OUTCOMES else owner_of(path)
        if owner:
            newest[_series(path)] = max(newest.get(_series(path), ""), path)
            present.add(owner)
    return [
        path
        for path in sorted(offered)
        if (owner := owner_of(path))
        and (owner in brought or owner not in present)
        and path > newest.get(_series(path), "")
    ]


def _series(path: str) -> str:
    """What dated files of one series share: the folder, and the name of the collection before the date."""
    if kind_of(path) is FileKind.MODELS:
        return path
    folder, _, name = path.rpartition("/")
    dated = _OF_COLLECTION.fullmatch(name.removesuffix(".jsonl"))
    return f"{folder}/{dated[1] if dated and folder.startswith('data/collections/') else ''}"


def find_name_problem(path: str, checker: Checker) -> Reason | None:
    """Why no system writes a file of this name: no such day or month, no version, or not yet."""
    kind, name = kind_of(path), path.rpartition("/")[2]
    stem = name.rpartition(".")[0]
    if kind in (FileKind.OUTCOMES, FileKind.MODELS):
        return None
    if kind is FileKind.TRAINING:
        return None if _VERSION.fullmatch(stem) else Reason.NAME
    if path.startswith(f"{DATA}/collections/"):
        dated = _OF_COLLECTION.fullmatch(stem)
        stem = dated[2] if dated and unescape_name(dated[1]) else ""
    day = f"{stem}-01" if kind is FileKind.METRICS else stem
    try:
        is_spelled_well = date.fromisoformat(day).isoformat() == day
    except ValueError:
        is_spelled_well = False
    if not is_spelled_well:
        return Reason.NAME
    return Reason.FUTURE if checker.is_later(day) else None


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
