"""What makes two records the same lesson. Specified in docs/format.md, "Identity" and "Normal form".

Identity is a function of the record alone, never of a path or a setting, or clones would disagree.
Error messages enter it in normal form: without the parts that two machines never print the same.

The lists here and the table of patterns are part of the format: changing one changes ids. Every
pattern takes time linear in the text, because messages come from peers.
"""

import re
from functools import cache, lru_cache
from typing import Final, NewType

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject, format_value

RecordId = NewType("RecordId", str)
"""32 lower-case hexadecimal digits: XXH3-128 of an identity form."""

VOLATILE_KEYS: Final = frozenset(
    """
    value_score confidence_score success_rate quality_score solution_verified
    timestamp timestamps ts datetime created updated modified created_at updated_at modified_at accessed_at
    started_at finished_at completed_at learned_at
    session_id interaction_id event_id request_id conversation_id correlation_id run_id trace_id span_id
    host hostname pid
    model model_id model_name model_version provider temperature top_p top_k seed finish_reason
    prompt_tokens completion_tokens total_tokens tokens cost cost_usd
    latency duration duration_ms duration_s elapsed_ms
    """.split()
)
"""Scores, times, session ids, the machine, and the run of a model."""

VOLATILE_PREFIXES: Final = ("last_", "tokens_", "latency_")
VOLATILE_SUFFIXES: Final = ("_count", "_timestamp")

ERROR_KEYS: Final = frozenset(
    "error error_message error_msg error_output exception stack_trace stacktrace stderr traceback".split()
)
"""Fields that contain an error message; they enter the identity form in normal form."""


def is_metadata_key(key: str) -> bool:
    """Whether a top-level key belongs to the format (`_id`, `_seen_by` …) rather than to the lesson."""
    return key.startswith("_")


def is_volatile(key: str) -> bool:
    """Whether the field may differ between two records of the same lesson."""
    return key in VOLATILE_KEYS or key.startswith(VOLATILE_PREFIXES) or key.endswith(VOLATILE_SUFFIXES)


@lru_cache(maxsize=1024)
def is_content(key: str) -> bool:
    """Whether the field is part of the lesson itself."""
    return not is_metadata_key(key) and not is_volatile(key)


def content_of(fields: JsonObject) -> JsonObject:
    """The fields that are neither metadata nor volatile."""
    return {key: value for key, value in fields.items() if is_content(key)}


def identity_form(fields: JsonObject) -> bytes:
    """Canonical content with error messages in normal form; equal if and only if the lessons are."""
    content = content_of(fields)
    for key in ERROR_KEYS.intersection(content):
        content[key] = _normalize(content[key])
    return format_value(content)


def record_id(form: bytes) -> RecordId:
    """XXH3-128 with seed 0 of an identity form, as `xxhsum -H2` prints it."""
    return RecordId(xxh3_128_hexdigest(form))


_PATH: Final = r"[^\s\"'`:,;()<>\[\]{}]+"
_CLOCK: Final = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY: Final = r"\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? +)?"
_HEX: Final = "[0-9A-Fa-f]"

