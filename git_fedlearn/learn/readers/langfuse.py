"""Langfuse exports: observations one a line, or a trace as one object with its observations.

Keys are in snake case or camel case, inputs and outputs values or JSON in a text. Observations of tools count
where no history of the model repeats what they answered.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import parse_messages
from git_fedlearn.learn.readers.session import (
    Message,
    ToolCall,
    format_arguments,
    parse_text,
    text_of_parts,
)
from git_fedlearn.learn.readers.traces import ModelCall, ToolRun, join_traces

_FIELDS = (
    *("id", "type", "level", "input", "output", "start_time", "startTime"),
    *("trace_id", "traceId", "session_id", "sessionId"),
)


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    exchanges: list[ModelCall] = []
    runs: list[ToolRun] = []
    for line in lines:
        for observation in _observations(line):
            kind = str(observation.get("type")).upper()
            if kind == "GENERATION":
                exchanges += _exchanges(observation)
            elif kind in ("TOOL", "SPAN"):
                runs += _tool_runs(observation)
    yield from join_traces(exchanges, runs)


def _exchanges(observation: JsonObject) -> Iterator[ModelCall]:
    when = _either(observation, "start_time", "startTime")
    history = parse_messages(observation.get("input"), when)
    if history:
        answer = parse_messages(observation.get("output"), when)
        yield ModelCall(str(when), _conversation(observation), history, answer)


def _tool_runs(observation: JsonObject) -> Iterator[ToolRun]:
    arguments, result = parse_text(observation.get("input")), parse_text(observation.get("output"))
    if not isinstance(arguments, dict) or "messages" in arguments:
        return
    when, number = _either(observation, "start_time", "startTime"), str(observation.get("id"))
    text = format_arguments(result) if isinstance(result, dict) else text_of_parts(result)
    failed = True if observation.get("level") == "ERROR" else None
    call = Message("assistant", "", (ToolCall(number, "", arguments),), when=when)
    answer = Message("tool", text, (), number, failed, when)
    yield ToolRun(str(when), _conversation(observation), (call, answer))


def _observations(line: JsonObject) -> Iterator[JsonObject]:
    """The observations in a line: itself, or those that it holds."""
    listed = line.get("observations", line.get("data"))
    if not isinstance(listed, list):
        yield {name: line.get(name) for name in _FIELDS}
        return
    for item in listed:
        if isinstance(item, dict):
            yield from _observations(item)


def _conversation(observation: JsonObject) -> str:
    session = _either(observation, "session_id", "sessionId")
    return str(session or _either(observation, "trace_id", "traceId") or "")


def _either(item: JsonObject, first: str, second: str) -> Json:
    return item.get(first) or item.get(second)
