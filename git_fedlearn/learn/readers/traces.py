"""Conversations in traces: calls of a model, and runs of tools that have spans of their own.

Mostly the history of the next call repeats what a tool answered. Where no history of a conversation does, its
tools are put between its calls by their times.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.learn.readers.chats import Conversations, text_of_result
from git_fedlearn.learn.readers.session import Message, ToolCall, parse_text


class TracedCall(NamedTuple):
    """A call of a model with its history, or of a tool; `start` orders those of a conversation."""

    start: str
    conversation: str
    history: list[Message]
    answer: list[Message]
    is_tool: bool = False


def tool_exchange(
    start: str, conversation: str, number: str, call: tuple[Json, Json, bool], when: Json
) -> TracedCall:
    """The run of a tool; `call` is its arguments, its result, and whether it failed for sure."""
    arguments, result, failed = call
    asked = Message("assistant", "", (ToolCall(number, "", arguments),), when=when)
    answer = Message("tool", text_of_result(parse_text(result)), (), number, failed or None, when)
    return TracedCall(start, conversation, [asked], [answer], is_tool=True)


def join_traces(exchanges: Sequence[TracedCall]) -> Iterator[list[Message]]:
    """The conversations."""
    tools = [one for one in exchanges if one.is_tool]
    models = [one for one in exchanges if not one.is_tool]
    told = {one.conversation for one in models if any(said.role == "tool" for said in one.history)}
    apart = dict.fromkeys(one.conversation for one in tools if one.conversation not in told)
    conversations = Conversations()
    for one in sorted(models, key=lambda one: (one.start, len(one.history))):
        if one.conversation not in apart:
            conversations.add(one.history, one.answer)
    yield from conversations
    for name in apart:
        yield _by_time(one for one in (*models, *tools) if one.conversation == name)


def _by_time(exchanges: Iterable[TracedCall]) -> list[Message]:
    """The messages of one conversation, those that histories repeat once, with the runs of its tools."""
    messages: list[Message] = []
    seen: set[tuple[str, str]] = set()
    for one in sorted(exchanges, key=lambda one: one.start):
        if one.is_tool:
            messages += one.history + one.answer
            continue
        for message in (*one.history, *one.answer):
            if (message.role, message.text) not in seen and message.text:
                seen.add((message.role, message.text))
                messages.append(message._replace(calls=()))
    return messages
