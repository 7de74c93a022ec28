"""The joins of a whole merge, made by one driver: git starts one for each file, which costs more than a join.

The first driver of a `git merge` joins all files that both sides changed, and leaves each result under the
file's path and the ids of the blobs that it joins. The shell line that git runs (setup/drivers.py) takes it
from there, if both blobs are the same, without starting Python. A result is complete when it has its name.
What nobody took is removed at the next such merge; nothing else takes it, as the folder is named after the
process of the merge.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from typing import BinaryIO

from git_fedlearn.core.layout import in_subtree
from git_fedlearn.core.merge import UnmergeableError, merge_pieces

_STATE = Path(".git/fedlearn")
"""From the top of the work tree, where git runs drivers; not there in a linked worktree."""
_PREFIX = "joined-"
_UNNAMED = "unnamed"


def join_ahead(merge: str, head: str, path: str) -> None:
    """Join the files that both HEAD and `head` changed, without `path`.

    `merge` is the id of the process of git. Raises OSError or ValueError if something is unusual; then each
    driver joins its file.
    """
    its = _changed("HEAD", head)
    if not its.keys() - {path} or not merge.isdecimal() or _STATE.stat().st_dev != Path().stat().st_dev:
        return
    folder = _STATE / f"{_PREFIX}{merge}"
    folder.mkdir()  # it fails in all drivers but the first
    _remove_others(folder)
    mine = _changed(head, "HEAD")
    both = [name for name in sorted(mine.keys() & its.keys() - {path}) if mine[name] != its[name]]
    asked = folder / _UNNAMED
    asked.write_text("".join(f"{its[name]}\n" for name in both), encoding="ascii")
    with _output("cat-file", "--batch", "--buffer", stdin=asked) as blobs:
        asked.unlink()
        for name in both:
            size = int(blobs.readline().split(b" ")[-1])
            _join(folder, name, mine[name], its[name], blobs.read(size + 1)[:size])


def _join(folder: Path, path: str, ours: str, theirs: str, data: bytes) -> None:
    """Join a blob of theirs with ours, which is read from the work tree: git need not unpack it."""
    here = Path(path).read_bytes()
    if sha1(b"blob %d\0%b" % (len(here), here), usedforsecurity=False).hexdigest() != ours:
        return
    try:
        joined = merge_pieces(in_subtree(path), here, data)
    except UnmergeableError:
        return
    target = folder / f"{path}.{ours}-{theirs}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (folder / _UNNAMED).open("wb") as file:
        file.writelines(joined)
    (folder / _UNNAMED).rename(target)


def _changed(other: str, commit: str) -> dict[str, str]:
    """The data files that a commit added or changed since it and another one parted, with their blobs.

    Empty if they have several merge bases.
    """
    options = ("-r", "-z", "--no-renames", "--no-ext-diff", "--diff-filter=AM", "--merge-base")
    with _output("diff-tree", *options, other, commit, "--", "data") as listed:
        changes = os.fsdecode(listed.read()).split("\0")
    return {path: fact.split(" ")[3] for fact, path in zip(changes[::2], changes[1::2], strict=False)}


@contextmanager
def _output(*arguments: str, stdin: Path = Path(os.devnull)) -> Iterator[BinaryIO]:
    """What a git command prints. Without `subprocess`, which would cost start-up time."""
    reader, writer = os.pipe()
    files = (
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    )
    git = os.posix_spawnp("git", ["git", *arguments], os.environ, file_actions=files)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        yield file
    os.waitpid(git, 0)


def _remove_others(folder: Path) -> None:
    """Remove what earlier merges left."""
    for old in _STATE.glob(f"{_PREFIX}*"):
        if old != folder:
            for place, _, files in os.walk(old, topdown=False):
                for name in files:
                    Path(place, name).unlink()
                Path(place).rmdir()
