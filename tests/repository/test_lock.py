"""One writer at a time: the second waits, then says who holds the lock."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from git_fedlearn.errors import LockedError
from git_fedlearn.repository.lock import hold_lock

HOLD = """
import sys
from pathlib import Path
from git_fedlearn.repository.lock import hold_lock
with hold_lock(Path(sys.argv[1]), "sync"):
    print("held", flush=True)
    sys.stdin.read()
print("released", flush=True)
"""


def holder(folder: Path) -> subprocess.Popen[bytes]:
    """A process that takes the lock and holds it until its standard input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def said(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout
    return process.stdout.readline().strip()


def release(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin
    process.stdin.close()
    assert said(process) == b"released"


def test_lock_that_is_held_names_its_holder_after_the_wait(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == b"held"
        with pytest.raises(LockedError) as error, hold_lock(tmp_path, "add", timeout=0.05):
            pass
        release(first)
    assert error.value.message == (
        f"{tmp_path / 'lock'}: locked by git fedlearn sync (pid {first.pid}); gave up after 0.05 s"
    )
    assert error.value.hint == "wait for it to end, then run the command again"


def test_second_process_goes_on_when_the_first_ends(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == b"held"
        with holder(tmp_path) as second:
            release(first)
            assert said(second) == b"held"
            release(second)


def test_killed_holder_leaves_the_lock_free(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == b"held"
        first.kill()
        first.wait()
        with hold_lock(tmp_path, "add", timeout=0):
            assert str(os.getpid()) in (tmp_path / "lock.holder").read_text()


def test_lock_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold_lock(tmp_path, "add"):
        raise KeyError
    with hold_lock(tmp_path, "add", timeout=0):
        pass
    assert not (tmp_path / "lock.holder").exists()


def test_unreadable_holder_is_another_process(tmp_path: Path) -> None:
    with holder(tmp_path) as first:
        assert said(first) == b"held"
        (tmp_path / "lock.holder").write_text("half a li")
        with (
            pytest.raises(LockedError, match="locked by another git fedlearn process"),
            hold_lock(tmp_path, "add", timeout=0),
        ):
            pass
        release(first)
