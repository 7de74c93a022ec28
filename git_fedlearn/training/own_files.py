"""The files that this system alone writes: what others changed in them is put right, what is retracted goes.

`pull-remotes` takes no such file of ours, but whoever may push to the upstream can change them, and git
merges that. So the local state lists the versions that this system wrote. A file is right if it has one of
them, or only lines of them: lines that were taken out, as after a retraction, stay out. From any other file
the lines of others are removed, and those of ours come back whose lessons are still in a record set. Counters
of outcomes are not listed: the higher ones count, so only lowered ones are put right.

A lesson that was retracted, by whomever, is taken out of the snapshots. Records are recognized by their ids.
A line to train on has none, and not every field of its record; it is compared with the lines of the retracted
samples, whose content is in history or in the local copies.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, FINE_TUNING, FileKind, SetName, kind_of
from git_fedlearn.core.record import RETRACTED, claimed_id
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.repository.files import LATEST, read_file, write_file
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.outcomes import outcomes_path, read_own_outcomes, write_own_outcomes
from git_fedlearn.repository.record_sets import RecordSets, is_tombstone_line
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import find_versions
from git_fedlearn.repository.state import OWN_FILES, facts_of
from git_fedlearn.training.dataset import read_dataset
from git_fedlearn.training.samples import Malformed, format_training_line, parse_sample

VERSIONS_PER_FILE: Final = 20
"""Versions of a file that are listed: other branches have older ones."""
NO_FIGURES: Final = b"{}\n"
"""What is left of a file of figures that this system never wrote."""

_DATED: Final = re.compile(r"(?:^|-)(\d{4}-\d\d(?:-\d\d)?)", re.ASCII)


class RepairedFile(NamedTuple):
    """A file that others changed: how many lines were removed, and how many of ours came back."""

    path: str
    removed: int
    returned: int


def remember_own_files(repository: Repository, written: Iterable[Path]) -> None:
    """List files that this system just wrote, and those that it emptied; the caller holds the lock.

    Without a list nothing is done: the next repair begins one.
    """
    known = _read(repository)
    if known is not None:
        emptied = (path for path in _own_files(repository) if not path.stat().st_size)
        _remember(repository, known, (*written, *emptied))


def repair_own_files(repository: Repository, today: date) -> list[RepairedFile]:
    """Put right what others changed in this system's files; the caller holds the lock.

    Without a list, all files count as right that are not dated in the future.
    """
    latest = (today + timedelta(days=1)).isoformat()
    files = list(_own_files(repository))
    known = _read(repository)
    if known is None:
        known = _remember(repository, [], [path for path in files if not _is_later(path, latest)])
    living = cache(lambda: _living_ids(repository))
    trained = cache(lambda: _living_training_lines(repository))
    repaired = []
    for path in files:
        name = repository.relative(path)
        kind = kind_of(name)
        is_living = trained if kind is FileKind.TRAINING else _always if kind is FileKind.MODELS else living
        found = _repair(repository, path, [oid for oid, of in known if of == name], is_living)
        repaired += [found] if found else []
    return repaired + _repair_outcomes(repository)


def _repair_outcomes(repository: Repository) -> list[RepairedFile]:
    """Bring counters back that somebody lowered, from the local state."""
    path = outcomes_path(repository.top, repository.system())
    if not path.is_file() or path.is_symlink():
        return []
    before, counted = read_file(path), read_own_outcomes(repository)
    returned = len({*split_lines(counted)}.difference(split_lines(before)))
    if not returned:
        return []
    write_own_outcomes(repository, counted)
    return [RepairedFile(repository.relative(path), 0, returned)]


def _repair(
    repository: Repository, path: Path, versions: list[Oid], living: Callable[[], Callable[[bytes], bool]]
) -> RepairedFile | None:
    """Put one file right; None if it is, or if none of its versions is left to compare it with."""
    name, data, objects = repository.relative(path), read_file(path), repository.objects
    if _oid_of(repository, data) in versions:
        return None
    ours = [objects.read(oid) for oid in versions if objects.has(oid)]
    if versions and not ours:
        return None
    newest = ours[-1] if ours else b""
    if kind_of(name) is FileKind.METRICS:
        fixed, removed, returned = newest or NO_FIGURES, 1, int(bool(newest))
    else:
        allowed = {line for version in ours for line in split_lines(version)}
        lines = split_lines(data)
        kept = {line for line in lines if line in allowed}
        if lines and len(kept) == len(set(lines)):
            return None
        back = {line for line in split_lines(newest) if line not in kept and living()(line)}
        order = split_lines(newest) if kind_of(name) is FileKind.TRAINING else sorted(kept | back)
        fixed = b"".join([line + b"\n" for line in order if line in kept | back])
        removed, returned = len(set(lines) - kept), len(back)
    if fixed == data:
        return None
    write_file(path, fixed)
    return RepairedFile(name, removed, returned)


def _own_files(repository: Repository) -> Iterator[Path]:
    system, data = repository.system(), repository.top / DATA
    for pattern in (f"*/snapshots/{system}/*.jsonl", f"metrics/monthly/{system}/*.json"):
        for path in sorted(data.glob(pattern)):
            is_ours = kind_of(repository.relative(path)) is not FileKind.OTHER and path.name != LATEST
            if is_ours and path.is_file() and not path.is_symlink():
                yield path


def _is_later(path: Path, day: str) -> bool:
    found = _DATED.search(path.stem)
    return found is not None and found[1] > day


def _living_ids(repository: Repository) -> Callable[[bytes], bool]:
    """Whether the record on a line is live in a record set."""
    sets = repository.sets
    ids: set[RecordId | None] = {
        claimed_id(line)
        for name in sets.names()
        for line in sets.read_lines(name)
        if not is_tombstone_line(line)
    }
    return lambda line: claimed_id(line) in ids


def _living_training_lines(repository: Repository) -> Callable[[bytes], bool]:
    """Whether a line to train on is that of a sample in the fine-tuning set."""
    samples = read_dataset(repository.sets).samples
    lines = {format_training_line(one.content).rstrip() for one in samples}
    return lambda line: line in lines


def _always() -> Callable[[bytes], bool]:
    """Models are never taken out of their list."""
    return lambda _: True


def _oid_of(repository: Repository, data: bytes) -> Oid:
    """The id of a file's content, which is stored: it may be needed before any commit has it."""
    return repository.objects.write_blob(data)


