"""The snapshots of this system: a lesson that was retracted is taken out of them.

Only their system writes them, so each clone does this for its own, whoever retracted the lesson. Records are
recognized by their ids. A line to train on has none, and not every field of its record; it is compared with
the lines of the retracted samples, whose content is in history or in the local copies.
"""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, FileKind, SetName, kind_of
from git_fedlearn.core.record import Record, claimed_id
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.record_sets import RecordSets, is_tombstone_line
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import find_versions
from git_fedlearn.repository.state import facts_of
from git_fedlearn.training.dataset import read_dataset
from git_fedlearn.training.samples import Malformed, format_training_line, parse_sample


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
        ids = [identifier for identifier, names in gone.items() if FINE_TUNING in names]
        return {
            line
            for identifier in ids
            for record in find_versions(repository, FINE_TUNING, identifier)
            for line in _training_lines(record)
        }

    @cache
    def living() -> set[bytes]:
        samples = read_dataset(repository.sets).samples
        return {format_training_line(one.content).rstrip() for one in samples}

    number = 0
    for path in paths:
        if kind_of(repository.relative(path)) is FileKind.TRAINING:
            number += _clear(path, lambda line: line not in living() and line in trained())
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
    dead: dict[RecordId, set[SetName]] = {}
    live: set[RecordId] = set()
    for name in sets.names():
        for line in sets.read_lines(name):
            identifier = claimed_id(line)
            if identifier and is_tombstone_line(line):
                dead.setdefault(identifier, set()).add(name)
            elif identifier:
                live.add(identifier)
    return {identifier: names for identifier, names in dead.items() if identifier not in live}


def _training_lines(record: Record) -> Iterator[bytes]:
    sample = parse_sample(record.fields)
    if not isinstance(sample, Malformed):
        yield format_training_line(sample).rstrip()


def _clear(path: Path, is_gone: Callable[[bytes], bool]) -> int:
    """Rewrite a snapshot without the lines that are gone, if it has any; returns how many."""
    lines = split_lines(read_file(path))
    kept = [line for line in lines if not is_gone(line)]
    if len(kept) < len(lines):
        write_file(path, b"".join([line + b"\n" for line in kept]))
    return len(lines) - len(kept)
