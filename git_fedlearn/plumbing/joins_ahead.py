"""The joins of a whole merge, made by one driver: git starts one for each file, which costs more than a join.

The first driver of a `git merge` joins all files that both sides changed, and leaves each result under the
file's path and the ids of the blobs that it joins. The shell line that git runs (setup/drivers.py) takes it
from there, if both blobs are the same, without starting Python. A result is complete when it has its name.
What nobody took is removed at the next such merge; nothing else takes it, as the folder is named after the
process of the merge.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha1
from pathlib import Path

from git_fedlearn.core.layout import in_subtree
from git_fedlearn.core.merge import UnmergeableError, merge_pieces
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.git import Git, GitBatch

_STATE = Path(".git/fedlearn")
"""From the top of the work tree, where git runs drivers; not there in a linked worktree."""
_PREFIX = "joined-"
_UNNAMED = "unnamed"


def join_ahead(
    merge: str, ours: list[str], theirs: list[str], path: str, environment: Mapping[str, str]
) -> None:
    """Join the files that both sides changed, without `path`; `merge` is the id of the process of git.

    The changes are those that git diff-tree(1) prints. Raises OSError, ValueError or GitError if something is
    unusual; then each driver joins its file.
    """
    if not merge.isdecimal() or not _STATE.is_dir() or _STATE.stat().st_dev != Path().stat().st_dev:
        return
    folder = _STATE / f"{_PREFIX}{merge}"
    folder.mkdir()  # it fails in all drivers but the first
    _remove_others(folder)
    mine, its = dict(_blobs(ours)), dict(_blobs(theirs))
    objects = GitBatch(Git(Path(), environment), "cat-file", "--batch")
    for name in sorted((mine.keys() & its.keys()) - {path}):
        if mine[name] != its[name]:
            _join(folder, name, objects, mine[name], its[name])
    objects.close()


def _join(folder: Path, path: str, objects: GitBatch, ours: str, theirs: str) -> None:
    try:
        joined = merge_pieces(in_subtree(path), _read_ours(objects, path, ours), _read(objects, theirs))
    except UnmergeableError:
        return
    target = folder / f"{path}.{ours}-{theirs}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with (folder / _UNNAMED).open("wb") as file:
        file.writelines(joined)
    (folder / _UNNAMED).rename(target)


def _read_ours(objects: GitBatch, path: str, oid: str) -> bytes:
    """A blob of HEAD: from the work tree if it has the same bytes, which spares git to unpack them."""
    with suppress(FedlearnError):
        data = read_file(Path(path))
        digest = sha1(b"blob %d\0" % len(data), usedforsecurity=False)
        digest.update(data)
        if digest.hexdigest() == oid:
            return data
    return _read(objects, oid)


def _read(objects: GitBatch, oid: str) -> bytes:
    return objects.take(int(objects.ask(oid.encode("ascii")).split(b" ")[-1]))


def _blobs(changes: list[str]) -> Iterator[tuple[str, str]]:
    """The path of each changed file, and the blob that it has now."""
    for fact, path in zip(changes[::2], changes[1::2], strict=False):
        yield path, fact.split(" ")[3]


def _remove_others(folder: Path) -> None:
    """Remove what earlier merges left."""
    for old in _STATE.glob(f"{_PREFIX}*"):
        if old != folder:
            for place, _, files in os.walk(old, topdown=False):
                for name in files:
                    Path(place, name).unlink()
                Path(place).rmdir()
