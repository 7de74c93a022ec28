"""Records named on the command line by the start of their id."""

import re

from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.record_sets import RecordSets

MINIMUM = 4
"""Characters of an id that must be given."""


class NoSuchRecordError(FedlearnError):
    """No record has an id that begins like this."""

    exit_code = 1


def select(sets: RecordSets, start: str) -> list[tuple[SetName, Record]]:
    """The records of one id, in every set that holds it. Raises UsageError when several ids begin so."""
    if not re.fullmatch(rf"[0-9a-f]{{{MINIMUM},32}}", start.lower()):
        raise UsageError(f"{start}: not a record id", hint=f"at least {MINIMUM} hexadecimal digits of it")
    found = list(sets.find(start.lower()))
    ids = sorted({record.id for _, record in found})
    if not ids:
        raise NoSuchRecordError(f"{start}: no record has this id", hint="git fedlearn verify --history")
    if len(ids) > 1:
        raise UsageError(
            f"{start}: {len(ids)} records begin so: {', '.join(ids[:5])}", hint="give more digits"
        )
    return found
