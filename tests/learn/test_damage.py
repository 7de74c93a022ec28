"""Whatever is around an intact event in a damaged log, the event is found, and no part of a damaged one."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.learn.lines import Line, SourceEvent, UnfinishedLine, read_lines

EVENT = {"timestamp": "2026-05-01", "query": "Why {so} é?", "payload": {"a": [{"b": 1}, {"c": 2}]}}
OTHER = {"timestamp": "2026-05-02", "query": "How?", "tags": ["x"]}
A, B = (json.dumps(event, ensure_ascii=False).encode() for event in (EVENT, OTHER))


def events(data: bytes, max_line: int = 100_000) -> list[Any]:
    lines: list[Line] = [*read_lines(io.BytesIO(data), max_line=max_line)]
    return [line.fields for line in lines if isinstance(line, SourceEvent)]


@pytest.mark.parametrize(
    "data",
    [
        A + B,
        A + B + b"\n",
        A + b" " + B + b"\n",
        A + b"\r" + B,
        A + b"\r" + B + b"\r",
        A + b"\0" * 5000 + B + b"\n",
        b"\0" * 200_000 + A + b"\n" + B + b"\n",
        b"\x1e" + A + b"\n\x1e" + B + b"\n",
        b"[" + A + b"," + B + b"]",
        b"[" + A + b"," + B + b"]\n",
        b"[\n" + A + b",\n" + B + b"\n]\n",
        b"[" + A + b"\n," + B + b"]",
        b"2026-05-01 INFO " + A + b"\n" + B + b"\n",
        A + b" rubbish " + B + b"\n",
        A + b"\nrubbish\n" + B + b"\n",
    ],
)
def test_intact_events_are_found_whatever_is_around_them(data: bytes) -> None:
    assert events(data) == [EVENT, OTHER]


@given(st.integers(1, len(A) - 1))
def test_an_event_behind_the_start_of_another_is_found_and_nothing_of_the_start(cut: int) -> None:
    assert events(A[:cut] + B + b"\n") == [OTHER]
    may_be_a_part = A[:cut].rstrip().endswith((b":", b"[", b","))
    assert events(A[:cut] + B) == ([] if may_be_a_part else [OTHER])


@given(st.integers(1, len(A) - 1))
def test_no_part_of_a_damaged_event_is_one(cut: int) -> None:
    assert events(A[:cut]) == []
    assert events(A[:cut] + b"\n") == []
    *_, last = read_lines(io.BytesIO(A[:cut]))
    assert last == UnfinishedLine(1, 0)


def test_a_long_array_on_one_line_is_read_in_bounded_memory() -> None:
    many = [{"n": number} for number in range(5000)]
    assert events(json.dumps(many).encode(), max_line=1000) == many
    assert events(b"\r".join(json.dumps(event).encode() for event in many), max_line=1000) == many


def test_an_array_that_grows_is_read_on() -> None:
    whole = b"[" + A + b"," + B + b"]"
    for cut in range(len(A) + 1, len(whole)):
        first = [*read_lines(io.BytesIO(whole[:cut]))]
        stream = io.BytesIO(whole)
        reached = max((line.end for line in first if not isinstance(line, UnfinishedLine)), default=0)
        stream.seek(reached)
        found = [*first, *read_lines(stream, offset=reached)]
        assert [line.fields for line in found if isinstance(line, SourceEvent)] == [EVENT, OTHER]


@pytest.mark.parametrize(
    ("line", "fields", "repeated"),
    [
        (b'{"a":1,"b":NaN}', {"a": 1}, set()),
        (b'{"a":1,"m":{"x":-Infinity,"y":2}}', {"a": 1, "m": {"y": 2}}, set()),
        (b'{"a":1,"b":[1,NaN]}', {"a": 1}, set()),
        (b'{"a":1,"b":1e999}', {"a": 1}, set()),
        (b'{"a":1,"b":' + b"9" * 700 + b"}", {"a": 1}, set()),
        (b'{"a":1,"b":2,"b":3}', {"a": 1, "b": 3}, {"b"}),
        (b'{"a":1,"a":1}', {"a": 1}, set()),
    ],
)
def test_fields_that_json_cannot_hold_are_dropped(line: bytes, fields: Any, repeated: set[str]) -> None:
    (found,) = read_lines(io.BytesIO(line + b"\n"))
    assert isinstance(found, SourceEvent)
    assert found.fields == json.loads(found.data) == fields
    assert set(found.repeated) == repeated


def test_a_line_without_end_costs_linear_time() -> None:
    assert events(b'{"a":[' * 100_000 + b"\n", max_line=1_000_000) == []
