"""The door to the record sets: whatever is learned is sanitized here, then becomes a record."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import (
    FIRST_SEEN,
    RETRACTED,
    SEEN_BY,
    NotARecordError,
    Record,
    make_record,
)
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.privacy.record_fields import sanitize_fields


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
        refuse_blocked(self.engine, redacted)
        if RETRACTED not in clean:
            clean = {SEEN_BY: [self.system], FIRST_SEEN: learned.isoformat(), **clean}
        record = make_record(clean)
        if len(record.line) > self.limit:
            raise NotARecordError(f"larger than {self.limit} bytes")
        return Admitted(record, redacted)


def refuse_blocked(engine: PrivacyEngine, found: Iterable[str]) -> None:
    """Raise NotARecordError if one of these kinds is blocked: such a record is refused, not redacted."""
    blocked = engine.policy.find_blocked(found)
    if blocked:
        raise NotARecordError(f"holds {blocked}, which the policy of this repository blocks")
