"""fsck for data files: checks format, ids, order, sizes and lost records, and repairs what it can."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from git_fedlearn.core.inspection import Problem, SizeLimits, inspect_file
from git_fedlearn.core.layout import DATA, FileKind, SetName, find_set, kind_of, owner_of
from git_fedlearn.core.merge import canonical_file, merge_files
from git_fedlearn.core.outcomes import join_outcomes
from git_fedlearn.core.record_set import Losses
from git_fedlearn.repository.files import remove_leftovers, write_file
from git_fedlearn.repository.history import history_trees, losses_by_set, merge_parents
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, Settings, parse_table, settings_of
from git_fedlearn.repository.trees import CommittedTree, DataTree, WorkTree, committed_tree

MISSING: Final = "missing"
"""The kind of problem that only a comparison with earlier trees shows."""

_KEEPS_LINES: Final = {
    FileKind.RECORD_SET: "files of a record set",
    FileKind.SNAPSHOT: "snapshots",
    FileKind.TRAINING: "snapshots",
    FileKind.METRICS: "monthly metrics",
}
"""The kinds of files that are never deleted, with their names."""

_LOWER: Final = "counts are lower than before; outcomes are never removed"


class Verified(NamedTuple):
    """The result of a check."""

    problems: list[Problem]
    losses: dict[SetName, Losses]
    outcomes: dict[str, bytes]
    """Outcome files with lower counts than earlier trees, and their correct bytes."""
    records: int
    files: int

    @property
    def is_sound(self) -> bool:
        """Whether there are no problems and no losses."""
        return not self.problems and not self.losses


def verify_tree(repository: Repository, tree: DataTree, before: Iterable[CommittedTree]) -> Verified:
    """Check every data file of a tree, and that it has lost nothing of the trees before."""
    before = list(before)
    outcomes = _lacking_outcomes(tree, before)
    lower = [Problem(path, 0, MISSING, _LOWER, fixable=True) for path in outcomes]
    problems = [*inspect_tree(limits_of(repository), tree), *_find_missing(tree, before), *lower]
    records = sum(
        tree.read(path).count(b"\n") for path in tree.paths() if find_set(path) and tree.is_file(path)
    )
    return Verified(problems, losses_by_set(before, tree), outcomes, records, len(tree.paths()))


def _lacking_outcomes(tree: DataTree, before: Iterable[CommittedTree]) -> dict[str, bytes]:
    """The outcome files whose counters were higher before, joined with their earlier versions."""
    versions: dict[str, dict[Oid, CommittedTree]] = {}
    for earlier in before:
        for path, entry in earlier.entries.items():
            if kind_of(path) is FileKind.OUTCOMES and entry.is_file:
                versions.setdefault(path, {})[entry.oid] = earlier
    lacking = {}
    for path, held in sorted(versions.items()):
        now = tree.read(path) if tree.is_file(path) else b""
        joined = join_outcomes(now, *(earlier.read(path) for earlier in held.values()))
        if joined != join_outcomes(now):
            lacking[path] = joined
    return lacking


def _find_missing(tree: DataTree, before: Iterable[CommittedTree]) -> Iterator[Problem]:
    """Files that are missing: if another system changes one, git reports a conflict."""
    held = {path for earlier in before for path in earlier.entries if kind_of(path) in _KEEPS_LINES}
    for path in sorted(held.difference(tree.paths())):
        yield Problem(
            path, 0, MISSING, f"missing; {_KEEPS_LINES[kind_of(path)]} are never deleted", fixable=True
        )


def _last_bytes(repository: Repository, path: str) -> bytes:
    """The joined versions of a path in earlier commits; empty for a record set, whose losses are joined."""
    found = b""
    if not find_set(path):
        for tree in earlier_trees(repository, repository.objects, history=False):
            data = tree.read(path) if tree.is_file(path) else b""
            found = merge_files(path, found, data) if found and data not in (b"", found) else found or data
    return found


def limits_of(repository: Repository) -> SizeLimits:
    """The size limits in the settings of this clone."""
    return _limits(repository, repository.settings)


def limits_at(repository: Repository, objects: Objects, commit: Oid) -> SizeLimits:
    """The size limits in the settings of a commit. Raises SettingsError."""
    return _limits(repository, settings_of(settings_table_at(objects, commit)))


def settings_table_at(objects: Objects, commit: Oid) -> dict[str, Any]:
    """The settings file of a commit, empty if it has none. Raises SettingsError."""
    entry = objects.files(commit, SETTINGS_FILE).get(SETTINGS_FILE)
    return parse_table(objects.read(entry.oid)) if entry and entry.is_file else {}


def _limits(repository: Repository, settings: Settings) -> SizeLimits:
    system = repository.git.find_config(SYSTEM_KEY) or ""
    return SizeLimits(settings.record_bytes, settings.record_set_bytes, system)


def inspect_tree(limits: SizeLimits, tree: DataTree) -> Iterator[Problem]:
    """The format problems of every data file of a tree."""
    for path in tree.paths():
        yield from inspect_path(limits, tree, path)


def inspect_path(limits: SizeLimits, tree: DataTree, path: str) -> Iterator[Problem]:
    """The format problems of one data file of a tree. Links are always refused."""
    if not tree.is_file(path):
        yield Problem(path, 0, "type", "not a regular file (a symlink, folder or submodule)", fixable=False)
    elif kind_of(path) is not FileKind.OTHER:
        yield from inspect_file(path, tree.read(path), limits)


def earlier_trees(repository: Repository, objects: Objects, *, history: bool) -> Iterator[CommittedTree]:
    """What the work tree must not have lost: HEAD, merged commits and HEAD's parents; or all history."""
    parents = merge_parents(repository, objects)
    if history:
        yield from history_trees(objects, parents)
        return
    for commit in dict.fromkeys(
        [*parents, *(older for parent in parents[:1] for older in objects.parents(parent))]
    ):
        yield committed_tree(objects, commit)


def repair(repository: Repository, verified: Verified) -> list[str]:
    """Rewrite fixable files and restore lost records; the caller holds the lock. Returns the paths written.

    Records in the root file of a sharded set move to their shards; temporary files of killed writers are
    removed from data/ and from the local state.
    """
    for folder in (repository.top / DATA, repository.state.folder):
        remove_leftovers(folder)
    missing = [problem.path for problem in verified.problems if problem.kind == MISSING]
    for path in missing:
        write_file(repository.top / path, verified.outcomes.get(path) or _last_bytes(repository, path))
    sets = repository.sets
    broken = {problem.path for problem in verified.problems if problem.fixable}
    refused = _sets_of(problem.path for problem in verified.problems if problem.kind == "type")
    rewritten = _sets_of(broken) | set(verified.losses)
    written = missing
    for name in sorted({*sets.names(), *rewritten} - refused):
        lines = verified.losses[name].lines if name in verified.losses else ()
        written += sets.join(name, lines, recompute=name in rewritten).written
    for path in sorted(path for path in broken.difference(missing) if owner_of(path)):
        write_file(repository.top / path, canonical_file(path, WorkTree(repository.top).read(path)))
        written.append(path)
    return [*dict.fromkeys(written)]


def _sets_of(paths: Iterable[str]) -> set[SetName]:
    return {found[0] for path in paths if (found := find_set(path))}
