"""Codex CLI: `~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl`.

Two logs are interleaved and say most things twice: the items sent to the model, and events for the screen.
Items count; of the events, the end of a command does, which has its exit code. Old files have items alone,
without the envelope `payload`.
"""

from collections.abc import Iterable, Iterator

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.learn.readers.session import Message, ToolCall, text_of_parts


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
            case "function_call" | "custom_tool_call" | "local_shell_call":
                arguments = payload.get("arguments", payload.get("input", payload.get("action")))
                call = ToolCall(str(payload.get("call_id")), str(payload.get("name")), arguments)
                messages.append(Message("assistant", "", (call,), when=when))
            case "function_call_output" | "custom_tool_call_output" | "local_shell_call_output":
                messages.append(
                    Message(
                        "tool", _output(payload.get("output")), (), str(payload.get("call_id")), None, when
                    )
                )
            case "exec_command_end":
                ended[str(payload.get("call_id"))] = _end_of_command(payload, when)
            case "thread_rolled_back":
                _drop_turns(messages, payload.get("num_turns"))
            case "user_message" | "agent_message":
                role = "user" if kind == "user_message" else "assistant"
                shown.append(Message(role, text_of_parts(payload.get("message")), when=when))
    if not any(message.text for message in messages if message.role != "tool"):
        messages = [*shown, *messages]
    yield [ended.get(message.answers, message) if message.answers else message for message in messages]


def _output(output: Json) -> str:
    """The text of a result, which may be a list of parts, or an object with the text in `content`."""
    if isinstance(output, dict):
        return text_of_parts(output.get("content", output.get("output")))
    return text_of_parts(output)


def _end_of_command(payload: JsonObject, when: Json) -> Message:
    texts = [text_of_parts(payload.get(name)) for name in ("aggregated_output", "stdout", "stderr")]
    output = texts[0] or "\n".join(text for text in texts[1:] if text)
    failed = payload.get("exit_code") != 0
    return Message("tool", output, (), str(payload.get("call_id")), failed, when)


def _drop_turns(messages: list[Message], turns: Json) -> None:
    """Remove the last turns, each from a message of the user on."""
    for _ in range(turns if isinstance(turns, int) else 1):
        starts = [place for place, message in enumerate(messages) if message.role == "user"]
        del messages[starts[-1] if starts else 0 :]
