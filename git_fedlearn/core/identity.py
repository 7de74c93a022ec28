"""What makes two records the same lesson. Specified in docs/format.md, "Identity".

Identity is a function of the record alone, never of a path or a setting, or clones would disagree.
The lists here and the normal form are part of the format: changing one changes ids.
"""

from functools import lru_cache
from typing import Final, NewType

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.normal_form import normal_form

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
"""Scores, times, ids of sessions, the machine, and the run of a model."""

VOLATILE_PREFIXES: Final = ("last_", "tokens_", "latency_")
VOLATILE_SUFFIXES: Final = ("_count", "_timestamp")

ERROR_KEYS: Final = frozenset(
    "error error_message error_msg error_output exception stack_trace stacktrace stderr traceback".split()
)
"""Fields that hold the message of an error; they enter the identity form in normal form."""


def is_ours(key: str) -> bool:
    """Whether the key is the format's own rather than part of what was learned."""
    return key.startswith("_")


def is_volatile(key: str) -> bool:
    """Whether the field may differ between two records of the same lesson."""
    return key in VOLATILE_KEYS or key.startswith(VOLATILE_PREFIXES) or key.endswith(VOLATILE_SUFFIXES)


@lru_cache(maxsize=1024)
def is_content(key: str) -> bool:
    """Whether the field is part of what was learned."""
    return not is_ours(key) and not is_volatile(key)


def content_of(fields: JsonObject) -> JsonObject:
    """The fields that are neither ours nor volatile."""
    return {key: value for key, value in fields.items() if is_content(key)}


def identity_form(fields: JsonObject) -> bytes:
    """Canonical content with error messages in normal form; equal for equal lessons, whatever their id."""
    content = content_of(fields)
    for key in ERROR_KEYS.intersection(content):
        content[key] = _normalize(content[key])
    return format_value(content)


def record_id(form: bytes) -> RecordId:
    """XXH3-128 with seed 0 of an identity form, as `xxhsum -H2` prints it."""
    return RecordId(xxh3_128_hexdigest(form))


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
