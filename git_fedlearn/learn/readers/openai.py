"""Requests and answers of `/v1/chat/completions` and `/v1/responses`, in logs of clients and proxies.

There is no one envelope: messages are in `request`, `body`, `input`, … or the line itself; of LiteLLM, in
`standard_logging_object` or `proxy_server_request`.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_answer, parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text

_TIMES = ("startTime", "start_time", "timestamp", "time", "endTime", "created_at", "created")
_REQUESTS = ("request", "request_body", "body", "kwargs", "input", "proxy_server_request")


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    for line in lines:
        payload = _first_object(line, ("standard_logging_object",)) or line
        request = _first_object(payload, _REQUESTS)
        body = _first_object(request, ("body",)) or request
        when = next((payload[key] for key in _TIMES if payload.get(key)), None)
        places = (payload.get("messages"), body.get("messages"), body.get("input"))
        history = next((found for place in places if (found := parse_messages(place, when))), [])
        if history:
            response = _first_object(payload, ("response", "response_body", "output"))
            conversations.add(history, parse_answer(response, when))
    yield from conversations


def _first_object(line: JsonObject, names: Iterable[str]) -> JsonObject:
    values = (parse_text(line.get(name)) for name in names)
    return next((value for value in values if isinstance(value, dict)), {})
