"""The join of records against a model written from the definition, not from the code."""

import json
import re
from typing import Any

import pytest
from core import generators as gen
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.join import join_records
from git_fedlearn.core.record import Record, make_record, parse_record
from git_fedlearn.core.record_set import canonical_set, join_sets, split_lines

# the model: a record is a dict of plain JSON, a set of records a list of them

NOT_CONTENT = {"value_score", "confidence_score", "usage_count", "timestamp"}
JOINED = ("_seen_by", "_first_seen", "_point_id", "_point")
METADATA = {*JOINED, "_id", "_gen", "_retracted"}


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def content(record: dict[str, Any]) -> str:
    found = {key: value for key, value in record.items() if key not in NOT_CONTENT | METADATA}
    if "error_message" in found:
        found["error_message"] = re.sub("[0-9]+", "#", found["error_message"])
    return text({**found, "_point": record["_point"]} if "_point" in record else found)


def identity(record: dict[str, Any]) -> str:
    if "_retracted" in record:
        return str(record["_id"])
    return xxh3_128_hexdigest(content(record).encode("utf-8", "backslashreplace"))


def score(record: dict[str, Any]) -> float:
    for key in ("value_score", "confidence_score"):
        claim = record.get(key)
        if isinstance(claim, int | float) and not isinstance(claim, bool) and 0 <= claim <= 1:
            return float(claim)
    return -1


def model_join(records: list[dict[str, Any]]) -> list[str]:
    joined: list[str] = []
    for found in {identity(record): None for record in records}:
        same = [record for record in records if identity(record) == found]
        top = max(record.get("_gen", 0) for record in same)
        same = [record for record in same if record.get("_gen", 0) == top]
        joined.append(text(model_merge(same) | {"_id": found}))
    return sorted(joined)


def model_merge(same: list[dict[str, Any]]) -> dict[str, Any]:
    retractions = [record["_retracted"] for record in same if "_retracted" in record]
    if retractions:
        best: dict[str, Any] = {"_retracted": min(retractions, key=earliest)}
    else:
        plain = [{key: value for key, value in record.items() if key not in METADATA} for record in same]
        best = max(
            plain, key=lambda record: (score(record), text(record).encode("utf-8", "backslashreplace"))
        )
    best = {**best, **{key: same[0][key] for key in ("_gen",) if key in same[0]}}
    for key in sorted({key for record in same for key in record}.intersection(JOINED)):
        best[key] = model_value(key, [record[key] for record in same if key in record])
    return best


def earliest(retraction: dict[str, Any]) -> tuple[bool, str, bytes]:
    at = retraction.get("at")
    dated = isinstance(at, str)
    return not dated, at if isinstance(at, str) else "", text(retraction).encode("utf-8", "backslashreplace")


def model_value(key: str, values: list[Any]) -> Any:
    if key == "_seen_by":
        return sorted({system for value in values for system in value})[:64]
    if key == "_first_seen":
        return min(values)
    return min(values, key=lambda value: (isinstance(value, str), value))


def read_model(line: bytes) -> dict[str, Any]:
    fields = json.loads(line)
    assert isinstance(fields, dict)
    return fields


@given(st.lists(gen.record_lines, max_size=12))
def test_join_of_lines_is_what_the_definition_says(lines: list[bytes]) -> None:
    canonical = [parse_record(line).line for line in lines]
    joined = canonical_set(b"".join(line + b"\n" for line in lines))
    assert sorted(text(read_model(line)) for line in split_lines(joined)) == model_join(
        list(map(read_model, canonical))
    )


@given(st.lists(gen.record_lines, max_size=8), st.lists(gen.record_lines, max_size=8))
def test_join_of_files_is_what_the_definition_says(ours: list[bytes], theirs: list[bytes]) -> None:
    files = [canonical_set(b"".join(line + b"\n" for line in lines)) for lines in (ours, theirs)]
    found = [read_model(line) for data in files for line in split_lines(data)]
    assert sorted(text(read_model(line)) for line in split_lines(join_sets(*files))) == model_join(found)


