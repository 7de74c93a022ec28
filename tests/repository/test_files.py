"""Whole files or none: what a crash leaves, and what is never touched."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from repository import crashing
from repository.crashing import crash_at_each_call

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file


def test_crash_at_any_call_leaves_the_old_bytes_or_the_new(tmp_path: Path) -> None:
    template = tmp_path / "template"
    template.mkdir()
    (template / "set.jsonl").write_bytes(crashing.OLD)
    folders, calls = zip(*crash_at_each_call(template, "write"), strict=True)
    assert " ".join(calls).split() == ["mkdir", "unlink", "write", "fsync", "chmod", "replace", "fsync"]
    found = [read_file(folder / "set.jsonl") for folder in folders]
    assert set(found) == {crashing.OLD, crashing.NEW}
    assert found == sorted(found, reverse=True)
    for folder in folders:
        write_file(folder / "set.jsonl", b"later\n")
        assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("set.jsonl", b"later\n")]


def test_missing_file_reads_as_empty(tmp_path: Path) -> None:
    assert read_file(tmp_path / "no" / "such.jsonl") == b""


def test_folders_are_made_on_the_way(tmp_path: Path) -> None:
    write_file(tmp_path / "a" / "b" / "c.jsonl", b"x\n")
    assert read_file(tmp_path / "a" / "b" / "c.jsonl") == b"x\n"


def test_mode_of_an_existing_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"old")
    path.chmod(0o604)
    write_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "set.jsonl", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "set.jsonl").stat().st_mode) == 0o640


def test_leftover_of_a_killed_writer_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl.tmp").write_bytes(b"half")
    write_file(tmp_path / "set.jsonl", b"whole\n")
    assert [path.name for path in tmp_path.glob("set*")] == ["set.jsonl"]


@pytest.mark.parametrize("kind", ["symlink", "dangling", "folder", "pipe"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: str) -> None:
    path, elsewhere = tmp_path / "set.jsonl", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"safe")
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(elsewhere if kind == "symlink" else tmp_path / "nowhere")
    for attempt in (lambda: read_file(path), lambda: write_file(path, b"new")):
        with pytest.raises(FedlearnError) as error:
            attempt()
        assert error.value.message == f"{path}: not a regular file"
    assert elsewhere.read_bytes() == b"safe"
    assert not (tmp_path / "nowhere").exists()


def test_full_disk_is_an_error_that_leaves_the_old_bytes(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(crashing.OLD)
    code = (
        "import sys; from pathlib import Path; from git_fedlearn.errors import FedlearnError\n"
        "from git_fedlearn.repository.files import write_file\n"
        "try: write_file(Path(sys.argv[1]), b'x' * 100_000)\n"
        "except FedlearnError as error: print(error.message, '/', error.hint)\n"
    )
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 8; exec "$@"', "sh", sys.executable, "-B", "-c", code, str(path)],
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == (
        f"{path}: cannot be written: File too large / nothing was changed; free space or fix permissions\n"
    )
    assert path.read_bytes() == crashing.OLD
    assert [found.name for found in tmp_path.glob("set*")] == ["set.jsonl"]
