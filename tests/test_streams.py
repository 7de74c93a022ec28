"""Standard streams that are full, closed or read by a terminal, and settings without an end."""

import subprocess
import sys
from pathlib import Path

import pytest
from systems import System, prepared

from git_fedlearn.console.context import without_control

PROGRAM = Path(sys.executable).parent / "git-fedlearn"
COMMANDS = [
    "status",
    "verify",
    "log",
    "diff HEAD~1 HEAD",
    "scan",
    "status --json",
    "-h",
    "--version",
    "show 0",
]

needs_full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")


@prepared
def taught(system: System) -> None:
    system.add(
        "best-practices", {"title": "Label the cables", "description": "Both ends.", "value_score": 0.9}
    )
    system.commit()


def run(system: System, command: str, redirected: str) -> "subprocess.CompletedProcess[bytes]":
    return in_shell(system, f"{PROGRAM} {command} {redirected}")


def in_shell(system: System, line: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        ["sh", "-c", line],
        cwd=system.path,
        env=system.environment,
        capture_output=True,
        check=False,
    )


@needs_full_device
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_device_is_an_error_not_a_bug(taught: System, command: str) -> None:
    done = run(taught, command, ">/dev/full")
    assert done.returncode != 0
    assert done.stderr.startswith(b"error: ")
    assert b"this is a bug" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.stderr.count(b"error: ") == 1


@needs_full_device
def test_messages_that_cannot_be_written_change_no_exit_code(taught: System) -> None:
    assert run(taught, "show 0", "2>/dev/full").returncode == taught.fedlearn("show", "0", code=2).code


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_no_place_for_data(taught: System, closed: str) -> None:
    line = b'{"title":"Fence of the press","description":"Lower it by a millimetre.","value_score":0.9}\n'
    lessons = taught.write("lessons.jsonl", line)
    done = run(taught, f"add best-practices {lessons}", closed)
    assert done.returncode == 0
    assert len(taught.records("best-practices")) == 2
    taught.fedlearn("verify")


def test_too_many_open_files_is_an_error_not_a_bug(taught: System) -> None:
    done = in_shell(taught, f"ulimit -n 8; {PROGRAM} verify")
    assert b"this is a bug" not in done.stderr


@pytest.mark.parametrize("deep", ["[" * 3000 + "]" * 3000, "{a=" * 2000 + "1" + "}" * 2000])
@pytest.mark.parametrize("command", ["verify", "scan", "sync --source .", "import"])
def test_settings_that_are_nested_without_end(taught: System, deep: str, command: str) -> None:
    taught.write(".fedlearn.toml", f"deep = {deep}\n".encode())
    done = run(taught, command, "")
    assert done.returncode in (1, 3)
    assert b".fedlearn.toml: nested too deeply" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["verify", "sync --source ."])
def test_a_number_without_end_in_the_settings(taught: System, command: str) -> None:
    taught.write(".fedlearn.toml", f"large = {'9' * 6000}\n".encode())
    done = run(taught, command, "")
    assert done.returncode == 3
    assert b".fedlearn.toml: not valid TOML" in done.stderr


ESCAPES = "a\x1b[2Jb\x9b31mc\x07\rd\x7fe\u202ef\u2028g\U000e0041"


def test_control_characters_are_escaped() -> None:
    assert without_control(ESCAPES).isprintable()
    readable = "Zo\u00eb\t\u0645\u06cc\u200c \u6f22\u3000\n\U0001f469\u200d\U0001f52c"
    assert without_control(readable) == readable


def test_no_field_reaches_the_terminal_raw(system: System) -> None:
    retracted = {"_id": "ab" * 16, "_retracted": {"at": ESCAPES, "by": ESCAPES, "reason": ESCAPES}}
    system.add("skills-patterns", retracted, {"title": "x" + ESCAPES, ESCAPES: ESCAPES})
    system.environment["GIT_AUTHOR_NAME"] = "N\x1b[2Jora"
    system.commit(f"learn {ESCAPES}")
    ids = [record.id for record in system.records("skills-patterns")]
    origins = [["show", "--origin", one] for one in ids]
    for command in (["log"], ["diff", "HEAD~1", "HEAD"], ["status"], *origins):
        shown = system.fedlearn(*command, code=1 if command[0] == "diff" else 0)
        assert not {*"\x1b\x9b\x07\r\x7f\u202e\u2028\U000e0041"} & {*shown.out, *shown.err}


def test_a_folder_that_was_removed_is_named(taught: System) -> None:
    gone = in_shell(taught, f"mkdir gone && cd gone && rmdir ../gone && exec {PROGRAM} status")
    assert (gone.returncode, gone.stderr) == (
        3,
        b"error: the current folder has been removed\nhint: cd to the work tree\n",
    )
