"""Fine-tuning samples in OpenAI chat format (`messages`) or as prompt and completion. Pure.

The content of a sample is what a model is trained on, and its score. Times, hosts and run ids are dropped, so
the same sample from two systems is one record.
"""

import re
from dataclasses import dataclass
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.events import unit_number

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
TRAINING_FIELDS: Final = ("messages", "prompt", "completion", "tools", "functions", "parallel_tool_calls")
_MESSAGE_FIELDS: Final = (
    "role",
    "content",
    "name",
    "tool_calls",
    "tool_call_id",
    "function_call",
    "refusal",
    "weight",
)
_ABOUT_FIELDS: Final = ("category", "language", "tags", "task")
_GENERAL_SOURCE = re.compile(r"[a-z]+(?:[-_:][a-z]+)*")


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a sample is unusable; never quotes its text."""

    reason: str


def parse_sample(fields: JsonObject) -> "JsonObject | Malformed":
    """The record content of a sample, not yet sanitized. Never raises."""
    body = _chat(fields) if "messages" in fields else _completion(fields)
    if isinstance(body, Malformed):
        return body
    content: JsonObject = body | {
        name: fields[name] for name in ("functions", *_ABOUT_FIELDS) if fields.get(name)
    }
    if fields.get("tools"):
        if not isinstance(fields["tools"], list):
            return Malformed("tools is not a list")
        content["tools"] = fields["tools"]
    if isinstance(fields.get("parallel_tool_calls"), bool):
        content["parallel_tool_calls"] = fields["parallel_tool_calls"]
    source = fields.get("source")
    if isinstance(source, str) and _GENERAL_SOURCE.fullmatch(source):
        content["source"] = source
    scores = (unit_number(fields, name) for name in ("value_score", "quality_score"))
    score = next((score for score in scores if score is not None), None)
    return content if score is None else content | {"value_score": round(score, 3)}


def format_training_line(content: JsonObject) -> bytes:
    """One line for a trainer: the training fields as canonical JSON, with a line feed."""
    return format_value({name: content[name] for name in TRAINING_FIELDS if name in content}) + b"\n"


def _completion(fields: JsonObject) -> "JsonObject | Malformed":
    for name in ("prompt", "completion"):
        value = fields.get(name)
        if name not in fields:
            return Malformed("neither messages nor prompt and completion")
        if not isinstance(value, str) or not value.strip():
            return Malformed(f"{name} is blank or not a string")
    return {"prompt": fields["prompt"], "completion": fields["completion"]}


def _chat(fields: JsonObject) -> "JsonObject | Malformed":
    messages = fields["messages"]
    if not isinstance(messages, list) or not messages:
        return Malformed("messages is empty or not a list")
    kept: list[Json] = []
    for message in messages:
        if fault := _message_fault(message):
            return Malformed(fault)
        if isinstance(message, dict):
            kept.append({name: message[name] for name in _MESSAGE_FIELDS if name in message})
    roles = [message.get("role") for message in messages if isinstance(message, dict)]
    if "assistant" not in roles:
        return Malformed("no assistant message")
    if roles.index("assistant") == 0:
        return Malformed("nothing before the first assistant message")
    return {"messages": kept}


def _message_fault(message: Json) -> str:
    """What is wrong with one message; empty if it is usable."""
    if not isinstance(message, dict):
        return "a message is not an object"
    if message.get("role") not in ROLES:
        return "a message has no known role"
    calls = message.get("tool_calls")
    if calls is not None and not (isinstance(calls, list) and all(isinstance(call, dict) for call in calls)):
        return "tool_calls is not a list of objects"
    return "" if _has_content(message) or _speaks_by_call(message) else "a message has no content"


def _has_content(message: JsonObject) -> bool:
    content = message.get("content")
    if isinstance(content, list):
        return bool(content) and all(isinstance(part, dict) and "type" in part for part in content)
    is_result = message["role"] in ("tool", "function")
    return isinstance(content, str) and (is_result or bool(content.strip()))


def _speaks_by_call(message: JsonObject) -> bool:
    calls = message.get("tool_calls") or message.get("function_call")
    return message["role"] == "assistant" and bool(calls) and message.get("content") in (None, "")
