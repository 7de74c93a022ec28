"""The check of one line from a peer, the same for every peer. Pure, except for the privacy engine.

Many lines are checked by several processes; the verdicts do not depend on their number. A reason is a fixed
phrase, so that no verdict quotes what was sent.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, parse_value
from git_fedlearn.core.identity import RecordId, is_metadata_key
from git_fedlearn.core.record import (
    FIRST_SEEN,
    GEN,
    ID,
    POINT_ID,
    RETRACTED,
    SEEN_BY,
    NotARecordError,
    Record,
    claimed_id,
    parse_record,
)
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.privacy.kinds import INVISIBLE_TEXT, SECRET_KINDS
from git_fedlearn.repository.workers import cores, spread


class Reason(Enum):
    """Why a line or file from a peer is not accepted; stable in `--json` and in the quarantine."""

    NOT_A_RECORD = "not a record"
    TOO_LARGE = "record too large"
    WRONG_ID = "wrong id"
    SCORE = "score out of range"
    FUTURE = "dated in the future"
    NAME = "a name or date that no system writes"
    GENERATION = "generation out of range"
    SECRET = "contains a secret"  # noqa: S105  a phrase
    PERSONAL = "contains personal data"
    INVISIBLE = "contains invisible characters"
    INJECTION = "reads like instructions to an agent"
    RETRACTION = "retracts a record that this peer did not bring"
    RESTORATION = "brings back a retracted record that this peer did not bring"
    MASS_RETRACTION = "retracts too many records at once"
    TOO_MANY = "more new records than a peer may send at once"
    REST = "more than one run reads; the next run reads on"
    FILE_TOO_LARGE = "file too large"
    NOT_A_FILE = "not a regular file"


CLOCK_SKEW: Final = timedelta(days=1)
SCORES: Final = ("value_score", "confidence_score")
_TIMES: Final = ("timestamp", "created_at", "updated_at", "learned_at", "last_seen", "last_used")
_PLAIN: Final = frozenset({ID, GEN, SEEN_BY, FIRST_SEEN, POINT_ID})
_MIN_SHARED_LINES: Final = 2000
"""For fewer lines, starting processes costs more than it saves."""
_BATCH_LINES: Final = 250
_MAX_PROCESSES: Final = 8


class Checked(NamedTuple):
    """A line after its check: `line` is canonical if it is a record; `reason` is None if it passed."""

    line: bytes
    id: RecordId | None
    gen: int
    is_tombstone: bool
    reason: Reason | None
    is_flagged: bool = False


@dataclass(frozen=True, slots=True)
class Checker:
    """The check with its limits; `now` is the time in UTC."""

    engine: PrivacyEngine
    record_bytes: int
    now: datetime
    quarantine_injection: bool = False

    def check(self, line: bytes) -> Checked:
        """The verdict on one line."""
        if len(line) > self.record_bytes:
            return Checked(line, None, 0, is_tombstone=False, reason=Reason.TOO_LARGE)
        try:
            record = parse_record(line)
        except NotARecordError:
            return Checked(line, None, 0, is_tombstone=False, reason=Reason.NOT_A_RECORD)
        flagged = is_suspicious(record.fields)
        reason = self._reason(line, record)
        if flagged and not reason and self.quarantine_injection:
            reason = Reason.INJECTION
        canonical = line if line == record.line else record.line
        return Checked(canonical, record.id, record.gen, record.is_tombstone, reason, flagged)

    def _reason(self, line: bytes, record: Record) -> Reason | None:
        if not _claims(line, record.id):
            return Reason.WRONG_ID
        if not all(_is_score(record.fields[key]) for key in SCORES if key in record.fields):
            return Reason.SCORE
        if self._is_ahead(record.fields):
            return Reason.FUTURE
        return reason_of(self.engine.scan(to_scan(record.fields)))

    def is_later(self, day: str) -> bool:
        """Whether a day is further ahead than a clock may be wrong."""
        return day > (self.now + CLOCK_SKEW).date().isoformat()

    def _is_ahead(self, fields: JsonObject) -> bool:
        latest = self.now + CLOCK_SKEW
        if self.is_later(str(fields.get(FIRST_SEEN, ""))):
            return True
        retracted = fields.get(RETRACTED)
        times = [retracted.get("at")] if isinstance(retracted, dict) else [fields.get(key) for key in _TIMES]
        return any(_is_later(value, latest) for value in times)


def check_all(
    checker: Checker, lines: Iterable[bytes], watch: Callable[[int, int], None]
) -> dict[bytes, Checked]:
    """The verdict on every line; `watch` is called with the number of lines checked so far, and of all."""
    unchecked = list(lines)
    processes = min(cores(), _MAX_PROCESSES) if len(unchecked) >= _MIN_SHARED_LINES else 1
    if processes == 1:
        return {line: checker.check(line) for line in unchecked}
    batches = [unchecked[start : start + _BATCH_LINES] for start in range(0, len(unchecked), _BATCH_LINES)]
    found: dict[bytes, Checked] = {}
    for checked in spread(partial(_check_batch, checker), batches, processes):
        found.update(checked)
        watch(len(found), len(unchecked))
    return {line: found[line] for line in unchecked}


def _check_batch(checker: Checker, lines: list[bytes]) -> list[tuple[bytes, Checked]]:
    """The verdicts; pickle sends an unchanged line back once, as both are one object."""
    return [(line, checker.check(line)) for line in lines]


def to_scan(fields: JsonObject) -> Json:
    """The fields to scan: free text under metadata keys too, with the key as a data key."""
    return {
        key.lstrip("_") if is_metadata_key(key) else key: value
        for key, value in fields.items()
        if key not in _PLAIN
    }


def reason_of(findings: Iterable[Finding]) -> Reason | None:
    """The most serious of these findings, as a reason; None without findings."""
    found = {finding.kind for finding in findings}
    if found & SECRET_KINDS:
        return Reason.SECRET
    if found - {INVISIBLE_TEXT}:
        return Reason.PERSONAL
    return Reason.INVISIBLE if found else None


def _claims(line: bytes, identifier: RecordId) -> bool:
    """Whether a line states this id, or no id."""
    claimed = claimed_id(line)
    if claimed is not None:
        return claimed == identifier
    value = parse_value(line)
    return isinstance(value, dict) and value.get(ID, identifier) == identifier


def _is_score(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_later(value: Json, latest: datetime) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value // 1000 if value > 1e11 else value  # noqa: PLR2004  milliseconds since 1970
        return seconds > latest.timestamp()
    if not isinstance(value, str):
        return False
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return False
    return (time if time.tzinfo else time.replace(tzinfo=UTC)) > latest