_ISO_TIME: Final = (
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T _][0-9]{1,2}[:_-][0-9]{2}(?:[:_-][0-9]{2}(?:[.,_][0-9]+)?)?)?"
    r"(?:Z\b| ?(?:UTC|GMT)\b| ?[+-][0-9]{2}:?[0-9]{2}\b)?"
)
_DAY_MONTH_YEAR: Final = (
    rf"{_DAY}[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{4}}(?:[: ]{_CLOCK})?"
    r"(?: +(?:UTC|GMT|[+-][0-9]{4})\b)?"
)
_MONTH_DAY: Final = (
    rf"{_DAY}{_MONTH} +[0-9]{{1,2}}\b(?:,? +[0-9]{{4}}\b)?(?: +{_CLOCK})?"
    r"(?: +(?:UTC|GMT)\b)?(?: +[0-9]{4}\b)?"
)
_UUID: Final = rf"\b{_HEX}{{8}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{12}}\b"
_IPV6_OR_MAC: Final = (
    rf"(?<![\w:.])(?=[0-9A-Fa-f:]*[0-9])(?=[0-9A-Fa-f:]*::|(?:{_HEX}+:){{5}})"
    rf"(?:{_HEX}{{0,4}}:){{2,7}}{_HEX}{{0,4}}(?:%\w+)?(?![\w:])"
)
_CODE: Final = r"(-?[0-9]{1,5})(?![0-9A-Za-z_]|[.,:-][0-9])"
_NAMED_CODE: Final = (
    r"\b((?i:HTTP(?:/[0-9](?:\.[0-9])?)?(?: error)?|status|(?:status|exit|error|return)?_?code|errno|winerror"
    r"|exit(?:ed)?(?: with)?|signal|returncode)[\"']?[ :=#(\[]{1,2})" + _CODE
)
_ERROR_CODE: Final = r"\b((?i:error)(?:[ #]\(?|: (?=[1-5][0-9]{2}\b)))" + _CODE + r"(?! ?[A-Za-z])"
_NUMBER: Final = (
    r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_]\.)(?<![A-Z]-)"
    r"[-+]?[0-9]+(?:[.,:_][0-9]+)*(?:[eE][-+]?[0-9]+)?"
    r"(?:%| ?(?:[num]?s|secs?|seconds?|mins?|minutes?|h|hours?|[kKMGT]?i?B|bytes?)\b)?"
)

MARKS: Final = (
    (r"\x1b\[[0-9;]*[A-Za-z]", ""),
    (r"/store/[0-9a-z]{32}-", "/store/*-"),
    (rf"(?:/private)?(?:/var)?/tmp/{_PATH}", "<tmp>"),
    (rf"/(?:var/folders|run/user|dev/shm)/{_PATH}", "<tmp>"),
    (r"\bsha(?:1|256|512)-[A-Za-z0-9+/]{20,}={0,2}", "#"),
    (r"\bsha(?:1|256|512):[0-9a-z]{32,128}\b", "#"),
    (r"(?<![0-9A-Za-z_])[0-9a-f]{2}/[0-9a-f]{38}(?:[0-9a-f]{24})?\b", "#"),
    (_UUID, "#"),
    (_ISO_TIME, "#"),
    (_DAY_MONTH_YEAR, "#"),
    (_MONTH_DAY, "#"),
    (r"<(?:IP|MAC)_ADDRESS(?:_[0-9]+)?>(?::[0-9]+\b)?", "#"),
    (_IPV6_OR_MAC, "#"),
    (_NAMED_CODE, r"\1N\2"),
    (_ERROR_CODE, r"\1N\2"),
    (r"\b(SQLSTATE[ :=\[]{1,2})([0-9A-Z]{5})\b", r"\1N\2"),
    (r"\b0[xX](8007[0-9A-Fa-f]{4}|[Cc]0000[0-9A-Fa-f]{3})\b", r"N\1"),
    (r"\b0[xX][0-9A-Fa-f]+\b", "#"),
    (r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{7,128}\b", "#"),
    (r"\b(?=[0-9A-F]*[0-9])(?=[0-9A-F]*[A-F])[0-9A-F]{16,128}\b", "#"),
    (_NUMBER, "#"),
    (r"\s+", " "),
)
"""In this order, every match of a pattern (ASCII classes) becomes its mark; `\\1` refers to a group."""


def normal_form(message: str) -> str:
    """The message with times, addresses, hashes, temporary paths and numbers replaced by marks.

    Numbers that name the error stay: exit codes, signals, errno and HTTP statuses.
    """
    for pattern, mark in _compiled():
        message = pattern.sub(mark, message)
    return message.strip(" ")


@cache
def _compiled() -> list[tuple[re.Pattern[str], str]]:
    """The table, compiled for the first error message: most merges have none."""
    return [(re.compile(pattern, re.ASCII), mark) for pattern, mark in MARKS]


def _normalize(value: Json) -> Json:
    if isinstance(value, str):
        return normal_form(value)
    if isinstance(value, list):
        return [_normalize(item) for item in value]
    if isinstance(value, dict):
        return {key: _normalize(item) for key, item in value.items()}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "#"
    return value
