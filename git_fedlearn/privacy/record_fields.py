"""Records through the privacy engine: their fields, and free text under keys of the format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import POINT, is_metadata_key
from git_fedlearn.core.outcomes import MAX_NOTE_LENGTH
from git_fedlearn.core.record import FIRST_SEEN, GEN, ID, POINT_ID, SEEN_BY, SYSTEM_ID, NotARecordError
from git_fedlearn.errors import UsageError

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import Finding, PrivacyEngine

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_FORMS = {
    ID: re.compile(r"[0-9a-f]{32}"),
    FIRST_SEEN: re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    POINT_ID: _UUID,
    POINT: _UUID,
    SEEN_BY: SYSTEM_ID,
}
"""Keys of the format whose values cannot contain free text."""


def sanitize_fields(engine: PrivacyEngine, fields: JsonObject) -> tuple[JsonObject, Counter[str]]:
    """Fields without secrets and personal data, with the number of findings of each kind.

    Free text under keys of the format (the reason of a retraction) is sanitized, too. A key that becomes
    one of the format only by losing invisible characters is renamed.
    """
    parts = _split(fields)
    if parts.free_text:
        # Together, because a value found in one part goes from the other, too.
        result = engine.sanitize([parts.content, parts.pairs()])
        content, pairs = result.value if isinstance(result.value, list) else (None, None)
    else:
        result = engine.sanitize(parts.content)
        content, pairs = result.value, []
    kinds = Counter(finding.kind for finding in result.findings)
    if not isinstance(content, dict) or not isinstance(pairs, list):
        raise NotARecordError("not an object")
    clean = {key.lstrip("_") if is_metadata_key(key) else key: value for key, value in content.items()}
    for (key, _), pair in zip(parts.free_text, pairs, strict=True):
        if isinstance(pair, list) and isinstance(pair[0], str):
            bare = key.lstrip("_")
            clean[key[: len(key) - len(bare)] + pair[0].lstrip("_")] = pair[1]
    return {**clean, **parts.fixed_form}, kinds


def clean_note(engine: PrivacyEngine, note: str) -> tuple[str, Counter[str]]:
    """A note in one line and without private data, with the number of findings of each kind.

    Raises UsageError if it is too long.
    """
    line = " ".join(note.split())
    fields, redacted = sanitize_fields(engine, {"note": line}) if line else ({"note": ""}, Counter[str]())
    clean = str(fields["note"])
    if len(clean) > MAX_NOTE_LENGTH:
        raise UsageError(f"the note is longer than {MAX_NOTE_LENGTH} characters", hint="shorten it")
    return clean, redacted


def scan_fields(engine: PrivacyEngine, fields: JsonObject) -> Iterator[Finding]:
    """The findings of `sanitize_fields`, with pointers into the fields."""
    parts = _split(fields)
    if not parts.free_text:
        yield from engine.scan(parts.content)
        return
    for finding in engine.scan([parts.content, parts.pairs()]):
        _, part, rest = finding.pointer.split("/", 2)
        if part == "0":
            yield finding._replace(pointer=f"/{rest}")
            continue
        number, index, *below = rest.split("/", 2)
        pointer = "/".join(("", parts.free_text[int(number)][0], *below))
        yield finding._replace(pointer=pointer, in_key=finding.in_key or index == "0")


class _Parts(NamedTuple):
    """Fields by how they are sanitized."""

    content: JsonObject
    free_text: list[tuple[str, Json]]
    """Keys of the format whose values may contain anything."""
    fixed_form: JsonObject
    """Keys of the format whose values have a form without room for free text."""

    def pairs(self) -> list[Json]:
        """The free text with its keys, which are no longer keys of the format."""
        return [[key.lstrip("_"), value] for key, value in self.free_text]


def _split(fields: JsonObject) -> _Parts:
    parts = _Parts({}, [], {})
    for key, value in fields.items():
        if not is_metadata_key(key):
            parts.content[key] = value
        elif _has_fixed_form(key, value):
            parts.fixed_form[key] = value
        else:
            parts.free_text.append((key, value))
    return parts


def _has_fixed_form(key: str, value: Json) -> bool:
    if key == GEN or isinstance(value, int):
        return key in (GEN, POINT_ID, POINT) and isinstance(value, int)
    form = _FORMS.get(key)
    values = value if key == SEEN_BY and isinstance(value, list) else [value]
    return form is not None and all(isinstance(item, str) and form.fullmatch(item) for item in values)
