"""Fine-tuning samples: chat, prompt and completion, preference pairs. Pure.

Thoughts of the assistant (`<think>`) are taken out.

The content of a sample is what a model is trained on, and its score. Times, hosts and run ids are dropped, so
the same sample from two systems is one record.
"""

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import Final

from git_fedlearn.core.canonical import Json, JsonObject, format_value
from git_fedlearn.core.events import unit_number
from git_fedlearn.core.substance import strip_thoughts, without_thought
from git_fedlearn.training.shapes import in_known_shape

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
TRAINING_FIELDS: Final = (
    *("messages", "prompt", "completion", "chosen", "rejected"),
    *("tools", "functions", "parallel_tool_calls"),
)
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
    fields = in_known_shape(fields)
    if "chosen" in fields or "rejected" in fields:
        body = _pair(fields)
    else:
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
    if fields.get("label") is False and not is_pair(content):
        content["label"] = False
    source = fields.get("source")
    if isinstance(source, str) and _GENERAL_SOURCE.fullmatch(source):
        content["source"] = source
    scores = (unit_number(fields, name) for name in ("value_score", "quality_score"))
    score = next((score for score in scores if score is not None), None)
    return content if score is None else content | {"value_score": round(score, 3)}


def format_training_line(content: JsonObject) -> bytes:
    """One line for a trainer: the training fields as canonical JSON, with a line feed."""
    return format_value({name: content[name] for name in TRAINING_FIELDS if name in content}) + b"\n"


def is_pair(content: JsonObject) -> bool:
    """Whether a sample is a preference pair: a chosen and a rejected answer."""
    return "chosen" in content


def explicit_pair(content: JsonObject) -> JsonObject:
    """The `prompt`, `chosen` and `rejected` of a pair; the common start of whole chats is their prompt."""
    pair: JsonObject = {name: content[name] for name in ("prompt", "chosen", "rejected") if name in content}
    chosen, rejected = pair["chosen"], pair["rejected"]
    if "prompt" in pair or not isinstance(chosen, list) or not isinstance(rejected, list):
        return pair
    shared = [one for one, _ in takewhile(lambda two: two[0] == two[1], zip(chosen, rejected, strict=False))]
    return {"prompt": shared, "chosen": chosen[len(shared) :], "rejected": rejected[len(shared) :]}


def is_weightless(message: Json) -> bool:
    """Whether a message is not to be trained on: its `weight` is 0, as in fine-tuning by OpenAI."""
    return isinstance(message, dict) and "weight" in message and message["weight"] == 0


def is_undesired(content: JsonObject) -> bool:
    """Whether a model should not give the answer of a sample: `label` is false, as in TRL."""
    return content.get("label") is False


def _pair(fields: JsonObject) -> "JsonObject | Malformed":
    """A pair in the forms of TRL: texts with a prompt, or messages with or without one."""
    pair = {name: strip_thoughts(fields.get(name)) for name in ("prompt", "chosen", "rejected")}
    if pair["chosen"] == pair["rejected"]:
        return Malformed("chosen and rejected are the same")
    answers = [pair["chosen"], pair["rejected"]]
    if all(isinstance(answer, str) and answer.strip() for answer in answers):
        is_whole = isinstance(pair["prompt"], str) and bool(pair["prompt"].strip())
        return pair if is_whole else Malformed("prompt is blank or not a string")
    listed = [*answers, *([pair["prompt"]] if "prompt" in fields else [])]
    if all(isinstance(value, list) and value for value in listed):
        faults = (_message_fault(message) for value in listed if isinstance(value, list) for message in value)
        if fault := next(filter(None, faults), ""):
            return Malformed(fault)
        return {name: value for name, value in pair.items() if name in fields}
    return Malformed("chosen and rejected are neither texts nor messages")


def _completion(fields: JsonObject) -> "JsonObject | Malformed":
    if "conversations" in fields:
        return Malformed("conversations has an unknown speaker or tool call")
    for name in ("prompt", "completion"):
        value = fields.get(name)
        if name not in fields:
            return Malformed("neither messages nor prompt and completion")
        if not isinstance(value, str) or not value.strip():
            return Malformed(f"{name} is blank or not a string")
    completion = without_thought(str(fields["completion"]))
    if not completion.strip():
        return Malformed("completion has nothing but a chain of thought")
    return {"prompt": fields["prompt"], "completion": completion}


def _chat(fields: JsonObject) -> "JsonObject | Malformed":
    messages = fields["messages"]
    if not isinstance(messages, list) or not messages:
        return Malformed("messages is empty or not a list")
    kept: list[Json] = []
    for given in messages:
        is_answer = isinstance(given, dict) and given.get("role") == "assistant"
        message = strip_thoughts(given) if is_answer else given
        if fault := _message_fault(message):
            return Malformed(fault)
        if isinstance(message, dict):
            names = [name for name in _MESSAGE_FIELDS if name in message and (is_answer or name != "weight")]
            kept.append({name: message[name] for name in names})
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
    speaks_by_call = message["role"] == "assistant" and (calls or message.get("function_call"))
    has_content = _has_content(message) or (speaks_by_call and message.get("content") in (None, "", []))
    return "" if has_content else "a message has no content"


def _has_content(message: JsonObject) -> bool:
    content = message.get("content")
    if isinstance(content, list):
        return bool(content) and all(isinstance(part, dict) and "type" in part for part in content)
    is_result = message["role"] in ("tool", "function")
    return isinstance(content, str) and (is_result or bool(content.strip()))
