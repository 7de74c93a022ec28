import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.training.samples import TRAINING_FIELDS, Malformed, format_training_line, parse_sample

ASK = {"role": "user", "content": "Why?"}
SAY = {"role": "assistant", "content": "Because."}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"id": "1", "function": {"name": "f"}}]}
RESULT = {"role": "tool", "tool_call_id": "1", "content": ""}

names = st.sampled_from(
    "messages prompt completion tools source value_score quality_score role content tool_calls".split()
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
    | st.sampled_from([ASK, SAY, CALL, "assistant", "user"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def parsed(**fields: Any) -> dict[str, Any]:
    content = parse_sample(fields)
    assert isinstance(content, dict), content
    return content


@given(st.dictionaries(names | st.text(max_size=5), json_values, max_size=6))
def test_any_object_is_a_sample_or_has_a_reason(fields: dict[str, Any]) -> None:
    content = parse_sample(fields)
    if isinstance(content, Malformed):
        assert content.reason
        return
    assert parse_sample(content) == content
    assert set(json.loads(format_training_line(content))) <= set(TRAINING_FIELDS)


def test_a_sample_as_the_coordinator_writes_it_loses_what_is_not_trained_on() -> None:
    content = parsed(
        messages=[ASK, SAY | {"timestamp": 1}],
        source="tool_result",
        source_hash="ca5303ed",
        quality_score=0.7912,
        latency_ms=3.5,
        profile=None,
        timestamp="2026-07-08T06:55:49Z",
        session_id="s",
    )
    assert content == {"messages": [ASK, SAY], "source": "tool_result", "value_score": 0.791}


def test_the_same_sample_from_two_systems_is_the_same_content() -> None:
    assert parsed(messages=[ASK, SAY], timestamp=1, source="run-7f3a") == parsed(
        messages=[ASK, SAY], source="/home/x"
    )


@pytest.mark.parametrize("source", ["tool_result", "failure-repair:prose_fallback", "user"])
def test_a_source_that_says_something_general_stays(source: str) -> None:
    assert parsed(messages=[ASK, SAY], source=source)["source"] == source


@pytest.mark.parametrize("source", ["session-42", "/var/log/x", "me@host", "A long story", "", None, 3])
def test_a_source_that_names_one_run_does_not(source: Any) -> None:
    assert "source" not in parsed(messages=[ASK, SAY], source=source)


@pytest.mark.parametrize(
    ("scores", "score"),
    [
        ({"quality_score": 1}, 1.0),
        ({"quality_score": 0.5, "value_score": 0.25}, 0.25),
        ({"quality_score": 0.5, "value_score": "high"}, 0.5),
        ({"quality_score": 1.5}, None),
        ({"quality_score": True}, None),
        ({}, None),
    ],
)
def test_the_quality_score_is_the_value_score(scores: dict[str, Any], score: float | None) -> None:
    assert parsed(messages=[ASK, SAY], **scores).get("value_score") == score


@pytest.mark.parametrize(
    "messages",
    [
        [ASK, SAY],
        [{"role": "system", "content": "Be brief."}, ASK, SAY, ASK, SAY],
        [ASK, CALL, RESULT, SAY],
        [ASK, {"role": "assistant", "function_call": {"name": "f"}}],
        [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}, SAY],
    ],
)
def test_conversations_with_tools_and_parts_are_samples(messages: list[dict[str, Any]]) -> None:
    assert parsed(messages=messages)["messages"] == messages


def test_tools_are_kept() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    content = parsed(messages=[ASK, CALL], tools=tools, parallel_tool_calls=False)
    assert content["tools"] == tools
    assert content["parallel_tool_calls"] is False


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "neither messages nor prompt and completion"),
        ({"prompt": "p"}, "neither messages nor prompt and completion"),
        ({"prompt": "p", "completion": " "}, "completion is blank or not a string"),
        ({"prompt": 1, "completion": "c"}, "prompt is blank or not a string"),
        ({"messages": []}, "messages is empty or not a list"),
        ({"messages": "hi"}, "messages is empty or not a list"),
        ({"messages": [ASK, "hi"]}, "a message is not an object"),
        ({"messages": [ASK, {"role": "robot", "content": "x"}]}, "a message has no known role"),
        ({"messages": [ASK, {"role": [], "content": "x"}]}, "a message has no known role"),
        ({"messages": [ASK, {"role": "assistant"}]}, "a message has no content"),
        ({"messages": [{"role": "user", "content": ""}, SAY]}, "a message has no content"),
        ({"messages": [{"role": "user", "content": []}, SAY]}, "a message has no content"),
        ({"messages": [ASK, SAY | {"tool_calls": "f()"}]}, "tool_calls is not a list of objects"),
        ({"messages": [ASK]}, "no assistant message"),
        ({"messages": [SAY, ASK]}, "nothing before the first assistant message"),
        ({"messages": [ASK, SAY], "tools": {"f": 1}}, "tools is not a list"),
    ],
)
def test_a_malformed_sample_has_a_reason(fields: dict[str, Any], reason: str) -> None:
    assert parse_sample(fields) == Malformed(reason)


def test_a_training_line_has_no_metadata_and_is_the_same_everywhere() -> None:
    content = parsed(completion="Weil: ü", prompt="Why?", source="user", quality_score=0.9)
    line = '{"completion":"Weil: ü","prompt":"Why?"}\n'.encode()
    assert format_training_line(content) == line
    assert format_training_line(content | {"_id": "0" * 32, "_seen_by": ["sys-a"]}) == line


CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Which port?"},
    {"role": "assistant", "content": "8080"},
    {"role": "user", "content": "And TLS?\n\nOf the web server."},
    {"role": "assistant", "content": "8443"},
]
SPEAKERS = {"system": "system", "user": "human", "assistant": "gpt"}


def test_sharegpt_and_alpaca_are_read_as_chat() -> None:
    turns = [{"from": SPEAKERS[turn["role"]], "value": turn["content"]} for turn in CHAT]
    assert parsed(conversations=turns) == {"messages": CHAT}
    alpaca = {"instruction": "And TLS?", "input": "Of the web server.", "output": "8443"}
    assert parsed(**alpaca, system="Be brief.", history=[["Which port?", "8080"]]) == {"messages": CHAT}


@pytest.mark.parametrize(
    "fields",
    [
        {"conversations": [{"from": "human", "value": "Up?"}, {"from": "function_call", "value": "{}"}]},
        {"conversations": ["Up?", "Yes."]},
        {"instruction": "Say it.", "output": None},
        {"instruction": "Say it.", "output": "Yes.", "history": ["Up?"]},
    ],
)
def test_what_cannot_be_read_as_chat_is_malformed(fields: dict[str, Any]) -> None:
    assert isinstance(parse_sample(fields), Malformed)


@pytest.mark.parametrize("prompt", ["Which port?", [ASK]])
def test_a_preference_pair_is_kept_whole(prompt: Any) -> None:
    answers = ("8080", "80") if isinstance(prompt, str) else ([SAY], [SAY | {"content": "No."}])
    pair = dict(zip(("prompt", "chosen", "rejected"), (prompt, *answers), strict=True))
    assert parsed(**pair, value_score=0.9) == {**pair, "value_score": 0.9}
    assert isinstance(parse_sample({**pair, "rejected": pair["chosen"]}), Malformed)
    assert isinstance(parse_sample({**pair, "rejected": None}), Malformed)
