"""What killed runs left: half-written files, the note of a lock that nobody holds, git's own orphaned lock.

None of it loses anything. The kernel's lock ends with its process; only the note of who held it stays.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from git_fedlearn.core.layout import DATA
from git_fedlearn.repository.files import TEMPORARY_SUFFIX, remove_leftovers
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import LOCK_HOLDER, read_json

OLD_SECONDS: Final = 600.0
"""A lock of git that nobody has touched for so long belongs to no git that runs."""


def find_left(repository: Repository) -> Iterator[Path]:
    """What may be removed: notes of locks of processes that are gone, and temporary files of such."""
    notes = [*repository.state.folder.rglob(LOCK_HOLDER.name)]
    yield from (note for note in notes if not _is_alive(note))
    if any(map(_is_alive, notes)):
        return
    for folder in (repository.top / DATA, repository.state.folder):
        yield from (path for path in folder.rglob(f"*{TEMPORARY_SUFFIX}") if path.is_file())


def find_git_lock(repository: Repository) -> Path | None:
    """An old lock of git's index, which stops every commit. Only a person can know that no git runs."""
    lock = repository.git_dir / "index.lock"
    with suppress(OSError):
        return lock if time.time() - lock.stat().st_mtime > OLD_SECONDS else None
    return None


def remove_left(repository: Repository) -> None:
    """Remove what `find_left` finds. The caller holds the lock, so nobody else writes."""
    for note in repository.state.folder.rglob(LOCK_HOLDER.name):
        if not _is_alive(note):
            note.unlink(missing_ok=True)
    for folder in (repository.top / DATA, repository.state.folder):
        remove_leftovers(folder)


def _is_alive(note: Path) -> bool:
    """Whether the process that a note names is there; one of another user counts."""
    process = read_json(note).get("pid")
    if not isinstance(process, int):
        return note.exists() and not os.access(note, os.R_OK)
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
