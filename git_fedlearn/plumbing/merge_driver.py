"""The merge driver git runs for each file both sides changed: `merge-driver %O %A %B %L %P`.

gitattributes(5), "Defining a custom merge driver". The base (%O) is read only in a replay: rebase,
cherry-pick, revert, am, stash. The result replaces %A last, by a rename. Exit codes:

* 0: merged.
* 2: failed, and both sides are in %A between conflict markers.
* 66: not ours to merge, and %A is unchanged: the shell line that git runs lets `git merge-file` do it.
* 129: failed, and %A is unchanged, because it cannot be written or a side cannot be read. Codes above
  128 tell git to abort the merge instead of taking ours as the result.

Ctrl-C is left to git: the driver finishes. If anything else ends it, %A is untouched, and the shell line
that git runs falls back to `git merge-file` (setup/drivers.py).
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from mmap import ACCESS_READ, mmap
from stat import S_IMODE, S_ISREG
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from git_fedlearn.core.fast_join import Data, Piece

MERGED = 0
KEPT_BOTH = 2
LEFT_TO_GIT = 66
GAVE_UP = 129

MERGE = "FEDLEARN_MERGE"
"""Environment variable: the id of the process of git that merges."""
_HEAD = "GITHEAD_"
"""Begins the name of a variable that `git merge` sets for each commit it merges: git-merge(1)."""

_BUFFER = 1 << 20


def main() -> None:
    """Console script `git-fedlearn-merge-driver`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing here is in cycles, and searching for them costs a third of a merge
    code = run(sys.argv[1:])
    sys.stderr.flush()
    try:
        if code == MERGED:
            _join_ahead(sys.argv[-1], os.environ)
    finally:
        os._exit(code)  # freeing large lists of lines one by one would cost more than the merge


def _join_ahead(path: str, environment: Mapping[str, str]) -> None:
    """Join the other files of a merge, too, if this is the first. Whatever happens, this one is merged."""
    heads = [name.removeprefix(_HEAD) for name in environment if name.startswith(_HEAD)]
    if MERGE in environment and len(heads) == 1:
        from git_fedlearn.plumbing.joins_ahead import join_ahead  # noqa: PLC0415  costs start-up time

        join_ahead(environment[MERGE], heads[0], path)


def run(arguments: list[str]) -> int:
    """Merge as git asks and return the exit code."""
    if len(arguments) != 5:  # noqa: PLR2004
        return _report("usage: git-fedlearn-merge-driver %O %A %B %L %P", GAVE_UP)
    base_path, ours_path, theirs_path, _size, path = arguments
    try:
        _plain_mode(ours_path)
        ours, theirs = _read(ours_path), _read(theirs_path)
        base = _read(base_path) if _is_replay(os.environ) else b""
    except OSError as error:
        return _give_up(path, error)
    try:
        from git_fedlearn.core.layout import in_subtree  # noqa: PLC0415  a broken install must keep both sides too
        from git_fedlearn.core.merge import UnmergeableError, merge_pieces  # noqa: PLC0415

        try:
            merged = merge_pieces(in_subtree(path), ours, theirs, base)
        except UnmergeableError as error:
            return _leave_to_git(path, str(error))
        _replace(ours_path, merged)
    except Exception as error:  # noqa: BLE001  whatever happens, both sides must stay
        return _keep_both(arguments, ours, theirs, error)
    return MERGED


def _is_replay(environment: Mapping[str, str]) -> bool:
    """Whether git applies the change of one commit or stash, and does not merge histories.

    Every git command that runs a driver sets GIT_PREFIX; `git merge`, also for `git pull`, names the merged
    commits in GITHEAD_<oid> (git-merge(1)), and no other command does. Seen in git 2.39; the code is as old
    as git 2.34. `git merge-tree` counts as a replay: with the base of a merge, both give the same lines
    unless ours has lost some.
    """
    return "GIT_PREFIX" in environment and not any(name.startswith(_HEAD) for name in environment)


def _keep_both(arguments: list[str], ours: Data, theirs: Data, error: Exception) -> int:
    _base, ours_path, _theirs, marker_size, path = arguments
    from git_fedlearn.core.conflict_markers import conflict_pieces  # noqa: PLC0415  only a failed merge needs it

    size = int(marker_size) if marker_size.isdecimal() else 7
    try:
        _replace(ours_path, conflict_pieces(ours, theirs, marker_size=size))
    except (OSError, MemoryError) as second:
        return _give_up(path, second)
    return _report(
        f"error: {path}: the merge failed ({_reason(error)}); both sides are kept in the file\n"
        "hint: run `git fedlearn resolve`, then commit",
        KEPT_BOTH,
    )


def _leave_to_git(path: str, what: str) -> int:
    if what:
        _report(f"note: {path}: {what}, not JSON lines; git merges it like any other file", LEFT_TO_GIT)
    return LEFT_TO_GIT


def _give_up(path: str, error: Exception) -> int:
    return _report(
        f"error: {path}: the merge failed ({_reason(error)}); the file is unchanged, without their side\n"
        "hint: run `git merge --abort` (or rebase, cherry-pick, stash), then try again",
        GAVE_UP,
    )


def _reason(error: Exception) -> str:
    """The printable part of an error: never its text, which could quote a line of the file."""
    return error.strerror or "not a regular file" if isinstance(error, OSError) else type(error).__name__


def _report(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201
    return code


def _read(path: str) -> Data:
    """The bytes of a file, mapped if possible, so that large ones are not copied."""
    with open(path, "rb") as file:  # noqa: PTH123  pathlib costs start-up time
        info = os.fstat(file.fileno())
        if S_ISREG(info.st_mode) and info.st_size:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
        return file.read()


def _replace(path: str, pieces: list[Piece]) -> None:
    mode = _plain_mode(path)
    temporary = f"{path}.fedlearn-{os.getpid()}"
    try:
        with open(temporary, "xb", buffering=_BUFFER) as file:  # noqa: PTH123
            os.chmod(temporary, mode)  # noqa: PTH101
            file.writelines(pieces)
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        if os.path.exists(temporary):  # noqa: PTH110
            os.unlink(temporary)  # noqa: PTH108
        raise


def _plain_mode(path: str) -> int:
    """The permissions of a regular file. Raises OSError for a device, a folder or a link."""
    mode = os.lstat(path).st_mode
    if not S_ISREG(mode):
        raise OSError
    return S_IMODE(mode)


if __name__ == "__main__":
    main()
