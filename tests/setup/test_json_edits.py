"""Edits of JSON files of others: nothing else changes, and they can be undone byte for byte."""

import json

import pytest

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.setup.json_edits import add_value, remove_values, undo

VALUE: JsonObject = {"hooks": [{"type": "command", "command": "ours"}]}
TEXTS = [
    "{}",
    "{ }\n",
    '{"a": 1}',
    '{\n  "a": [1, 2],\n  "b": {"c": "}{,\\""}\n}\n',
    '{\r\n\t"a": {\r\n\t\t"b": []\r\n\t}\r\n}\r\n',
    '{\n    "z": null,   "a": -1.5e3 }',
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_member_is_added_and_taken_out_again(text: str) -> None:
    after, edit = add_value(text, (), "new", VALUE)
    assert json.loads(after) == {**json.loads(text), "new": VALUE}
    assert undo(after, edit) == text


@pytest.mark.parametrize(
    "text", ['{"a": []}', '{"a": [ ]}', '{"a": [1, {"b": 2}]}', '{\n  "a": [\n    1\n  ]\n}']
)
def test_an_item_is_added_and_taken_out_again(text: str) -> None:
    after, edit = add_value(text, ("a",), "", VALUE)
    assert json.loads(after) == {"a": [*json.loads(text)["a"], VALUE]}
    assert undo(after, edit) == text


def test_what_others_changed_since_stays() -> None:
    after, edit = add_value('{"a": 1}', (), "new", VALUE)
    changed = after.replace('"a": 1', '"a": 2, "b": 3')
    assert undo(changed, edit) == '{"a": 2, "b": 3}'


def test_a_reformatted_file_loses_only_our_members() -> None:
    theirs = {"hooks": {"Stop": [{"hooks": [{"command": "fmt"}]}]}, "model": "x"}
    after, edit = add_value(json.dumps(theirs, indent=4), ("hooks",), "SessionStart", [VALUE])
    reformatted = json.dumps(json.loads(after), indent=1)
    assert undo(reformatted, edit) is None
    cleaned = remove_values(
        reformatted, lambda _, value: isinstance(value, dict) and value.get("command") == "ours"
    )
    assert json.loads(cleaned) == theirs


def test_a_group_keeps_the_hooks_of_others() -> None:
    text = '{"hooks": {"Stop": [{"matcher": "x", "hooks": [{"command": "fmt"}, {"command": "ours"}]}]}}'
    cleaned = remove_values(text, lambda _, value: isinstance(value, dict) and value.get("command") == "ours")
    assert cleaned == '{"hooks": {"Stop": [{"matcher": "x", "hooks": [{"command": "fmt"}]}]}}'
