"""The shapes that others give to samples, read as chat (`messages`) or as a preference pair. Pure.

ShareGPT has `conversations`, Alpaca an `instruction` and its `output`, TRL messages as `prompt` and
`completion`. A preference pair has `chosen` and `rejected`, or `preferred_output` and `non_preferred_output`
as in fine-tuning by OpenAI.
"""

from typing import Final

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, format_value, parse_value

_SPEAKERS: Final = {
    "system": "system",
    **dict.fromkeys(("human", "user"), "user"),
    **dict.fromkeys(("gpt", "assistant", "model", "chatgpt", "bot", "ai", "bing", "bard"), "assistant"),
    **dict.fromkeys(("observation", "tool"), "tool"),
}


def in_known_shape(given: JsonObject) -> JsonObject:
    """A sample with `messages`, with `prompt` and `completion`, or with `chosen` and `rejected`.

    What cannot be told for certain stays as it is. Empty columns (null) count as missing.
    """
    fields: JsonObject = {name: value for name, value in given.items() if value is not None}
    if isinstance(tag := fields.get("kto_tag"), bool):
        fields["label"] = tag
    if "preferred_output" in fields:
        fields |= _from_preferences(fields)
    if "chosen" in fields or "rejected" in fields:
        return _as_pair(fields)
    if "messages" in fields:
        return fields
    if "completion" in fields:
        asked, answered = fields.get("prompt"), fields["completion"]
        is_chat = isinstance(asked, list) and isinstance(answered, list)
        return {**fields, "messages": [*asked, *answered]} if is_chat else fields  # type: ignore[misc]  # lists
    return _from_sharegpt(fields) if "conversations" in fields else _from_alpaca(fields)


def _from_preferences(fields: JsonObject) -> JsonObject:
    given = fields.get("input")
    asked: JsonObject = given if isinstance(given, dict) else {}
    found: JsonObject = {
        "prompt": asked.get("messages"),
        "chosen": fields["preferred_output"],
        "rejected": fields.get("non_preferred_output"),
        **{name: asked[name] for name in ("tools", "parallel_tool_calls") if asked.get(name)},
    }
    return {name: value for name, value in found.items() if value is not None}


def _as_pair(fields: JsonObject) -> JsonObject:
    """A pair whose prompt and answers are all texts, or all messages."""
    chosen, rejected = _answers(fields.get("chosen")), _answers(fields.get("rejected"))
    prompt = fields.get("prompt")
    if prompt is None and isinstance(fields.get("conversations"), list):
        prompt = _from_sharegpt(fields).get("messages")
    if prompt is None:
        prompt = _instruction(fields) or fields.get("question")
    system = _text(fields, "system")
    if isinstance(prompt, str) and (system or isinstance(chosen, list)):
        prompt = [*_said("system", system), *_said("user", prompt)]
        chosen = [*_said("assistant", chosen)] if isinstance(chosen, str) else chosen
        rejected = [*_said("assistant", rejected)] if isinstance(rejected, str) else rejected
    pair: JsonObject = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
    others = {name: value for name, value in fields.items() if name != "messages" and name not in pair}
    if _begins_with_prompt(chosen):
        del pair["prompt"]
    return others | {name: value for name, value in pair.items() if value is not None}


def _answers(value: Json) -> Json:
    """An answer of a pair; one turn, or the turns of ShareGPT, as messages."""
    if isinstance(value, dict):
        value = [value]
    is_sharegpt = isinstance(value, list) and any(isinstance(turn, dict) and "from" in turn for turn in value)
    return _from_sharegpt({"conversations": value}).get("messages", value) if is_sharegpt else value


def _begins_with_prompt(answers: Json) -> bool:
    first = answers[0] if isinstance(answers, list) and answers else None
    return isinstance(first, dict) and first.get("role") in ("system", "user")


def _from_sharegpt(fields: JsonObject) -> JsonObject:
    turns = fields["conversations"]
    messages: list[Json] = [*_said("system", _text(fields, "system"))]
    called: list[str] = []
    for turn in turns if isinstance(turns, list) else (None,):
        if not isinstance(turn, dict):
            return fields
        speaker, value = str(turn.get("from", turn.get("role"))), turn.get("value", turn.get("content"))
        if speaker == "function_call":
            calls = _tool_calls(value, len(messages))
            called = [str(call["id"]) for call in calls]
            message: JsonObject = {"role": "assistant", "content": None, "tool_calls": [*calls]}
        else:
            message = {"role": _SPEAKERS.get(speaker), "content": value}
        if message["role"] == "tool" and called:
            message["tool_call_id"] = called.pop(0)
        elif message["role"] in (None, "tool") or message.get("tool_calls") == []:
            return fields
        messages.append(message | {"weight": turn["weight"]} if "weight" in turn else message)
    tools = _tools(fields.get("tools"))
    return {**fields, "messages": messages, **({"tools": tools} if tools else {})}


def _tool_calls(value: Json, number: int) -> list[JsonObject]:
    """The calls in a turn, one JSON object or a list, each with `name`; none if there is something else."""
    parsed = _parsed(value)
    calls: list[JsonObject] = []
    for place, call in enumerate(parsed if isinstance(parsed, list) else [parsed]):
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            return []
        given = call.get("arguments", {})
        arguments = given if isinstance(given, str) else format_value(given).decode()
        function: JsonObject = {"name": call["name"], "arguments": arguments}
        calls.append({"id": f"call_{number}_{place}", "type": "function", "function": function})
    return calls


def _tools(value: Json) -> Json:
    """Tools as a list of functions; ShareGPT has them as a JSON text, without the function around each."""
    tools = _parsed(value)
    if not isinstance(tools, list):
        return value
    return [
        {"type": "function", "function": tool} if isinstance(tool, dict) and "name" in tool else tool
        for tool in tools
    ]


def _parsed(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return parse_value(value.encode("utf-8", "replace"))
    except InvalidJsonError:
        return None


def _from_alpaca(fields: JsonObject) -> JsonObject:
    question, answer = _instruction(fields), fields.get("output")
    if not question or not isinstance(answer, str):
        return fields
    messages: list[Json] = [*_said("system", _text(fields, "system"))]
    history = fields.get("history")
    for pair in history if isinstance(history, list) else ():
        if not isinstance(pair, list) or len(pair) != 2:  # noqa: PLR2004  a question and its answer
            return fields
        messages += [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]
    messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return {**fields, "messages": messages}


def _instruction(fields: JsonObject) -> str:
    """The instruction of Alpaca with its input; empty if there is none."""
    given = (_text(fields, "instruction"), _text(fields, "input"))
    return "\n\n".join(text for text in given if text.strip())


def _said(role: str, text: str) -> list[JsonObject]:
    return [{"role": role, "content": text}] if text.strip() else []


def _text(fields: JsonObject, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
