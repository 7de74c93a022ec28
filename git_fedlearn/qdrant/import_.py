"""Import collections of the repository into a store: what to create, what to refuse, when to do nothing.

Vectors of two models are never mixed. The clone remembers, for each collection it filled, the model, the
imported files, and the number of points afterwards; losing that costs one comparison with the store. Of a
collection that it did not fill, a sample tells whether the vectors can be of our model.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.collection_names import escape_name
from git_fedlearn.errors import FedlearnError, StoreDownError
from git_fedlearn.qdrant.connect import check_collection, file_state, open_store, read_qdrant_settings
from git_fedlearn.qdrant.expected import local_collections, open_expected, source_files
from git_fedlearn.qdrant.schema import find_schema
from git_fedlearn.qdrant.store import (
    Admit,
    Collection,
    Schema,
    Store,
    VectorSpec,
)
from git_fedlearn.qdrant.upsert import Imported, PointBuilder, import_records, rehearse_import
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import IMPORTS, read_json, write_json
from git_fedlearn.repository.workers import Progress
from git_fedlearn.search.embedders.base import Embedder, ModelIdentity, identify, parse_identity
from git_fedlearn.search.lesson_text import lesson_text

FORMAT: Final = 1

SAMPLE_POINTS: Final = 5
MIN_LIKENESS: Final = 0.2
"""The cosine that the best point of a sample reaches if our model made it, even from other fields.

Vectors of one text by two models of 256 dimensions have random cosines, with a standard deviation of 0.06.
"""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """A collection to import: its name in the repository and in the store, and additional record lines."""

    collection: str
    into: str
    more: Sequence[bytes] = ()
    since: str | None = None
    """Only records that changed since this revision."""
    dry_run: bool = False
    """Write and embed nothing."""


class ImportDeps(NamedTuple):
    """What an import needs besides the repository and the store."""

    embedder: Embedder
    admit: Admit


class ImportRun(NamedTuple):
    """The results for all collections, and the place of the store with a warning about it, if any."""

    place: str
    collections: list[Imported]
    note: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether everything was imported, and the store counts it."""
        return all(one.is_sound for one in self.collections)


def requests_for(repository: Repository, names: Sequence[str] = ()) -> list[ImportRequest]:
    """Requests for the named collections, by default for those of the settings and all with records."""
    settings = read_qdrant_settings(repository.top)
    chosen = names or local_collections(repository, settings.collections)
    return [ImportRequest(check_collection(name), name) for name in chosen]


def import_into_store(
    repository: Repository,
    deps: ImportDeps,
    requests: Sequence[ImportRequest],
    progress: Progress | None = None,
    on_imported: Callable[[Imported], None] | None = None,
    *,
    switch_alias: bool = False,
) -> ImportRun:
    """Import collections into the configured store; calls `on_imported` after each of them.

    With `switch_alias`, if all were verified, the collection name of the first request becomes an alias of
    its new name in the store.
    """
    done: list[Imported] = []
    with open_store(repository, "import") as store:
        for imported in import_collections(repository, store, deps, requests, progress):
            done.append(imported)
            if on_imported:
                on_imported(imported)
        if done and done[0].error and all(imported.error for imported in done):
            raise done[0].error
        if switch_alias and all(imported.is_verified for imported in done):
            store.switch_alias(requests[0].collection, requests[0].into)
        return ImportRun(store.place, done, store.note())


def import_collections(
    repository: Repository,
    store: Store,
    deps: ImportDeps,
    requests: Iterable[ImportRequest],
    progress: Progress | None = None,
) -> Iterator[Imported]:
    """Import collections into an open store, one at a time, as results are consumed.

    A collection that cannot be imported has an error and does not stop the others.
    """
    fields = read_qdrant_settings(repository.top).text_fields
    for request in requests:
        builder = PointBuilder(deps.embedder, deps.admit, fields.get(request.collection, ()))
        try:
            yield _import_collection(repository, store, builder, request, progress)
        except StoreDownError:
            raise
        except FedlearnError as error:
            yield Imported(request.into, error=error)


