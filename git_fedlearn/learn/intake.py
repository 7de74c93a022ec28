"""The door to the record sets: whatever is learned is sanitized here, then becomes a record."""

from collections import Counter
from datetime import date
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import is_ours
from git_fedlearn.core.record import (
    FIRST_SEEN,
    GEN,
    ID,
    POINT_ID,
    RETRACTED,
    SEEN_BY,
    NotARecordError,
    Record,
    make_record,
)
from git_fedlearn.privacy.engine import PrivacyEngine

_PLAIN = frozenset({ID, GEN, SEEN_BY, FIRST_SEEN, POINT_ID})
"""Keys of ours whose form leaves no room for free text."""


class Admitted(NamedTuple):
    """A record that may be written, and how many findings of each kind were redacted in it."""

    record: Record
    redacted: Counter[str]


class Intake:
    """Admits what one system learns; `limit` is the largest record in bytes."""

    def __init__(self, engine: PrivacyEngine, system: str, limit: int) -> None:
        self.engine = engine
        self.system = system
        self.limit = limit

    def admit(self, fields: JsonObject, learned: date) -> Admitted:
        """Sanitize fields and make them a record that this system learned on a day (UTC).

        Fields that already name who saw them first keep that. Raises NotARecordError.
        """
        clean, redacted = sanitize_fields(self.engine, fields)
        if RETRACTED not in clean:
            clean = {SEEN_BY: [self.system], FIRST_SEEN: learned.isoformat(), **clean}
        record = make_record(clean)
        if len(record.line) > self.limit:
            raise NotARecordError(f"larger than {self.limit} bytes")
        return Admitted(record, redacted)


def sanitize_fields(engine: PrivacyEngine, fields: JsonObject) -> tuple[JsonObject, Counter[str]]:
    """Fields without secrets and personal data, with the number of findings of each kind.

    Free text under keys of ours (a reason, unknown keys) is sanitized as well.
    """
    plain = {key: value for key, value in fields.items() if key in _PLAIN}
    free = {key: value for key, value in fields.items() if is_ours(key) and key not in _PLAIN}
    learned = engine.sanitize({key: value for key, value in fields.items() if not is_ours(key)})
    ours = engine.sanitize(list(free.values()))
    kinds = Counter(finding.kind for finding in (*learned.findings, *ours.findings))
    if not isinstance(learned.value, dict) or not isinstance(ours.value, list):
        raise NotARecordError("not an object")
    return {**learned.value, **dict(zip(free, ours.value, strict=True)), **plain}, kinds
