"""Snapshots, which one system alone writes: the newest ones hold something, older ones are emptied.

Never deleted: where another clone has a version that is not git's merge base (after a squash merge), a
deletion would be a modify/delete conflict, and neighbouring snapshots look like renames to git.
"""

from collections.abc import Iterable
from pathlib import Path

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file

LATEST = "latest.jsonl"


def held(paths: Iterable[Path]) -> list[Path]:
    """Those that hold something, links left out, in the order given."""
    return [path for path in paths if not path.is_symlink() and path.is_file() and path.stat().st_size]


def prune(oldest_first: list[Path], keep: int) -> None:
    """Empty all but the newest `keep` that hold something. The caller holds the lock."""
    for path in held(oldest_first)[:-keep]:
        write_file(path, b"")


def point_latest(newest: Path) -> None:
    """Make `latest.jsonl` beside a snapshot that snapshot: a symlink, or a copy where there are none.

    Git ignores it.
    """
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
