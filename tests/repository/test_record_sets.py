"""Record sets on disk: one set, however many files."""

from pathlib import Path

import pytest
from core import generators as gen
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from repository import crashing
from repository.crashing import crash_everywhere

from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.layout import ERROR_SOLUTIONS, SetName
from git_fedlearn.core.record import make_record, parse_record
from git_fedlearn.core.record_set import canonical_set, is_record_line, join_into, join_sets, split_lines
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.record_sets import RecordSets

ROOT = "data/patterns/error-solutions.jsonl"
FOLDER = "data/patterns/error-solutions"
A, B, C = (make_record({"title": title}).line for title in "abc")


def lines(data: bytes) -> list[bytes]:
    return [line for line in split_lines(data) if is_record_line(line)]


def known(sets: RecordSets) -> list[bytes]:
    return [record.line for record in sets.read(ERROR_SOLUTIONS)]


def files(top: Path) -> dict[str, bytes]:
    return {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*.jsonl"))}


def test_join_writes_the_root_file_and_says_what_changed(tmp_path: Path) -> None:
    sets = RecordSets(tmp_path, 10**6)
    first = sets.join(ERROR_SOLUTIONS, [A, B])
    assert (set(first.added), first.changed, first.written) == (
        {parse_record(A).id, parse_record(B).id},
        (),
        (ROOT,),
    )
    raised = make_record({"title": "a", "value_score": 1})
    second = sets.join(ERROR_SOLUTIONS, [raised.line, C])
    assert (second.added, second.changed) == ((parse_record(C).id,), (raised.id,))
    assert files(tmp_path) == {ROOT: canonical_set(b"\n".join([raised.line, B, C]))}


def test_join_of_nothing_new_writes_nothing(tmp_path: Path) -> None:
    sets = RecordSets(tmp_path, 10**6)
    sets.join(ERROR_SOLUTIONS, [A])
    again = sets.join(ERROR_SOLUTIONS, [A])
    assert (again.added, again.changed, again.written) == ((), (), ())


def test_join_without_writing_says_what_it_would_do(tmp_path: Path) -> None:
    assert RecordSets(tmp_path, 10**6).join(ERROR_SOLUTIONS, [A], write=False).added == (parse_record(A).id,)
    assert files(tmp_path) == {}


def test_set_past_the_limit_moves_to_shards_and_keeps_an_empty_root(tmp_path: Path) -> None:
    sets = RecordSets(tmp_path, 300)
    sets.join(ERROR_SOLUTIONS, crashing.KNOWN)
    found = files(tmp_path)
    assert found.pop(ROOT) == b""
    assert all(name.startswith(f"{FOLDER}/") for name in found)
    for name, data in found.items():
        assert {line[8:].decode().startswith(Path(name).stem) for line in lines(data)} == {True}
    assert known(sets) == sorted(crashing.KNOWN)


def test_records_an_old_writer_left_in_the_root_move_to_their_shards(tmp_path: Path) -> None:
    sets = RecordSets(tmp_path, 300)
    sets.join(ERROR_SOLUTIONS, crashing.KNOWN)
    raised = make_record({"title": "known 3", "value_score": 1}).line
    (tmp_path / ROOT).write_bytes(b'{"title": "known 3", "value_score": 1.0}\n' + C + b"\nnot json\n")
    assert {raised, C} <= set(known(sets))
    sets.join(ERROR_SOLUTIONS, [])
    assert (tmp_path / ROOT).read_bytes() == b"not json\n"
    assert {raised, C} <= set(known(sets))
    assert make_record({"title": "known 3"}).line not in known(sets)


def test_find_reads_across_shards(tmp_path: Path) -> None:
    sets = RecordSets(tmp_path, 300)
    sets.join(ERROR_SOLUTIONS, crashing.KNOWN)
    for line in crashing.KNOWN[:5]:
        identifier = parse_record(line).id
        assert [(name, record.line) for name, record in sets.find(identifier)] == [(ERROR_SOLUTIONS, line)]
        assert line in [record.line for _name, record in sets.find(identifier[:1])]
    assert len(list(sets.find(""))) == len(crashing.KNOWN)
    assert list(sets.find("zz")) == []


def test_unknown_set_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        RecordSets(tmp_path, 1).read(SetName("no-such-set"))


# A file of nothing but other lines is no record set: it is refused, not joined.
TEXT_LINES = gen.lines.filter(lambda line: find_foreign_content(line + b"\n") is None)


@settings(max_examples=60)
@given(data=st.data(), parts=st.lists(st.lists(TEXT_LINES, max_size=5), min_size=1, max_size=4))
def test_any_order_and_any_limit_give_the_same_set(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, parts: list[list[bytes]]
) -> None:
    expected = canonical_set(b"".join(line + b"\n" for part in parts for line in part))
    top = tmp_path_factory.mktemp("sets")
    for part in data.draw(st.permutations(parts)):
        RecordSets(top, data.draw(st.sampled_from([300, 700, 10**6]))).join(ERROR_SOLUTIONS, part)
    assert known(RecordSets(top, 1)) == lines(expected)
    opaque = {line for data in files(top).values() for line in split_lines(data) if not is_record_line(line)}
    assert opaque == {line for line in split_lines(expected) if not is_record_line(line)}


@settings(max_examples=30)
@given(parts=st.lists(st.lists(gen.record_lines, max_size=8), min_size=2, max_size=2))
def test_sharded_and_unsharded_clones_converge(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[bytes]]
) -> None:
    tops = [tmp_path_factory.mktemp(name) for name in ("whole", "sharded")]
    for top, limit, part in zip(tops, (10**6, 200), parts, strict=True):
        RecordSets(top, limit).join(ERROR_SOLUTIONS, part)
    merged = tmp_path_factory.mktemp("merged")
    whole, sharded = map(files, tops)
    for name in {*whole, *sharded}:
        (merged / name).parent.mkdir(parents=True, exist_ok=True)
        (merged / name).write_bytes(join_sets(whole.get(name, b""), sharded.get(name, b"")))
    sets = RecordSets(merged, 200)
    expected = lines(canonical_set(b"".join(line + b"\n" for part in parts for line in part)))
    assert known(sets) == expected
    sets.join(ERROR_SOLUTIONS, [])
    assert known(sets) == expected
    assert sets.join(ERROR_SOLUTIONS, []).written == ()


