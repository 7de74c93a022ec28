import bz2
import gzip
import io
import json
import lzma
import os
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.extras import ZSTD, install_line
from git_fedlearn.learn.lines import BrokenLine, Line, SkimmedLines, SourceEvent, UnfinishedLine, read_lines
from git_fedlearn.learn.sources import SourceError, SourceFault, SourceKind, find_sources, read_events


def parsed(data: bytes, max_line: int = 1000) -> list[Line | SourceFault]:
    return plain(read_lines(io.BytesIO(data), max_line=max_line))


def plain(lines: Iterable[Line | SourceFault]) -> list[Line | SourceFault]:
    """The lines without the bytes they are made of."""
    return [
        line._replace(data=b"")
        if isinstance(line, SourceEvent)
        else line._replace(start=b"")
        if isinstance(line, BrokenLine)
        else line
        for line in lines
    ]


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"\n\r\n \n", [SkimmedLines(0, 2, 1), SkimmedLines(0, 3, 3), SkimmedLines(0, 4, 5)]),
        (b'{"a":1}\n', [SourceEvent({"a": 1}, 1, 0, 8)]),
        (b'{"a":1}', [SourceEvent({"a": 1}, 1, 0, 7)]),
        (b'\xef\xbb\xbf{"a":1}\r\n{}\n', [SourceEvent({"a": 1}, 1, 0, 12), SourceEvent({}, 2, 12, 15)]),
        (b'\n{}\n{"a"', [SkimmedLines(0, 2, 1), SourceEvent({}, 2, 1, 4), UnfinishedLine(3, 4)]),
        (b"12", [UnfinishedLine(1, 0)]),
        (b"{\xff}\n{}\n", [BrokenLine(1, 0, 4, "not valid UTF-8"), SourceEvent({}, 2, 4, 7)]),
        (b'{"a":"\0"}\n', [BrokenLine(1, 0, 10, "NUL bytes")]),
        (b"\0\0\n", [SkimmedLines(0, 2, 3)]),
        (b"null\n", [BrokenLine(1, 0, 5, "not a JSON object")]),
        (b"[{}]\n", [SourceEvent({}, 1, 1, 5)]),
        (b'{"a":NaN}\n', [SourceEvent({}, 1, 0, 10)]),
        (b"[" * 500 + b"\n", [SkimmedLines(0, 2, 501)]),
        (
            b"x" * 2000 + b"\n{}\n",
            [BrokenLine(1, 0, 2001, "line too long"), SourceEvent({}, 2, 2001, 2004)],
        ),
        (b"x" * 2000, [UnfinishedLine(1, 0)]),
        (b'{"a":"' + b"y" * 991 + b'"}\n', [SourceEvent({"a": "y" * 991}, 1, 0, 1000)]),
    ],
)
def test_every_line_has_its_place_and_its_verdict(data: bytes, lines: list[Line]) -> None:
    assert parsed(data) == lines


def test_a_reason_never_quotes_the_line() -> None:
    for data in (b'{"hush": hush}\n', b"hush\n", b'"hush"\n', b"{\xff hush}\n", b'{"hush":1,"hush"}\n'):
        (line,) = parsed(data)
        assert isinstance(line, BrokenLine)
        assert "hush" not in line.reason


@given(st.lists(st.sampled_from([b"{}", b'{"k":"v"}', b"", b"broken", b"\xff", b"z" * 60])), st.booleans())
def test_reading_in_two_parts_is_reading_at_once(chunks: list[bytes], is_ended: bool) -> None:  # noqa: FBT001
    data = b"\n".join(chunks) + (b"\n" if is_ended else b"")
    whole = parsed(data, max_line=50)
    for line in whole:
        if not isinstance(line, UnfinishedLine | SourceFault):
            rest = io.BytesIO(data)
            rest.seek(line.end)
            number = line.number + (not isinstance(line, SkimmedLines))
            after = plain(read_lines(rest, offset=line.end, number=number, max_line=50))
            assert after == whole[whole.index(line) + 1 :]


def test_a_file_is_read_to_the_size_it_had_when_opened(tmp_path: Path) -> None:
    path = write(tmp_path / "log", b"{}\n" * 3)
    found = []
    with path.open("ab", buffering=0) as writer:
        for line in islice(read_events(path), 9):
            found.append(line)
            writer.write(b"{}\n")
    assert len(found) == 3


