"""When an event happened, as its writer says."""

from datetime import UTC, date, datetime

from git_fedlearn.core.canonical import Json, JsonObject


def event_time(fields: JsonObject) -> datetime | None:
    """When an event happened, in UTC: ISO 8601 text or seconds since 1970; None when it does not say."""
    for key in ("timestamp", "ts", "time", "created_at"):
        found = _parse_time(fields.get(key))
        if found:
            return found
    return None


def sort_key(when: datetime | None, latest: str) -> str:
    """Orders events by time; a clock that ran ahead must not keep its events in front for ever.

    `latest` is what no key is beyond: see `end_of`.
    """
    return min(when.isoformat(), latest) if when else ""


def end_of(day: date) -> str:
    """The key that comes after all events of a day."""
    return f"{day.isoformat()}T24"


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
