"""LiteLLM: standard logging payloads of a callback, and rows of the table of spend logs.

Messages and answers are OpenAI's, Anthropic's or those of the Responses API, as values or JSON in a text. A
spend log without messages has them in the request that the proxy received. Keys, users and costs are left.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_answer, parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text

_TIMES = ("startTime", "start_time", "endTime", "created_at")


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    for line in lines:
        payload = _object(line.get("standard_logging_object")) or line
        when = next((payload[name] for name in _TIMES if payload.get(name)), None)
        history = _history(payload, when)
        if history:
            conversations.add(history, parse_answer(payload.get("response"), when))
    yield from conversations


def _history(payload: JsonObject, when: Json) -> list[Message]:
    """The messages of a request, from where the first are."""
    request = _object(payload.get("proxy_server_request"))
    body = _object(request.get("body")) or request
    places = (payload.get("messages"), body.get("messages"), body.get("input"))
    return next((found for place in places if (found := parse_messages(place, when))), [])


def _object(value: Json) -> JsonObject:
    value = parse_text(value)
    return value if isinstance(value, dict) else {}