def test_a_half_written_line_is_read_once_it_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "log", b'{}\n{"a":')
    *_, unfinished = read_events(path)
    assert unfinished == UnfinishedLine(2, 3)
    with path.open("ab") as writer:
        writer.write(b"1}\n")
    assert plain(read_events(path, offset=3, number=2)) == [SourceEvent({"a": 1}, 2, 3, 11)]


def test_gzip_is_read_through_also_when_it_ends_early(tmp_path: Path) -> None:
    data = b"".join(
        json.dumps({"n": number, "text": f"{number}" * 50}).encode() + b"\n" for number in range(4000)
    )
    path = write(tmp_path / "log.gz", gzip.compress(data))
    assert [type(line) for line in read_events(path)] == [SourceEvent] * 4000
    path.write_bytes(path.read_bytes()[:-2000])
    *lines, fault = read_events(path)
    assert isinstance(fault, SourceFault)
    assert "damaged or truncated" in fault.reason
    assert lines
    path.write_bytes(b"no gzip at all")
    assert [type(line) for line in read_events(path)] == [SourceFault]


def test_zstd_without_its_extra_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, ZSTD, None)
    path = write(tmp_path / "log.zst", b"(\xb5/\xfd")
    (fault,) = read_events(path)
    assert isinstance(fault, SourceFault)
    assert fault.reason == f"cannot read {path}: the package {ZSTD} is not installed"
    assert fault.hint == install_line("zstd")


def test_zstd_is_read_through_also_when_it_ends_early(tmp_path: Path) -> None:
    zstd = pytest.importorskip(ZSTD, reason="the extra [zstd] is not installed")
    many = b"".join(b'{"n":%d}\n' % number for number in range(40_000))
    path = write(tmp_path / "log.zst", zstd.compress(b"{}\n") + zstd.compress(many))
    assert [type(line) for line in read_events(path)] == [SourceEvent] * 40_001
    last = plain(read_events(path, offset=3 + many.rindex(b"{"), number=40_001))
    assert last == [SourceEvent({"n": 39_999}, 40_001, 3 + many.rindex(b"{"), 3 + len(many))]
    path.write_bytes(path.read_bytes()[:-20])
    *lines, fault = read_events(path)
    assert isinstance(fault, SourceFault)
    assert "damaged or truncated" in fault.reason
    assert lines
    path.write_bytes(b"no zstd at all")
    assert [type(line) for line in read_events(path)] == [SourceFault]


@pytest.mark.parametrize("module", [lzma, bz2])
def test_xz_and_bzip2_are_read_through_also_when_they_end_early(tmp_path: Path, module: Any) -> None:
    many = b"".join(b'{"n":%d}\n' % number for number in range(40_000))
    path = write(tmp_path / f"log.{'xz' if module is lzma else 'bz2'}", module.compress(many))
    assert [type(line) for line in read_events(path)] == [SourceEvent] * 40_000
    last = plain(read_events(path, offset=many.rindex(b"{"), number=40_000))
    assert last == [SourceEvent({"n": 39_999}, 40_000, many.rindex(b"{"), len(many))]
    path.write_bytes(path.read_bytes()[:-20])
    *_, fault = read_events(path)
    assert isinstance(fault, SourceFault)
    assert "damaged or truncated" in fault.reason
    path.write_bytes(b"neither of them")
    assert [type(line) for line in read_events(path)] == [SourceFault]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_named(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "log", '{"a":1}\n{"a":2}\n'.encode(encoding))
    (fault,) = read_events(path)
    assert isinstance(fault, SourceFault)
    assert fault.reason == "is UTF-16, not UTF-8"


