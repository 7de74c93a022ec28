"""The fast path gives the bytes of the general path, and knows when it cannot."""

from core import generators as gen
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.fast_join import align, index_lines, splice
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set, settle

NUMBERS = st.sets(st.integers(0, 300), max_size=60)


def file(numbers: set[int], raised: set[int]) -> bytes:
    """A canonical file of these lessons, long enough for runs, some with a score."""
    lines = [
        make_record({"title": str(n), "text": "x" * (7 * n), "value_score": 1 if n in raised else 0}).line
        for n in numbers
    ]
    return b"".join(line + b"\n" for line in sorted(lines))


def join_fast(ours: bytes, theirs: bytes) -> bytes | None:
    aligned = align(ours, theirs)
    pieces = splice(ours, aligned, settle([], aligned.loose)) if aligned else None
    return None if pieces is None else b"".join(pieces)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_fast_join_is_the_canonical_set_of_all_lines(
    common: set[int], left: set[int], right: set[int], raised: set[int], other: set[int]
) -> None:
    ours, theirs = file(common | left, raised), file(common | right, other)
    assert join_fast(ours, theirs) == canonical_set(ours + theirs)


@given(gen.clones(2))
def test_fast_join_agrees_or_steps_aside(files: list[bytes]) -> None:
    ours, theirs = (data if data.count(b"_id") else b"" for data in files)
    if index_lines(ours) and index_lines(theirs) and all(data[-2:] == b"}\n" for data in (ours, theirs)):
        assert join_fast(ours, theirs) in (None, canonical_set(ours + theirs))


def test_order_other_than_by_id_is_not_aligned() -> None:
    first, second, third = sorted(make_record({"title": title}).line + b"\n" for title in "abc")
    good = first + second + third
    for bad in (
        second + first,
        first + first,
        good.replace(b"\n", b"\r\n"),
        good[:-1],
        b"\n" + good,
        b"[]\n",
    ):
        assert align(good, bad) is None
        assert align(bad, good) is None
    assert align(first + third, second + first + third) is None
    assert align(first + third, first + third + second) is None


def test_lines_only_one_file_holds_are_found_on_both_sides() -> None:
    first, second, third = sorted(make_record({"title": title}).line + b"\n" for title in "abc")
    aligned = align(first + second, second + third)
    assert aligned is not None
    assert aligned.apart == {0}
    assert aligned.loose == [first[:-1], third[:-1]]


def test_identical_files_are_one_piece_of_ours() -> None:
    data = file(set(range(200)), set())
    aligned = align(data, data)
    assert aligned is not None
    assert splice(data, aligned, settle([], [])) == [data]


def test_record_that_clashes_with_a_common_line_steps_aside() -> None:
    honest = make_record({"title": "a"}).line
    higher = make_record({"title": "a", "value_score": 1}).line
    forged = b'{"_id":"' + b"0" * 32 + higher[40:]
    ours, theirs = honest + b"\n", b"".join(sorted([forged + b"\n", honest + b"\n"]))
    assert join_fast(ours, theirs) is None