PLACES = st.sampled_from([ROOT, *(f"{FOLDER}/{shard}.jsonl" for shard in ("0", "7", "00", "7f", "ff"))])


@settings(max_examples=60)
@given(
    limit=st.sampled_from([200, 700, 10**6]),
    ours=st.lists(gen.record_lines, max_size=12),
    strewn=st.lists(st.tuples(PLACES, gen.record_lines | TEXT_LINES), max_size=4),
)
def test_file_by_file_the_same_is_read_as_from_all_files_at_once(
    tmp_path_factory: pytest.TempPathFactory, limit: int, ours: list[bytes], strewn: list[tuple[str, bytes]]
) -> None:
    top = tmp_path_factory.mktemp("sets")
    RecordSets(top, limit).join(ERROR_SOLUTIONS, ours)
    for place, line in strewn:
        (top / place).parent.mkdir(parents=True, exist_ok=True)
        with (top / place).open("ab") as file:
            file.write(line + b"\n")
    assume(all(find_foreign_content(data) is None for data in files(top).values()))
    expected = join_into(files(top).values(), ()).records
    sets = RecordSets(top, limit)
    assert [*sets.read_lines(ERROR_SOLUTIONS)] == expected
    parts = [*sets.read_parts(ERROR_SOLUTIONS)]
    assert [line for _, part in parts for line in part] == expected
    assert len({start for start, _ in parts}) == len(parts) == 16 ** sets.level(ERROR_SOLUTIONS)
    assert all(line[8:].decode().startswith(start) for start, part in parts for line in part)


@settings(max_examples=30)
@given(
    limit=st.sampled_from([200, 700, 10**6]),
    ours=st.lists(gen.record_lines, max_size=12),
    left_in_root=st.lists(gen.record_lines, max_size=3),
)
def test_records_are_picked_by_id_as_if_all_files_were_read(
    tmp_path_factory: pytest.TempPathFactory, limit: int, ours: list[bytes], left_in_root: list[bytes]
) -> None:
    top = tmp_path_factory.mktemp("sets")
    sets = RecordSets(top, limit)
    sets.join(ERROR_SOLUTIONS, ours)
    with (top / ROOT).open("ab") as file:
        file.writelines(line + b"\n" for line in left_in_root)
    every = [*sets.read(ERROR_SOLUTIONS)]
    for some in (every, every[:1], every[1::3]):
        ids = {record.id for record in some}
        assert sets.pick(ERROR_SOLUTIONS, ids) == [record for record in every if record.id in ids]
        for one in ids:
            assert {record for _, record in sets.find(one)} == {
                record for record in every if record.id == one
            }


def test_crash_at_any_call_while_sharding_loses_nothing(tmp_path: Path) -> None:
    template = tmp_path / "template"
    RecordSets(template, 10**6).join(ERROR_SOLUTIONS, crashing.KNOWN)
    folders = crash_everywhere(template, "shard")
    assert len(folders) > 25
    after = files(folders[-1])
    for folder in folders:
        sets = RecordSets(folder, crashing.LIMIT)
        found = known(sets)
        assert set(crashing.KNOWN) <= set(found) <= {*crashing.KNOWN, *crashing.ARRIVING}
        assert all(line in found for data in files(folder).values() for line in split_lines(data))
        sets.join(ERROR_SOLUTIONS, crashing.ARRIVING)
        assert files(folder) == after
