"""Collections in a folder, by the embedded Qdrant engine: nothing to install or run beside it.

A collection is a Qdrant Edge shard in a folder of its name; aliases lie in `aliases.json` beside them.
The write-ahead log is on, so what a call wrote survives a kill. One process at a time, by a lock that
says who holds it.

Payload indexes of the embedded engine in the words of Qdrant's REST API: `{"type": "keyword"}`.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.qdrant.store import MAX_NUMBER, Point, PointId, Schema, ScoredPoint, VectorSpec, main_of
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.state import read_json, write_json
from git_fedlearn.search.edge_shard import TO_OPEN, TO_WRITE, edge_errors, require_space
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")


def format_index(info: "edge.PayloadIndexInfo") -> JsonObject:
    """The kind of an index and the parameters that were set."""
    told: JsonObject = {"type": _word(info.data_type)}
    for name in dir(info.params) if info.params else ():
        value = getattr(info.params, name)
        if not name.startswith("_") and value is not None:
            told[name] = value if isinstance(value, bool | int) else _word(value)
    return told


def parse_index(index: JsonObject) -> "edge.PayloadSchemaType | edge.PayloadSchemaParams":
    """An index with those of its parameters that its kind has; the type must be one of Qdrant's."""
    kind = str(index["type"]).title()
    form = getattr(edge, f"{kind}IndexParams")
    parameters = {name: _native_index(name, value) for name, value in index.items() if hasattr(form, name)}
    made: edge.PayloadSchemaParams = form(**parameters)
    return made if parameters else getattr(edge.PayloadSchemaType, kind)


def _native_index(name: str, value: Json) -> Any:  # noqa: ANN401  a flag, a number or an enumeration of the engine
    return getattr(edge.TokenizerType, str(value).title()) if name == "tokenizer" else value


def _word(value: object) -> str:
    return str(value).rpartition(".")[2].lower()


_PAGE: Final = 1000
_ALIASES: Final = "aliases.json"
_CONFIG: Final = "edge_config.json"
_UNFINISHED: Final = ".new"


@contextmanager
def open_edge_store(folder: Path, command: str, *, timeout: float = 30.0) -> Iterator["EdgeStore"]:
    """Open the store in a folder; waits `timeout` seconds for it. Raises LockedError, MissingExtraError."""
    with hold_lock(folder, command, timeout=timeout):
        store = EdgeStore(folder)
        try:
            yield store
        finally:
            store.close()


