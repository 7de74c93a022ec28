"""OpenTelemetry GenAI: OTLP in JSON lines, spans or events with the messages of each call of a model.

Attributes are lists of keys and typed values, messages structured or JSON in a text. No order is promised,
so spans are sorted by their start. The spans of tools are not needed: the next history repeats them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_messages
from git_fedlearn.learn.readers.session import Message

_NANOSECONDS = 1_000_000_000


class _Exchange(NamedTuple):
    start: int
    history: list[Message]
    answer: list[Message]


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    exchanges: list[_Exchange] = []
    for line in lines:
        for span in _spans(line):
            exchange = _exchange(span)
            if exchange:
                exchanges.append(exchange)
    conversations = Conversations()
    for exchange in sorted(exchanges, key=lambda exchange: (exchange.start, len(exchange.history))):
        conversations.add(exchange.history, exchange.answer)
    yield from conversations


def _exchange(span: JsonObject) -> _Exchange | None:
    attributes = _attributes(span)
    stamps = (span.get(name) for name in ("startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"))
    start = next((int(stamp) for stamp in stamps if isinstance(stamp, str | int) and str(stamp).isdigit()), 0)
    when = start // _NANOSECONDS or None
    history = _first(attributes, ("gen_ai.input.messages", "gen_ai.prompt", "input.value"), when)
    answer = _first(attributes, ("gen_ai.output.messages", "gen_ai.completion", "output.value"), when)
    return _Exchange(start, history, answer) if history else None


def _first(attributes: JsonObject, names: Iterable[str], when: Json) -> list[Message]:
    return next((found for name in names if (found := parse_messages(attributes.get(name), when))), [])


def _spans(line: JsonObject) -> Iterator[JsonObject]:
    """All spans and log records in a line, however nested."""
    waiting: list[Json] = [line]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value)
        elif isinstance(value, dict):
            inner = [value[key] for key in _CONTAINERS if key in value]
            waiting += inner
            if not inner:
                yield value


_CONTAINERS = (
    *("resourceSpans", "scopeSpans", "instrumentationLibrarySpans", "spans"),
    *("resourceLogs", "scopeLogs", "logRecords"),
)


def _attributes(span: JsonObject) -> JsonObject:
    """The attributes of a span and of its events; the body of an event counts as attributes, too."""
    found: JsonObject = {}
    events = span.get("events")
    for holder in [*(events if isinstance(events, list) else []), span]:
        if isinstance(holder, dict):
            body = _value(holder.get("body"))
            found |= body if isinstance(body, dict) else {}
            found |= _pairs(holder.get("attributes"))
    return found


def _pairs(attributes: Json) -> JsonObject:
    """Attributes as a list of keys and typed values, or as a plain object with dotted keys."""
    if isinstance(attributes, dict):
        return attributes
    listed = attributes if isinstance(attributes, list) else []
    return {str(item.get("key")): _value(item.get("value")) for item in listed if isinstance(item, dict)}


def _value(value: Json) -> Json:
    """A typed value of OTLP as JSON."""
    if not isinstance(value, dict):
        return value
    for kind, item in value.items():
        if kind == "arrayValue" and isinstance(item, dict):
            values = item.get("values")
            return [_value(inner) for inner in values] if isinstance(values, list) else []
        if kind == "kvlistValue" and isinstance(item, dict):
            return _pairs(item.get("values"))
        if kind in ("stringValue", "intValue", "doubleValue", "boolValue"):
            return item
    return value
