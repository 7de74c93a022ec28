"""One writer at a time in a repository, across all its worktrees."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from git_fedlearn.errors import FedlearnError, LockedError
from git_fedlearn.repository.state import LOCK, LOCK_HOLDER, read_json


@contextmanager
def hold_lock(folder: Path, command: str, *, timeout: float = 30.0) -> Iterator[None]:
    """Hold the lock in `folder`. Raises LockedError, which names the holder, after `timeout` seconds.

    The lock is the kernel's (flock): it ends with the process, however that ends.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415  most runs take no lock

    holder = folder / LOCK_HOLDER.name
    lock = FileLock(folder / LOCK.name, timeout=timeout)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
        holder.write_text(json.dumps({"pid": os.getpid(), "command": command}), encoding="utf-8")
    except Timeout:
        raise LockedError(
            f"{folder / LOCK.name}: locked by {_describe(holder)}; gave up after {timeout:g} s",
            hint="wait for it to end, then run the command again",
        ) from None
    except OSError as error:
        lock.release()
        raise FedlearnError(
            f"{folder}: cannot be locked: {error.strerror}", hint="free space or fix permissions"
        ) from error
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _describe(holder: Path) -> str:
    match read_json(holder):
        case {"command": command, "pid": process}:
            return f"git fedlearn {command} (pid {process})"
    return "another git fedlearn process"