class EdgeStore:
    """The collections below one folder; the caller holds its lock."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        self._folder = folder
        self._open: dict[str, EdgeCollection] = {}

    def names(self) -> list[str]:
        """The collections, sorted."""
        return sorted(path.parent.name for path in self._folder.glob(f"*/{_CONFIG}"))

    def find(self, name: str) -> "EdgeCollection | None":
        """A collection by its name or an alias; it goes by the name that was asked for."""
        named = self._aliases().get(name, name)
        if named not in self._open:
            if not (self._folder / named / _CONFIG).exists():
                return None
            self._open[named] = EdgeCollection(self._folder / named, self._aliases())
        return self._open[named].called(name)

    def create(self, name: str, schema: Schema) -> "EdgeCollection":
        """Make a collection with its vectors and payload indexes, under another name until it is whole."""
        fresh = self._folder / _UNFINISHED / name
        require_space(fresh, TO_WRITE)
        shutil.rmtree(fresh, ignore_errors=True)
        with edge_errors(fresh):
            edge.EdgeShard.create(str(fresh), _config_of(schema)).close()
        made = EdgeCollection(fresh, {})
        for field, index in (schema.indexes or {}).items():
            made.add_index(field, index)
        made.close()
        fresh.rename(self._folder / name)
        self._open[name] = EdgeCollection(self._folder / name, self._aliases())
        return self._open[name]

    def switch_alias(self, alias: str, name: str) -> None:
        """Make `alias` stand for a collection. Raises FedlearnError when a collection has that name."""
        if (self._folder / alias / _CONFIG).exists():
            raise FedlearnError(
                f"{self.place}: {alias} is a collection, not an alias",
                hint=f"choose another alias, or move {self._folder / alias} away",
            )
        write_json(self._folder / _ALIASES, {**self._aliases(), alias: name})

    def close(self) -> None:
        """Write everything out and let go of the folder."""
        for collection in self._open.values():
            collection.close()
        self._open.clear()

    def _aliases(self) -> dict[str, str]:
        return {alias: str(name) for alias, name in read_json(self._folder / _ALIASES).items()}


class EdgeCollection:
    """One open shard."""

    most_number = MAX_NUMBER

    def __init__(self, folder: Path, aliases: dict[str, str]) -> None:
        self.name = folder.name
        self._folder = folder
        self._aliases = aliases
        require_space(folder, TO_OPEN)
        with edge_errors(folder):
            self._shard = edge.EdgeShard.load(str(folder))
        self._config = json.loads((folder / _CONFIG).read_bytes())
        self._main = self.schema().main

    def called(self, name: str) -> "EdgeCollection":
        """The same collection under another name."""
        twin = copy(self)
        twin.name = name
        return twin

    def schema(self) -> Schema:
        """What the collection is made of."""
        with edge_errors(self._folder):
            known = self._shard.info().payload_schema
        vectors = {
            str(name): VectorSpec(int(spec["size"]), str(spec["distance"]))
            for name, spec in self._config["vectors"].items()
        }
        indexes = {field: format_index(info) for field, info in known.items()}
        aliases = sorted(alias for alias, name in self._aliases.items() if name == self._folder.name)
        return Schema(vectors, self._config.get("sparse_vectors") or {}, indexes, aliases)

    def count(self) -> int:
        """How many points it holds."""
        with edge_errors(self._folder):
            return self._shard.count(edge.CountRequest(exact=True))

    def pages(self) -> Iterator[list[Point]]:
        """All points, payloads only."""
        offset: edge.PointId | None = None
        while True:
            request = edge.ScrollRequest(offset=offset, limit=_PAGE, with_payload=True)
            with edge_errors(self._folder):
                page, offset = self._shard.scroll(request)
            yield [Point(_plain(record.id), record.payload or {}) for record in page]
            if offset is None:
                return

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same ids."""
        made = [
            edge.Point(_native(point.id), {self._main: point.vector} if point.vector else {}, point.payload)
            for point in points
        ]
        self._update(edge.UpdateOperation.upsert_points(made))

    def retell(self, points: Sequence[Point]) -> None:
        """Replace the payloads of points and keep their vectors."""
        for point in points:
            self._update(edge.UpdateOperation.overwrite_payload([_native(point.id)], point.payload))

    def delete(self, points: Sequence[PointId]) -> None:
        """Remove points."""
        if points:
            self._update(edge.UpdateOperation.delete_points([_native(point) for point in points]))

    def vector_of(self, point: PointId) -> Vector | None:
        """The main vector of a point, None without one."""
        with edge_errors(self._folder):
            found = self._shard.retrieve([_native(point)], with_payload=False, with_vector=True)
        return main_of(found[0].vector, self._main) if found else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """The points most similar to a vector."""
        query = edge.Query.Nearest(vector, using=self._main)
        with edge_errors(self._folder):
            found = self._shard.query(edge.QueryRequest(limit=limit, query=query, with_payload=True))
        return [ScoredPoint(_plain(point.id), point.payload or {}, point.score) for point in found]

    def add_index(self, field: str, index: JsonObject) -> None:
        """Index a payload field."""
        self._update(edge.UpdateOperation.create_field_index(field, parse_index(index)))

    def close(self) -> None:
        """Write everything out."""
        with edge_errors(self._folder):
            self._shard.flush()
            self._shard.close()

    def _update(self, operation: "edge.UpdateOperation") -> None:
        require_space(self._folder, TO_WRITE)
        with edge_errors(self._folder):
            self._shard.update(operation)


def _config_of(schema: Schema) -> "edge.EdgeConfig":
    return edge.EdgeConfig(
        vectors={
            key: edge.EdgeVectorParams(size=spec.size, distance=getattr(edge.Distance, spec.distance))
            for key, spec in schema.vectors.items()
        },
        sparse_vectors={
            key: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if told.get("modifier") == "idf" else None
            )
            for key, told in schema.sparse.items()
        },
        wal_enabled=True,
    )


def _native(point: PointId) -> "edge.PointId":
    return UUID(point) if isinstance(point, str) else point


def _plain(point: "edge.PointId") -> PointId:
    return point if isinstance(point, int) else str(point)
