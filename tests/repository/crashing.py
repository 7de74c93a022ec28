"""Run by tests in a process of its own: do one piece of work again and again, dying at each call in turn."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from git_fedlearn.core.layout import ERROR_SOLUTIONS
from git_fedlearn.core.record import make_record
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.record_sets import RecordSets

KILLED = 137
LIMIT = 800
OLD, NEW = b"old\n" * 500, b"new\n" * 700
KNOWN = [make_record({"title": f"known {number}"}).line for number in range(6)]
ARRIVING = [make_record({"title": f"new {number}", "text": "x" * 90}).line for number in range(6)]
WORK: dict[str, Callable[[Path], object]] = {
    "write": lambda folder: write_file(folder / "set.jsonl", NEW),
    "shard": lambda folder: RecordSets(folder, LIMIT).join(ERROR_SOLUTIONS, ARRIVING),
}


def crash_everywhere(template: Path, work: str) -> list[Path]:
    """The folders that the work left, dying at each call in turn; the last one is that of its success."""
    return [folder for folder, _call in crash_at_each_call(template, work)]


def crash_at_each_call(template: Path, work: str) -> list[tuple[Path, str]]:
    """The same with the name of the call that was the last; of the last folder, nothing."""
    done = subprocess.run([sys.executable, __file__, str(template), work], check=True, capture_output=True)
    folders = sorted(
        template.parent.glob(f"{template.name}-*"), key=lambda path: int(path.name.rpartition("-")[2])
    )
    return list(zip(folders, [*done.stdout.decode().split(), ""], strict=True))


def main(template: Path, work: str) -> None:
    """Copy the folder for each call that can be the last, and leave what was there when it came."""
    for number in count(1):
        folder = template.with_name(f"{template.name}-{number}")
        shutil.copytree(template, folder)
        if not dies_at(number, lambda folder=folder: WORK[work](folder)):  # type: ignore[misc]
            break


def dies_at(number: int, work: Callable[[], object]) -> bool:
    """Do the work in a fork that dies at the call of this number; False if it came to its end."""
    child = os.fork()
    if child == 0:
        arm(number)
        work()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, KILLED):
        raise SystemExit(f"call {number}: exit code {code}")
    return code == KILLED


def arm(number: int) -> None:
    """Make every call that changes the disk count down; the last one is left half done."""
    left = number

    def counted(name: str, half: Callable[..., Any]) -> Callable[..., Any]:
        call = getattr(os, name)

        def wrapper(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if left:
                return call(*arguments, **options)
            half(*arguments, **options)
            write(1, name.encode() + b"\n")
            os._exit(KILLED)

        return wrapper

    write = os.write
    os.write = counted("write", lambda descriptor, data: write(descriptor, bytes(data)[: len(data) // 2]))
    for name in ("fsync", "replace", "rename", "unlink", "mkdir", "chmod"):
        setattr(os, name, counted(name, lambda *_, **__: None))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
