"""A skimmed log gives what a log parsed line by line gives, whatever stands in it."""

import io
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.scoring import BELOW, Skipped
from git_fedlearn.learn.extractor import Judge
from git_fedlearn.learn.extracts import Rules
from git_fedlearn.learn.lines import (
    BrokenLine,
    Line,
    SkimmedLines,
    Skimmer,
    SourceEvent,
    UnfinishedLine,
    read_lines,
)

STRICTER = ("a key that occurs twice", "a number out of the range of a double", "a number of more than")
"""What a record may not hold, and is not looked for in a line that claims too low a score."""

scores = st.sampled_from(
    [
        0,
        0.1,
        0.69,
        0.699,
        0.6994,
        0.6995,
        0.6996,
        0.7,
        0.71,
        1,
        1.5,
        -0.1,
        -0.0,
        "0.1",
        True,
        None,
        [0.1],
        1e-9,
    ]
)
scalars = st.sampled_from(
    [
        "",
        "a",
        'q"uote',
        "back\\",
        "é",
        "漢",
        "😀",
        "\ud800",
        "\x7f",
        "\x00",
        "\t",
        "{",
        "}, {",
        '":',
        0,
        7,
        -7,
        2.5,
        1e22,
    ]
) | st.sampled_from([True, False, None])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
    max_leaves=4,
)
events = st.tuples(
    st.dictionaries(
        st.sampled_from(["query", "response", "payload", "tags", "é", 'k"', "x"]), values, max_size=4
    ),
    scores,
    st.booleans(),
).map(lambda made: {**made[0], "value_score": made[1]} if made[2] else {"value_score": made[1], **made[0]})


