"""Room on the disk for the embedded engine, asked for beforehand.

The engine writes through memory maps. Where the disk is full then, the kernel ends the process (SIGBUS)
before it can say a word, so what might not fit is not begun.
"""

import shutil
from pathlib import Path
from typing import Final

from git_fedlearn.errors import FedlearnError

TO_OPEN: Final = 4_000_000
"""Bytes that must be free to open a collection: the log's files and flags."""

TO_WRITE: Final = 48_000_000
"""Bytes that must be free to write a batch: the log, and pages, which the engine makes 32 MB at a time."""


def require_space(folder: Path, size: int) -> None:
    """Raise FedlearnError if the file system of a folder has less than `size` bytes free."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < size:
        raise FedlearnError(
            f"{folder}: {free // 1_000_000} MB are free on this disk, {size // 1_000_000} MB are needed",
            hint="free space, then run it again; nothing is lost",
        )
