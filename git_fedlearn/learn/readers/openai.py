"""Requests and answers of `/v1/chat/completions` and `/v1/responses`, as proxies and clients log them.

There is no one envelope: messages are in `request`, `body`, `input` or the line itself.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_answer, parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text

_TIMES = ("startTime", "timestamp", "time", "created_at", "created")


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    for line in lines:
        request = _first_object(line, ("request", "request_body", "body", "kwargs", "input"))
        when = next((line[key] for key in _TIMES if line.get(key)), None)
        messages = line.get("messages") or request.get("messages") or request.get("input")
        history = parse_messages(messages, when)
        response = _first_object(line, ("response", "response_body", "output"))
        if history:
            conversations.add(history, parse_answer(response, when))
    yield from conversations


def _first_object(line: JsonObject, names: Iterable[str]) -> JsonObject:
    for name in names:
        value = parse_text(line.get(name))
        if isinstance(value, dict):
            return value
    return {}
