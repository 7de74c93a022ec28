"""The laws of outcome counters, and what is no outcome."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.outcomes import (
    MAX_COUNT,
    MAX_NOTE_LENGTH,
    MAX_NOTES,
    NotAnOutcomeError,
    Note,
    Outcome,
    join_outcomes,
    parse_outcome,
)

IDS = [f"{number:032x}" for number in range(3)]
notes = st.builds(
    Note, st.sampled_from(["2026-05-01", "2026-05-02"]), st.sampled_from("abcdef\u2028"), st.booleans()
)
outcomes = st.builds(
    Outcome,
    st.sampled_from(IDS),
    st.integers(0, 3),
    st.integers(0, 3),
    st.lists(notes, max_size=8).map(lambda found: tuple(sorted(set(found))[-MAX_NOTES:])),
    st.sampled_from([(), (("later", b"1"),), (("later", b'"x"'),)]),
)
lines = outcomes.map(lambda outcome: outcome.line) | st.sampled_from(
    [b"rubbish", b"", b"<<<<<<< ours", b"{}"]
)
files = st.lists(lines, max_size=6).map(b"\n".join)


@given(files, files, files)
def test_the_join_is_commutative_associative_idempotent_and_a_fixed_point(
    a: bytes, b: bytes, c: bytes
) -> None:
    assert join_outcomes(a, b) == join_outcomes(b, a)
    assert join_outcomes(join_outcomes(a, b), c) == join_outcomes(a, join_outcomes(b, c))
    assert join_outcomes(a, a) == join_outcomes(a) == join_outcomes(join_outcomes(a))


@given(files, files)
def test_no_count_and_no_line_is_lost(a: bytes, b: bytes) -> None:
    joined = join_outcomes(a, b).split(b"\n")
    for line in filter(None, [*a.split(b"\n"), *b.split(b"\n")]):
        try:
            before = parse_outcome(line)
        except NotAnOutcomeError:
            assert line in joined
            continue
        (after,) = [parse_outcome(one) for one in joined if one.startswith(line[:40])]
        assert after.worked >= before.worked
        assert after.failed >= before.failed


@given(outcomes)
def test_a_line_reads_back_as_what_was_written(outcome: Outcome) -> None:
    assert parse_outcome(outcome.line) == outcome


def test_the_newest_notes_stay() -> None:
    outcome = Outcome(parse_outcome(b'{"_id":"%s"}' % IDS[0].encode()).id)
    for day in range(1, 9):
        outcome = outcome.counted(worked=day % 2 == 0, note=Note(f"2026-05-0{day}", "x", worked=day % 2 == 0))
    assert (outcome.worked, outcome.failed) == (4, 4)
    assert [note.at for note in outcome.notes] == [f"2026-05-0{day}" for day in range(4, 9)]


def test_counters_stop_at_the_most_a_line_may_say() -> None:
    full = parse_outcome(json.dumps({"_id": IDS[0], "worked": MAX_COUNT}).encode())
    assert full.counted(worked=True) == full
    assert parse_outcome(full.counted(worked=False).line).failed == 1


@pytest.mark.parametrize(
    "fields",
    [
        [],
        {},
        {"_id": "x"},
        {"_id": IDS[0].upper().replace("0", "A")},
        {"_id": IDS[0], "worked": -1},
        {"_id": IDS[0], "worked": True},
        {"_id": IDS[0], "failed": 1.5},
        {"_id": IDS[0], "failed": MAX_COUNT + 1},
        {"_id": IDS[0], "notes": {}},
        {"_id": IDS[0], "notes": ["text"]},
        {"_id": IDS[0], "notes": [{"at": "2026-05-01", "text": "x", "worked": True, "more": 1}]},
        {"_id": IDS[0], "notes": [{"at": "yesterday", "text": "x", "worked": True}]},
        {"_id": IDS[0], "notes": [{"at": "2026-05-01", "text": "", "worked": True}]},
        {"_id": IDS[0], "notes": [{"at": "2026-05-01", "text": "x" * (MAX_NOTE_LENGTH + 1), "worked": True}]},
        {"_id": IDS[0], "notes": [{"at": "2026-05-01", "text": "x", "worked": 1}]},
    ],
)
def test_what_is_no_outcome(fields: Any) -> None:
    with pytest.raises(NotAnOutcomeError):
        parse_outcome(json.dumps(fields).encode())
