"""Requests and answers of Ollama's `/api/chat`, as clients and proxies log them.

Messages are those of OpenAI's API without ids of calls, which `session` pairs by their order. A streamed
answer is a line per piece: pieces are joined until `done`.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import Conversations, parse_messages
from git_fedlearn.learn.readers.session import Message, parse_text


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The conversations in a file."""
    conversations = Conversations()
    history: list[Message] = []
    pieces: list[Message] = []
    for line in lines:
        request, response = parse_text(line.get("request", line)), parse_text(line.get("response", line))
        when = line.get("time") or line.get("timestamp") or line.get("created_at")
        if isinstance(request, dict) and (found := parse_messages(request.get("messages"), when)):
            history = found
        if isinstance(response, dict):
            pieces += parse_messages(response.get("message"), when)
            if response.get("done", True) and history:
                conversations.add(history, _joined(pieces, when))
                history, pieces = [], []
    yield from conversations


def _joined(pieces: list[Message], when: Json) -> list[Message]:
    calls = tuple(call for piece in pieces for call in piece.calls)
    text = "".join(piece.text for piece in pieces)
    return [Message("assistant", text, calls, when=when)] if text or calls else []
