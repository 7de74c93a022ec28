"""What belongs into a collection: the join of its sets and of every system's newest snapshot."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.core.layout import FINE_TUNING, SHARED_SETS, SetName
from git_fedlearn.core.record_set import BOM, split_lines
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.data_tree import WorkTree, committed_tree, set_paths
from git_fedlearn.repository.files import read_file, refuse_foreign
from git_fedlearn.repository.repository import Repository
from git_fedlearn.vectors.collection_files import newest_snapshots
from git_fedlearn.vectors.wanted import Wanted, digest, open_wanted


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


@contextmanager
def gather(
    repository: Repository, collection: str, more: Iterable[bytes], since: str | None
) -> Iterator[Wanted]:
    """The join of everything, less the lines that a revision held already."""
    known = _digests_at(repository, collection, since) if since else frozenset()
    with open_wanted(repository.state.folder, known) as wanted:
        try:
            for path in source_files(repository.top, collection):
                for line in _read_lines(path):
                    wanted.add(line)
            for line in more:
                wanted.add(line)
            wanted.finish()
        except OSError as error:
            raise FedlearnError(
                f"{repository.state.folder}: cannot be written: {error.strerror}",
                hint="free space, then run it again",
            ) from error
        yield wanted


def _read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, one in memory at a time, unless it holds a conflict: then both its sides."""
    refuse_foreign(path)
    try:
        with path.open("rb") as file:
            for line in file:
                if line.startswith(b"<<<<<<<"):
                    yield from split_lines(read_file(path))
                    return
                yield line.removeprefix(BOM).rstrip(b"\r\n")
    except OSError as error:
        raise FedlearnError(f"{path}: cannot be read: {error.strerror}") from error


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
            return kept if all(isinstance(point.get("payload"), dict | None) for point in kept) else None
    return None


def _digests_at(repository: Repository, collection: str, revision: str) -> frozenset[bytes]:
    objects = repository.objects
    commit = objects.find_commit(revision)
    if commit is None:
        raise UsageError(f"{revision}: no such commit", hint="git log --oneline data")
    tree = committed_tree(objects, commit)
    paths = [path for name in set_names(collection) for path in set_paths(tree).get(name, [])]
    return frozenset(digest(line) for path in paths for line in split_lines(tree.read(path)))


def collections_here(top: Path, chosen: Sequence[str]) -> list[str]:
    """The chosen collections and all others that have records or snapshots here."""
    folder = top / "data" / "collections"
    return sorted({*chosen, *(path.stem for path in folder.glob("*.jsonl"))})
