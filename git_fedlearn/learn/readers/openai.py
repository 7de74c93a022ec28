"""Requests and answers of `/v1/chat/completions`, as proxies and clients log them; also LiteLLM's payloads.

There is no one envelope: messages are in `request`, `body`, `input` or the line itself.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text

_TIMES = ("startTime", "timestamp", "time", "created_at", "created")


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    for line in lines:
        request = _first_object(line, ("request", "request_body", "body", "kwargs", "input"))
        when = next((line[key] for key in _TIMES if line.get(key)), None)
        history = parse_messages(line.get("messages") or request.get("messages"), when)
        response = _first_object(line, ("response", "response_body", "output"))
        if history:
            conversations.add(history, parse_messages(_answer(response), when))
    yield from conversations


def _answer(response: JsonObject) -> Json:
    """The answering message of a response."""
    choices = response.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else response.get("message", response)
    return message if isinstance(message, dict) else None


def _first_object(line: JsonObject, names: Iterable[str]) -> JsonObject:
    for name in names:
        value = parse_text(line.get(name))
        if isinstance(value, dict):
            return value
    return {}