def written(event: dict[str, Any], form: int) -> bytes:
    """One of the ways in which programs write an event."""
    separators = ((", ", ": "), (",", ":"), (" , ", " : "))[form % 3]
    text = json.dumps(event, ensure_ascii=form % 2 == 0, separators=separators)
    return text.encode("utf-8", "surrogatepass") + (b"\n", b"\r\n", b"\n")[form // 2 % 3]


def is_low(line: Line) -> bool:
    """Whether a line that was parsed in full may be passed over."""
    if isinstance(line, BrokenLine):
        return line.reason.startswith(STRICTER)
    outcome = Judge(Rules()).judge(line.fields).outcome if isinstance(line, SourceEvent) else None
    return isinstance(outcome, Skipped) and outcome.reason == BELOW


def by_place(lines: list[Line]) -> dict[tuple[type, int, int], Line]:
    """The lines by kind, number and offset, without those that were skimmed."""
    kept = [line for line in lines if not isinstance(line, SkimmedLines) or not line.skipped]
    return {
        (type(line), line.number, line.end if isinstance(line, SkimmedLines) else line.offset): line
        for line in kept
    }


def same(data: bytes, max_line: int = 100_000) -> int:
    """Fails when skimming makes a difference; returns how many lines were skimmed."""
    plain = [*read_lines(io.BytesIO(data), max_line=max_line)]
    skimmed = [*read_lines(io.BytesIO(data), max_line=max_line, skimmer=Skimmer(0.7))]
    parsed, kept = by_place(plain), by_place(skimmed)
    assert kept.items() <= parsed.items()
    left = [line for place, line in parsed.items() if place not in kept]
    for line in left:
        assert is_low(line), line
        assert not isinstance(line, UnfinishedLine)
        assert data[: line.end].endswith(b"\n")
    assert sum(line.skipped for line in skimmed if isinstance(line, SkimmedLines)) == len(left)
    ends = [line.end for line in skimmed if not isinstance(line, UnfinishedLine)]
    assert ends == sorted(ends)
    assert ends[-1:] == [line.end for line in plain if not isinstance(line, UnfinishedLine)][-1:]
    return len(left)


@given(st.lists(events, min_size=1, max_size=3), st.integers(0, 5), st.lists(st.integers(0, 2), max_size=12))
def test_any_events(shapes: list[dict[str, Any]], form: int, order: list[int]) -> None:
    same(b"".join(written(shapes[number % len(shapes)], form) for number in order))


DAMAGE = [
    *(b"", b'"', b"\\", b"\x00", b"\x1f", b"\x80", b"\xff", b"\xed\xa0\x80", b"\xc3\xa9", b",", b"}", b"{"),
    *(b"]", b" ", b"\n", b"\r", b"0", b"00", b"-", b".5", b"e9", b"1e400", b"NaN", b"true", b'\\"'),
    *(b'"query": 1, ', b'"value_score": 0.9, ', b"\\u12", b"\\ud800", b"\\x", b"9" * 700, b"\xef\xbb\xbf"),
]


@pytest.mark.parametrize(
    "event",
    [
        {"query": "a é", "value_score": 0.1},
        {"value_score": 0.31, "tags": ["x", 1], "n": {"a": -2.5}, "ok": None},
    ],
)
def test_any_damage_at_any_place_of_a_line_of_a_known_shape(event: dict[str, Any]) -> None:
    line = written(event, 0)
    damaged = [
        line[:at] + inserted + line[at + length :]
        for at in range(len(line))
        for length in range(3)
        for inserted in DAMAGE
    ]
    assert same(line * 2 + b"".join(damaged) + line) > len(line)


def test_almost_all_of_a_log_is_skimmed_also_across_blocks() -> None:
    chance = random.Random(5)  # noqa: S311
    lines = [
        written(
            {
                "timestamp": f"2026-05-{number % 28 + 1:02}",
                "query": f'say "{number}" é',
                "value_score": chance.randrange(75) / 100,
            },
            0,
        )
        for number in range(20_000)
    ]
    assert same(b"".join(lines)) > 0.9 * len(lines)


def test_a_line_that_is_too_long_or_unfinished_between_known_ones() -> None:
    line = written({"query": "x", "value_score": 0.1}, 0)
    long = written({"query": "x" * 200, "value_score": 0.1}, 0)
    for end in (b"", line[:-1], line[:9], long[:150], long[:9] + long[109:]):
        assert same(line * 9 + long + line * 9 + end, max_line=100) >= 9
    for padding in range(40, 90):
        just_over = written({"query": "x" * padding, "value_score": 0.1}, 0)
        same((line * 3 + just_over) * 9, max_line=100)


@pytest.mark.parametrize("threshold", [0.7, 0.75, 1.0, 0.0995, 0.0])
def test_scores_near_the_threshold_are_parsed(threshold: float) -> None:
    for number in range(10_001):
        line = b'{"value_score": %s}' % f"{number / 10_000:g}".encode()
        if not Skimmer(threshold).pick([line + b"\n"], line + b"\n"):
            assert round(number / 10_000, 3) < threshold


ODD = {
    b"broken\n": BrokenLine,
    b"[]\n": SkimmedLines,
    b"\n": SkimmedLines,
    b'{"a": "\xff", "value_score": 0.1}\n': BrokenLine,
    b'{"value_score": 0.1} {"value_score": 0.9}\n': SourceEvent,
    b'{"value_score": 0.1, "value_score": 0.9}\n': SourceEvent,
    b'{"value_score": 0.9, "value_score": 0.1}\n': SkimmedLines,
    b'{"a": {"value_score": 0.9}, "value_score": 0.1}\n': SkimmedLines,
    b'{"value_scor\\u0065": 0.1}\n': SkimmedLines,
    b'{"value_scor\\u0065": 0.9}\n': SourceEvent,
    b'{"value_score": true}\n': SourceEvent,
    b'{"a": {"value_score": 0.1}}\n': SourceEvent,
}


@pytest.mark.parametrize("line", ODD)
def test_one_odd_line_in_a_block_costs_only_itself(line: bytes) -> None:
    alone = [*read_lines(io.BytesIO(line), skimmer=Skimmer(0.7))]
    assert {type(result) for result in alone} == {ODD[line]}
    low = written({"query": "é", "value_score": 0.1}, 2)
    skimmed = ODD[line] is SkimmedLines and b"{" in line
    assert same(low * 50 + line + low * 50) == 100 + skimmed


def test_broken_lines_that_together_are_json_do_not_shift_the_scores_of_others() -> None:
    high, low = (written({"query": "x", "value_score": score}, 0) for score in (0.9, 0.1))
    same(b'{"a":\n{}}\n' + high + low + b"{}{}\n")
    same(b'{"a": [\n{}\n]}\n' + high + low + b"{} {} {}\n" + low)


def test_a_line_that_is_nested_without_end_is_reported() -> None:
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}\n"
    found = list(read_lines(io.BytesIO(deep + b'{"b":1}\n'), skimmer=Skimmer(0.7)))
    assert [type(line) for line in found] == [BrokenLine, SourceEvent]
