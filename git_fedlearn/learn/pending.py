"""Lessons that no commit holds yet, kept beside the checkpoints.

A checkpoint says that a log was read. If what was learned from it is thrown away before it is committed
(git reset, git stash, another branch), the next sync joins it again from here. A lesson that HEAD holds
with a lower score is still pending. Each worktree has its own, as it has its own checkpoints.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.layout import SetName
from git_fedlearn.core.loss import find_losses
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.repository.data_tree import committed_tree, read_set
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PENDING


def read_pending(repository: Repository, sets: RecordSets) -> dict[SetName, list[bytes]]:
    """Record lines by set that were learned here and are not in HEAD; the caller holds the lock."""
    kept = {name: split_lines(read_file(_file(repository, name))) for name in sets.names()}
    return _not_in_head(repository, {name: lines for name, lines in kept.items() if lines})


def write_pending(
    repository: Repository, lessons: dict[SetName, list[bytes]], known: Iterable[SetName]
) -> None:
    """Keep these lessons until a commit holds them; sets in `known` without any are done with."""
    for name in {*lessons, *known}:
        lines = sorted(set(lessons.get(name, ())))
        path = _file(repository, name)
        if lines:
            write_file(path, b"".join([line + b"\n" for line in lines]))
        else:
            path.unlink(missing_ok=True)


def _not_in_head(repository: Repository, lessons: dict[SetName, list[bytes]]) -> dict[SetName, list[bytes]]:
    objects = repository.objects if lessons else None
    head = objects.find_commit("HEAD") if objects else None
    if objects is None or head is None:
        return lessons
    tree = committed_tree(objects, head)
    left: dict[SetName, list[bytes]] = {}
    for name, lines in lessons.items():
        missing = find_losses([b"\n".join(lines)], read_set(tree, name)).lines
        if missing:
            left[name] = [*missing]
    return left


def _file(repository: Repository, name: SetName) -> Path:
    worktree = xxh3_64_hexdigest(os.fsencode(repository.top))
    return repository.state.path(PENDING, worktree, f"{name.replace('/', '+')}.jsonl")
