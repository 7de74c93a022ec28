"""Records as they leave for readers outside: sanitized, and without what tells about other systems.

The content goes through the privacy engine once more. Of the metadata, the day of the lesson and its
generation go out, and the id of this system, which stands for all systems that learned the lesson.
"""

import re
from collections import Counter
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.identity import POINT, RecordId, is_metadata_key
from git_fedlearn.core.record import (
    FIRST_SEEN,
    GEN,
    ID,
    RETRACTED,
    SEEN_BY,
    NotARecordError,
    Record,
    make_record,
)
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields

_SHARED: Final = (FIRST_SEEN, GEN, POINT)
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


class OutgoingRecord(NamedTuple):
    """A record as it leaves, and what was redacted, by kind."""

    record: Record
    redacted: Counter[str]


def outgoing_lesson(record: Record, engine: PrivacyEngine, system: str) -> OutgoingRecord:
    """A lesson for readers outside. Raises NotARecordError with a reason if it may not leave."""
    clean, redacted = _sanitize(engine, _shared_fields(record))
    return OutgoingRecord(make_record({**clean, SEEN_BY: [system]}), redacted)


def version_of(record: Record) -> str:
    """A digest of what would leave of a record before it is redacted: it changes when that changes."""
    return "retracted" if record.is_tombstone else xxh3_64_hexdigest(format_value(_shared_fields(record)))


def _shared_fields(record: Record) -> JsonObject:
    return {key: value for key, value in record.fields.items() if not is_metadata_key(key) or key in _SHARED}


def outgoing_retraction(
    buried: Record, there: RecordId, engine: PrivacyEngine, system: str
) -> OutgoingRecord:
    """The tombstone of a lesson that is published under the id `there`. Raises NotARecordError."""
    known = buried.fields.get(RETRACTED)
    facts: JsonObject = known if isinstance(known, dict) else {}
    clean, redacted = _sanitize(engine, {"reason": str(facts.get("reason", ""))})
    retracted: dict[str, Json] = {"by": system, "reason": clean["reason"]}
    if _TIME.fullmatch(str(facts.get("at", ""))):
        retracted["at"] = facts["at"]
    fields: JsonObject = {ID: there, RETRACTED: retracted}
    return OutgoingRecord(make_record({**fields, GEN: buried.gen} if buried.gen else fields), redacted)


def _sanitize(engine: PrivacyEngine, fields: JsonObject) -> tuple[JsonObject, Counter[str]]:
    clean, redacted = sanitize_fields(engine, fields)
    blocked = engine.policy.find_blocked(redacted)
    if blocked:
        raise NotARecordError(f"contains {blocked}, which the policy blocks")
    return clean, redacted
