"""OpenTelemetry GenAI: OTLP in JSON lines, spans or events with the messages of each call of a model.

Attributes are lists of keys and typed values, messages structured or JSON in a text. No order is promised,
so spans are sorted by their start. The spans of tools count where no history repeats what they answered.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject, objects_in
from git_fedlearn.learn.readers.chats import parse_messages
from git_fedlearn.learn.readers.session import Message
from git_fedlearn.learn.readers.traces import TracedCall, join_traces, tool_exchange

_NANOSECONDS = 1_000_000_000


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    spans = (span for line in lines for span in _spans(line))
    yield from join_traces([exchange for span in spans for exchange in _exchanges(span)])


def _exchanges(span: JsonObject) -> Iterator[TracedCall]:
    """The call of a tool or of a model that a span is, if it is one."""
    attributes, start = _attributes(span), _start(span)
    when = int(start) // _NANOSECONDS or None
    names = ("gen_ai.conversation.id", "session.id")
    conversation = str(_either(attributes, names) or span.get("traceId") or "")
    arguments = _either(attributes, ("gen_ai.tool.call.arguments", "input.value"))
    is_tool = attributes.get("gen_ai.operation.name") == "execute_tool"
    is_tool = is_tool or attributes.get("openinference.span.kind") == "TOOL"
    if arguments is not None and (is_tool or "gen_ai.tool.call.arguments" in attributes):
        number = str(attributes.get("gen_ai.tool.call.id") or span.get("spanId") or start)
        status, result = span.get("status"), ("gen_ai.tool.call.result", "output.value")
        failed = "error.type" in attributes or (isinstance(status, dict) and status.get("code") in _FAILED)
        call = (arguments, _either(attributes, result), failed)
        yield tool_exchange(start, conversation, number, call, when)
    elif history := _first(attributes, ("gen_ai.input.messages", "gen_ai.prompt", "input.value"), when):
        answer = _first(attributes, ("gen_ai.output.messages", "gen_ai.completion", "output.value"), when)
        yield TracedCall(start, conversation, history, answer)


_FAILED = (2, "2", "STATUS_CODE_ERROR")


def _start(span: JsonObject) -> str:
    """The nanoseconds at which a span began, with leading zeros, so that texts are in order."""
    stamps = (span.get(name) for name in ("startTimeUnixNano", "timeUnixNano", "observedTimeUnixNano"))
    found = (str(stamp) for stamp in stamps if isinstance(stamp, str | int) and str(stamp).isdigit())
    return next(found, "0").zfill(20)


def _either(attributes: JsonObject, names: Iterable[str]) -> Json:
    return next((attributes[name] for name in names if attributes.get(name) is not None), None)


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
    for holder in [*objects_in(span.get("events")), span]:
        body = _value(holder.get("body"))
        found |= body if isinstance(body, dict) else {}
        found |= _pairs(holder.get("attributes"))
    return found


def _pairs(attributes: Json) -> JsonObject:
    """Attributes as a list of keys and typed values, or as a plain object with dotted keys."""
    if isinstance(attributes, dict):
        return attributes
    return {str(item.get("key")): _value(item.get("value")) for item in objects_in(attributes)}


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
