"""Pending lessons: learned here, and not in a commit yet.

Since a log is not read twice, lessons that are discarded before they are committed (git reset, git stash,
another branch) are joined again from here. A lesson is pending until HEAD contains it with at least this
score. Each worktree has its own.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record_set import find_losses, split_lines
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PENDING
from git_fedlearn.repository.trees import committed_tree, read_set


def read_pending(repository: Repository, sets: RecordSets) -> dict[SetName, list[bytes]]:
    """Pending record lines by set: learned here, not yet in HEAD. The caller holds the lock."""
    files = _pending_files(repository, sets.names())
    lessons = {name: lines for name, file in files.items() if (lines := split_lines(read_file(file)))}
    head = repository.objects.find_commit("HEAD") if lessons else None
    if head is None:
        return lessons
    tree = committed_tree(repository.objects, head)
    missing = {
        name: [*find_losses([b"\n".join(lines)], read_set(tree, name)).lines]
        for name, lines in lessons.items()
    }
    return {name: lines for name, lines in missing.items() if lines}


def write_pending(repository: Repository, lessons: dict[SetName, list[bytes]]) -> None:
    """Replace the pending lessons of these sets."""
    for name, path in _pending_files(repository, lessons).items():
        lines = sorted(set(lessons[name]))
        if lines:
            write_file(path, b"".join([line + b"\n" for line in lines]))
        else:
            path.unlink(missing_ok=True)


def _pending_files(repository: Repository, names: Iterable[SetName]) -> dict[SetName, Path]:
    """The file of pending lessons of each set, in this worktree."""
    folder = repository.state.path(PENDING, xxh3_64_hexdigest(os.fsencode(repository.top)))
    return {name: folder / f"{name.replace('/', '+')}.jsonl" for name in names}
