"""A skimmed log gives what a log parsed line by line gives, whatever stands in it."""

import io
import json
import random
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from git_fedlearn.learn.batch import Batch, Learner, Rules
from git_fedlearn.learn.intake import Intake
from git_fedlearn.learn.lines import SkimmedLines, parse_lines, read_lines
from git_fedlearn.learn.skimming import MAX_SHAPES, Skimmer, low_numbers
from git_fedlearn.learn.sources import SourceFile, SourceKind
from git_fedlearn.privacy.engine import PrivacyEngine

FILE = SourceFile(Path("log"), "log", SourceKind.TELEMETRY)
INTAKE = Intake(PrivacyEngine(), "sys-aaaaaaaaaa", 100_000)

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


def learned(data: bytes, skimmer: Skimmer | None, max_line: int = 100_000) -> tuple[object, int]:
    """All that a run over a log leaves, and how many lines were skimmed."""
    batch = Batch()
    lines = [*parse_lines(read_lines(io.BytesIO(data), max_line=max_line, skimmer=skimmer), skimmer)]
    learner = Learner(INTAKE, Rules(), date(2026, 5, 28))
    reached = learner.learn(FILE, lines, batch)
    learner.finish(batch)
    result = (reached, batch.read, batch.skipped, batch.faults, batch.lessons, batch.events, batch.redacted)
    return result, sum(line.count for line in lines if isinstance(line, SkimmedLines))


def same(data: bytes, max_line: int = 100_000) -> int:
    """Fails when skimming makes a difference; returns how many lines were skimmed."""
    expected, _ = learned(data, None, max_line)
    got, skimmed = learned(data, Skimmer(0.7), max_line)
    assert got == expected
    return skimmed


@settings(max_examples=100)
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


def test_shapes_are_learned_up_to_a_bound() -> None:
    skimmer = Skimmer(0.7)
    data = b"".join(
        written({f"key{number}": 1, "value_score": 0.1}, 0) * 2 for number in range(MAX_SHAPES + 9)
    )
    _, skimmed = learned(data, skimmer)
    assert skimmed == MAX_SHAPES


@pytest.mark.parametrize(
    ("threshold", "found"), [(0.7, b"0.699"), (0.75, b"0.699"), (1.0, b"0.999"), (0.0995, b"0.099")]
)
def test_low_numbers_are_below_the_threshold(threshold: float, found: bytes) -> None:
    pattern = re.compile(low_numbers(threshold) or b"")
    assert pattern.fullmatch(found)
    for thousandth in range(1001):
        text = f"{thousandth / 1000:.3f}".encode()
        assert not pattern.fullmatch(text) or round(float(text), 3) < threshold
    assert low_numbers(0.05) is None
