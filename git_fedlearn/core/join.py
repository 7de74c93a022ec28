"""The join of records with one id: commutative, associative, idempotent. docs/format.md, "Join".

For one id, the lines of the highest `_gen` win whole. Among those a tombstone beats lessons; lessons
of one identity form become one, lessons of different forms (a hash collision) all stay. The winner
inherits the metadata of the records it beat within its generation.
"""

from collections.abc import Iterable
from functools import lru_cache

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.record import (
    FIRST_SEEN,
    GEN,
    ID,
    POINT_ID,
    RETRACTED,
    SEEN_BY,
    Record,
    score_of,
    smallest_systems,
    training_line,
)


def join_records(records: Iterable[Record]) -> list[Record]:
    """Join records with the same id: a tombstone, or one lesson per identity form, sorted by line."""
    found = list(records)
    if len(found) == 1:
        return found
    highest = max(record.gen for record in found)
    found = [record for record in found if record.gen == highest]
    if any(record.is_tombstone for record in found):
        return [_join_same(found)]
    forms: dict[bytes, list[Record]] = {}
    for record in found:
        forms.setdefault(record.form, []).append(record)
    return sorted((_join_same(same) for same in forms.values()), key=lambda record: record.line)


def _join_same(records: list[Record]) -> Record:
    """Join records of one generation that are the same lesson."""
    if len(records) == 1:
        return records[0]
    tombstones = [record for record in records if record.is_tombstone]
    best = min(tombstones, key=_earliest) if tombstones else _strongest(records)
    fields = {key: value for key, value in best.fields.items() if not _is_joined(key)}
    fields |= _join_metadata(records)
    return Record(best.id, best.gen, best.form, fields)


def _strongest(lessons: list[Record]) -> Record:
    """The lesson with the highest score; of equal ones, the one whose content has the larger bytes."""
    scores = [score_of(lesson.fields) for lesson in lessons]
    best = max(scores)
    tied = [lesson for lesson, score in zip(lessons, scores, strict=True) if score == best]
    return tied[0] if len(tied) == 1 else max(tied, key=training_line)


@lru_cache(maxsize=1024)
def _is_joined(key: str) -> bool:
    """Whether a metadata key is joined over all records rather than taken from the winner."""
    return is_metadata_key(key) and key not in (ID, GEN, RETRACTED)


def _earliest(tombstone: Record) -> tuple[bool, str, bytes]:
    """Order of tombstones: by `at`, one without it last, then by the bytes of the retraction."""
    retracted = tombstone.fields[RETRACTED]
    at = retracted.get("at") if isinstance(retracted, dict) else None
    return not isinstance(at, str), at if isinstance(at, str) else "", format_value(retracted)


def _join_metadata(records: list[Record]) -> JsonObject:
    values: dict[str, list[Json]] = {}
    for record in records:
        for key, value in record.fields.items():
            if _is_joined(key):
                values.setdefault(key, []).append(value)
    return {key: _join_values(key, found) for key, found in values.items()}


def _join_values(key: str, values: list[Json]) -> Json:
    if len(values) == 1:
        return values[0]
    if key == SEEN_BY:
        return smallest_systems([system for found in values if isinstance(found, list) for system in found])
    if key == FIRST_SEEN:
        return min(values, key=str)
    if key == POINT_ID:
        return min(values, key=lambda value: (isinstance(value, str), value))
    return max(values, key=format_value)
