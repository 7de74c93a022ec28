"""Samples in the formats of trainers, which docs/dataset.md describes. Pure, except for pyarrow.

A sample that a format cannot express is skipped and counted by reason, never changed to fit.
"""

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import jsonlines

from git_fedlearn.core.canonical import Json, JsonObject, format_value, objects_in
from git_fedlearn.extras import Lazy
from git_fedlearn.training.dataset import Sample
from git_fedlearn.training.samples import explicit_pair, is_pair, is_undesired, is_weightless

pyarrow = Lazy("pyarrow", "parquet")
pyarrow_parquet = Lazy("pyarrow.parquet", "parquet")

FORMATS: Final = ("openai", "sharegpt", "alpaca", "parquet", "dpo", "kto")

PAIR_FORMATS: Final = frozenset({"dpo", "kto"})

NOT_TEXT: Final = "content that is not text"
TOOLS: Final = "tool calls, which the format cannot express"
NO_TURNS: Final = "not turns of a user and an assistant, ending with the assistant"

PAIR: Final = "a preference pair"
UNDESIRED: Final = "an answer that is labeled as undesired"
NO_PAIR: Final = "not a preference pair"
BAD_END: Final = "does not end with an answer of the assistant"
BAD_CALLS: Final = "tool calls and results that do not belong together"
BAD_TURNS: Final = "turns of the assistant that do not alternate with those of others"
BAD_WEIGHT: Final = "a weight of a message that is neither 0 nor 1"
BAD_CALL: Final = "a tool call without id, name or arguments as text"
WEIGHTLESS: Final = "an answer of weight 0, which the format cannot express"

_OPENAI_PARTS: Final = ("text", "image_url", "input_audio", "file", "refusal")
_SPEAKERS: Final = {"system": "system", "developer": "system", "user": "human", "assistant": "gpt"}


class Formatted(NamedTuple):
    """The bytes of one file, the number of samples in it, and the reasons why others were skipped."""

    data: bytes
    samples: int
    skipped: Counter[str]


class UnsuitableError(ValueError):
    """A sample that a format cannot express; the message is the reason."""


def suffix_of(name: str) -> str:
    """The file extension of a format, without the dot."""
    return "parquet" if name == "parquet" else "jsonl"


def format_samples(name: str, samples: Iterable[Sample]) -> Formatted:
    """Samples in one of FORMATS. Raises FedlearnError for parquet without pyarrow."""
    skipped: Counter[str] = Counter()
    rows = _rows(name, samples, skipped)
    if name == "parquet":
        table = [*rows]
        return Formatted(_parquet(table), len(table), skipped)
    data = _json_lines(_alike([*rows]) if name == "dpo" else rows)
    return Formatted(data, data.count(b"\n"), skipped)


def _rows(name: str, samples: Iterable[Sample], skipped: Counter[str]) -> Iterator[JsonObject]:
    """The rows of all samples, one sample at a time; counts those that are `skipped`."""
    convert = _CONVERTERS[name]
    for sample in samples:
        try:
            _refuse_label(name, sample.content)
            yield from convert(sample)
        except UnsuitableError as error:
            skipped[str(error)] += 1


def _refuse_label(name: str, content: JsonObject) -> None:
    """Raise UnsuitableError if a format has no preference pairs, or none of the labels of a sample."""
    if is_pair(content) and name not in PAIR_FORMATS:
        raise UnsuitableError(PAIR)
    if is_undesired(content) and name != "kto":
        raise UnsuitableError(UNDESIRED)
    trained = objects_in(content.get("messages"))[-1 if name == "kto" else None :]
    if name != "openai" and any(map(is_weightless, trained)):
        raise UnsuitableError(WEIGHTLESS)


def _openai(sample: Sample) -> list[JsonObject]:
    messages = _messages(sample.content)
    refuse_bad_turns(messages)
    for message in messages:
        if any(part.get("type") not in _OPENAI_PARTS for part in objects_in(message.get("content"))):
            raise UnsuitableError(NOT_TEXT)
        if message.get("weight", 1) not in (0, 1):
            raise UnsuitableError(BAD_WEIGHT)
        if not all(map(_is_whole_call, objects_in(message.get("tool_calls")))):
            raise UnsuitableError(BAD_CALL)
    row: JsonObject = {"messages": [*messages]}
    kept = ("tools", "functions", "parallel_tool_calls")
    return [row | {name: sample.content[name] for name in kept if name in sample.content}]


