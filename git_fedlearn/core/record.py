"""One record of a record set: a lesson or a tombstone, read from one line. docs/format.md, "Records".

A record and its fields are never changed; joins and rewrites make new ones. Its headline names it for
a person: what went wrong, what was asked, or a title.
"""

import re
from functools import cached_property
from typing import Final

from git_fedlearn.core.canonical import (
    InvalidJsonError,
    Json,
    JsonObject,
    format_value,
    is_parsed,
    objects_in,
    parse_value,
)
from git_fedlearn.core.identity import POINT, RecordId, identity_form, is_metadata_key, record_id

ID: Final = "_id"
GEN: Final = "_gen"
SEEN_BY: Final = "_seen_by"
FIRST_SEEN: Final = "_first_seen"
POINT_ID: Final = "_point_id"
RETRACTED: Final = "_retracted"

MAX_GEN: Final = 2**53 - 1
MAX_POINT_ID: Final = 2**64 - 1
MAX_SEEN_BY: Final = 64

CANONICAL_START: Final = re.compile(rb'\{"_id":"[0-9a-f]{32}"')
CANONICAL_STARTS: Final = re.compile(rb'(?:\{"_id":"[0-9a-f]{32}")*+')
START_LENGTH: Final = 41
"""Bytes of a line that CANONICAL_START matches."""
SYSTEM_ID: Final = re.compile(r"sys-[a-z2-7]{10}")
ID_FORM: Final = re.compile(r"[0-9a-f]{32}")
DAY: Final = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)


class Record:
    """A lesson (`form` is its identity form) or a tombstone (`form` is empty); equal if the lines are."""

    def __init__(self, identifier: RecordId, gen: int, form: bytes, fields: JsonObject) -> None:
        self.id = identifier
        self.gen = gen
        self.form = form
        self.fields = fields

    @cached_property
    def line(self) -> bytes:
        """The canonical line, computed on first use: most records of a merge never need it."""
        return format_line(self.id, self.fields)

    @property
    def is_tombstone(self) -> bool:
        """Whether this retracts the lessons with its id."""
        return not self.form

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.line == other.line

    def __hash__(self) -> int:
        return hash(self.line)

    def __repr__(self) -> str:
        return f"Record({self.line!r})"


class NotARecordError(ValueError):
    """The line is not a record. The message is a reason that is safe to print."""


class NoContentError(NotARecordError):
    """Every field is metadata or volatile: there is nothing to learn."""


RAW_EVENT: Final = "a whole event of a log, not a record"
_TIMES: Final = frozenset(("timestamp", "ts", "time", "created_at", "datetime"))
SESSION_FIELDS: Final = frozenset(
    "session_id interaction_id event_id request_id conversation_id correlation_id run_id trace_id "
    "span_id".split()
)
USAGE_FIELDS: Final = frozenset(
    "latency duration_ms elapsed_ms prompt_tokens completion_tokens total_tokens".split()
)
"""What an answer took."""
_EVENT_MARKS: Final = SESSION_FIELDS | USAGE_FIELDS.union(
    ("event", "event_type", "pattern_extracted", "latency_ms", "tokens_used", "source_hash")
)


def parse_record(line: bytes) -> Record:
    """Parse a line and recompute its id, whatever id it claims. Raises NotARecordError."""
    value = _parse_object(line)
    if is_raw_event(value):
        raise NotARecordError(RAW_EVENT)
    return _make_record(value)


def _parse_object(line: bytes) -> JsonObject:
    try:
        value = parse_value(line)
    except InvalidJsonError as error:
        raise NotARecordError(str(error)) from None
    if not isinstance(value, dict):
        raise NotARecordError("not an object")
    return value


def is_raw_event(fields: JsonObject) -> bool:
    """Whether an object is an event of a log: no metadata, but a time, and an event's name, session or cost.

    Scripts that copy a log into a record set leave such lines, with the data of a session in them. They stay
    as they are until their lessons are made records (docs/howto/migrate.md).
    """
    return (
        not _EVENT_MARKS.isdisjoint(fields)
        and not _TIMES.isdisjoint(fields)
        and not any(map(is_metadata_key, fields))
    )


def make_record(fields: JsonObject) -> Record:
    """A record of these fields; its id is computed, unless it is a tombstone. Raises NotARecordError."""
    if is_parsed(fields):
        return _make_record(dict(fields))
    try:
        line = format_value(fields)
    except (ValueError, RecursionError):
        raise NotARecordError("a number or nesting that JSON cannot represent") from None
    return _make_record(_parse_object(line))


def _make_record(fields: JsonObject) -> Record:
    if RETRACTED in fields:
        return _make_tombstone(fields)
    form = identity_form(fields)
    if form == b"{}":
        raise NoContentError("no content: every field is metadata")
    return _make(record_id(form), form, fields)


def claimed_id(line: bytes) -> RecordId | None:
    """The id a line in canonical form begins with, unchecked; None for any other line."""
    return RecordId(line[8:40].decode("ascii")) if CANONICAL_START.match(line) else None


