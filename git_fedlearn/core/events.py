"""Reading telemetry events, whose fields are named differently by each writer.

An event is any JSON object. Names are those of the hybrid coordinator where it has one; other common names
are read as their synonyms. Nothing here raises, whatever the event holds.
"""

import re
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject

ENVELOPES: Final = ("payload", "data", "task", "interaction")
"""Fields that may hold the event proper; what they hold never overrides the event's own fields."""

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
    """The event with what its envelopes hold beside its own fields."""
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
    """What kind of event this is, in the writer's words; empty when it does not say."""
    for name in ("event_type", "event", "type"):
        if isinstance(value := event.get(name), str) and value.strip():
            return value.strip()
    return ""


def text_of(event: JsonObject, field: str) -> str:
    """The text of a field under any of its synonyms, stripped; empty when there is none."""
    for name in SYNONYMS.get(field, (field,)):
        if isinstance(value := event.get(name), str) and value.strip():
            return value.strip()
    return ""


def unit_number(event: JsonObject, field: str) -> float | None:
    """A finite number in [0, 1]; anything else, a boolean too, is none."""
    value = event.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def is_flagged(event: JsonObject, field: str) -> bool:
    """Whether a field is exactly true."""
    return event.get(field) is True


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.casefold())


def outcome_of(event: JsonObject) -> tuple[str, str]:
    """("success" | "partial" | "failure" | "unknown", the field that says so); the type speaks last."""
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
    """+1, 0 or -1 as a user gave it; None when nobody did."""
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
    """Whether the event says only that something runs: it has no text to learn from and no failure."""
    speaks = any(text_of(event, field) for field in (*SYNONYMS, "title", "description"))
    return not speaks and outcome_of(event)[0] in ("unknown", "success")


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