def _is_whole_call(call: JsonObject) -> bool:
    match call:
        case {"id": str(), "function": {"name": str(), "arguments": str()}}:
            return True
    return False


def refuse_bad_turns(messages: Sequence[JsonObject]) -> None:
    """Raise UnsuitableError unless a fine-tuning API takes these messages.

    The last one is an answer of the assistant, no two of its turns follow each other, and the results of
    tools directly follow the calls with their ids, one for each.
    """
    open_calls: list[str] = []
    before = ""
    for message in messages:
        role = str(message["role"])
        if role == "tool":
            if (ident := str(message.get("tool_call_id"))) not in open_calls:
                raise UnsuitableError(BAD_CALLS)
            open_calls.remove(ident)
        elif role == "function":
            if before != "assistant":
                raise UnsuitableError(BAD_CALLS)
        elif open_calls:
            raise UnsuitableError(BAD_CALLS)
        if role == "assistant":
            if before in ("assistant", "", "system", "developer"):
                raise UnsuitableError(BAD_TURNS)
            open_calls = [str(call.get("id")) for call in objects_in(message.get("tool_calls"))]
        before = role
    if not messages or before != "assistant" or open_calls or _calls(messages[-1]):
        raise UnsuitableError(BAD_END)


def _sharegpt(sample: Sample) -> list[JsonObject]:
    turns: list[JsonObject] = []
    messages = _messages(sample.content)
    refuse_bad_turns(messages)
    if any(message["role"] in ("system", "developer") for message in messages[1:]):
        raise UnsuitableError(BAD_TURNS)
    for message in messages:
        role = str(message["role"])
        calls = _calls(message)
        if text := _text(message):
            turns.append({"from": _SPEAKERS.get(role, "observation"), "value": text})
        turns += [{"from": "function_call", "value": call} for call in calls]
        if not text and not calls:
            turns.append({"from": _SPEAKERS.get(role, "observation"), "value": ""})
    spoken = [turn["from"] in ("human", "observation") for turn in turns if turn["from"] != "system"]
    if spoken != [number % 2 == 0 for number in range(len(spoken))]:
        raise UnsuitableError(BAD_TURNS)
    if len(spoken) % 2 or not spoken or turns[-1]["from"] != "gpt":
        raise UnsuitableError(BAD_END)
    tools = sample.content.get("tools")
    row: JsonObject = {"conversations": [*turns]}
    return [{**row, "tools": format_value(tools).decode()} if tools else row]


