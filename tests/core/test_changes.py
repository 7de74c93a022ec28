"""What happened between two versions of a set: a table of lives, and that form does not matter."""

import json
from typing import Any

import pytest
from core.generators import raw_files
from hypothesis import given

from git_fedlearn.core.changes import ChangeKind, compare_sets, count_kinds
from git_fedlearn.core.record import headline, make_record
from git_fedlearn.core.record_set import canonical_set, join_sets, parse_record_set

A, B = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"
LESSON: dict[str, Any] = {"title": "t", "value_score": 0.5, "_seen_by": [A]}
IDENTIFIER = make_record(dict(LESSON)).id
TOMBSTONE: dict[str, Any] = {"_id": IDENTIFIER, "_retracted": {"at": "2026-01-01", "by": B, "reason": "r"}}


def lines(*records: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ([], [LESSON], ["learned"]),
        ([LESSON], [LESSON], []),
        ([LESSON], [LESSON | {"value_score": 0.9}], ["raised"]),
        ([LESSON | {"value_score": 0.9}], [LESSON], ["lowered"]),
        ([LESSON], [LESSON | {"_seen_by": [A, B]}], ["endorsed"]),
        ([LESSON], [LESSON | {"value_score": 0.9, "_seen_by": [A, B]}], ["raised", "endorsed"]),
        ([LESSON], [LESSON | {"last_used": "x"}], ["changed"]),
        ([LESSON], [TOMBSTONE], ["retracted"]),
        ([LESSON], [LESSON, TOMBSTONE], ["retracted"]),
        ([], [TOMBSTONE], ["retracted"]),
        ([TOMBSTONE], [TOMBSTONE | {"_gen": 2}], ["retracted"]),
        ([TOMBSTONE], [TOMBSTONE | {"_seen_by": [A]}], ["changed"]),
        ([TOMBSTONE], [LESSON | {"_gen": 1}], ["restored"]),
        ([LESSON], [LESSON | {"_gen": 2}], ["restored"]),
        ([TOMBSTONE], [LESSON], ["lost"]),
        ([LESSON], [], ["lost"]),
        ([TOMBSTONE], [], ["lost"]),
    ],
)
def test_lives(before: list[dict[str, Any]], after: list[dict[str, Any]], kinds: list[str]) -> None:
    found = compare_sets([lines(*before)], [lines(*after)])
    assert [change.kind.value for change in found] == kinds
    canonical = compare_sets([canonical_set(lines(*before))], [canonical_set(lines(*after))])
    assert [change.kind.value for change in canonical] == kinds


def test_who_did_it() -> None:
    (learned,) = compare_sets([], [lines(LESSON)])
    (endorsed,) = compare_sets([lines(LESSON)], [lines(LESSON | {"_seen_by": [A, B]})])
    (retracted,) = compare_sets([lines(LESSON)], [lines(TOMBSTONE)])
    assert [learned.systems, endorsed.systems, retracted.systems] == [[A], [B], [B]]
    assert retracted.lesson["title"] == "t"


@given(raw_files(), raw_files())
def test_every_change_is_one_and_no_other(before: bytes, after: bytes) -> None:
    """Each record whose joined lines differ has a change, and no other record has."""
    after = join_sets(before, after)
    old, new = (
        {r.line for n in parse_record_set(canonical_set(d)) if (r := n.record)} for d in (before, after)
    )
    differing = {n.record.id for line in old ^ new for n in parse_record_set(line) if n.record}
    found = compare_sets([before], [after])
    assert {change.record.id for change in found} == differing
    assert sum(count_kinds(found).values()) == len(found)
    assert not any(change.kind is ChangeKind.LOST for change in found)
    assert compare_sets([after], [after]) == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"error_type": "E", "error_message": "went\nwrong"}, "E: went wrong"),
        ({"category": "nix", "description": "pin it"}, "nix: pin it"),
        ({"category": "nix", "title": "pin", "description": "x"}, "nix: pin"),
        ({"category": "nix"}, "nix"),
        ({"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]}, "u"),
        ({"query": "a\x1b[2J" + "b" * 200}, "a\\x1b[2J" + "b" * 91 + "…"),
        ({"other": 1}, ""),
    ],
)
def test_headlines(fields: dict[str, Any], told: str) -> None:
    assert headline(fields) == told
