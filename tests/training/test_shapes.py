"""Samples in the shapes of others: read as the same chat or pair, and read again when they are written."""

import json
from typing import Any

import pytest

from git_fedlearn.core.identity import RecordId
from git_fedlearn.training.dataset import Sample
from git_fedlearn.training.formats import format_samples
from git_fedlearn.training.samples import Malformed, parse_sample
from git_fedlearn.training.worth import NOT_FOR_TRAINING, find_refusal

ASKED, GOOD, BAD = "Which lock opens the lower gate?", "The brass one, turned twice.", "Any of them."
SYSTEM = {"role": "system", "content": "Be brief."}
ASK = {"role": "user", "content": ASKED}
SAY = {"role": "assistant", "content": GOOD}
DENY = {"role": "assistant", "content": BAD}
HUMAN: Any = {"from": "human", "value": ASKED}
GPT: Any = {"from": "gpt", "value": GOOD}
TEXTS = {"prompt": ASKED, "chosen": GOOD, "rejected": BAD}
CHATS = {"prompt": [ASK], "chosen": [SAY], "rejected": [DENY]}
WITH_SYSTEM = {**CHATS, "prompt": [SYSTEM, ASK]}
CALL = {"type": "function", "function": {"name": "gate", "arguments": '{"lower":true}'}}


def parsed(fields: dict[str, Any]) -> dict[str, Any]:
    content = parse_sample(fields)
    assert isinstance(content, dict), content
    assert parse_sample(content) == content
    return content


@pytest.mark.parametrize(
    ("fields", "content"),
    [
        ({"instruction": ASKED, "input": None, "output": GOOD}, {"messages": [ASK, SAY]}),
        ({"instruction": ASKED, "output": GOOD, "prompt": "### Instruction:"}, {"messages": [ASK, SAY]}),
        (
            {"instruction": ASKED, "output": BAD, "kto_tag": False},
            {"messages": [ASK, DENY], "label": False},
        ),
        ({"system": "Be brief.", "conversations": [HUMAN, GPT]}, {"messages": [SYSTEM, ASK, SAY]}),
        ({"conversations": [HUMAN, GPT], "messages": None}, {"messages": [ASK, SAY]}),
        (
            {"conversations": [HUMAN, {**GPT, "value": BAD, "weight": 0}, HUMAN, GPT]},
            {"messages": [ASK, {**DENY, "weight": 0}, ASK, SAY]},
        ),
        ({"instruction": ASKED, "input": "", "chosen": GOOD, "rejected": BAD}, TEXTS),
        ({"question": ASKED, "chosen": GOOD, "rejected": BAD}, TEXTS),
        ({"system": "Be brief.", "question": ASKED, "chosen": GOOD, "rejected": BAD}, WITH_SYSTEM),
        ({"conversations": [HUMAN], "chosen": GPT, "rejected": {**GPT, "value": BAD}}, CHATS),
        (
            {"prompt": ASKED, "messages": [ASK, SAY], "chosen": [ASK, SAY], "rejected": [ASK, DENY]},
            {"chosen": [ASK, SAY], "rejected": [ASK, DENY]},
        ),
        ({"prompt": ASKED, "chosen": [SAY], "rejected": [DENY]}, CHATS),
        (
            {
                "input": {"messages": [ASK], "parallel_tool_calls": True},
                "preferred_output": [SAY],
                "non_preferred_output": [DENY],
            },
            {**CHATS, "parallel_tool_calls": True},
        ),
    ],
)
def test_the_shapes_of_others_are_read(fields: dict[str, Any], content: dict[str, Any]) -> None:
    assert parsed(fields) == content


def test_tool_calls_of_sharegpt_are_read_with_their_results() -> None:
    turns: list[Any] = [
        HUMAN,
        {"from": "function_call", "value": '{"name": "gate", "arguments": {"lower": true}}'},
        {"from": "observation", "value": "brass"},
        GPT,
    ]
    content = parsed({"conversations": turns, "tools": '[{"name": "gate", "parameters": {}}]'})
    assert content["messages"][1]["tool_calls"] == [{"id": "call_1_0", **CALL}]
    assert content["messages"][2] == {"role": "tool", "content": "brass", "tool_call_id": "call_1_0"}
    assert content["tools"] == [{"type": "function", "function": {"name": "gate", "parameters": {}}}]
    told = json.loads(format_samples("openai", [sample(content)]).data)
    assert told == {"messages": content["messages"], "tools": content["tools"]}
    unclear: Any = {"from": "function_call", "value": "gate the lower one"}
    assert parse_sample({"conversations": [HUMAN, unclear, GPT]}) == Malformed(
        "conversations has an unknown speaker or tool call"
    )


