"""Files written so that a crash at any moment leaves the old bytes or the new ones, never a mixture.

Snapshots have one writer. Old ones are emptied, never deleted: if another clone has a version that is
not git's merge base (after a squash merge), a deletion would be a modify/delete conflict, and similar
snapshots look like renames to git.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from git_fedlearn.errors import FedlearnError

TEMPORARY_SUFFIX = ".tmp"
LATEST = "latest.jsonl"


def read_file(path: Path) -> bytes:
    """The bytes of a file, empty if there is none. Raises FedlearnError if it is not a regular file."""
    refuse_foreign(path)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


def write_file(path: Path, data: bytes) -> None:
    """Write a whole file: `write_pieces` of one piece."""
    write_pieces(path, (data,))


def write_pieces(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a temporary file next to the target, fsync, rename, fsync the folder. The caller holds the lock.

    The mode of an existing file is kept. Raises FedlearnError and leaves the target untouched.
    """
    refuse_foreign(path)
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(temporary, pieces)
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o7777)
        os.replace(temporary, path)  # noqa: PTH105  the call that fault injection counts
        _sync_folder(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise FedlearnError(
            f"{path}: cannot be written: {error.strerror}",
            hint="nothing was changed; free space or fix permissions",
        ) from error


def find_temporary(folder: Path) -> list[Path]:
    """The temporary files below a folder, without links."""
    found = folder.rglob(f"*{TEMPORARY_SUFFIX}")
    return [path for path in found if path.is_file() and not path.is_symlink()]


def refuse_foreign(path: Path) -> None:
    """Raise FedlearnError if there is a symlink, folder or device in place of a data file."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise FedlearnError(
            f"{path}: not a regular file", hint="move it away; data files are never links or folders"
        )


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def held(paths: Iterable[Path]) -> list[Path]:
    """The non-empty files among these paths, without links, in the given order."""
    return [path for path in paths if not path.is_symlink() and path.is_file() and path.stat().st_size]


def prune(oldest_first: list[Path], keep: int) -> None:
    """Empty all except the newest `keep` non-empty files. The caller holds the lock."""
    for path in held(oldest_first)[:-keep]:
        write_file(path, b"")


def point_latest(newest: Path) -> None:
    """Point `latest.jsonl`, which git ignores, to a snapshot: a symlink, or a copy without links."""
    latest = newest.with_name(LATEST)
    if latest.is_symlink() and latest.readlink() == Path(newest.name):
        return
    try:
        latest.unlink(missing_ok=True)
        latest.symlink_to(newest.name)
    except OSError:
        try:
            latest.write_bytes(newest.read_bytes())
        except OSError as error:
            raise FedlearnError(f"{latest}: cannot be written: {error.strerror}") from error
