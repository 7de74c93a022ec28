"""How branch, index and work tree stand to each other under data/: one `git status`, no network."""

import os
from dataclasses import dataclass, field

from git_fedlearn.core.layout import DATA
from git_fedlearn.repository.data_tree import is_local
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository

_NO_FILE = "000000"
_FIELDS = {"1": 8, "2": 9, "u": 10}
"""git-status(1), porcelain v2: how many fields come before the path of each kind of entry."""


@dataclass(slots=True)
class WorkState:
    """`commit` is None before the first one, `branch` None for a detached HEAD."""

    commit: Oid | None = None
    branch: str | None = None
    upstream: str | None = None
    """As git shows it, `origin/main`; None where the branch has none."""
    upstream_is_known: bool = False
    """Whether it was ever fetched."""
    ahead: int = 0
    behind: int = 0
    changed: dict[str, Oid | None] = field(default_factory=dict)
    """Data files that differ from HEAD in index or work tree, and the blobs they are in HEAD."""
    conflicts: list[str] = field(default_factory=list)


def read_work_state(repository: Repository) -> WorkState:
    """The state of a repository with a work tree."""
    told = repository.git.run(
        "--no-optional-locks",
        *("status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames"),
        *("--", f":/{DATA}"),
    )
    state = WorkState()
    for line in os.fsdecode(told).split("\0"):
        kind, _, rest = line.partition(" ")
        if kind == "#":
            _take_header(state, *rest.partition(" ")[::2])
        elif kind:
            _take_entry(state, kind, rest)
    return state


def _take_header(state: WorkState, name: str, value: str) -> None:
    if name == "branch.oid" and value != "(initial)":
        state.commit = Oid(value)
    elif name == "branch.head" and value != "(detached)":
        state.branch = value
    elif name == "branch.upstream":
        state.upstream = value
    elif name == "branch.ab":
        state.upstream_is_known = True
        state.ahead, state.behind = (abs(int(number)) for number in value.split(" "))


def _take_entry(state: WorkState, kind: str, rest: str) -> None:
    if kind == "?":
        if not is_local(rest):
            state.changed[rest] = None
        return
    *facts, path = rest.split(" ", _FIELDS[kind] - 1)
    if kind == "u":
        state.conflicts.append(path)
    state.changed[path] = None if kind == "u" or facts[2] == _NO_FILE else Oid(facts[5])
