"""fsck for data files: checks format, ids, order, sizes and lost records, and repairs what it can."""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final, NamedTuple

from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.inspection import CONTENT, Problem, SizeLimits, inspect_file
from git_fedlearn.core.layout import (
    DATA,
    FileKind,
    SetName,
    find_original,
    find_set,
    is_data_file,
    kind_of,
    owner_of,
    set_of,
)
from git_fedlearn.core.merge import canonical_file, merge_files
from git_fedlearn.core.outcomes import join_outcomes
from git_fedlearn.core.record import RAW_EVENT
from git_fedlearn.core.record_set import Losses, split_lines
from git_fedlearn.repository.files import TEMPORARY_SUFFIX, find_temporary, write_file
from git_fedlearn.repository.history import find_lost_records, history_trees, merge_parents, nested_files
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.older_layout import find_older_files
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, Settings, parse_table, settings_of
from git_fedlearn.repository.trees import (
    CommittedTree,
    DataTree,
    WorkTree,
    committed_tree,
    is_layout_link,
    work_files,
)

MISSING: Final = "missing"
"""The kind of problem that only a comparison with earlier trees shows."""

OLDER: Final = "older-layout"
"""The kind of problem of a file that scripts wrote before git-fedlearn."""

COPY: Final = "copy"
"""The kind of problem of a copy that a file synchronizer left."""

_KEEPS_LINES: Final = {
    FileKind.RECORD_SET: "files of a record set",
    FileKind.SNAPSHOT: "snapshots",
    FileKind.TRAINING: "snapshots",
    FileKind.MODELS: "lists of models",
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
    losses = find_lost_records(repository, before, tree, None)
    outcomes, missing = _lacking_outcomes(tree, before), [*_find_missing(tree, before)]
    if outcomes or missing:
        nested = nested_files(repository, None)
        outcomes = {path: data for path, data in outcomes.items() if path not in nested}
        missing = [problem for problem in missing if problem.path not in nested]
    lower = [Problem(path, 0, MISSING, _LOWER, fixable=True) for path in outcomes]
    older = [
        Problem(path, line, OLDER, kind.value, fixable=True)
        for path, kind, line in find_older_files(repository)
    ]
    paths = {problem.path for problem in older}
    found = [
        problem
        for problem in inspect_tree(limits_of(repository), tree)
        if problem.path not in paths or problem.message != RAW_EVENT
    ]
    problems = [*found, *older, *_find_copies(repository), *missing, *lower]
    records = sum(
        tree.read(path).count(b"\n") for path in tree.paths() if find_set(path) and tree.is_file(path)
    )
    return Verified(problems, losses, outcomes, records, len(tree.paths()))


def _find_copies(repository: Repository) -> Iterator[Problem]:
    """Copies of data files that file synchronizers left, whose records nothing reads."""
    tree = WorkTree(repository.top)
    system = repository.git.find_config(SYSTEM_KEY) or ""
    for path in tree.copies():
        original = find_original(path) or path
        foreign = find_foreign_content(tree.read(path)) if tree.is_file(path) else "a link"
        is_ours = owner_of(original) in (None, system) or kind_of(original) is FileKind.OUTCOMES
        yield Problem(
            path, 0, COPY, f"a copy of {original} that is not read", fixable=is_ours and not foreign
        )


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


def inspect_path(
    limits: SizeLimits, tree: DataTree, path: str, known: AbstractSet[bytes] = frozenset()
) -> Iterator[Problem]:
    """The format problems of one file of a tree; none for a file that is not ours. Links are refused.

    Lines that are `known` to be records are not parsed.
    """
    if not tree.is_file(path):
        if is_layout_link(path, tree):
            what = "not a regular file (a symlink, folder or submodule)"
            yield Problem(path, 0, "type", what, fixable=False)
    elif kind_of(path) is not FileKind.OTHER:
        yield from inspect_file(path, tree.read(path), limits, known)


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
    for leftover in leftovers(repository):
        leftover.unlink(missing_ok=True)
    missing = [problem.path for problem in verified.problems if problem.kind == MISSING]
    for path in missing:
        write_file(repository.top / path, verified.outcomes.get(path) or _last_bytes(repository, path))
    sets = repository.sets
    copies = [problem.path for problem in verified.problems if problem.kind == COPY and problem.fixable]
    fixable = (problem for problem in verified.problems if problem.fixable and problem.kind != OLDER)
    broken = {problem.path for problem in fixable}.difference(copies)
    refused = _sets_of(problem.path for problem in verified.problems if problem.kind in ("type", CONTENT))
    rewritten = _sets_of(broken) | set(verified.losses)
    written = missing
    for name in sorted({*sets.names(), *rewritten} - refused):
        lines = verified.losses[name].lines if name in verified.losses else ()
        written += sets.join(name, lines, recompute=name in rewritten).written
    for path in sorted(path for path in broken.difference(missing) if owner_of(path)):
        write_file(repository.top / path, canonical_file(path, WorkTree(repository.top).read(path)))
        written.append(path)
    written += _merge_copies(repository, copies)
    return [*dict.fromkeys(written)]


def _merge_copies(repository: Repository, copies: Iterable[str]) -> Iterator[str]:
    """Merge copies into their originals and remove them; yields the paths written."""
    tree = WorkTree(repository.top)
    for path in copies:
        original, data = find_original(path) or path, tree.read(path)
        if name := set_of(original):
            yield from repository.sets.join(name, split_lines(data), recompute=True).written
        else:
            ours = work_files(repository).read(original)
            write_file(repository.top / original, merge_files(original, ours, data) if ours else data)
            yield original
        (repository.top / path).unlink()


def leftovers(repository: Repository) -> list[Path]:
    """The temporary files that killed writers left, of data files and in the local state."""
    found = find_temporary(repository.top / DATA)
    ours = [path for path in found if is_data_file(repository.relative(path).removesuffix(TEMPORARY_SUFFIX))]
    return [*ours, *find_temporary(repository.state.folder)]


def _sets_of(paths: Iterable[str]) -> set[SetName]:
    return {name for path in paths if (name := set_of(path))}
