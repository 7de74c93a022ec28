"""Conversations in traces: calls of a model, and runs of tools that have spans of their own.

Mostly the history of the next call repeats what a tool answered. Where no history of a conversation does, its
tools are put between its calls by their times.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from git_fedlearn.learn.readers.chats import Conversations
from git_fedlearn.learn.readers.session import Message


class ModelCall(NamedTuple):
    """A call of a model in a conversation: when it began, its history and the answer."""

    start: int | str
    conversation: str
    history: list[Message]
    answer: list[Message]


class ToolRun(NamedTuple):
    """A run of a tool in a conversation: when it began, the call and its result."""

    start: int | str
    conversation: str
    messages: tuple[Message, Message]


def join_traces(exchanges: Sequence[ModelCall], runs: Sequence[ToolRun]) -> Iterator[list[Message]]:
    """The conversations."""
    told = {
        exchange.conversation
        for exchange in exchanges
        if any(message.role == "tool" for message in exchange.history)
    }
    apart = dict.fromkeys(run.conversation for run in runs if run.conversation not in told)
    conversations = Conversations()
    for exchange in sorted(exchanges, key=lambda exchange: (str(exchange.start), len(exchange.history))):
        if exchange.conversation not in apart:
            conversations.add(exchange.history, exchange.answer)
    yield from conversations
    for name in apart:
        together: list[ModelCall | ToolRun] = [*exchanges, *runs]
        yield _by_time(item for item in together if item.conversation == name)


def _by_time(items: Iterable[ModelCall | ToolRun]) -> list[Message]:
    """The messages of one conversation, those that histories repeat once, with the runs of its tools."""
    messages: list[Message] = []
    seen: set[tuple[str, str]] = set()
    for item in sorted(items, key=lambda item: str(item.start)):
        if isinstance(item, ToolRun):
            messages += item.messages
            continue
        for message in (*item.history, *item.answer):
            if (message.role, message.text) not in seen and message.text:
                seen.add((message.role, message.text))
                messages.append(message._replace(calls=()))
    return messages
