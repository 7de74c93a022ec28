"""The merge driver git runs for each file both sides changed: `merge-driver %O %A %B %L %P`.

gitattributes(5), "Defining a custom merge driver". The merge base (%O) is never read. The result
replaces %A last, by a rename. Exit 0: merged. Exit 2: failed, both sides stand in %A between conflict
markers. Any other end means %A is untouched, and the shell line that git runs falls back to
`git merge-file` (see repository/drivers.py).
"""

import os
import sys

from git_fedlearn.core.conflict import format_conflict
from git_fedlearn.core.merge import merge_files

FAILED = 2


def main() -> None:
    """Console script `git-fedlearn-merge-driver`."""
    code = run(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # taking large lists of lines apart one by one would cost more than the merge


def run(arguments: list[str]) -> int:
    """Merge as git asks and return the exit code."""
    if len(arguments) != 5:  # noqa: PLR2004
        print("usage: git-fedlearn-merge-driver %O %A %B %L %P", file=sys.stderr)  # noqa: T201
        return FAILED
    _base, ours_path, theirs_path, marker_size, path = arguments
    try:
        _replace(ours_path, merge_files(path, _read(ours_path), _read(theirs_path)))
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  whatever happens, both sides must stay
        return _keep_both(ours_path, theirs_path, marker_size, f"{path}: {type(error).__name__}")
    return 0


def _keep_both(ours_path: str, theirs_path: str, marker_size: str, reason: str) -> int:
    size = int(marker_size) if marker_size.isdecimal() else 7
    _replace(ours_path, format_conflict(_read(ours_path), _read(theirs_path), marker_size=size))
    print(  # noqa: T201
        f"error: {reason}: the merge failed; both sides are kept in the file\n"
        "hint: run `git fedlearn resolve`, then commit",
        file=sys.stderr,
    )
    return FAILED


def _read(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  pathlib costs start-up time
        return file.read()


def _replace(path: str, data: bytes) -> None:
    temporary = f"{path}.fedlearn-{os.getpid()}"
    try:
        with open(temporary, "wb") as file:  # noqa: PTH123
            file.write(data)
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        if os.path.exists(temporary):  # noqa: PTH110
            os.unlink(temporary)  # noqa: PTH108
        raise


if __name__ == "__main__":
    main()
