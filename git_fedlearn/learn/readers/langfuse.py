"""Langfuse exports: observations one a line, or a trace as one object with its observations.

Keys are in snake case or camel case, inputs and outputs values or JSON in a text.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_messages
from git_fedlearn.learn.readers.session import Message


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    found = [observation for line in lines for observation in _observations(line)]
    for observation in sorted(found, key=lambda item: str(_either(item, "start_time", "startTime"))):
        history = parse_messages(observation.get("input"))
        if str(observation.get("type")).upper() == "GENERATION" and history:
            when = _either(observation, "start_time", "startTime")
            history = [message._replace(when=when) for message in history]
            conversations.add(history, parse_messages(observation.get("output"), when))
    yield from conversations


def _observations(line: JsonObject) -> Iterator[JsonObject]:
    """The observations in a line: itself, or those that it holds."""
    listed = line.get("observations", line.get("data"))
    if not isinstance(listed, list):
        yield {name: line.get(name) for name in ("type", "input", "output", "start_time", "startTime")}
        return
    for item in listed:
        if isinstance(item, dict):
            yield from _observations(item)


def _either(item: JsonObject, first: str, second: str) -> Json:
    return item.get(first) or item.get(second)
