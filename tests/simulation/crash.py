"""Run one command of git-fedlearn and kill this process at its n-th write, rename, unlink or fsync.

`python crash.py N ARGUMENTS…`; standard input and environment are the command's. A write that is hit
leaves half of its bytes.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from git_fedlearn.cli import main

left = int(sys.argv.pop(1))


def counted(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def counting(*arguments: Any, **named: Any) -> Any:
        global left  # noqa: PLW0603  one countdown for all calls
        left -= 1
        if left < 0:
            if name == "write":
                call(arguments[0], arguments[1][: len(arguments[1]) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)

    return counting


for function in ("write", "replace", "unlink", "fsync"):
    setattr(os, function, counted(function, getattr(os, function)))

if __name__ == "__main__":
    main()