def test_objects_over_several_lines_are_read_one_by_one(tmp_path: Path) -> None:
    events = [{"a": {"b": "} {"}}, {"a": [{"c": 1}]}]
    text = json.dumps(events, indent=2).encode()
    path = write(tmp_path / "log", text)
    assert [line.fields for line in read_events(path) if isinstance(line, SourceEvent)] == events
    path.write_bytes(text[: text.rindex(b"c")])
    *found, unfinished = read_events(path)
    assert [line.fields for line in found if isinstance(line, SourceEvent)] == events[:1]
    assert isinstance(unfinished, UnfinishedLine)
    with path.open("ab") as stream:
        stream.write(text[text.rindex(b"c") :])
    again = read_events(path, offset=unfinished.offset, number=unfinished.number)
    assert [line.fields for line in again if isinstance(line, SourceEvent)] == events[1:]
    path.write_bytes(json.dumps(events[0], indent=2).encode())
    assert [line.fields for line in read_events(path) if isinstance(line, SourceEvent)] == events[:1]


@pytest.mark.parametrize("name", ["gone", "gone.gz", "gone.xz", "gone.bz2", "gone.zst"])
def test_a_file_that_is_gone_is_a_fault(tmp_path: Path, name: str) -> None:
    (fault,) = read_events(tmp_path / name)
    assert fault == SourceFault(tmp_path / name, "cannot be read: No such file or directory")


def test_sources_are_found_with_their_rotated_files(tmp_path: Path) -> None:
    names = [
        "fine-tuning/dataset.jsonl",
        "telemetry/aidb-events.jsonl",
        "telemetry/hybrid-events-2025-12-23.jsonl",
        "telemetry/hybrid-events-20251224.jsonl.gz",
        "telemetry/hybrid-events.1.jsonl",
        "telemetry/hybrid-events.2025.12.23.jsonl.bz2",
        "telemetry/hybrid-events.json",
        "telemetry/hybrid-events.jsonl",
        "telemetry/hybrid-events.jsonl-20260601.zst",
        "telemetry/hybrid-events.jsonl.1",
        "telemetry/hybrid-events.jsonl.2.gz",
        "telemetry/hybrid-events.jsonl.4.xz",
        "telemetry/hybrid-events.jsonl.bak.1",
        "telemetry/hybrid-events.jsonl.old",
        "telemetry/hybrid-events.jsonl~",
        "telemetry/hybrid-events.ndjson",
    ]
    others = [
        "telemetry/hybrid-events.jsonl.tmp",
        "telemetry/events.log",
        "telemetry/-events.jsonl",
        "dataset.jsonl",
    ]
    for name in names + others:
        write(tmp_path / name, b"")
    sources = find_sources(tmp_path)
    assert [file.name for file in sources.files] == names
    assert [file.kind for file in sources.files] == [SourceKind.FINE_TUNING] + [SourceKind.TELEMETRY] * 15
    assert sources.faults == ()
    assert sorted(sources.unread) == sorted(others)


def test_a_source_without_telemetry_is_empty_and_a_missing_one_an_error(tmp_path: Path) -> None:
    assert find_sources(tmp_path).files == ()
    with pytest.raises(SourceError, match="does not exist") as missing:
        find_sources(tmp_path / "nowhere")
    assert "--source" in missing.value.hint
    assert "$AI_STACK_DATA" in missing.value.hint
    with pytest.raises(SourceError, match="is not a folder"):
        find_sources(write(tmp_path / "file", b""))


def test_links_folders_and_pipes_in_place_of_files_are_faults_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path / "telemetry" / "a-events.jsonl", b"")
    (tmp_path / "telemetry" / "b-events.jsonl").mkdir()
    (tmp_path / "telemetry" / "c-events.jsonl").symlink_to("a-events.jsonl")
    os.mkfifo(tmp_path / "telemetry" / "d-events.jsonl")
    (tmp_path / "fine-tuning").symlink_to("telemetry")
    sources = find_sources(tmp_path)
    assert [file.name for file in sources.files] == ["telemetry/a-events.jsonl"]
    assert {Path(str(fault.path)).name: fault.reason for fault in sources.faults} == {
        "b-events.jsonl": "is not a regular file",
        "c-events.jsonl": "is a symbolic link",
        "d-events.jsonl": "is not a regular file",
        "fine-tuning": "is a symbolic link",
    }


def test_a_linked_source_folder_itself_is_fine(tmp_path: Path) -> None:
    write(tmp_path / "real" / "telemetry" / "a-events.jsonl", b"")
    (tmp_path / "link").symlink_to("real")
    assert [file.name for file in find_sources(tmp_path / "link").files] == ["telemetry/a-events.jsonl"]
