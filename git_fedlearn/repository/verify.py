"""fsck for data files: format, ids, order, sizes and lost records, and the repair of what can be repaired."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from git_fedlearn.core.inspection import Limits, Problem, inspect_file
from git_fedlearn.core.layout import DATA, FileKind, SetName, find_set, kind_of, owner_of
from git_fedlearn.core.loss import Losses
from git_fedlearn.core.record_set import canonical_set
from git_fedlearn.repository.data_tree import CommittedTree, DataTree, WorkTree, committed_tree
from git_fedlearn.repository.files import remove_leftovers, write_file
from git_fedlearn.repository.history import history_trees, losses_by_set, merge_parents
from git_fedlearn.repository.objects import Objects
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository


class Verified(NamedTuple):
    """What a check found."""

    problems: list[Problem]
    losses: dict[SetName, Losses]
    records: int
    files: int

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong and nothing missing."""
        return not self.problems and not self.losses


def verify_tree(repository: Repository, tree: DataTree, before: Iterable[CommittedTree]) -> Verified:
    """Check every data file of a tree, and that it holds what the trees before it held."""
    problems = list(inspect_tree(repository, tree))
    records = sum(
        tree.read(path).count(b"\n") for path in tree.paths() if find_set(path) and tree.is_file(path)
    )
    return Verified(problems, losses_by_set(before, tree), records, len(tree.paths()))


def inspect_tree(repository: Repository, tree: DataTree) -> Iterator[Problem]:
    """The format problems of every data file of a tree."""
    for path in tree.paths():
        yield from inspect_path(repository, tree, path)


def inspect_path(repository: Repository, tree: DataTree, path: str) -> Iterator[Problem]:
    """The format problems of one data file of a tree."""
    settings = repository.settings
    if kind_of(path) is FileKind.OTHER and not path.endswith(".jsonl"):
        return
    if not tree.is_file(path):
        yield Problem(path, 0, "type", "not a plain file (a symlink, a folder or a submodule)", fixable=False)
        return
    yield from inspect_file(path, tree.read(path), Limits(settings.record_bytes, settings.record_set_bytes))


def earlier_trees(repository: Repository, objects: Objects, *, history: bool) -> Iterator[CommittedTree]:
    """What the work tree must still hold: HEAD, what is being merged, and HEAD's parents; or all history."""
    parents = merge_parents(repository, objects)
    if history:
        yield from history_trees(objects, parents)
        return
    for commit in dict.fromkeys(
        [*parents, *(older for parent in parents[:1] for older in objects.parents(parent))]
    ):
        yield committed_tree(objects, commit)


def mend(repository: Repository, verified: Verified) -> list[str]:
    """Rewrite what is fixable and bring back what is lost; the caller holds the lock. Returns paths written.

    What a killed writer left beside the data files and in our state goes too.
    """
    for folder in (repository.top / DATA, repository.state):
        remove_leftovers(folder)
    sets = RecordSets(repository.top, repository.settings.record_set_bytes)
    broken = {problem.path for problem in verified.problems if problem.fixable}
    names = {found[0] for path in broken if (found := find_set(path))} | set(verified.losses)
    written: list[str] = []
    for name in sorted(names):
        lines = verified.losses[name].lines if name in verified.losses else ()
        written += sets.join(name, lines, recompute=True).written
    own = repository.system() if any(owner_of(path) for path in broken) else None
    for path in sorted(path for path in broken if own and owner_of(path) == own):
        write_file(repository.top / path, canonical_set(WorkTree(repository.top).read(path)))
        written.append(path)
    return written
