"""Codex CLI: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.

Two logs are interleaved and say most things twice: the items sent to the model, and events for the screen.
Items count; of the events, the end of a command does, which has its exit code. Old files have items alone,
without the envelope `payload`.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.chats import parse_messages
from git_fedlearn.learn.readers.session import Message, text_of_parts


def read(lines: Iterable[JsonObject]) -> Iterator[list[Message]]:
    """The session of a file."""
    messages: list[Message] = []
    shown: list[Message] = []
    ended: dict[str, Message] = {}
    for line in lines:
        payload = line.get("payload", line)
        if not isinstance(payload, dict):
            continue
        kind, when = payload.get("type"), line.get("timestamp")
        match kind:
            case "message" if payload.get("role") in ("user", "assistant"):
                messages.append(
                    Message(str(payload["role"]), text_of_parts(payload.get("content")), when=when)
                )
            case "exec_command_end":
                ended[str(payload.get("call_id"))] = _end_of_command(payload, when)
            case "thread_rolled_back":
                turns = payload.get("num_turns")
                for _ in range(turns if isinstance(turns, int) else 1):
                    starts = [place for place, message in enumerate(messages) if message.role == "user"]
                    del messages[starts[-1] if starts else 0 :]
            case "user_message" | "agent_message":
                role = "user" if kind == "user_message" else "assistant"
                shown.append(Message(role, text_of_parts(payload.get("message")), when=when))
            case str() if kind.endswith(("_call", "_call_output")):
                messages += parse_messages(payload, when)
    if not any(message.text for message in messages if message.role != "tool"):
        messages = [*shown, *messages]
    yield [ended.get(message.answers, message) if message.answers else message for message in messages]


def _end_of_command(payload: JsonObject, when: Json) -> Message:
    texts = [text_of_parts(payload.get(name)) for name in ("aggregated_output", "stdout", "stderr")]
    output = texts[0] or "\n".join(text for text in texts[1:] if text)
    failed = payload.get("exit_code") != 0
    return Message("tool", output, (), str(payload.get("call_id")), failed, when)
