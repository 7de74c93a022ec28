"""What belongs into a collection: the join of its sets and of every system's newest snapshot."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.aligned import Settled
from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FINE_TUNING, SHARED_SETS, SetName
from git_fedlearn.core.record import parse_record
from git_fedlearn.core.record_set import settle, split_lines, split_sections
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.data_tree import WorkTree, committed_tree, open_objects, read_set, set_paths
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.vectors.collection_files import newest_snapshots


class Gathered(NamedTuple):
    """The record lines that belong into a collection, and the retracted ids with their generations."""

    lines: list[bytes]
    buried: dict[RecordId, int]


def set_names(collection: str) -> list[SetName]:
    """The record sets whose records belong into a collection."""
    names = [SetName(f"collections/{collection}")]
    shared = SetName(collection)
    return [shared, *names] if shared in SHARED_SETS and shared != FINE_TUNING else names


def source_files(top: Path, collection: str) -> list[Path]:
    """The files that are joined for a collection."""
    paths = set_paths(WorkTree(top))
    named = [top / path for name in set_names(collection) for path in paths.get(name, [])]
    return [*named, *newest_snapshots(top, collection)]


def gather(repository: Repository, collection: str, more: Iterable[bytes], since: str | None) -> Gathered:
    """The join of everything, less the lines that a revision held already."""
    joined = _join(source_files(repository.top, collection), more)
    known = _lines_at(repository, collection, since) if since else set()
    buried, lines = {}, []
    for line in joined.records:
        if line in known:
            continue
        if b'"_retracted":' in line and (record := parse_record(line)).is_tombstone:
            buried[record.id] = record.gen
        else:
            lines.append(line)
    return Gathered(lines, buried)


def _join(paths: Iterable[Path], more: Iterable[bytes]) -> Settled:
    """The join of files, of which only one is in memory as a whole: a snapshot repeats what the sets hold."""
    placed: set[bytes] = set()
    loose = {*more}
    for path in paths:
        sections = split_sections(read_file(path))
        placed.update(sections.placed)
        loose.update(sections.loose)
    return settle(sorted(placed), loose)


def parse_dump(path: Path) -> list[JsonObject]:
    """The points of a scroll dump as `POST /collections/NAME/points/scroll` answers. Raises FedlearnError."""
    try:
        value = parse_value(path.read_bytes())
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error
    except InvalidJsonError as error:
        raise FedlearnError(f"{path}: {error}") from error
    points = _points(value)
    if points is None:
        raise FedlearnError(
            f"{path}: not a scroll dump", hint="it holds `result.points`, each with a payload"
        )
    return points


def _points(value: Json) -> list[JsonObject] | None:
    match value:
        case {"result": {"points": [*points]}} | {"points": [*points]} | [*points]:
            kept = [point for point in points if isinstance(point, dict)]
            return kept if all(isinstance(point.get("payload"), dict) for point in kept) else None
    return None


def _lines_at(repository: Repository, collection: str, revision: str) -> set[bytes]:
    objects = open_objects(repository)
    commit = objects.find_commit(revision)
    if commit is None:
        raise UsageError(f"{revision}: no such commit", hint="git log --oneline data")
    tree = committed_tree(objects, commit)
    return {
        line for name in set_names(collection) for data in read_set(tree, name) for line in split_lines(data)
    }


def collections_here(top: Path, chosen: Sequence[str]) -> list[str]:
    """The chosen collections and all others that have records or snapshots here."""
    folder = top / "data" / "collections"
    return sorted({*chosen, *(path.stem for path in folder.glob("*.jsonl"))})
