"""Claude Code: `~/.claude/projects/*/SESSION.jsonl`, one message or block a line.

The thread is the chain of `parentUuid`, not the order of lines: a rewind leaves a branch that does not count.
A compaction starts a new chain, which continues the one before it. A session that is resumed may repeat the
lines since the last compaction, with their ids.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject, objects_in
from git_fedlearn.learn.readers.session import Message, ToolCall, text_of_parts


class _Line(NamedTuple):
    uuid: str
    parent: str
    messages: tuple[Message, ...]


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The session of a file."""
    read_lines: list[_Line] = []
    known: set[str] = set()
    for number, line in enumerate(lines):
        if line.get("isSidechain") is True or line.get("type") in ("summary", "file-history-snapshot"):
            continue
        uuid, parent = line.get("uuid"), line.get("parentUuid")
        before = read_lines[-1].uuid if read_lines else ""
        if isinstance(uuid, str):
            if uuid in known:
                continue
            known.add(uuid)
            parent = parent if isinstance(parent, str) else ""
        else:
            uuid, parent = str(number), before
        read_lines.append(_Line(uuid, parent, tuple(_messages_of(line))))
    yield [message for line in _thread(read_lines) for message in line.messages]


def _thread(lines: list[_Line]) -> list[_Line]:
    """The lines that count, in order."""
    places = {line.uuid: place for place, line in enumerate(lines)}
    thread: list[_Line] = []
    place = len(lines) - 1
    while place >= 0:
        thread.append(lines[place])
        parent = places.get(lines[place].parent, -1)
        place = parent if 0 <= parent < place else place - 1
    return thread[::-1]


def _messages_of(line: JsonObject) -> Iterator[Message]:
    kind, message, when = line.get("type"), line.get("message"), line.get("timestamp")
    if kind not in ("user", "assistant") or not isinstance(message, dict):
        return
    content = message.get("content")
    blocks = objects_in(content)
    for block in blocks:
        if block.get("type") == "tool_result":
            text, failed = text_of_parts(block.get("content")), block.get("is_error") is True
            yield Message("tool", text, (), str(block.get("tool_use_id")), failed, when)
    if kind == "user" and not _is_by_user(line, blocks):
        return
    calls = tuple(
        ToolCall(str(block.get("id")), str(block.get("name")), block.get("input"))
        for block in blocks
        if block.get("type") == "tool_use"
    )
    yield Message(str(kind), text_of_parts(content), calls, when=when)


def _is_by_user(line: JsonObject, blocks: list[JsonObject]) -> bool:
    """Whether the user typed a line."""
    origin = line.get("origin")
    by_human = isinstance(origin, dict) and origin.get("kind") == "human"
    source = line.get("promptSource")
    is_result = "toolUseResult" in line or any(block.get("type") == "tool_result" for block in blocks)
    is_program = line.get("isMeta") is True or line.get("isCompactSummary") is True
    return not is_result and not is_program and (by_human or source in (None, "typed"))
