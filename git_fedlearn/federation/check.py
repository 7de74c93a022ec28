"""The check of one line that a peer sent, whoever the peer is. Pure but for the privacy engine.

Many lines are checked by several processes; the answer does not depend on how many.

Text that speaks to the agent that reads it rather than about what was learned. A heuristic: it flags.

Why something a peer sent is not joined: fixed phrases, so that none of them can quote what was sent.
"""

import re
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
from git_fedlearn.privacy.engine import Finding, PrivacyEngine
from git_fedlearn.privacy.json_strings import iter_strings
from git_fedlearn.privacy.kinds import INVISIBLE_TEXT, SECRET_KINDS
from git_fedlearn.repository.workers import cores, spread

_PHRASES: Final = (
    (
        r"(ignore|disregard|forget|override)\s+(all\s+|any\s+)?(of\s+)?(the\s+|your\s+)?"
        r"(previous|prior|above|earlier|preceding|system)\s+(instruction|prompt|rule|direction|message)"
    ),
    r"you\s+are\s+now\s+(a|an|in|the)\b",
    r"(reveal|print|repeat|show|output)\s+(me\s+)?(the\s+|your\s+)?(hidden\s+|full\s+)?system\s+prompt",
    r"(do\s+not|don't|never)\s+(tell|inform|alert|mention\s+(this|it)\s+to)\s+(the\s+)?user",
    r"<\|?(im_start|im_end|system|endoftext)\|?>|\[/?INST\]|<</?SYS>>",
    r"(curl|wget)\s[^|\n]{1,300}\|\s*(sudo\s+)?(ba|z|da)?sh\b",
    r"new\s+(system\s+)?instructions?\s*:",
)
_INJECTION: Final = re.compile("|".join(f"(?:{phrase})" for phrase in _PHRASES), re.IGNORECASE)
_HINTS: Final = (
    *(b"ignore", b"disregard", b"forget", b"override", b"now", b"prompt", b"instruct", b"user"),
    *(b"curl", b"wget", b"inst]", b"<|", b"<im_", b"<system", b"<end", b"sys>>"),
)
"""Whatever matches holds one of these, in lower case; looking for them is cheap."""


def reads_like_instructions(line: bytes, fields: JsonObject) -> bool:
    """Whether any text of a record (and its canonical line) looks like an attempt to steer its reader."""
    lowered = line.lower()
    if not any(hint in lowered for hint in _HINTS):
        return False
    learned = {key: value for key, value in fields.items() if not is_metadata_key(key)}
    return any(_INJECTION.search(place.text) for place in iter_strings(learned))


class Reason(Enum):
    """One phrase each; stable in `--json` and in the quarantine."""

    NOT_A_RECORD = "not a record"
    TOO_LARGE = "larger than a record may be"
    WRONG_ID = "wrong id"
    SCORE = "score out of range"
    FUTURE = "dated in the future"
    GENERATION = "generation out of range"
    SECRET = "holds a secret"  # noqa: S105  a phrase
    PERSONAL = "holds personal data"
    INVISIBLE = "holds invisible characters"
    INJECTION = "reads like instructions to an agent"
    RETRACTION = "retracts a record that this peer did not bring"
    RESTORATION = "brings back a retracted record that this peer did not bring"
    MASS_RETRACTION = "retracts too many records at once"
    TOO_MANY = "more new records than a peer may send at once"
    FILE_TOO_LARGE = "a file larger than a file may be"
    NOT_A_FILE = "a link, folder or submodule in place of a file"


OF_PRIVACY = (Reason.SECRET, Reason.PERSONAL, Reason.INVISIBLE)
"""What the privacy engine found; such a record is shown and accepted only in its redacted form."""

CLOCK_SKEW: Final = timedelta(days=1)
SCORES: Final = ("value_score", "confidence_score")
_TIMES: Final = ("timestamp", "created_at", "updated_at", "learned_at", "last_seen", "last_used")
_PLAIN: Final = frozenset({ID, GEN, SEEN_BY, FIRST_SEEN, POINT_ID})
_WORTH_A_PROCESS: Final = 2000
"""Lines below which starting processes costs more than it saves."""
_BATCH_LINES: Final = 250
_MAX_PROCESSES: Final = 8


class Checked(NamedTuple):
    """A line after its check: `line` is canonical unless it is no record; `reason` is None if it passed."""

    line: bytes
    id: RecordId | None
    gen: int
    is_tombstone: bool
    reason: Reason | None
    is_flagged: bool = False


@dataclass(frozen=True, slots=True)
class Checker:
    """What lines are held against; `now` is the time in UTC."""

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
        flagged = reads_like_instructions(record.line, record.fields)
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
        """Whether a day is so far ahead that no clock can be that wrong."""
        return day > (self.now + CLOCK_SKEW).date().isoformat()

    def _is_ahead(self, fields: JsonObject) -> bool:
        latest = self.now + CLOCK_SKEW
        if self.is_later(str(fields.get(FIRST_SEEN, ""))):
            return True
        retracted = fields.get(RETRACTED)
        times = [retracted.get("at")] if isinstance(retracted, dict) else [fields.get(key) for key in _TIMES]
        return any(_is_later(value, latest) for value in times)


def check_all(
    checker: Checker, lines: Iterable[bytes], tell: Callable[[int, int], None]
) -> dict[bytes, Checked]:
    """The verdict on every line; `tell` hears how many of how many are done."""
    wanted = list(lines)
    processes = min(cores(), _MAX_PROCESSES)
    if len(wanted) < _WORTH_A_PROCESS or processes == 1:
        return {line: checker.check(line) for line in wanted}
    batches = [wanted[start : start + _BATCH_LINES] for start in range(0, len(wanted), _BATCH_LINES)]
    found: dict[bytes, Checked] = {}
    for checked in spread(partial(_check_batch, checker), batches, processes):
        found.update(checked)
        tell(len(found), len(wanted))
    return {line: found[line] for line in wanted}


def _check_batch(checker: Checker, lines: list[bytes]) -> list[tuple[bytes, Checked]]:
    """A line that passed unchanged is sent back once: pickle sees that both are one object."""
    return [(line, checker.check(line)) for line in lines]


def to_scan(fields: JsonObject) -> Json:
    """The fields, with free text under keys of ours made visible to the privacy engine."""
    return {
        key.lstrip("_") if is_metadata_key(key) else key: value
        for key, value in fields.items()
        if key not in _PLAIN
    }


def reason_of(findings: Iterable[Finding]) -> Reason | None:
    """The gravest of what the privacy engine found."""
    found = {finding.kind for finding in findings}
    if found & SECRET_KINDS:
        return Reason.SECRET
    if found - {INVISIBLE_TEXT}:
        return Reason.PERSONAL
    return Reason.INVISIBLE if found else None


def _claims(line: bytes, identifier: RecordId) -> bool:
    """Whether a line gives itself this id, or none."""
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
