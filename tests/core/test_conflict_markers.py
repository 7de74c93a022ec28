"""Conflict markers: what counts as one, and what is left of a whole conflict."""

from collections.abc import Callable

import pytest

from git_fedlearn.core.conflict_markers import (
    conflict_pieces,
    format_conflict,
    join_conflict_sides,
)


def is_record(line: bytes) -> bool:
    return line.startswith(b"{")


def sides(*lines: str, check: Callable[[bytes], bool] = is_record) -> list[str]:
    return [line.decode() for line in join_conflict_sides([line.encode() for line in lines], check)]


def test_whole_conflict_leaves_its_two_sides() -> None:
    assert sides("{0}", "<<<<<<< HEAD", "{1}", "=======", "{2}", ">>>>>>> topic", "{3}") == [
        "{0}",
        "{1}",
        "{2}",
        "{3}",
    ]


def test_merge_base_of_a_conflict_is_left_out() -> None:
    assert sides("<<<<<<< HEAD", "{1}", "||||||| base", "{0}", "=======", "{2}", ">>>>>>> topic") == [
        "{1}",
        "{2}",
    ]


def test_either_side_may_be_empty() -> None:
    assert sides("<<<<<<< HEAD", "=======", "{2}", ">>>>>>> topic") == ["{2}"]
    assert sides("<<<<<<<", "{1}", "=======", ">>>>>>>") == ["{1}"]


def test_conflict_in_a_conflict_with_longer_markers_is_joined_too() -> None:
    assert sides(
        *(
            "<<<<<<< HEAD",
            "<<<<<<<<< a",
            "{1}",
            "=========",
            "{2}",
            ">>>>>>>>> b",
            "=======",
            "{3}",
            ">>>>>>> topic",
        )
    ) == ["{1}", "{2}", "{3}"]


@pytest.mark.parametrize(
    "lines",
    [
        ["<<<<<<< HEAD", "{1}", "======="],
        ["<<<<<<< HEAD", "{1}", ">>>>>>> topic"],
        ["=======", "{1}", ">>>>>>> topic"],
        ["<<<<<<< HEAD", "text", "=======", "text", ">>>>>>> topic"],
        ["<<<<<< HEAD", "{1}", "======", "{2}", ">>>>>> topic"],
        ["<<<<<<<HEAD", "{1}", "=======", "{2}", ">>>>>>>topic"],
        [" <<<<<<< HEAD", "{1}", " =======", "{2}", " >>>>>>> topic"],
        ["<" * 64, "{1}", "=" * 64, "{2}", ">" * 64],
        ["<<<<<<<<< HEAD", "{1}", "=======", "{2}", ">>>>>>>>> topic"],
    ],
)
def test_anything_less_stays_as_it_is(lines: list[str]) -> None:
    assert sides(*lines) == lines


def test_first_of_two_openings_stays() -> None:
    assert sides("<<<<<<< a", "<<<<<<< b", "{1}", "=======", "{2}", ">>>>>>> b") == [
        "<<<<<<< a",
        "{1}",
        "{2}",
    ]


def test_many_openings_take_time_in_proportion_to_the_file() -> None:
    calls = 0

    def count(line: bytes) -> bool:
        nonlocal calls
        calls += 1
        return is_record(line)

    lines = [b"<" * (7 + number % 80) for number in range(500)] + [b"text"] * 500
    assert join_conflict_sides(lines, count) == lines
    assert calls < 57 * len(lines)


def test_failed_merge_keeps_both_sides_whole() -> None:
    assert format_conflict(b"a\n", b"b", marker_size=9, reason=b"why") == (
        b"<<<<<<<<< ours why\na\n=========\nb\n>>>>>>>>> theirs why\n"
    )
    assert b"".join(conflict_pieces(b"", b"b\n")) == b"<<<<<<< ours\n=======\nb\n>>>>>>> theirs\n"
