"""Langfuse exports: observations one a line, or a trace as one object with its observations.

Keys are in snake case or camel case, inputs and outputs values or JSON in a text. Observations of tools count
where no history of the model repeats what they answered.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text
from git_fedlearn.learn.readers.traces import TracedCall, join_traces, tool_exchange

_FIELDS = (
    *("id", "type", "level", "input", "output", "start_time", "startTime"),
    *("trace_id", "traceId", "session_id", "sessionId"),
)


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    observations = (one for line in lines for one in _observations(line))
    yield from join_traces([exchange for one in observations for exchange in _exchanges(one)])


def _exchanges(observation: JsonObject) -> Iterator[TracedCall]:
    kind, given = str(observation.get("type")).upper(), parse_text(observation.get("input"))
    when, answer = _either(observation, "start_time", "startTime"), observation.get("output")
    session = _either(observation, "session_id", "sessionId")
    conversation = str(session or _either(observation, "trace_id", "traceId") or "")
    if kind == "GENERATION" and (history := parse_messages(given, when)):
        yield TracedCall(str(when), conversation, history, parse_messages(answer, when))
    if kind in ("TOOL", "SPAN") and isinstance(given, dict) and "messages" not in given:
        call = (given, answer, observation.get("level") == "ERROR")
        yield tool_exchange(str(when), conversation, str(observation.get("id")), call, when)


def _observations(line: JsonObject) -> Iterator[JsonObject]:
    """The observations in a line: itself, or those that it holds."""
    listed = line.get("observations", line.get("data"))
    if not isinstance(listed, list):
        yield {name: line.get(name) for name in _FIELDS}
        return
    for item in listed:
        if isinstance(item, dict):
            yield from _observations(item)


def _either(item: JsonObject, first: str, second: str) -> Json:
    return item.get(first) or item.get(second)
