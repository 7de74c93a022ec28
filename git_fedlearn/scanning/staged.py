"""Redact the records that a commit adds, in the index, and in the working tree where it has the same file.

Only new lines of data files of the layout are redacted: a line that a parent has is in history already. What
cannot be redacted stays as it is, for the checks to refuse: other files, and kinds that the policy blocks.
git-commit(1) reads the index again after pre-commit.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from git_fedlearn.core.layout import ROOT, FileKind, SetName, find_set, kind_of, path_of, shard_of, stem_of
from git_fedlearn.core.record import Record
from git_fedlearn.core.record_set import canonical_set
from git_fedlearn.errors import LockedError
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.commit_checks import new_lines
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.objects import Oid, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree, WorkTree
from git_fedlearn.scanning.sanitize import CleanLine, clean_line, tombstones_of

_JOINED: Final = (FileKind.RECORD_SET, FileKind.SNAPSHOT)
_REDACTED: Final = (*_JOINED, FileKind.TRAINING, FileKind.MODELS)
_FILE_MODE: Final = 0o100644
_WRITER_SECONDS: Final = 0.5
"""How long to wait for a command that writes data files; this hook may run in a commit of its own."""


@dataclass(slots=True)
class StagedRedactions:
    """What was redacted: the kinds by path, and paths whose file in the working tree stays as it was."""

    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    index_only: list[str] = field(default_factory=list)


def redact_staged(
    repository: Repository, engine: PrivacyEngine, candidate: CommittedTree, parents: list[CommittedTree]
) -> StagedRedactions:
    """Redact the new records of the index."""
    redactions = StagedRedactions()
    replaced: dict[str, dict[int, bytes | None]] = {}
    moved: dict[str, list[bytes]] = {}
    renamed: dict[SetName, list[Record]] = {}
    for line in new_lines(candidate, parents):
        if kind_of(line.path) not in _REDACTED or not line.path.endswith(".jsonl"):
            continue
        clean, kinds = clean_line(engine, line.line, has_records=kind_of(line.path) in _JOINED)
        if clean is None or engine.policy.find_blocked(kinds):
            continue
        redactions.kinds.setdefault(line.path, Counter()).update(kinds)
        home = _home(line.path, clean)
        replaced.setdefault(line.path, {})[line.number] = clean.line if home == line.path else None
        if home != line.path:
            moved.setdefault(home, []).append(clean.line)
        found = find_set(line.path)
        if found and clean.replaced:
            renamed.setdefault(found[0], []).append(clean.replaced)
    for name, records in renamed.items():
        lines = tombstones_of(repository, name, records, parents)
        for path in _root_of(name) if lines else ():
            moved.setdefault(path, []).extend(lines)
    written = {
        path: _rewritten(candidate, path, replaced.get(path, {}), moved.get(path, []))
        for path in sorted({*replaced, *moved})
    }
    _stage(repository, candidate, written)
    redactions.index_only += _write_work_tree(repository, candidate, written)
    return redactions


def _home(path: str, clean: CleanLine) -> str:
    """The file that a redacted record belongs in: another shard, if its id has changed."""
    found = find_set(path)
    stem = stem_of(found[0]) if found else None
    if not found or not stem or found[1] == ROOT or not clean.replaced:
        return path
    return path_of(stem, shard_of(clean.line, len(found[1])))


def _root_of(name: SetName) -> tuple[str, ...]:
    stem = stem_of(name)
    return (path_of(stem, ROOT),) if stem else ()


def _rewritten(
    candidate: CommittedTree, path: str, replaced: Mapping[int, bytes | None], added: Iterable[bytes]
) -> bytes:
    old = candidate.read(path) if path in candidate.entries else b""
    lines = [replaced.get(number, line) for number, line in enumerate(old.split(b"\n"), 1)]
    data = b"\n".join([*added, *(line for line in lines if line is not None)])
    return canonical_set(data) if kind_of(path) in _JOINED else data


def _stage(repository: Repository, candidate: CommittedTree, written: Mapping[str, bytes]) -> None:
    """Put files into the index that the commit uses, and into the one that git keeps after `commit FILE`."""
    entries = {path: repository.objects.write_blob(data) for path, data in written.items()}
    _update_index(repository.git, entries, candidate)
    used = Path(repository.environment.get("GIT_INDEX_FILE", ""))
    kept = repository.git_dir / "index.lock"
    if used.name.startswith("next-index-") and kept.is_file():
        git = Git(repository.top, {**repository.environment, "GIT_INDEX_FILE": str(kept)})
        listed = git.run("--literal-pathspecs", "ls-files", "--stage", "-z", "--", *entries)
        same = {
            os.fsdecode(line.partition(b"\t")[2])
            for line in listed.split(b"\0")
            if _is_entry(line, candidate.entries)
        }
        new = {path for path in entries if path not in candidate.entries}
        _update_index(git, {path: oid for path, oid in entries.items() if path in same | new}, candidate)


def _is_entry(line: bytes, entries: Mapping[str, TreeEntry]) -> bool:
    """Whether a line of `git ls-files --stage` names the blob of these entries."""
    facts, _, path = line.partition(b"\t")
    entry = entries.get(os.fsdecode(path))
    return entry is not None and facts.split(b" ")[1:] == [entry.oid.encode(), b"0"]


def _update_index(git: Git, entries: Mapping[str, Oid], candidate: CommittedTree) -> None:
    lines = []
    for path, oid in entries.items():
        mode = candidate.entries[path].mode if path in candidate.entries else _FILE_MODE
        lines.append(f"{mode:o} {oid}\t".encode() + os.fsencode(path) + b"\0")
    if lines:
        git.run("update-index", "-z", "--index-info", stdin=b"".join(lines))


def _write_work_tree(
    repository: Repository, candidate: CommittedTree, written: Mapping[str, bytes]
) -> list[str]:
    """Write the files that were the same in the working tree; returns the others."""
    work = WorkTree(repository.top)
    done: set[str] = set()
    with suppress(LockedError), hold_lock(repository.state.folder, "pre-commit", timeout=_WRITER_SECONDS):
        for path, data in written.items():
            here = work.read(path) if work.is_file(path) else None
            before = candidate.read(path) if path in candidate.entries else None
            if here == before:
                write_file(repository.top / path, data)
                done.add(path)
    return [path for path in written if path not in done]
