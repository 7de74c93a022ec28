"""The laws of the join, on the bytes of whole files."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from core import generators as gen
from hypothesis import given, settings
from xxhash import xxh3_128_intdigest

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import NotARecordError, Record, claimed_id, make_record, parse_record
from git_fedlearn.core.record_set import (
    canonical_set,
    is_canonical_line,
    is_record_line,
    join_into,
    join_pieces,
    join_sets,
    parse_record_set,
    split_lines,
)


@contextmanager
def two_bit_hash() -> Iterator[None]:
    """Ids of two bits, so that different lessons share one all the time."""

    def short(form: bytes) -> RecordId:
        return RecordId(gen.SHORT_IDS[xxh3_128_intdigest(form) % 4])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("git_fedlearn.core.record.record_id", short)
        yield


def line(**fields: object) -> bytes:
    return make_record(fields).line  # type: ignore[arg-type]


def file(*lines: bytes) -> bytes:
    return canonical_set(b"".join(each + b"\n" for each in lines))


def find_record(data: bytes) -> Record | None:
    try:
        return parse_record(data)
    except NotARecordError:
        return None


# the laws, on canonical files


@given(gen.clones(3))
def test_join_is_commutative_associative_idempotent_and_absorbs(files: list[bytes]) -> None:
    a, b, c = files
    ab = join_sets(a, b)
    assert ab == join_sets(b, a)
    assert join_sets(ab, c) == join_sets(a, join_sets(b, c))
    assert join_sets(a, a) == a
    assert join_sets(ab, a) == ab == join_sets(b, ab)


@given(gen.canonical_files, gen.canonical_files)
def test_join_of_canonical_files_is_canonical_and_what_parsing_every_line_gives(a: bytes, b: bytes) -> None:
    joined = join_sets(a, b)
    assert joined == canonical_set(joined) == canonical_set(a + b)


@given(gen.clones(3))
def test_laws_hold_where_different_lessons_share_an_id(files: list[bytes]) -> None:
    with two_bit_hash():
        a, b, c = map(canonical_set, files)
        ab = join_sets(a, b)
        assert ab == join_sets(b, a) == canonical_set(ab) == canonical_set(a + b)
        assert join_sets(ab, c) == join_sets(a, join_sets(b, c))
        assert join_sets(a, a) == a
        assert join_sets(ab, a) == ab


@given(gen.canonical_files)
def test_empty_file_is_the_neutral_element(a: bytes) -> None:
    assert join_sets(a, b"") == a == join_sets(b"", a)


@given(gen.clones(2))
def test_nothing_disappears_but_by_retraction_or_generation(files: list[bytes]) -> None:
    check_nothing_disappears(*files)


@given(gen.clones(2))
def test_nothing_disappears_where_different_lessons_share_an_id(files: list[bytes]) -> None:
    with two_bit_hash():
        check_nothing_disappears(*map(canonical_set, files))


def check_nothing_disappears(a: bytes, b: bytes) -> None:
    before = {*split_lines(a), *split_lines(b)}
    after = set(split_lines(join_sets(a, b)))
    records = [record for record in map(find_record, before) if record]
    kept = {(record.id, record.form) for record in map(find_record, after) if record}
    for record in records:
        rivals = [other for other in records if other.id == record.id]
        beaten = any(
            other.gen > record.gen or (other.gen == record.gen and other.is_tombstone) for other in rivals
        )
        assert beaten or (record.id, record.form) in kept
    assert {each for each in before if not is_record_line(each)} <= after


# the laws, on files as they come


@given(gen.raw_files(), gen.raw_files())
def test_join_of_raw_files_is_commutative_and_loses_nothing(a: bytes, b: bytes) -> None:
    joined = join_sets(a, b)
    assert joined == join_sets(b, a)
    assert canonical_set(joined) == join_sets(canonical_set(a), canonical_set(b))


@given(gen.raw_files())
def test_canonical_form_is_a_fixed_point(data: bytes) -> None:
    once = canonical_set(data)
    assert canonical_set(once) == once
    assert once == b"" or once.endswith(b"\n")


@given(gen.raw_files())
def test_records_come_first_sorted_then_opaque_lines_sorted(data: bytes) -> None:
    found = split_lines(canonical_set(data))
    records = [each for each in found if is_record_line(each)]
    opaque = [each for each in found if not is_record_line(each)]
    assert found == sorted(records) + sorted(opaque)
    assert len(found) == len(set(found))


@given(gen.raw_files())
def test_every_record_of_the_canonical_form_is_canonical(data: bytes) -> None:
    for each in split_lines(canonical_set(data)):
        record = find_record(each)
        assert record is None or is_canonical_line(each, record)


@settings(max_examples=40)
@given(gen.raw_files(), gen.raw_files())
def test_pieces_are_the_join(a: bytes, b: bytes) -> None:
    assert b"".join(join_pieces(a, b)) == join_sets(a, b)


@given(gen.canonical_files, gen.raw_files())
def test_lines_from_elsewhere_join_into_files_of_ours(ours: bytes, theirs: bytes) -> None:
    settled = join_into([ours], split_lines(theirs))
    assert settled.format() == join_sets(ours, canonical_set(theirs))


# examples


def test_line_both_sides_hold_passes_through_unread() -> None:
    forged = line(title="a").replace(b'"title":"a"', b'"title":"z"') + b"\n"
    other = line(title="b") + b"\n"
    both = b"".join(sorted([forged, other]))
    assert join_sets(forged, both) == both


def test_forged_id_on_one_side_is_corrected() -> None:
    honest = line(title="a")
    forged = b'{"_id":"' + b"0" * 32 + honest[40:]
    assert join_sets(forged + b"\n", b"") == honest + b"\n"


def test_forged_id_cannot_take_the_place_of_another_lesson() -> None:
    mine, honest = line(title="a"), line(title="b")
    forged = mine[:40] + honest[40:]
    assert join_sets(mine + b"\n", forged + b"\n") == b"".join(
        each + b"\n" for each in sorted([mine, honest])
    )


def test_forged_line_that_is_found_out_joins_with_the_lesson_it_is() -> None:
    a, low, high = line(title="a"), line(title="b", value_score=0), line(title="b", value_score=1)
    disguised = a[:40] + high[40:]
    common = sorted([disguised, low])
    theirs = sorted([*common, a])
    joined = join_sets(*(b"".join(each + b"\n" for each in side) for side in (common, theirs)))
    assert joined == file(a, high)


def test_placed_line_whose_true_id_is_elsewhere_joins_with_it() -> None:
    low, high = line(title="a", value_score=0.1), line(title="a", value_score=0.9)
    assert join_sets(low + b"\n", high + b"\n") == high + b"\n"


def test_truncated_record_line_is_kept_as_an_opaque_line() -> None:
    whole = line(title="a")
    assert join_sets(whole + b"\n", whole[:-5]) == whole + b"\n" + whole[:-5] + b"\n"


def test_blank_lines_are_kept_once() -> None:
    whole = line(title="a")
    assert canonical_set(b"\n\n" + whole + b"\n\n") == whole + b"\n\n"


def test_whole_conflict_becomes_its_two_sides() -> None:
    a, b = line(title="a"), line(title="b")
    data = b"<<<<<<< ours\n" + a + b"\n=======\n" + b + b"\n>>>>>>> theirs\n"
    assert canonical_set(data) == file(a, b)
    assert join_sets(data, b"") == file(a, b)


def test_lone_conflict_marker_stays() -> None:
    a = line(title="a")
    assert canonical_set(b"=======\n" + a + b"\n") == a + b"\n=======\n"


@pytest.mark.parametrize(
    "data", [b"{A}\r\n{B}\r\n", b"\xef\xbb\xbf{A}\n{B}\n", b"{A}\n{B}", b"{B}\n{A}\n{A}\n", b"{B}\r\n{A}"]
)
def test_line_ends_bom_order_and_duplicates_do_not_matter(data: bytes) -> None:
    a, b = line(title="a"), line(title="b")
    assert canonical_set(data.replace(b"{A}", a).replace(b"{B}", b)) == file(a, b)


def test_inspection_names_each_line_and_the_reason() -> None:
    a = line(title="a")
    found = list(parse_record_set(a + b'\n\n[1]\n{"a":NaN}'))
    assert [(each.number, each.line, each.reason) for each in found] == [
        (1, a, ""),
        (2, b"", "a blank line"),
        (3, b"[1]", "not an object"),
        (4, b'{"a":NaN}', "NaN or Infinity, which is not JSON"),
    ]


def test_two_lessons_with_one_id_are_both_kept() -> None:
    with two_bit_hash():
        found = [line(title=str(number)) for number in range(9)]
        data = file(*found)
        assert sorted(found) == split_lines(data)
        assert len({claimed_id(each) for each in found}) < len(found)
        assert join_sets(file(*found[:5]), file(*found[3:])) == data
