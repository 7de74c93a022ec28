"""Reading telemetry events, whose fields have different names in each program.

An event is any JSON object. Field names are those of the hybrid coordinator; other common names are
synonyms. Nothing here raises, whatever the event contains.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject

SCORE: Final = "value_score"
"""The field with the score of an event, a lesson or a sample."""

ENVELOPES: Final = ("payload", "data", "task", "interaction")
"""Fields that may contain the actual event; they never override the event's own fields."""

SYNONYMS: Final = {
    "query": ("query", "prompt", "question", "task_text"),
    "response": ("response", "answer", "completion", "output"),
    "error_type": ("error_type", "error_class"),
    "error_message": ("error_message", "error_description", "error_msg", "error"),
    "solution": ("solution", "fix", "resolution", "remediation"),
}

_SUCCESS = frozenset(
    "success succeeded successful ok pass passed complete completed committed staged resolved fixed done "
    "accepted approved applied merged learned extracted resolution".split()
)
_PARTIAL = frozenset("partial partially degraded mixed incomplete".split())
_FAILURE = frozenset(
    "failure failed fail error errored exception timeout timed_out cancelled canceled aborted rejected "
    "denied denial crash crashed".split()
)
_FEEDBACK = {"positive": 1, "up": 1, "good": 1, "neutral": 0, "negative": -1, "down": -1, "bad": -1}
_WORD = re.compile(r"[^\W_]+")


def unwrapped(event: JsonObject) -> JsonObject:
    """The event with the fields of its envelopes added to its own."""
    inner = [value for name in ENVELOPES if isinstance(value := event.get(name), dict)]
    if not inner:
        return event
    fields: JsonObject = {}
    for value in reversed(inner):
        fields |= value
    return fields | {
        name: value for name, value in event.items() if not isinstance(value, dict) or name not in ENVELOPES
    }


def event_type(event: JsonObject) -> str:
    """The kind of event in its writer's words; empty if missing."""
    for name in ("event_type", "event", "type"):
        if isinstance(value := event.get(name), str) and value.strip():
            return value.strip()
    return ""


def text_of(event: JsonObject, field: str) -> str:
    """The text of a field under any of its synonyms, stripped; empty if missing."""
    for name in SYNONYMS.get(field, (field,)):
        if isinstance(value := event.get(name), str) and value.strip():
            return value.strip()
    return ""


def texts_of(event: JsonObject, fields: Iterable[str]) -> dict[str, str]:
    """The text of each of these fields."""
    return {field: text_of(event, field) for field in fields}


def unit_number(event: JsonObject, field: str) -> float | None:
    """A finite number in [0, 1]; None for anything else, booleans included."""
    value = event.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.casefold())


def outcome_of(event: JsonObject) -> tuple[str, str]:
    """("success" | "partial" | "failure" | "unknown", the field that says so); the event type comes last."""
    for name in ("outcome", "success", "status", "exit_code", "returncode", "status_code"):
        if verdict := _verdict(name, event.get(name)):
            return verdict, name
    if text_of(event, "solution"):
        verdict = "partial" if event.get("solution_verified") is False else "success"
        return verdict, "solution"
    if event.get("error") or event.get("errors"):
        return "failure", "error"
    named = next((verdict for word in reversed(words_of(event_type(event))) if (verdict := _named(word))), "")
    return (named, "event type") if named else ("unknown", "nothing")


def feedback_of(event: JsonObject) -> int | None:
    """The user's feedback as +1, 0 or -1; None if there is none."""
    for name in ("user_feedback", "feedback", "rating"):
        value = event.get(name)
        if isinstance(value, bool):
            return 1 if value else -1
        if isinstance(value, str):
            value = _FEEDBACK.get(value.strip().casefold())
        if isinstance(value, int | float) and value in (-1, 0, 1):
            return int(value)
    return None


def is_heartbeat(event: JsonObject) -> bool:
    """Whether this is a status event: no text to learn from and no failure."""
    speaks = any(text_of(event, field) for field in (*SYNONYMS, "title", "description"))
    return not speaks and outcome_of(event)[0] in ("unknown", "success")


def event_time(fields: JsonObject) -> datetime | None:
    """When an event happened, in UTC: ISO 8601 text or seconds since 1970; None if missing."""
    for key in ("timestamp", "ts", "time", "created_at"):
        found = _parse_time(fields.get(key))
        if found:
            return found
    return None


def sort_key(when: datetime | None, latest: str) -> str:
    """A key that orders events by time, at most `latest` (see `end_of`).

    Otherwise the events of a clock that ran ahead would stay in front forever.
    """
    return min(when.isoformat(), latest) if when else ""


def end_of(day: date) -> str:
    """The key after all events of a day."""
    return f"{day.isoformat()}T24"


def _verdict(field: str, value: Json) -> str:
    if isinstance(value, str):
        return _named("_".join(words_of(value)))
    if isinstance(value, bool):
        return ("success" if value else "failure") if field in ("success", "outcome", "status") else ""
    if not isinstance(value, int):
        return ""
    if field in ("exit_code", "returncode"):
        return "failure" if value else "success"
    if field in ("status", "status_code") and value >= 100:  # noqa: PLR2004  the first of the HTTP status codes
        return "success" if 200 <= value < 400 else "failure" if value >= 400 else ""  # noqa: PLR2004
    return ""


def _named(word: str) -> str:
    if word in _SUCCESS:
        return "success"
    if word in _PARTIAL:
        return "partial"
    return "failure" if word in _FAILURE else ""


def _parse_time(value: Json) -> datetime | None:
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value.removesuffix("Z") if "+" in value else value)
            return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