def sample(content: dict[str, Any], number: int = 0) -> Sample:
    return Sample(RecordId(f"{number:032x}"), None, (), content)


def rows_of(name: str, *contents: dict[str, Any]) -> list[dict[str, Any]]:
    formatted = format_samples(name, [sample(content, at) for at, content in enumerate(contents)])
    assert not formatted.skipped, formatted.skipped
    return [json.loads(line) for line in formatted.data.splitlines()]


@pytest.mark.parametrize("name", ["openai", "sharegpt", "alpaca", "kto"])
def test_what_is_written_is_read_as_the_same_chat(name: str) -> None:
    chat = {"messages": [SYSTEM, ASK, DENY, ASK, SAY]}
    assert [parsed(row) for row in rows_of(name, chat)] == [chat]


def test_tool_calls_in_sharegpt_are_read_as_they_were() -> None:
    answer: dict[str, Any] = {"role": "tool", "tool_call_id": "call_1_0", "content": "brass"}
    call: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_1_0", **CALL}]}
    chat: dict[str, Any] = {
        "messages": [ASK, call, answer, SAY],
        "tools": [{"type": "function", "function": {"name": "gate"}}],
    }
    assert [parsed(row) for row in rows_of("sharegpt", chat)] == [chat]


@pytest.mark.parametrize("pair", [TEXTS, CHATS, WITH_SYSTEM])
def test_a_pair_that_is_written_is_read_as_the_same_pair(pair: dict[str, Any]) -> None:
    assert [parsed(row) for row in rows_of("dpo", pair)] == [pair]


def test_pairs_in_one_file_have_one_shape_and_each_has_a_prompt() -> None:
    whole = {"chosen": [SYSTEM, ASK, SAY], "rejected": [SYSTEM, ASK, DENY]}
    assert rows_of("dpo", TEXTS, whole) == [CHATS, WITH_SYSTEM]
    assert rows_of("dpo", TEXTS) == [TEXTS]
    assert [row["prompt"] for row in rows_of("kto", TEXTS, whole)] == [[ASK]] * 2 + [[SYSTEM, ASK]] * 2


UNWEIGHTED = {"messages": [ASK, {**DENY, "weight": 0}, ASK, {**SAY, "weight": 1}]}


@pytest.mark.parametrize("name", ["sharegpt", "alpaca", "parquet"])
def test_a_format_without_weights_has_no_sample_with_an_answer_of_weight_0(name: str) -> None:
    formatted = format_samples(name, [sample(UNWEIGHTED)])
    assert formatted.skipped == {"an answer of weight 0, which the format cannot express": 1}
    assert formatted.samples == 0


def test_weights_stay_in_openai_and_only_the_last_answer_counts_in_kto() -> None:
    assert rows_of("openai", UNWEIGHTED) == [UNWEIGHTED]
    assert rows_of("kto", UNWEIGHTED) == [{"prompt": [ASK, DENY, ASK], "completion": [SAY], "label": True}]
    last = {"messages": [ASK, SAY, ASK, {**DENY, "weight": 0}]}
    assert format_samples("kto", [sample(last)]).samples == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"conversations": [HUMAN, {**GPT, "weight": 0}]},
        {"messages": [ASK, SAY], "weight": "0"},
        {"messages": [ASK, SAY], "metadata": {"train": False}},
        {"messages": [ASK, SAY], "metadata": {"label": "bad"}},
    ],
)
def test_labels_count_in_every_shape(fields: dict[str, Any]) -> None:
    assert find_refusal(fields, parsed(fields), 0.7) == NOT_FOR_TRAINING


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({**SAY, "weight": 0.5}, "a weight of a message that is neither 0 nor 1"),
        ({**SAY, "content": [{"type": "tool_use", "id": "1"}]}, "content that is not text"),
    ],
)
def test_what_fine_tuning_by_openai_does_not_take_is_left_out(message: dict[str, Any], reason: str) -> None:
    assert format_samples("openai", [sample({"messages": [ASK, message]})]).skipped == {reason: 1}


@pytest.mark.parametrize(
    "call",
    [
        {**CALL},
        {"id": "1", "type": "function", "function": {"name": "gate", "arguments": {"lower": True}}},
        {"id": "1", "type": "function", "function": {"arguments": "{}"}},
    ],
)
def test_a_call_that_is_not_whole_is_left_out_of_openai(call: dict[str, Any]) -> None:
    turns = [ASK, {"role": "assistant", "content": None, "tool_calls": [call]}]
    turns += [{"role": "tool", "tool_call_id": str(call.get("id")), "content": "brass"}, SAY]
    skipped = format_samples("openai", [sample({"messages": turns})]).skipped
    assert skipped == {"a tool call without id, name or arguments as text": 1}
