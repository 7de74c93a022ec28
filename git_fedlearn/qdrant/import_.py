"""Importing as a whole: which model a collection was made with, what to create, when there is nothing to do.

What this clone knows of a collection lies under its git folder: the model, the files that were imported and
the count afterwards. Losing it costs one comparison with the store.

Whether the vectors of a collection that this clone did not fill are of our model, by a sample of them.

A collection does not say which model filled it. What another model of the same size makes of a text points
anywhere: in 256 dimensions, cosines of such pairs have a standard deviation of 0.06.

An import without consequences: a collection that keeps no write, and a model that is not asked.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.connect import check_collection, open_store, read_qdrant_settings
from git_fedlearn.qdrant.expected import collections_here, gather, source_files
from git_fedlearn.qdrant.export import Admit
from git_fedlearn.qdrant.schema import find_schema
from git_fedlearn.qdrant.store import (
    MAX_NUMBER,
    Collection,
    Point,
    PointId,
    Schema,
    ScoredPoint,
    Store,
    VectorSpec,
)
from git_fedlearn.qdrant.upsert import Gist, Imported, import_records
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import IMPORTS, read_json, write_json
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.embedders.base import Embedder, ModelIdentity, Vector, identify, parse_identity
from git_fedlearn.search.lesson_text import lesson_text

SAMPLE: Final = 5
MIN_LIKENESS: Final = 0.2
"""Cosine that the best of a sample reaches if the model is ours, also where other fields were embedded."""


def is_of_our_model(collection: Collection, gist: Gist) -> bool:
    """Whether it may be so: the best of the sample is alike, or there is nothing to compare."""
    page = next(collection.pages(), [])
    texts = ((point.id, lesson_text(point.payload, gist.text_fields).whole) for point in page)
    chosen = [*islice(((point, text) for point, text in texts if text), SAMPLE)]
    ours = gist.embedder.embed([text for _, text in chosen])
    theirs = [collection.vector_of(point) for point, _ in chosen]
    found = [_cosine(a, b) for a, b in zip(ours, theirs, strict=True) if a and b]
    return max(found, default=1.0) >= MIN_LIKENESS


def _cosine(left: list[float], right: list[float]) -> float:
    lengths = (sum(x * x for x in left) * sum(x * x for x in right)) ** 0.5
    return sum(a * b for a, b in zip(left, right, strict=True)) / lengths if lengths else 0.0


class DryRunStore:
    """A collection, or one that is not there yet, as it would be; the real one is only read."""

    def __init__(self, name: str, collection: Collection | None) -> None:
        self.name = name
        self.most_number = collection.most_number if collection else MAX_NUMBER
        self._collection = collection
        self._change = 0

    def schema(self) -> Schema:
        """That of the real one."""
        return self._collection.schema() if self._collection else Schema({})

    def count(self) -> int:
        """How many points it would hold."""
        return (self._collection.count() if self._collection else 0) + self._change

    def pages(self) -> Iterator[list[Point]]:
        """The points of the real one."""
        return self._collection.pages() if self._collection else iter(())

    def upsert(self, points: Sequence[Point]) -> None:
        """Count points that would be new."""
        self._change += len(points)

    def retell(self, points: Sequence[Point]) -> None:
        """Leave all as it is."""

    def delete(self, points: Sequence[PointId]) -> None:
        """Count points that would go."""
        self._change -= len(points)

    def vector_of(self, point: PointId) -> Vector | None:
        """That of the real one."""
        return self._collection.vector_of(point) if self._collection else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """Those of the real one."""
        return self._collection.nearest(vector, limit) if self._collection else []


class NullEmbedder:
    """Stands for a model where vectors are thrown away."""

    name = "no model"

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector of one number for each text."""
        return [[1.0] for _ in texts]


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
            rehearsal = DryRunStore(request.into, collection)
            return import_records(rehearsal, wanted, gist._replace(embedder=NullEmbedder()), progress)
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