SCORE_KEYS: Final = ("value_score", "confidence_score")


def score_of(fields: JsonObject) -> float:
    """The claimed score: `value_score`, else `confidence_score`; -1.0 without a score."""
    for key in SCORE_KEYS:
        score = fields.get(key)
        if isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1:
            return score
    return -1.0


def seen_by(fields: JsonObject) -> list[str]:
    """The systems that learned a lesson, as far as its record names them."""
    systems = fields.get(SEEN_BY)
    return [system for system in systems if isinstance(system, str)] if isinstance(systems, list) else []


def format_line(identifier: RecordId, fields: JsonObject) -> bytes:
    """The canonical line: `_id` first, the other keys sorted."""
    rest = format_value({key: value for key, value in fields.items() if key != ID})
    return b'{"_id":"%s",%s' % (identifier.encode("ascii"), rest[1:])


def training_line(record: Record) -> bytes:
    """The lesson without metadata keys, canonical."""
    return format_value({key: value for key, value in record.fields.items() if not is_metadata_key(key)})


def _make_tombstone(fields: JsonObject) -> Record:
    identifier = fields.get(ID)
    if not isinstance(identifier, str) or not ID_FORM.fullmatch(identifier):
        raise NotARecordError("a retraction without the id it retracts")
    if not isinstance(fields[RETRACTED], dict):
        raise NotARecordError("`_retracted` is not an object")
    if not all(map(is_metadata_key, fields)):
        raise NotARecordError("a retraction that carries content")
    return _make(RecordId(identifier), b"", fields)


def _make(identifier: RecordId, form: bytes, fields: JsonObject) -> Record:
    """Validate the metadata and bring it into canonical form, in `fields` itself."""
    fields[ID] = identifier
    if SEEN_BY in fields:
        fields[SEEN_BY] = smallest_systems(fields[SEEN_BY])
    if FIRST_SEEN in fields and not DAY.fullmatch(str(fields[FIRST_SEEN])):
        raise NotARecordError("`_first_seen` is not a date (YYYY-MM-DD)")
    for key in (POINT_ID, POINT):
        if key in fields and not _is_point_id(fields[key]):
            raise NotARecordError(f"`{key}` is neither a 64-bit number nor a UUID")
    return Record(identifier, _generation(fields), form, fields)


def _generation(fields: JsonObject) -> int:
    gen = fields.get(GEN, 0)
    if isinstance(gen, bool) or not isinstance(gen, int) or not 0 <= gen <= MAX_GEN:
        raise NotARecordError("`_gen` is not a whole number")
    if gen == 0:
        fields.pop(GEN, None)
    return gen


def _is_point_id(value: Json) -> bool:
    """Whether Qdrant has such ids: numbers and UUIDs. Any text counts as a UUID: joins only compare it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 <= value <= MAX_POINT_ID
    return isinstance(value, str) and bool(value)


def smallest_systems(value: Json) -> Json:
    """The 64 smallest system ids at most, sorted: a bottom-k sketch of all ids seen. Raises NotARecordError.

    Source: E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007.
    """
    if not isinstance(value, list):
        raise NotARecordError("`_seen_by` is not a list")
    systems: set[str] = set()
    for item in value:
        if not isinstance(item, str) or not SYSTEM_ID.fullmatch(item):
            raise NotARecordError("`_seen_by` contains something other than system ids")
        systems.add(item)
    return [*sorted(systems)[:MAX_SEEN_BY]]


MAX_HEADLINE_LENGTH: Final = 100
"""Characters; a longer text is cut and ends in an ellipsis."""

_NAMES: Final = (
    ("error_type", "error_message"),
    ("category", "title"),
    ("category", "description"),
    ("skill_name", "pattern"),
    ("usage_pattern",),
    ("query",),
    ("question",),
    ("prompt",),
    ("instruction",),
    ("task_description",),
    ("text",),
    ("content",),
    ("page_content",),
    ("document",),
    ("data",),
    ("error_type",),
    ("skill_name",),
    ("category",),
)
"""Fields that name a lesson, if the last of a row is present: error solution, best practice, pattern,
interaction, training sample."""


def headline(fields: JsonObject, longest: int = MAX_HEADLINE_LENGTH) -> str:
    """The name of a record on one printable line; empty if it has no field that names it."""
    if RETRACTED in fields:
        return "retracted"
    rows = (found for names in _NAMES if (found := _texts(fields, names)))
    parts = _chat(fields) or next(rows, [])
    text = printable(" ".join(": ".join(parts).split()))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def printable(text: str) -> str:
    """The text with everything except visible characters and spaces escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _texts(fields: JsonObject, names: tuple[str, ...]) -> list[str]:
    """The texts of these fields; empty if the last one is missing."""
    texts = [text for name in names if isinstance(text := fields.get(name), str) and text]
    return texts if fields.get(names[-1]) in texts else []


def _chat(fields: JsonObject) -> list[str]:
    """The first question of a training sample in chat form."""
    asked = (one for one in objects_in(fields.get("messages")) if one.get("role") == "user")
    return _texts(next(asked, {}), ("content",))