def _read(repository: Repository) -> list[tuple[Oid, str]] | None:
    """The listed versions, oldest first; None without a list."""
    path = repository.state.path(OWN_FILES)
    if not path.is_file():
        return None
    words = [line.split(" ", 1) for line in read_file(path).decode("utf-8", "replace").splitlines()]
    return [(Oid(word[0]), word[1]) for word in words if len(word) > 1]


def _remember(
    repository: Repository, known: list[tuple[Oid, str]], paths: Iterable[Path]
) -> list[tuple[Oid, str]]:
    """Add the present versions of these files to the list; returns it."""
    versions: dict[str, list[Oid]] = {}
    for oid, name in known:
        versions.setdefault(name, []).append(oid)
    for path in paths:
        name, oid = repository.relative(path), _oid_of(repository, read_file(path))
        held = [one for one in versions.get(name, []) if one != oid]
        versions[name] = [*held, oid][-VERSIONS_PER_FILE:]
    listed = [(oid, name) for name, held in sorted(versions.items()) for oid in held]
    if listed != known or not repository.state.path(OWN_FILES).is_file():
        text = "".join(f"{oid} {name}\n" for oid, name in listed)
        write_file(repository.state.path(OWN_FILES), text.encode("utf-8"))
    return listed


def clear_retracted(repository: Repository) -> None:
    """Take retracted lessons out of this system's snapshots. The caller holds the lock.

    Nothing is read if neither records nor snapshots changed since the last time.
    """
    top = repository.top
    facts = facts_of(top, (repository.relative(path) for path in (top / "data").rglob("*.jsonl")))
    repository.state.remember("snapshots", facts, lambda: {"cleared": _clear_all(repository)})


def _clear_all(repository: Repository) -> int:
    """Returns the number of lines that were taken out."""
    paths = list(_own_snapshots(repository))
    gone = _retracted(repository.sets) if paths else {}
    if not gone:
        return 0

    @cache
    def trained() -> set[bytes]:
        found = (
            parse_sample(record.fields)
            for identifier, names in gone.items()
            if FINE_TUNING in names
            for record in find_versions(repository, FINE_TUNING, identifier)
        )
        return {format_training_line(one).rstrip() for one in found if not isinstance(one, Malformed)}

    living = cache(lambda: _living_training_lines(repository))
    number = 0
    for path in paths:
        if kind_of(repository.relative(path)) is FileKind.TRAINING:
            number += _clear(path, lambda line: not living()(line) and line in trained())
        else:
            number += _clear(path, lambda line: claimed_id(line) in gone)
    return number


def _own_snapshots(repository: Repository) -> Iterator[Path]:
    """The files, also `latest.jsonl` where it is a copy; not the models, which have no text of lessons."""
    for path in sorted((repository.top / "data").glob(f"*/snapshots/{repository.system()}/*.jsonl")):
        is_list = kind_of(repository.relative(path)) is FileKind.MODELS
        if path.is_file() and not path.is_symlink() and not is_list:
            yield path


def _retracted(sets: RecordSets) -> dict[RecordId, set[SetName]]:
    """What is retracted and lives in no set, with the sets in which it is retracted."""
    mark = RETRACTED.encode()
    dead: dict[RecordId, set[SetName]] = {}
    for name in sets.names():
        for line in sets.find_lines(name, is_tombstone_line, lambda data: mark in data):
            if identifier := claimed_id(line):
                dead.setdefault(identifier, set()).add(name)
    for name in sets.names() if dead else ():
        for line in sets.read_lines(name):
            identifier = claimed_id(line)
            if identifier and not is_tombstone_line(line):
                dead.pop(identifier, None)
    return dead


def _clear(path: Path, is_gone: Callable[[bytes], bool]) -> int:
    """Rewrite a snapshot without the lines that are gone, if it has any; returns how many."""
    lines = split_lines(read_file(path))
    kept = [line for line in lines if not is_gone(line)]
    if len(kept) < len(lines):
        write_file(path, b"".join([line + b"\n" for line in kept]))
    return len(lines) - len(kept)