def _import_collection(
    repository: Repository,
    store: Store,
    builder: PointBuilder,
    request: ImportRequest,
    progress: Progress | None,
) -> Imported:
    """Import one collection. Raises FedlearnError if another model made its vectors."""
    model = identify(builder.embedder)
    place = xxh3_64_hexdigest(store.identity.encode())
    memory = repository.state.path(IMPORTS, f"{place}-{escape_name(request.into)}.json")
    last = _read_last_import(memory)
    collection = store.find(request.into)
    files = _file_states(repository, request.collection)
    if collection is not None:
        _refuse_other_model(collection, builder, model, last, request)
        is_whole = not (request.more or request.since)
        if last and is_whole and last.files == files and last.points == collection.count():
            return Imported(request.into, present=last.points, count=last.points, expected=last.points)
    if request.dry_run:
        with open_expected(repository, request.collection, request.more, request.since) as expected:
            return rehearse_import(request.into, collection, expected, builder)
    if collection is None:
        schema = _new_schema(repository, request.collection, model)
        collection = store.create(request.into, schema)
        if request.into == request.collection:
            for alias in schema.aliases or ():
                if not store.find(alias):
                    store.switch_alias(alias, request.into)
    _write_last_import(memory, _LastImport(model, [], -1))
    with open_expected(repository, request.collection, request.more, request.since) as expected:
        imported = import_records(collection, expected, builder, progress)
    if imported.is_sound and not request.since:
        _write_last_import(memory, _LastImport(model, files, imported.count))
    return imported


def _new_schema(repository: Repository, name: str, model: ModelIdentity) -> Schema:
    """The schema that a system exported for this collection, with a main vector for our model."""
    exported = find_schema(repository, name) or Schema({})
    spec = exported.vectors.get(exported.main, VectorSpec(0))
    vectors = {**exported.vectors, exported.main: VectorSpec(model.dimensions, spec.distance)}
    multi = {name: how for name, how in exported.multi.items() if name != exported.main}
    return exported._replace(vectors=vectors, multi=multi)


def _refuse_other_model(
    collection: Collection,
    builder: PointBuilder,
    model: ModelIdentity,
    last: "_LastImport | None",
    request: ImportRequest,
) -> None:
    """Raise FedlearnError if another model made the vectors of a collection, as far as can be known."""
    schema = collection.schema()
    size = schema.vectors.get(schema.main, VectorSpec(0)).size
    if size != model.dimensions:
        problem = f"vectors have {size} dimensions, those of {model.name} have {model.dimensions}"
    elif last and not last.model.is_same_model(model):
        problem = f"vectors were made by {last.model.name} and cannot be compared with those of {model.name}"
    elif last is None and not _is_like_our_model(collection, builder):
        problem = f"vectors do not look like those of {model.name}"
    else:
        return
    raise FedlearnError(
        f"{collection.name}: {problem}",
        hint=f"git fedlearn import {request.collection} --into {request.into}-new, or set the embedder that "
        "made them (git config fedlearn.embedder)",
    )


def _is_like_our_model(collection: Collection, builder: PointBuilder) -> bool:
    """Whether the best of a sample of points is like our vector of its text, or there are no samples."""
    page = next(collection.pages(), [])
    texts = ((point.id, lesson_text(point.payload, builder.text_fields).whole) for point in page)
    sample = [*islice(((point, text) for point, text in texts if text), SAMPLE_POINTS)]
    ours = builder.embedder.embed([text for _, text in sample])
    theirs = [collection.vector_of(point) for point, _ in sample]
    cosines = [_cosine(a, b) for a, b in zip(ours, theirs, strict=True) if a and b]
    return max(cosines, default=1.0) >= MIN_LIKENESS


def _cosine(left: list[float], right: list[float]) -> float:
    lengths = (sum(x * x for x in left) * sum(x * x for x in right)) ** 0.5
    return sum(a * b for a, b in zip(left, right, strict=True)) / lengths if lengths else 0.0


class _LastImport(NamedTuple):
    model: ModelIdentity
    files: list[list[Json]]
    """Path and stat data of each imported file."""
    points: int
    """The number of points afterwards; -1 if the import did not finish."""


def _file_states(repository: Repository, collection: str) -> list[list[Json]]:
    return [[path, *file_state(repository, path)] for path in source_files(repository, collection)]


def _read_last_import(path: Path) -> _LastImport | None:
    match read_json(path):
        case {"format": number, "model": model, "files": [*files], "points": int(count)} if number == FORMAT:
            identity = parse_identity(model)
            lists = [stat for stat in files if isinstance(stat, list)]
            return _LastImport(identity, lists, count) if identity else None
    return None


def _write_last_import(path: Path, last: _LastImport) -> None:
    model: list[Json] = [last.model.name, last.model.dimensions, [*last.model.probe]]
    with suppress(FedlearnError):  # a read-only clone
        write_json(path, {"format": FORMAT, "model": model, "files": [*last.files], "points": last.points})
