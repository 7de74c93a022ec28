"""Single lines: lessons, tombstones, and what is neither."""

import json
from typing import Any

import pytest
from core import generators as gen
from hypothesis import given

from git_fedlearn.core.record import (
    NotARecordError,
    claimed_id,
    make_record,
    parse_record,
    score_of,
    smallest_systems,
    training_line,
)

ID = make_record({"title": "a"}).id


def reason_of(line: bytes) -> str:
    with pytest.raises(NotARecordError) as error:
        parse_record(line)
    return str(error.value)


@given(gen.record_lines)
def test_canonical_line_reads_as_the_same_record(line: bytes) -> None:
    record = parse_record(line)
    assert parse_record(record.line) == record
    assert make_record(record.fields) == record
    assert claimed_id(record.line) == record.id


def test_line_begins_with_the_id_then_sorted_keys() -> None:
    record = parse_record(b'{"title": "a", "B": 1.0, "_x": 2, "_gen": 0, "b": []}')
    assert record.line == b'{"_id":"%s","B":1,"_x":2,"b":[],"title":"a"}' % record.id.encode()


def test_claimed_id_is_never_believed() -> None:
    assert parse_record(b'{"_id":"' + b"0" * 32 + b'","title":"a"}').id == ID
    assert parse_record(b'{"_id":null,"title":"a"}').id == ID


def test_tombstone_keeps_the_id_it_names() -> None:
    record = parse_record(b'{"_retracted":{"at":"2026-05-28"},"_id":"%s"}' % ID.encode())
    assert record.is_tombstone
    assert (record.id, record.form) == (ID, b"")
    assert record.line == b'{"_id":"%s","_retracted":{"at":"2026-05-28"}}' % ID.encode()


def test_generation_zero_is_not_written() -> None:
    assert parse_record(b'{"title":"a","_gen":0.0}').line == make_record({"title": "a"}).line
    assert parse_record(b'{"title":"a","_gen":1.0}').gen == 1


def test_systems_are_sorted_once_each_and_the_64_smallest() -> None:
    record = make_record({"title": "a", "_seen_by": [*reversed(gen.CROWD), *gen.CROWD]})
    assert record.fields["_seen_by"] == sorted(gen.CROWD)[:64]
    assert smallest_systems([]) == []


def test_unknown_keys_are_carried_verbatim() -> None:
    fields = parse_record(b'{"title":"a","_future":{"b":[1.0,"\\ud800"]},"_Also":null}').fields
    assert fields["_future"] == {"b": [1, "\ud800"]}
    assert fields["_Also"] is None


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b"{}", "no content: every field is metadata"),
        (b'{"_id":"x","value_score":1}', "no content: every field is metadata"),
        (b'{"a":1,"_gen":-1}', "`_gen` is not a whole number"),
        (b'{"a":1,"_gen":true}', "`_gen` is not a whole number"),
        (b'{"a":1,"_gen":0.5}', "`_gen` is not a whole number"),
        (b'{"a":1,"_gen":9007199254740992}', "`_gen` is not a whole number"),
        (b'{"a":1,"_seen_by":"sys-aaaaaaaaaa"}', "`_seen_by` is not a list"),
        (b'{"a":1,"_seen_by":["laptop"]}', "`_seen_by` contains something other than system ids"),
        (b'{"a":1,"_seen_by":["sys-aaaaaaaaaa\\n"]}', "`_seen_by` contains something other than system ids"),
        (b'{"a":1,"_first_seen":"2026-13-01"}', "`_first_seen` is not a date (YYYY-MM-DD)"),
        (b'{"a":1,"_first_seen":"2026-05-28T00:00"}', "`_first_seen` is not a date (YYYY-MM-DD)"),
        (b'{"a":1,"_first_seen":null}', "`_first_seen` is not a date (YYYY-MM-DD)"),
        (b'{"a":1,"_point_id":-1}', "`_point_id` is neither a 64-bit number nor a UUID"),
        (b'{"a":1,"_point_id":18446744073709551616}', "`_point_id` is neither a 64-bit number nor a UUID"),
        (b'{"a":1,"_point_id":true}', "`_point_id` is neither a 64-bit number nor a UUID"),
        (b'{"a":1,"_point_id":""}', "`_point_id` is neither a 64-bit number nor a UUID"),
        (b'{"_retracted":{}}', "a retraction without the id it retracts"),
        (b'{"_id":"' + b"A" * 32 + b'","_retracted":{}}', "a retraction without the id it retracts"),
        (b'{"_id":"' + b"a" * 32 + b'","_retracted":true}', "`_retracted` is not an object"),
        (b'{"_id":"' + b"a" * 32 + b'","_retracted":{},"a":1}', "a retraction that carries content"),
    ],
)
def test_what_is_no_record_is_refused_with_a_reason(line: bytes, reason: str) -> None:
    assert reason_of(line) == reason


@pytest.mark.parametrize(
    "fields",
    [
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": 10**640},
        {"a": 10**5000},
        {"a": [float("-inf")]},
        {"_gen": 1},
    ],
)
def test_fields_that_make_no_line_make_no_record(fields: dict[str, Any]) -> None:
    with pytest.raises(NotARecordError):
        make_record(fields)


@pytest.mark.parametrize("depth", [101, 5000])
def test_fields_nested_too_deep_make_no_record(depth: int) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    with pytest.raises(NotARecordError):
        make_record({"a": value})


def test_surrogates_that_form_a_pair_are_one_character() -> None:
    assert make_record({"a": "\ud83d\ude00"}) == make_record({"a": "\U0001f600"})


@pytest.mark.parametrize(
    ("fields", "score"),
    [
        ({}, -1),
        ({"value_score": 0}, 0),
        ({"value_score": 1}, 1),
        ({"value_score": 0.5, "confidence_score": 0.9}, 0.5),
        ({"confidence_score": 0.9}, 0.9),
        ({"value_score": 1.5, "confidence_score": 0.9}, 0.9),
        ({"value_score": True}, -1),
        ({"value_score": "1"}, -1),
        ({"value_score": -0.1}, -1),
        ({"value_score": 10**300}, -1),
        ({"value_score": None}, -1),
    ],
)
def test_score_is_a_number_from_0_to_1_or_none(fields: dict[str, Any], score: float) -> None:
    assert score_of(fields) == score


def test_training_line_holds_what_is_not_ours() -> None:
    record = make_record({"messages": [], "value_score": 0.5, "_seen_by": [], "_gen": 2})
    assert training_line(record) == b'{"messages":[],"value_score":0.5}'
    assert json.loads(training_line(record)) == {"messages": [], "value_score": 0.5}
