"""Importing as a whole: which model a collection was made with, what to create, when there is nothing to do.

What this clone knows of a collection lies under its git folder: the model, the files that were imported and
the count afterwards. Losing it costs one comparison with the store.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import IMPORTS, read_json, write_json
from git_fedlearn.vectors.collection_files import find_schema
from git_fedlearn.vectors.connect import open_store
from git_fedlearn.vectors.embedder import Embedder, ModelIdentity, identify, parse_identity
from git_fedlearn.vectors.exporting import Admit
from git_fedlearn.vectors.gathering import collections_here, gather, source_files
from git_fedlearn.vectors.importing import Gist, Imported, import_records
from git_fedlearn.vectors.likeness import is_of_our_model
from git_fedlearn.vectors.progress import Progress
from git_fedlearn.vectors.rehearsal import Rehearsal, Unasked
from git_fedlearn.vectors.settings import check_collection, read_qdrant_settings
from git_fedlearn.vectors.store import Collection, Schema, Store, VectorSpec

_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import: the collection's name here, its name in the store, record lines beside our own."""

    collection: str
    into: str
    more: Sequence[bytes] = ()
    since: str | None = None
    dry_run: bool = False
    """Only say what would be done; what the model would not take shows in no rehearsal."""


class _Known(NamedTuple):
    model: ModelIdentity
    files: list[list[Json]]
    points: int


class Means(NamedTuple):
    """What an import needs beside the repository and the store: a model, and the door that sanitizes."""

    embedder: Embedder
    admit: Admit


def requests_for(repository: Repository, names: Sequence[str] = ()) -> list[ImportRequest]:
    """Requests for collections: those named, else those of the settings and all that have records here."""
    settings = read_qdrant_settings(repository.top)
    chosen = names or collections_here(repository.top, settings.collections)
    return [ImportRequest(check_collection(name), name) for name in chosen]


class ImportRun(NamedTuple):
    """What became of the collections of a store; `place` says where the store is."""

    place: str
    collections: list[Imported]

    @property
    def is_sound(self) -> bool:
        """Whether everything was imported, and the store counts it."""
        return all(one.is_sound for one in self.collections)


def import_into_store(
    repository: Repository,
    means: Means,
    requests: Sequence[ImportRequest],
    progress: Progress | None = None,
    told: Callable[[Imported], None] | None = None,
    *,
    switch_alias: bool = False,
) -> ImportRun:
    """Bring collections of the configured store up to the repository; `told` hears of each when it is done.

    With `switch_alias` the collection of the first request becomes an alias, if all were verified.
    """
    done: list[Imported] = []
    with open_store(repository, "import") as store:
        for one in import_collections(repository, store, means, requests, progress):
            done.append(one)
            if told:
                told(one)
        if switch_alias and all(one.is_verified for one in done):
            store.switch_alias(requests[0].collection, requests[0].into)
        return ImportRun(store.place, done)


def import_collections(
    repository: Repository,
    store: Store,
    means: Means,
    requests: Iterable[ImportRequest],
    progress: Progress | None = None,
) -> Iterator[Imported]:
    """Bring collections up to the repository, one after the other, as they are asked for."""
    fields = read_qdrant_settings(repository.top).text_fields
    for request in requests:
        gist = Gist(means.embedder, means.admit, fields.get(request.collection, ()))
        yield import_collection(repository, store, gist, request, progress)


def import_collection(
    repository: Repository,
    store: Store,
    gist: Gist,
    request: ImportRequest,
    progress: Progress | None = None,
) -> Imported:
    """Bring one collection up to the repository. Raises FedlearnError for vectors of another model."""
    model = identify(gist.embedder)
    memory = _memory(repository, store, request.into)
    known = _read(memory)
    collection = store.find(request.into)
    files = _facts(repository.top, request.collection)
    if collection is not None:
        _refuse_other_model(collection, model, known, request)
        if known is None and not is_of_our_model(collection, gist):
            raise FedlearnError(
                f"{collection.name}: its vectors do not look as if {model.name} had made them",
                hint=_way_out(request),
            )
        if (
            known
            and not (request.more or request.since)
            and known.files == files
            and known.points == collection.count()
        ):
            return Imported(request.into, present=known.points, count=known.points, expected=known.points)
    if request.dry_run:
        with gather(repository, request.collection, request.more, request.since) as wanted:
            rehearsal = Rehearsal(request.into, collection)
            return import_records(rehearsal, wanted, gist._replace(embedder=Unasked()), progress)
    if collection is None:
        collection = store.create(request.into, _schema(repository, request.collection, model))
    _write(memory, _Known(model, [], -1))
    with gather(repository, request.collection, request.more, request.since) as wanted:
        imported = import_records(collection, wanted, gist, progress)
    if imported.is_sound and not request.since:
        _write(memory, _Known(model, files, imported.count))
    return imported


def _schema(repository: Repository, name: str, model: ModelIdentity) -> Schema:
    """As some system's collection of this name is made, its main vector of the size of our model's."""
    told = find_schema(repository.top, name) or Schema({})
    spec = told.vectors.get(told.main, VectorSpec(0))
    vectors = {**told.vectors, told.main: VectorSpec(model.dimensions, spec.distance)}
    return told._replace(vectors=vectors)


def _refuse_other_model(
    collection: Collection, model: ModelIdentity, known: _Known | None, request: ImportRequest
) -> None:
    schema = collection.schema()
    size = schema.vectors.get(schema.main, VectorSpec(0)).size
    hint = _way_out(request)
    if size != model.dimensions:
        raise FedlearnError(
            f"{collection.name}: holds vectors of {size} numbers, {model.name} makes {model.dimensions}",
            hint=hint,
        )
    if known and not known.model.is_same_model(model):
        raise FedlearnError(
            f"{collection.name}: holds vectors of {known.model.name}, which do not compare with those of "
            f"{model.name}",
            hint=hint,
        )


def _way_out(request: ImportRequest) -> str:
    return (
        f"git fedlearn import {request.collection} --into {request.into}-new, or set the embedder that made "
        "them (git config fedlearn.embedder)"
    )


def _memory(repository: Repository, store: Store, name: str) -> Path:
    return repository.state.path(IMPORTS, f"{xxh3_64_hexdigest(store.place.encode())}-{name}.json")


def _facts(top: Path, collection: str) -> list[list[Json]]:
    found = [(path, path.stat()) for path in source_files(top, collection)]
    return [[path.relative_to(top).as_posix(), s.st_size, s.st_mtime_ns, s.st_ino] for path, s in found]


def _read(path: Path) -> _Known | None:
    match read_json(path):
        case {"format": 1, "model": model, "files": [*files], "points": int(count)}:
            identity = parse_identity(model)
            lists = [facts for facts in files if isinstance(facts, list)]
            return _Known(identity, lists, count) if identity else None
    return None


def _write(path: Path, known: _Known) -> None:
    model: list[Json] = [known.model.name, known.model.dimensions, [*known.model.probe]]
    with suppress(FedlearnError):  # a clone that is mounted read-only
        write_json(path, {"format": _FORMAT, "model": model, "files": [*known.files], "points": known.points})
