"""Reading telemetry events, whose fields have different names in each program.

An event is any JSON object. Field names are those of the hybrid coordinator; other common names are
synonyms. Nothing here raises, whatever the event contains.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.patterns import ascii_of

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
_ASCII_WORDS = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() else ord(" ") for code in range(128)
).ljust(256)
"""For each byte of an ASCII text, what of it is in a word: letters in lower case, and digits."""


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
    for name in SYNONYMS.get(field) or (field,):
        value = event.get(name)
        if isinstance(value, str) and (text := value.strip()):
            return text
    return ""


def texts_of(event: JsonObject, fields: Iterable[str]) -> dict[str, str]:
    """The text of each of these fields."""
    return {field: text_of(event, field) for field in fields}


def headline_of(event: JsonObject) -> str:
    """What an event is about, in its own words on one line; the kind of event if it has none."""
    fields = unwrapped(event)
    texts = texts_of(fields, ("error_message", "query", "error_type", "skill_name", "title", "description"))
    named = [*texts.values()][:4]
    found = next((text for text in named if text), "") or ": ".join(
        text for text in (texts["title"], texts["description"]) if text
    )
    return " ".join(found.split()) or event_type(event)


def unit_number(event: JsonObject, field: str) -> float | None:
    """A finite number in [0, 1]; None for anything else, booleans included."""
    value = event.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    data = ascii_of(text)
    if data is None:
        return _WORD.findall(text.casefold())
    return data.translate(_ASCII_WORDS).decode().split()


def outcome_of(event: JsonObject) -> tuple[str, str]:
    """("success" | "partial" | "failure" | "unknown", the field that says so); the event type comes last."""
    for name in ("outcome", "success", "status", "exit_code", "returncode", "status_code"):
        value = event.get(name)
        if value is not None and (verdict := _verdict(name, value)):
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


_MILLISECONDS: Final = 1e11
"""Seconds since 1970 are below this until the year 5138; larger numbers are milliseconds or finer."""

_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
"""What most programs write, which needs no mending."""
_ISO_LIKE: Final = re.compile(r"(\d{4})([/.])(\d\d)\2(\d\d)(?=\D|\Z)")
_ISO_ZONE: Final = re.compile(r"(?<=\d) ?([A-Za-z]+)\Z")
_DOT_NET: Final = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_COMPACT: Final = re.compile(r"(?:19|20)\d\d[01]\d[0-3]\d[0-2]\d[0-5]\d[0-5]\d")
"""A date and a time in 14 digits; as milliseconds they would be after the year 2570."""
_DAY_IN_NUMBERS: Final = re.compile(r"(\d\d?)([/.])(\d\d?)\2(?=\d{4},? )")
_HALF_DAY: Final = re.compile(r" *\b([ap])\.?m\b\.?", re.IGNORECASE)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES: Final = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7} | {
    "cet": 1,
    "cest": 2,
}
"""The zones that RFC 2822 names, and that of most of Europe, in hours; any other name is taken for UTC."""


def _parse_time(value: Json) -> datetime | None:
    for key in ("$date", "$numberLong", "seconds"):  # as databases and protocol buffers write them
        if isinstance(value, dict) and key in value:
            value = value[key]
    try:
        if isinstance(value, str):
            return _parse_time_text(value.strip().strip("[]"))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _parse_time_text(str(value)) if _COMPACT.fullmatch(str(value)) else _parse_epoch(value)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _parse_epoch(number: float) -> datetime:
    """A time since 1970 in seconds, milli-, micro- or nanoseconds, told apart by size. Raises ValueError."""
    for _ in range(3):
        number = number / 1000 if abs(number) >= _MILLISECONDS else number
    return datetime.fromtimestamp(number, UTC)


def _parse_time_text(text: str) -> datetime:
    """A time as programs write it. Raises ValueError."""
    if _ISO.fullmatch(text):
        return _in_utc(datetime.fromisoformat(text))
    if _COMPACT.fullmatch(text):
        text = f"{text[:8]}T{text[8:]}"
    if found := re.fullmatch(r"(-?\d{9,}(?:\.\d+)?)", text) or _DOT_NET.fullmatch(text):
        return _parse_epoch(float(found[1]))
    if not text[:4].isdigit():
        return _parse_written(text)
    text = _ISO_LIKE.sub(r"\1-\3-\4", text).upper()
    text = re.sub(r"(:\d\d):60(?=\D|\Z)", r"\1:59", text)  # a leap second
    text = _ISO_ZONE.sub(lambda found: f"{_ZONES.get(found[1].casefold(), 0):+03}:00", text)
    return _in_utc(datetime.fromisoformat(text.removesuffix("+00:00") if "+" in text[:-6] else text))


def _in_utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _parse_written(text: str) -> datetime:
    """A time as mail, HTTP, web servers, `date` and American texts have it. Raises ValueError."""
    from email.utils import parsedate_tz  # noqa: PLC0415  costs start-up time

    half = _HALF_DAY.search(text)
    if match := _DAY_IN_NUMBERS.match(text):
        one, mark, two = match.groups()
        is_american = mark == "/" and (half is not None or int(two) > len(_MONTHS))
        if mark == "/" and not is_american and int(one) <= len(_MONTHS):
            raise ValueError("the day or the month may be first")
        month, day = (one, two) if is_american else (two, one)
        text = f"{day} {_MONTHS[int(month) - 1]} {text[match.end() :]}"
    text = _HALF_DAY.sub("", re.sub(r"(\d{4})(?:,| at|:)", r"\1 ", text).replace("/", " "))
    parsed = parsedate_tz(text)
    if parsed is None:
        raise ValueError("not a time")
    year, month, day, hour, minute, second = parsed[:6]
    hour = hour % 12 + 12 * (half[1] in "pP") if half else hour
    hours = next((_ZONES[word] for word in text.casefold().split() if word in _ZONES), 0)
    zone = timezone(timedelta(seconds=parsed[9] or 3600 * hours))
    return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