def _alpaca(sample: Sample) -> list[JsonObject]:
    messages = _messages(sample.content)
    if sample.content.get("tools") or any(_calls(message) for message in messages):
        raise UnsuitableError(TOOLS)
    system = [_text(message) for message in messages if message["role"] in ("system", "developer")]
    turns = [message for message in messages if message["role"] not in ("system", "developer")]
    expected = ["user", "assistant"] * (len(turns) // 2)
    if [message["role"] for message in turns] != expected:
        raise UnsuitableError(NO_TURNS)
    texts = [_text(message) for message in turns]
    history: list[Json] = [[texts[at], texts[at + 1]] for at in range(0, len(texts) - 2, 2)]
    return [
        {
            "instruction": texts[-2],
            "input": "",
            "output": texts[-1],
            "system": "\n\n".join(system),
            "history": history,
        }
    ]


def _dpo(sample: Sample) -> list[JsonObject]:
    """A pair as TRL's DPOTrainer reads it."""
    if not is_pair(sample.content):
        raise UnsuitableError(NO_PAIR)
    return [_without_weights(explicit_pair(sample.content))]


def _alike(pairs: list[JsonObject]) -> list[JsonObject]:
    """Pairs that are all texts or all messages: a trainer takes the first one for all."""
    is_text = all(isinstance(pair["prompt"], str) for pair in pairs)
    return pairs if is_text else [*map(_as_messages, pairs)]


def _as_messages(pair: JsonObject) -> JsonObject:
    if not isinstance(pair["prompt"], str):
        return pair
    roles = {"prompt": "user", "chosen": "assistant", "rejected": "assistant"}
    return {name: [{"role": role, "content": pair[name]}] for name, role in roles.items()}


def _without_weights(row: JsonObject) -> JsonObject:
    """A row whose messages have no weight: trainers of pairs and labels do not know it."""
    return {
        name: [{key: one[key] for key in one if key != "weight"} for one in objects_in(value)]
        if isinstance(value, list)
        else value
        for name, value in row.items()
    }


def _kto(sample: Sample) -> list[JsonObject]:
    """A pair as two rows of TRL's KTOTrainer, any other sample as one, desired or not as it is labeled."""
    if not is_pair(sample.content):
        messages = _messages(sample.content)
        refuse_bad_turns(messages)
        row: JsonObject = {"prompt": [*messages[:-1]], "completion": [messages[-1]]}
        return [{**_without_weights(row), "label": not is_undesired(sample.content)}]
    pair = _without_weights(_as_messages(explicit_pair(sample.content)))
    return [
        {"prompt": pair["prompt"], "completion": pair[name], "label": name == "chosen"}
        for name in ("chosen", "rejected")
    ]


def _columns(sample: Sample) -> list[JsonObject]:
    """One row of the parquet schema; nested values of varying types are JSON strings."""
    messages: list[Json] = []
    for message in _messages(sample.content):
        content = message.get("content") or ""
        calls = message.get("tool_calls") or message.get("function_call")
        messages.append(
            {
                "role": message["role"],
                "content": content if isinstance(content, str) else format_value(content).decode(),
                "name": message.get("name"),
                "tool_calls": format_value(calls).decode() if calls else None,
                "tool_call_id": message.get("tool_call_id"),
            }
        )
    tools = sample.content.get("tools") or sample.content.get("functions")
    return [
        {
            "id": sample.id,
            "messages": messages,
            "tools": format_value(tools).decode() if tools else None,
            "score": sample.score,
        }
    ]


_CONVERTERS: Final[dict[str, Callable[[Sample], list[JsonObject]]]] = {
    "openai": _openai,
    "sharegpt": _sharegpt,
    "alpaca": _alpaca,
    "parquet": _columns,
    "dpo": _dpo,
    "kto": _kto,
}


def _messages(content: JsonObject) -> list[JsonObject]:
    """The messages of a sample; prompt and completion become messages of user and assistant."""
    if isinstance(messages := content.get("messages"), list):
        return objects_in(messages)
    return [
        {"role": "user", "content": content["prompt"]},
        {"role": "assistant", "content": content["completion"]},
    ]


def _text(message: JsonObject) -> str:
    """The text of a message; its parts are joined by line feeds."""
    content = message.get("content")
    if isinstance(content, str) or content is None:
        return content or ""
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    if len(texts) < len(parts):
        raise UnsuitableError(NOT_TEXT)
    return "\n".join(str(text) for text in texts)


def _calls(message: JsonObject) -> list[str]:
    """The tool calls of a message, each as a JSON string: `{"arguments": …, "name": …}`."""
    calls = [call.get("function") for call in objects_in(message.get("tool_calls"))]
    return [
        format_value({"name": call.get("name"), "arguments": call.get("arguments")}).decode()
        for call in objects_in([*calls, message.get("function_call")])
    ]


def _json_lines(rows: Iterable[JsonObject]) -> bytes:
    stream = io.BytesIO()
    jsonlines.Writer(stream, dumps=format_value).write_all(rows)
    return stream.getvalue()


def _parquet(rows: list[JsonObject]) -> bytes:
    sink = io.BytesIO()
    table = pyarrow.Table.from_pylist(rows, schema=_schema())
    pyarrow_parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _schema() -> Any:  # noqa: ANN401  an optional package
    text = pyarrow.string()
    names = ("role", "content", "name", "tool_calls", "tool_call_id")
    message = pyarrow.struct([(name, text) for name in names])
    return pyarrow.schema(
        [("id", text), ("messages", pyarrow.list_(message)), ("tools", text), ("score", pyarrow.float64())]
    )