@given(st.permutations(gen.CROWD), st.integers(1, 5))
def test_any_split_of_the_systems_joins_to_the_64_smallest(crowd: list[str], parts: int) -> None:
    records = [make_record({"title": "a", "_seen_by": [*crowd[part::parts]]}) for part in range(parts)]
    [joined] = join_records(records)
    assert joined.fields["_seen_by"] == sorted(crowd)[:64]


# the rules one by one


def joined(*versions: dict[str, Any], title: str = "a") -> dict[str, Any]:
    records = [make_record({"title": title} | version) for version in versions]
    [one] = join_records(records)
    [other] = join_records(records[::-1])
    assert one == other
    return {key: value for key, value in one.fields.items() if key not in ("_id", "title")}


def tombstone(**retracted: Any) -> Record:
    return make_record({"_id": make_record({"title": "a"}).id, "_retracted": retracted})


def test_higher_generation_wins_whole() -> None:
    low = {"value_score": 1, "_seen_by": ["sys-aaaaaaaaaa"], "_point_id": 1, "_gen": 1}
    assert joined(low, {"value_score": 0, "_gen": 2}) == {"value_score": 0, "_gen": 2}


def test_restored_record_beats_its_tombstone_and_a_later_tombstone_beats_it() -> None:
    restored = make_record({"title": "a", "_gen": 1})
    again = make_record({**tombstone(at="2026-05-28").fields, "_gen": 1})
    assert join_records([tombstone(at="2026-05-28"), restored]) == [restored]
    assert join_records([tombstone(at="2026-05-28"), restored, again]) == [again]


def test_tombstone_beats_a_record_of_its_generation_whatever_the_score() -> None:
    found = join_records(
        [make_record({"title": "a", "value_score": 1, "_first_seen": "2026-05-01"}), tombstone(at="x")]
    )
    assert [record.fields for record in found] == [{**tombstone(at="x").fields, "_first_seen": "2026-05-01"}]


def test_earlier_tombstone_wins_then_the_smaller_bytes_and_an_undated_one_last() -> None:
    order = [
        tombstone(at="2026-05-01", by="b"),
        tombstone(at="2026-05-02", by="a"),
        tombstone(by="a"),
        tombstone(by="b"),
    ]
    for index, winner in enumerate(order):
        assert join_records(order[index:][::-1]) == [winner]


def test_higher_score_wins_with_its_volatile_fields() -> None:
    assert joined({"value_score": 0.5, "usage_count": 9}, {"value_score": 0.7}) == {"value_score": 0.7}


@pytest.mark.parametrize("invalid", ["1", 1.5, -1, True, None, 10**400])
def test_what_is_no_score_loses_to_zero(invalid: Any) -> None:
    assert joined({"value_score": invalid, "usage_count": 9}, {"value_score": 0}) == {"value_score": 0}


def test_equal_scores_are_settled_by_the_larger_bytes() -> None:
    assert joined({"value_score": 1, "usage_count": 2}, {"value_score": 1, "usage_count": 10}) == {
        "value_score": 1,
        "usage_count": 2,
    }


def test_error_messages_of_one_normal_form_are_one_record() -> None:
    [one] = join_records([make_record({"error": f"line {number}"}) for number in (5, 7, 6)])
    assert one.fields["error"] == "line 7"


def test_metadata_is_joined_field_by_field() -> None:
    assert joined(
        {
            "_seen_by": ["sys-bbbbbbbbbb"],
            "_first_seen": "2026-05-02",
            "_point_id": "b",
            "value_score": 1,
        },
        {"_seen_by": ["sys-aaaaaaaaaa"], "_first_seen": "2026-05-01", "_point_id": 7},
    ) == {
        "_seen_by": ["sys-aaaaaaaaaa", "sys-bbbbbbbbbb"],
        "_first_seen": "2026-05-01",
        "_point_id": 7,
        "value_score": 1,
    }


def test_values_that_python_takes_for_equal_are_told_apart() -> None:
    assert joined({"usage_count": 1}, {"usage_count": True})["usage_count"] is True
    assert joined({"usage_count": 0}, {"usage_count": False})["usage_count"] is False
