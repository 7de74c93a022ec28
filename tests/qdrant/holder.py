"""Another process that holds a lock."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = (
    "import sys; from pathlib import Path; from git_fedlearn.repository.lock import hold_lock\n"
    "with hold_lock(Path(sys.argv[1]), 'import'): print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def held_elsewhere(folder: Path) -> Iterator[int]:
    """Hold the lock of a folder in another process until the block ends; gives the process id."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
        holder.communicate()
