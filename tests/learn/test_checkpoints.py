import gzip
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.extras import ZSTD
from git_fedlearn.learn.checkpoints import (
    Checkpoint,
    Checkpoints,
    ReadPosition,
    find_start,
    make_checkpoint,
    read_checkpoints,
    write_checkpoints,
)
from git_fedlearn.learn.lines import SourceEvent
from git_fedlearn.learn.sources import SourceFile, find_sources, read_events


def started(file: SourceFile, checkpoints: Checkpoints) -> ReadPosition:
    start = find_start(file, checkpoints)
    assert start
    return start


class Stack:
    """A source folder that is read as `sync` reads it: what is new, then the checkpoints."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state" / "checkpoints.json"
        self.log = root / "telemetry" / "a-events.jsonl"
        self.log.parent.mkdir()
        self.count = 0

    def append(self, count: int = 1, end: str = "\n") -> None:
        with self.log.open("a") as stream:
            for _ in range(count):
                self.count += 1
                stream.write(f'{{"n":{self.count},"padding":"{self.count:0200}"}}{end}')

    def read(self) -> list[object]:
        checkpoints = read_checkpoints(self.state)
        marks: dict[str, Checkpoint] = {}
        seen: list[object] = []
        for file in find_sources(self.root).files:
            start = started(file, checkpoints)
            reached = start
            for line in (
                () if start.is_done else read_events(file.path, offset=start.offset, number=start.number)
            ):
                if isinstance(line, SourceEvent):
                    seen.append(line.fields["n"])
                    reached = start._replace(offset=line.end, number=line.number + 1)
            if mark := make_checkpoint(file, reached, checkpoints):
                marks[file.name] = mark
        write_checkpoints(self.state, marks)
        return seen


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path)


def test_only_what_is_new_is_read(stack: Stack) -> None:
    stack.append(20)
    assert stack.read() == list(range(1, 21))
    assert stack.read() == []
    stack.append(2)
    assert stack.read() == [21, 22]


def test_line_numbers_go_on(stack: Stack) -> None:
    stack.append(20)
    stack.read()
    (file,) = find_sources(stack.root).files
    assert started(file, read_checkpoints(stack.state)).number == 21


def test_a_half_line_is_read_when_it_is_finished(stack: Stack) -> None:
    stack.append(3)
    with stack.log.open("a") as stream:
        stream.write('{"n":')
    assert stack.read() == [1, 2, 3]
    assert stack.read() == []
    with stack.log.open("a") as stream:
        stream.write("4}\n")
    assert stack.read() == [4]


def test_a_renamed_log_is_read_on_from_its_offset(stack: Stack) -> None:
    stack.append(20)
    stack.read()
    stack.append(2)
    stack.log.rename(f"{stack.log}.1")
    stack.append(3)
    assert stack.read() == [23, 24, 25, 21, 22]
    stack.log.with_name("a-events.jsonl.1").rename(f"{stack.log}.2")
    stack.log.rename(f"{stack.log}.1")
    assert stack.read() == []


def test_a_copied_and_truncated_log_is_read_from_its_new_start(stack: Stack) -> None:
    stack.append(20)
    stack.read()
    stack.append(2)
    shutil.copy(stack.log, f"{stack.log}.1")
    os.truncate(stack.log, 0)
    assert stack.read() == [21, 22]
    stack.append(30)
    assert stack.read() == list(range(23, 53))


def test_a_log_rewritten_to_the_same_size_is_read_again(stack: Stack) -> None:
    stack.append(9)
    stack.read()
    stack.log.write_bytes(stack.log.read_bytes().replace(b'"n":9', b'"n":8'))
    assert stack.read() == [1, 2, 3, 4, 5, 6, 7, 8, 8]


def test_a_compressed_log_is_read_on_and_then_left_alone(stack: Stack) -> None:
    stack.append(20)
    stack.read()
    stack.append(2)
    packed = Path(f"{stack.log}.1.gz")
    packed.write_bytes(gzip.compress(stack.log.read_bytes()))
    stack.log.unlink()
    assert stack.read() == [21, 22]
    (file,) = find_sources(stack.root).files
    assert started(file, read_checkpoints(stack.state)).is_done
    assert stack.read() == []


def test_a_log_compressed_by_zstd_is_read_on(stack: Stack) -> None:
    zstd = pytest.importorskip(ZSTD, reason="the extra [zstd] is not installed")
    stack.append(2000)
    stack.read()
    stack.append(2)
    Path(f"{stack.log}.1.zst").write_bytes(zstd.compress(stack.log.read_bytes()))
    stack.log.unlink()
    assert stack.read() == [2001, 2002]
    assert stack.read() == []


def test_a_log_that_takes_a_missing_extra_does_not_stop_the_others(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, ZSTD, None)
    stack.append(2)
    Path(f"{stack.log}.1.zst").write_bytes(b"any")
    assert stack.read() == [1, 2]
    assert stack.read() == []


def test_a_damaged_compressed_log_does_not_stop_the_others(stack: Stack) -> None:
    stack.append(2)
    Path(f"{stack.log}.1.gz").write_bytes(b"no gzip")
    assert stack.read() == [1, 2]
    stack.append(1)
    assert stack.read() == [3]


def test_a_log_replaced_while_it_was_read_gets_no_checkpoint(stack: Stack) -> None:
    stack.append(3)
    (file,) = find_sources(stack.root).files
    start = started(file, {})
    os.truncate(stack.log, 5)
    assert make_checkpoint(file, start._replace(offset=600), {}) is None
    stack.log.rename(f"{stack.log}.1")
    stack.append(30)
    assert make_checkpoint(file, start._replace(offset=600), {}) is None


def test_a_log_rewritten_while_it_was_read_gets_no_checkpoint(stack: Stack) -> None:
    """Its file is the same, and it has grown: the offset would hide lines that nobody read."""
    stack.append(3)
    (file,) = find_sources(stack.root).files
    start = started(file, {})
    stack.log.write_bytes(stack.log.read_bytes().replace(b'"n":1', b'"n":7') * 2)
    assert make_checkpoint(file, start._replace(offset=600), {}) is None


@pytest.mark.parametrize("truncates", [False, True])
def test_a_log_rotated_after_its_start_was_found_is_left_to_the_next_run(
    stack: Stack, *, truncates: bool
) -> None:
    stack.append(3)
    assert stack.read() == [1, 2, 3]
    stack.append()
    (file,) = find_sources(stack.root).files
    start = started(file, read_checkpoints(stack.state))
    older = stack.log.with_name("a-events.jsonl.1")
    if truncates:
        shutil.copy(stack.log, older)
        os.truncate(stack.log, 0)
    else:
        stack.log.rename(older)
    stack.append(9)
    read = read_events(file.path, offset=start.offset, number=start.number, mark=start.mark)
    assert [*read] == []
    assert make_checkpoint(file, start, {}) is None
    assert sorted(map(int, map(str, stack.read()))) == [*range(4, 14)]


def test_a_renamed_log_is_not_taken_for_one_that_resembles_it(stack: Stack) -> None:
    """Both begin with the same lines, and hold the same ones just before the offset of the longer."""
    stack.append(40)
    other = stack.log.with_name("b-events.jsonl")
    lines = stack.log.read_bytes().splitlines(keepends=True)
    other.write_bytes(b"".join(lines[:10]))
    stack.read()
    between = [line.replace(b'"n":%d' % n, b'"n":%d' % (n + 40)) for n, line in enumerate(lines[10:35], 11)]
    other.write_bytes(b"".join([*lines[:10], *between, *lines[35:]]))
    stack.log.unlink()
    other.rename(stack.log.with_name("c-events.jsonl"))
    assert stack.read() == [*range(51, 76), *range(36, 41)]


MARK = (
    b'{"format":1,"files":{"a":{"offset":%s,"number":1,"head":"","tail":"",'
    b'"device":1,"inode":1,"size":1,"modified_ns":1}}}'
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"format":2,"files":{}}',
        b'{"format":1,"files":{"a":{}}}',
        MARK % b"-1",
        MARK % b"true",
        b"[" * 100_000,
    ],
)
def test_a_lost_or_corrupt_checkpoint_only_costs_time(stack: Stack, data: bytes) -> None:
    stack.append(2)
    stack.read()
    stack.state.write_bytes(data)
    assert read_checkpoints(stack.state) == {}
    assert stack.read() == [1, 2]
    assert stack.read() == []


marks = st.builds(
    Checkpoint,
    *[st.integers(0, 2**63)] * 2,
    *[st.text("0123456789abcdef", min_size=32, max_size=32)] * 2,
    *[st.integers(0, 2**63)] * 4,
)


@given(st.dictionaries(st.text(min_size=1), marks, max_size=3))
def test_what_is_written_is_read(tmp_path: Path, checkpoints: Checkpoints) -> None:
    write_checkpoints(tmp_path / "state.json", checkpoints)
    assert read_checkpoints(tmp_path / "state.json") == checkpoints
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["state.json"]


def test_a_write_that_fails_leaves_the_old_checkpoints(tmp_path: Path, stack: Stack) -> None:
    stack.append(2)
    stack.read()
    before = stack.state.read_bytes()
    (mark,) = read_checkpoints(stack.state).values()
    with pytest.raises(TypeError):
        write_checkpoints(stack.state, {"a": replace(mark, head=object())})  # type: ignore[arg-type]
    assert stack.state.read_bytes() == before
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["checkpoints.json"]


def test_a_file_that_is_gone_has_no_position_and_no_checkpoint(stack: Stack) -> None:
    stack.append()
    (file,) = find_sources(stack.root).files
    start = started(file, {})
    stack.log.unlink()
    assert find_start(file, {}) is None
    assert make_checkpoint(file, start._replace(offset=9), {}) is None
