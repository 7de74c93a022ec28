"""Run by a test in a process of its own: one command, killed at every call that changes the disk in turn.

`python crashing_commands.py FOLDER STEP ARGUMENTS…`: FOLDER/repository is what the command works on; each
STEP-th of the calls is the last in turn. After each death the repository must be sound unless it was not
before, hold every record it held, and a second run must leave the same bytes as one that was not disturbed.
"""

import io
import os
import shutil
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from systems import copy_sparsely

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context
from git_fedlearn.repository.record_sets import RecordSets

KILLED = 137
CALLS = ("fsync", "replace", "rename", "unlink", "symlink", "mkdir", "chmod")

Files = dict[str, bytes]


def main(folder: Path, step: int, arguments: list[str]) -> None:
    template = folder / "repository"
    held, sound = ids(template), fedlearn(template, ["verify"]) == 0
    undisturbed = copy(template, folder / "undisturbed")
    fedlearn(undisturbed, arguments)
    expected = files(undisturbed)
    for number in count(1, step):
        place = copy(template, folder / "killed")
        if not dies_at(number, lambda place=place: fedlearn(place, arguments)):  # type: ignore[misc]
            break
        check(place, arguments, held=held, sound=sound, expected=expected)
    assert number > 5, f"only {number - 1} calls were seen"
    print(number - 1)  # noqa: T201


def check(place: Path, arguments: list[str], *, held: set[str], sound: bool, expected: Files) -> None:
    assert ids(place) >= held, f"lost {held - ids(place)}"
    assert not sound or fedlearn(place, ["verify"]) == 0, "not sound"
    fedlearn(place, arguments)
    found = {path: data for path, data in files(place).items() if not path.endswith(".tmp")}
    differ = sorted(path for path in found | expected if found.get(path) != expected.get(path))
    assert not differ, f"a second run left something else in {differ}"


def copy(template: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return shutil.copytree(template, place, symlinks=True, copy_function=copy_sparsely)


def fedlearn(place: Path, arguments: list[str]) -> int:
    context = Context(directory=place, stdin=io.BytesIO(), stdout=io.StringIO(), stderr=io.StringIO())
    code = run(arguments, context)
    assert isinstance(context.stderr, io.StringIO)
    assert code in (0, 1), context.stderr.getvalue()
    return code


def ids(place: Path) -> set[str]:
    sets = RecordSets(place, 10_000_000)
    return {record.id for name in sets.names() for record in sets.read(name)}


def files(place: Path) -> Files:
    paths = [path for path in (place / "data").rglob("*") if path.is_symlink() or path.is_file()]
    return {
        str(path.relative_to(place)): os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in paths
    }


def dies_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a fork that dies at the call of this number; False if it came to its end."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            arm(number)
            work()
            code = 0
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, KILLED), f"call {number}: exit code {code}"
    return code == KILLED


def arm(number: int) -> None:
    """Make every call that changes the disk count down; the last one is left half done."""
    left = number

    def counted(call: Callable[..., Any], half: Callable[..., Any] | None) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left:
                return call(*arguments, **options)
            if half:
                half(*arguments, **options)
            os._exit(KILLED)

        return wrapper

    write = os.write
    os.write = counted(write, lambda descriptor, data: write(descriptor, bytes(data)[: len(data) // 2]))
    for name in CALLS:
        setattr(os, name, counted(getattr(os, name), None))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
