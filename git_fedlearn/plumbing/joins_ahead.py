"""The joins of a whole merge, made by one driver: git starts one for each file, which costs more than a join.

The second driver of a `git merge` joins all files that both sides changed, and leaves each result under the
file's path and the ids of the blobs that it joins. The shell line that git runs (setup/drivers.py) takes it
from there, if both blobs are the same, without starting Python. A result is complete when it has its name.
What nobody took is removed at the next merge; nothing else takes it, as the folder is named after the process
of the merge.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from git_fedlearn.core.layout import DATA, in_subtree
from git_fedlearn.core.merge import UnmergeableError, merge_pieces
from git_fedlearn.repository.git import Git, GitBatch

_STATE = Path(".git/fedlearn")
"""From the top of the work tree, where git runs drivers; not there in a linked worktree."""
_PREFIX = "joined-"
_BEGUN = "begun"
_UNNAMED = "unnamed"


def join_ahead(merge: str, theirs: str, environment: Mapping[str, str]) -> None:
    """Join what is left of a merge with the commit `theirs`; `merge` is the id of its process.

    Raises OSError, ValueError or GitError if something is unusual; then each driver joins its file.
    """
    if not merge.isdecimal() or not _STATE.is_dir() or _STATE.stat().st_dev != Path().stat().st_dev:
        return
    folder = _STATE / f"{_PREFIX}{merge}"
    try:
        folder.mkdir()
    except FileExistsError:
        (folder / _BEGUN).mkdir()  # it fails in all drivers but the second
        _join_all(folder, theirs, Git(Path(), environment))
    else:
        _remove_others(folder)


def _join_all(folder: Path, theirs: str, git: Git) -> None:
    (base,) = git.text("merge-base", "--all", "HEAD", theirs).split()
    ours, other = dict(_changed(git, base, "HEAD")), dict(_changed(git, base, theirs))
    objects = GitBatch(git, "cat-file", "--batch")
    for path in sorted(ours.keys() & other.keys()):
        mine, its = ours[path], other[path]
        if mine == its:
            continue
        try:
            merged = merge_pieces(in_subtree(path), _read(objects, mine), _read(objects, its))
        except UnmergeableError:
            continue
        target = folder / f"{path}.{mine}-{its}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with (folder / _UNNAMED).open("wb") as file:
            file.writelines(merged)
        (folder / _UNNAMED).rename(target)
    objects.close()


def _read(objects: GitBatch, oid: str) -> bytes:
    return objects.take(int(objects.ask(oid.encode("ascii")).split(b" ")[-1]))


def _changed(git: Git, base: str, commit: str) -> Iterator[tuple[str, str]]:
    """The files below data/ that a commit has and its base lacks or has otherwise: path and blob."""
    listed = git.run("diff-tree", "-r", "-z", "--no-renames", "--diff-filter=AM", base, commit, "--", DATA)
    facts = os.fsdecode(listed).split("\0")
    for fact, path in zip(facts[::2], facts[1::2], strict=False):
        yield path, fact.split(" ")[3]


def _remove_others(folder: Path) -> None:
    """Remove what earlier merges left."""
    for old in _STATE.glob(f"{_PREFIX}*"):
        if old != folder:
            for place, _, files in os.walk(old, topdown=False):
                for name in files:
                    Path(place, name).unlink()
                Path(place).rmdir()
