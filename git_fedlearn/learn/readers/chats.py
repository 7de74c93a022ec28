"""Conversations in logs of requests, each of which repeats the whole history before it."""

from collections.abc import Iterable, Iterator

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json, JsonObject, objects_in
from git_fedlearn.learn.readers.session import (
    Message,
    ToolCall,
    format_arguments,
    parse_text,
    text_of_parts,
)


class Conversations:
    """Joins requests into conversations: one that begins with the history of another continues it."""

    def __init__(self) -> None:
        self._by_head: dict[str, list[Message]] = {}
        """Conversations by the hash of their history, with and without the last answer."""
        self._all: list[list[Message]] = []

    def add(self, history: list[Message], answer: list[Message]) -> None:
        """Add a request, whose history is not empty, and its answer."""
        heads = [*_heads(history)]
        place = max((at for at, head in enumerate(heads, 1) if head in self._by_head), default=0)
        conversation = self._by_head[heads[place - 1]] if place else []
        if not place:
            self._all.append(conversation)
        conversation[place:] = [*history[place:], *answer]
        heads = [*_heads(conversation)]
        for head in (*heads[len(history) - 1 : len(history) + 1], heads[-1]):
            self._by_head[head] = conversation

    def __iter__(self) -> Iterator[list[Message]]:
        return iter(self._all)


def _heads(messages: Iterable[Message]) -> Iterator[str]:
    """The hash of each message and all before it."""
    head = ""
    for message in messages:
        calls = [f"{call.name} {format_arguments(call.arguments)}" for call in message.calls]
        head = xxh3_128_hexdigest(
            "\0".join([head, message.role, message.text.strip(), *calls]).encode("utf-8", "surrogatepass")
        )
        yield head


def parse_messages(value: Json, when: Json = None) -> list[Message]:
    """Messages as OpenAI's, Ollama's and OpenTelemetry's conventions have them; a list, one, or JSON text."""
    value = parse_text(value)
    if isinstance(value, dict):
        value = value.get("messages", [value])
    return [message for item in objects_in(value) for message in _parse_message(item, when)]


def parse_answer(value: Json, when: Json = None) -> list[Message]:
    """The answering messages of a response of any of these APIs; none if it is missing."""
    response = parse_text(value)
    if not isinstance(response, dict):
        return []
    if isinstance(output := response.get("output"), list):
        return parse_messages(output, when)
    choices = objects_in(response.get("choices"))
    message = choices[0].get("message") if choices else response.get("message", response)
    return parse_messages(message, when) if isinstance(message, dict) else []


def _parse_message(item: JsonObject, when: Json) -> Iterator[Message]:
    if str(item.get("type")).endswith(("_call", "_call_output")):
        yield from _parse_item(item, when)
        return
    role, parts = item.get("role"), item.get("parts", item.get("content"))
    calls = [*_calls_of(item.get("tool_calls"))]
    for part in objects_in(parts):
        match part.get("type"):
            case "tool_call" | "tool_use":
                arguments = part.get("arguments", part.get("input"))
                calls.append(ToolCall(str(part.get("id") or ""), str(part.get("name")), arguments))
            case "tool_call_response" | "tool_result":
                value = next((part[key] for key in ("response", "result", "content") if key in part), None)
                answers = str(part.get("id", part.get("tool_use_id")) or "")
                yield Message(
                    "tool", text_of_result(value), (), answers, part.get("is_error") is True or None, when
                )
    if role == "tool":
        if not isinstance(item.get("parts"), list):
            answers = str(item.get("tool_call_id") or "")
            yield Message("tool", text_of_result(parts), (), answers, None, when)
    elif role in ("user", "assistant"):
        text = text_of_parts(parts)
        if text or calls:
            yield Message(str(role), text, tuple(calls), when=when)


def _parse_item(item: JsonObject, when: Json) -> Iterator[Message]:
    """A call or its result as the Responses API has them, beside the messages."""
    call_id = str(item.get("call_id") or "")
    match item.get("type"):
        case "function_call" | "custom_tool_call" | "local_shell_call":
            arguments = item.get("arguments", item.get("input", item.get("action")))
            yield Message("assistant", "", (ToolCall(call_id, str(item.get("name")), arguments),), when=when)
        case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
            yield Message("tool", text_of_result(item.get("output")), (), call_id, None, when)


def text_of_result(value: Json) -> str:
    """The text of the result of a tool, an object as JSON."""
    return format_arguments(value) if isinstance(value, dict) else text_of_parts(value)


def _calls_of(value: Json) -> Iterator[ToolCall]:
    for call in objects_in(value):
        if isinstance(function := call.get("function"), dict):
            yield ToolCall(str(call.get("id") or ""), str(function.get("name")), function.get("arguments"))
