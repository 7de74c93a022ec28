"""A set spread over files reads as the same set, however it is spread."""

import pytest
from core import generators as gen
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.fast_join import Settled
from git_fedlearn.core.layout import MAX_LEVEL, ROOT, distribute, level_of, shard_of
from git_fedlearn.core.record import make_record
from git_fedlearn.core.record_set import canonical_set, join_into, join_sets, settle, split_lines

LIMITS = st.sampled_from([1, 200, 400, 10**6])


def spread(data: bytes, level: int, limit: int) -> dict[str, bytes]:
    """The files of a set at a level or above."""
    return distribute(settle([], split_lines(data)), level, limit, ())[1]


def read(files: dict[str, bytes]) -> bytes:
    return join_into(files.values(), ()).format()


@given(gen.canonical_files, st.integers(0, MAX_LEVEL), LIMITS)
def test_set_reads_the_same_at_every_level(data: bytes, level: int, limit: int) -> None:
    assert read(spread(data, level, limit)) == data


@given(st.lists(gen.lines, max_size=8), st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_any_partition_of_the_lines_reads_as_the_same_set(lines: list[bytes], parts: list[int]) -> None:
    shared = [
        canonical_set(b"".join(line + b"\n" for line, at in zip(lines, parts, strict=False) if at == part))
        for part in range(4)
    ]
    assert join_into(shared, ()).format() == canonical_set(b"".join(line + b"\n" for line in lines))


@given(gen.clones(2), st.integers(0, MAX_LEVEL), st.integers(0, MAX_LEVEL), LIMITS)
def test_clones_at_different_levels_converge(files: list[bytes], one: int, other: int, limit: int) -> None:
    """Git merges file by file; whoever writes next finds the join of both sets."""
    mine, yours = spread(files[0], one, limit), spread(files[1], other, limit)
    merged = {name: join_sets(mine.get(name, b""), yours.get(name, b"")) for name in {*mine, *yours}}
    assert read(merged) == join_sets(*files)
    level = max(level_of(mine), level_of(yours))
    settled = settle([], split_lines(read(merged)))
    level, written = distribute(settled, level, limit, merged)
    assert written == distribute(settled, level, limit, written)[1]
    assert read(written) == join_sets(*files)


@given(gen.canonical_files, LIMITS)
def test_every_record_lies_in_its_shard_and_opaque_lines_in_the_root(data: bytes, limit: int) -> None:
    settled = settle([], split_lines(data))
    level, files = distribute(settled, 0, limit, ())
    assert files[ROOT] == (settled.format() if level == 0 else Settled([], settled.opaque).format())
    for name, shard in files.items():
        assert name == ROOT or {shard_of(line, level) for line in split_lines(shard)} == {name}


def many(count: int) -> Settled:
    return Settled(sorted(make_record({"n": number}).line for number in range(count)), [])


def test_level_rises_only_when_a_file_passes_the_limit() -> None:
    settled = many(100)
    size = len(settled.format())
    assert distribute(settled, 0, size, ())[0] == 0
    assert distribute(settled, 0, size - 1, ())[0] == 1
    assert distribute(settled, 0, 100, ())[0] == MAX_LEVEL
    assert distribute(settled, 0, 1, ())[0] == MAX_LEVEL


def test_level_never_falls() -> None:
    assert distribute(many(1), 2, 10**6, ())[0] == 2


def test_files_that_records_moved_out_of_stay_empty() -> None:
    assert {name for name, data in distribute(many(5), 1, 10**6, ["", "a", "0"])[1].items() if not data} >= {
        ""
    }
    assert distribute(Settled([], []), 0, 10, ["a"])[1] == {ROOT: b"", "a": b""}


@pytest.mark.parametrize(("names", "level"), [([], 0), ([""], 0), (["", "a"], 1), (["", "a", "0f"], 2)])
def test_level_is_the_longest_shard_name(names: list[str], level: int) -> None:
    assert level_of(names) == level
