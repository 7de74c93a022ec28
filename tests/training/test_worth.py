from typing import Any

import pytest

from git_fedlearn.core.quality import PROBE
from git_fedlearn.core.scoring import BELOW
from git_fedlearn.core.substance import PLATITUDE, SAYS_NOTHING, STATUS_ONLY, THOUGHT
from git_fedlearn.core.wholeness import CUT_OFF
from git_fedlearn.training.samples import parse_sample
from git_fedlearn.training.worth import GREETING, NOT_FOR_TRAINING, TOO_LONG, TOOL_RESULT, find_refusal

QUESTION = "Which drawer of the press jams first in winter?"
ANSWER = "Drawer two, since its roller stiffens below ten degrees."


def refusal(question: str = QUESTION, answer: str = ANSWER, **fields: Any) -> str | None:
    turns = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    sample = {"messages": turns, **fields}
    content = parse_sample(sample)
    assert isinstance(content, dict), content
    return find_refusal(sample, content, 0.7)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("hello", "hi", GREETING),
        ("Hello there", "Hello! How can I help you today?", GREETING),
        (QUESTION, "none", SAYS_NOTHING),
        (QUESTION, "Done.", STATUS_ONLY),
        (QUESTION, "Check the configuration and try again.", PLATITUDE),
        (QUESTION, '{"drawers": [1, 2, {"third": "clos', CUT_OFF),
        (QUESTION, "Thought: I should look at the drawers first.", THOUGHT),
        ("Say: press ready", "press ready", PROBE),
        (QUESTION, "drawer two " * 1500, TOO_LONG),
        (QUESTION, '{"success": true, "results": [{"drawer": 2}]}', TOOL_RESULT),
        (QUESTION, '{"content": [{"type": "text"}], "isError": false}', TOOL_RESULT),
        (QUESTION, "<tool_response>drawer 2</tool_response>", TOOL_RESULT),
        (QUESTION, "[tool_result] drawer 2 is stuck", TOOL_RESULT),
        (QUESTION, "Observation: drawer 2 is stuck", TOOL_RESULT),
        ('Task: look up | Tool: drawers({"season": "winter"})', "Drawer two, then nine.", TOOL_RESULT),
    ],
)
def test_what_is_no_answer_is_not_trained_on(question: str, answer: str, reason: str) -> None:
    assert refusal(question, answer) == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"value_score": 0.05}, BELOW),
        ({"quality_score": 0.69}, BELOW),
        *(({"label": label}, NOT_FOR_TRAINING) for label in (0, "rejected", "bad")),
        ({"weight": 0}, NOT_FOR_TRAINING),
        ({"train": False}, NOT_FOR_TRAINING),
        ({"exclude": True}, NOT_FOR_TRAINING),
        ({"source": "tool_result"}, TOOL_RESULT),
        ({"finish_reason": "length"}, CUT_OFF),
    ],
)
def test_labels_scores_and_sources_are_honored(fields: dict[str, Any], reason: str) -> None:
    assert refusal(**fields) == reason


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": True},
        {"label": "good"},
        {"weight": 1},
        {"train": True},
        {"value_score": 0.7},
        {"source": "chat"},
    ],
)
def test_a_whole_answer_is_trained_on(fields: dict[str, Any]) -> None:
    assert refusal(**fields) is None
    assert refusal("Is the press up?", "Yes.", **fields) is None
    assert refusal("Give me the state as JSON.", '{"status": "warm", "drawer": 2}', **fields) is None


def test_messages_without_weight_are_not_trained_on() -> None:
    ask: dict[str, Any] = {"role": "user", "content": QUESTION}
    say: dict[str, Any] = {"role": "assistant", "content": ANSWER, "weight": 0}
    sample: dict[str, Any] = {"messages": [ask, say]}
    assert find_refusal(sample, sample, 0.7) == NOT_FOR_TRAINING
    sample = {"messages": [ask, say, ask, {**say, "weight": 1}]}
    assert find_refusal(sample, sample, 0.7) is None


def test_the_last_answer_to_train_on_is_judged() -> None:
    ask: dict[str, Any] = {"role": "user", "content": QUESTION}
    say, empty = ({"role": "assistant", "content": text, "weight": 1} for text in (ANSWER, "none"))
    sample: dict[str, Any] = {"messages": [ask, say, ask, {**empty, "weight": 0}]}
    assert find_refusal(sample, sample, 0.7) is None
    sample = {"messages": [ask, {**say, "weight": 0}, ask, empty]}
    assert find_refusal(sample, sample, 0.7) == SAYS_NOTHING


def test_json_that_a_system_prompt_asks_for_is_an_answer() -> None:
    turns: list[Any] = [
        {"role": "system", "content": "Answer in JSON with result and reason."},
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": '{"result": "drawer two", "reason": "its roller stiffens"}'},
    ]
    sample: dict[str, Any] = {"messages": turns}
    assert find_refusal(sample, sample, 0.7) is None
    assert find_refusal({"messages": turns[1:]}, {"messages": turns[1:]}, 0.7) == TOOL_RESULT


def test_thoughts_are_no_part_of_a_sample() -> None:
    say: Any = {
        "role": "assistant",
        "content": f"<think>Winter?</think>{ANSWER}",
        "reasoning_content": "Winter?",
    }
    content = parse_sample({"messages": [{"role": "user", "content": QUESTION}, say]})
    assert isinstance(content, dict)
    assert content["messages"] == [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": ANSWER},
    ]
    assert parse_sample({"prompt": QUESTION, "completion": f"<think>Hm</think>{ANSWER}"}) == {
        "prompt": QUESTION,
        "completion": ANSWER,
    }
