"""The fields of a record through the engine: what was learned, and the free text under keys of ours."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import is_metadata_key
from git_fedlearn.core.outcomes import MAX_NOTE_LENGTH
from git_fedlearn.core.record import FIRST_SEEN, GEN, ID, POINT_ID, SEEN_BY, SYSTEM_ID, NotARecordError
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.engine import Finding, PrivacyEngine, Sanitized

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FORMS = {
    ID: re.compile(r"[0-9a-f]{32}"),
    FIRST_SEEN: re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    POINT_ID: _UUID,
    SEEN_BY: SYSTEM_ID,
}
"""Keys of ours whose form leaves no room for free text."""


def sanitize_fields(engine: PrivacyEngine, fields: JsonObject) -> tuple[JsonObject, Counter[str]]:
    """Fields without secrets and personal data, with the number of findings of each kind.

    Free text under keys of ours (a reason, unknown keys) is sanitized as well. A key that is ours only
    without the invisible characters in it does not become ours.
    """
    parts = _split(fields)
    learned = engine.sanitize(parts.learned)
    free: Json = [[key.lstrip("_"), value] for key, value in parts.ours]
    ours = engine.sanitize(free) if free else Sanitized(free, ())
    kinds = Counter(finding.kind for finding in (*learned.findings, *ours.findings))
    if not isinstance(learned.value, dict) or not isinstance(ours.value, list):
        raise NotARecordError("not an object")
    clean = {key.lstrip("_") if is_metadata_key(key) else key: value for key, value in learned.value.items()}
    for (key, _), pair in zip(parts.ours, ours.value, strict=True):
        if isinstance(pair, list) and isinstance(pair[0], str):
            bare = key.lstrip("_")
            clean[key[: len(key) - len(bare)] + pair[0].lstrip("_")] = pair[1]
    return {**clean, **parts.plain}, kinds


def clean_note(engine: PrivacyEngine, note: str) -> tuple[str, Counter[str]]:
    """A note as it may be kept: one line, without private data; and the kinds that were redacted.

    Raises UsageError for one that is too long.
    """
    line = " ".join(note.split())
    fields, redacted = sanitize_fields(engine, {"note": line}) if line else ({"note": ""}, Counter[str]())
    clean = str(fields["note"])
    if len(clean) > MAX_NOTE_LENGTH:
        raise UsageError(f"the note is longer than {MAX_NOTE_LENGTH} characters", hint="say it shorter")
    return clean, redacted


def scan_fields(engine: PrivacyEngine, fields: JsonObject) -> Iterator[Finding]:
    """What `sanitize_fields` would redact, with pointers into the fields."""
    parts = _split(fields)
    yield from engine.scan(parts.learned)
    for key, value in parts.ours:
        for finding in engine.scan([key.lstrip("_"), value]):
            _, index, rest = [*finding.pointer.split("/", 2), ""][:3]
            below = f"/{rest}" if rest else ""
            yield replace(finding, pointer=f"/{key}{below}", in_key=finding.in_key or index == "0")


class _Parts(NamedTuple):
    """Fields by how they are treated: what was learned, our keys with free text, and our plain ones."""

    learned: JsonObject
    ours: list[tuple[str, Json]]
    plain: JsonObject


def _split(fields: JsonObject) -> _Parts:
    parts = _Parts({}, [], {})
    for key, value in fields.items():
        if not is_metadata_key(key):
            parts.learned[key] = value
        elif _is_plain(key, value):
            parts.plain[key] = value
        else:
            parts.ours.append((key, value))
    return parts


def _is_plain(key: str, value: Json) -> bool:
    """Whether a key of ours has a value of a form that leaves no room for free text."""
    if key == GEN or isinstance(value, int):
        return key in (GEN, POINT_ID) and isinstance(value, int)
    form = _FORMS.get(key)
    values = value if key == SEEN_BY and isinstance(value, list) else [value]
    return form is not None and all(isinstance(item, str) and form.fullmatch(item) for item in values)
