"""Collections in a folder, by Qdrant Edge: no server to install or run.

A collection is a Qdrant Edge shard in a folder of its escaped name; `aliases.json` next to them contains
the aliases. The write-ahead log is on, so a write that returned survives a kill. A lock, which names its
holder, lets in one process at a time. Payload indexes are written as in Qdrant's REST API:
`{"type": "keyword"}`.
"""

# ruff: noqa: D102  the protocol says what the methods mean

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.collection_names import escape_name, known_name, unescape_name
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.qdrant.store import (
    MAX_INTEGER,
    Point,
    PointId,
    Schema,
    ScoredPoint,
    VectorSpec,
    main_vector,
)
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.state import read_json, write_json
from git_fedlearn.search.edge_shard import OPEN_BYTES, WRITE_BYTES, edge_errors, require_space
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import qdrant_edge as edge
else:
    edge = Lazy("qdrant_edge", "local")


_SCROLL_PAGE: Final = 1000
_ALIASES: Final = "aliases.json"
_CONFIG: Final = "edge_config.json"
_UNFINISHED: Final = ".new"


@contextmanager
def open_edge_store(folder: Path, command: str, *, timeout: float = 30.0) -> Iterator["EdgeStore"]:
    """Open the store in a folder; waits `timeout` seconds. Raises LockedError, MissingExtraError."""
    with hold_lock(folder, command, timeout=timeout):
        store = EdgeStore(folder)
        try:
            yield store
        finally:
            store.close()


class EdgeStore:
    """The collections in one folder; the caller holds its lock."""

    def __init__(self, folder: Path) -> None:
        self.place = self.identity = str(folder)
        self._folder = folder
        self._open: dict[str, EdgeCollection] = {}

    def names(self) -> list[str]:
        return sorted(self._folders())

    def find(self, name: str) -> "EdgeCollection | None":
        named = self._aliases().get(name, name)
        if named not in self._open:
            folder = self._folders().get(known_name(named))
            if folder is None:
                return None
            self._open[named] = EdgeCollection(folder, named, self._aliases())
        return self._open[named].renamed(name)

    def create(self, name: str, schema: Schema) -> "EdgeCollection":
        """Nothing is left of an interrupted one."""
        folder = self._folder / escape_name(name)
        unfinished = self._folder / _UNFINISHED / folder.name
        require_space(unfinished, WRITE_BYTES)
        shutil.rmtree(unfinished, ignore_errors=True)
        with edge_errors(unfinished):
            edge.EdgeShard.create(str(unfinished), _config_of(schema)).close()
        made = EdgeCollection(unfinished, name, {})
        for field, index in (schema.indexes or {}).items():
            made.add_index(field, index)
        made.close()
        unfinished.rename(folder)
        self._open[name] = EdgeCollection(folder, name, self._aliases())
        return self._open[name]

    def switch_alias(self, alias: str, name: str) -> None:
        """Raises FedlearnError if a collection has that name."""
        folder = self._folders().get(known_name(alias))
        if folder:
            raise FedlearnError(
                f"{self.place}: {alias} is a collection, not an alias",
                hint=f"choose another alias, or move {folder} out of the way",
            )
        write_json(self._folder / _ALIASES, {**self._aliases(), alias: name})

    def note(self) -> str:
        return ""

    def close(self) -> None:
        for collection in self._open.values():
            collection.close()
        self._open.clear()

    def _folders(self) -> dict[str, Path]:
        """The folder of each collection."""
        folders = [path.parent for path in self._folder.glob(f"*/{_CONFIG}")]
        return {name: folder for folder in folders if (name := unescape_name(folder.name))}

    def _aliases(self) -> dict[str, str]:
        return {alias: str(name) for alias, name in read_json(self._folder / _ALIASES).items()}


class EdgeCollection:
    """One open shard."""

    max_integer = MAX_INTEGER

    def __init__(self, folder: Path, name: str, aliases: dict[str, str]) -> None:
        self.name = name
        self._own_name = name
        self._folder = folder
        self._aliases = aliases
        require_space(folder, OPEN_BYTES)
        with edge_errors(folder):
            self._shard = edge.EdgeShard.load(str(folder))
        self._config = json.loads((folder / _CONFIG).read_bytes())
        schema = self.schema()
        self._main, self._is_multi = schema.main, schema.main in schema.multi

    def renamed(self, name: str) -> "EdgeCollection":
        """The same collection under another name."""
        renamed = copy(self)
        renamed.name = name
        return renamed

    def schema(self) -> Schema:
        with edge_errors(self._folder):
            known = self._shard.info().payload_schema
        vectors = {
            str(name): VectorSpec(int(spec["size"]), str(spec["distance"]))
            for name, spec in self._config["vectors"].items()
        }
        indexes = {field: format_index(info) for field, info in known.items()}
        aliases = sorted(alias for alias, name in self._aliases.items() if name == self._own_name)
        multi = {
            str(name): str(spec["multivector_config"]["comparator"])
            for name, spec in self._config["vectors"].items()
            if spec.get("multivector_config")
        }
        return Schema(vectors, self._config.get("sparse_vectors") or {}, indexes, aliases, multi)

    def count(self) -> int:
        with edge_errors(self._folder):
            return self._shard.count(edge.CountRequest(exact=True))

    def pages(self, start: PointId | None = None) -> Iterator[list[Point]]:
        offset = None if start is None else _native(start)
        while True:
            request = edge.ScrollRequest(offset=offset, limit=_SCROLL_PAGE, with_payload=True)
            with edge_errors(self._folder):
                page, offset = self._shard.scroll(request)
            yield [Point(_plain(record.id), record.payload or {}) for record in page]
            if offset is None:
                return

    def upsert(self, points: Sequence[Point]) -> None:
        made = [edge.Point(_native(point.id), self._vectors(point.vector), point.payload) for point in points]
        self._update(edge.UpdateOperation.upsert_points(made))

    def set_payloads(self, points: Sequence[Point]) -> None:
        for point in points:
            self._update(edge.UpdateOperation.overwrite_payload([_native(point.id)], point.payload))

    def delete(self, points: Sequence[PointId]) -> None:
        if points:
            self._update(edge.UpdateOperation.delete_points([_native(point) for point in points]))

    def vector_of(self, point: PointId) -> Vector | None:
        with edge_errors(self._folder):
            found = self._shard.retrieve([_native(point)], with_payload=False, with_vector=True)
        return main_vector(found[0].vector, self._main) if found else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        query = edge.Query.Nearest(vector, using=self._main)
        with edge_errors(self._folder):
            found = self._shard.query(edge.QueryRequest(limit=limit, query=query, with_payload=True))
        return [ScoredPoint(_plain(point.id), point.payload or {}, point.score) for point in found]

    def add_index(self, field: str, index: JsonObject) -> None:
        """Index a payload field."""
        self._update(edge.UpdateOperation.create_field_index(field, parse_index(index)))

    def close(self) -> None:
        with edge_errors(self._folder):
            self._shard.flush()
            self._shard.close()

    def _vectors(self, vector: Vector | None) -> "dict[str, edge.NamedVector]":
        if not vector:
            return {}
        return {self._main: [vector] if self._is_multi else vector}

    def _update(self, operation: "edge.UpdateOperation") -> None:
        require_space(self._folder, WRITE_BYTES)
        with edge_errors(self._folder):
            self._shard.update(operation)


def _config_of(schema: Schema) -> "edge.EdgeConfig":
    return edge.EdgeConfig(
        vectors={
            key: edge.EdgeVectorParams(
                size=spec.size,
                distance=getattr(edge.Distance, spec.distance),
                multivector_config=edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
                if key in schema.multi
                else None,
            )
            for key, spec in schema.vectors.items()
        },
        sparse_vectors={
            key: edge.EdgeSparseVectorParams(
                modifier=edge.Modifier.Idf if parameters.get("modifier") == "idf" else None
            )
            for key, parameters in schema.sparse.items()
        },
        wal_enabled=True,
    )


def _native(point: PointId) -> "edge.PointId":
    return UUID(point) if isinstance(point, str) else point


def _plain(point: "edge.PointId") -> PointId:
    return point if isinstance(point, int) else str(point)


def format_index(info: "edge.PayloadIndexInfo") -> JsonObject:
    """A payload index: its type, and the parameters that were set."""
    formatted: JsonObject = {"type": _enum_name(info.data_type)}
    for name in dir(info.params) if info.params else ():
        value = getattr(info.params, name)
        if not name.startswith("_") and value is not None:
            formatted[name] = value if isinstance(value, bool | int) else _enum_name(value)
    return formatted


def parse_index(index: JsonObject) -> "edge.PayloadSchemaType | edge.PayloadSchemaParams":
    """A payload index for Edge; parameters that its type does not have are dropped."""
    kind = str(index["type"]).title()
    form = getattr(edge, f"{kind}IndexParams")
    parameters = {name: _index_parameter(name, value) for name, value in index.items() if hasattr(form, name)}
    made: edge.PayloadSchemaParams = form(**parameters)
    return made if parameters else getattr(edge.PayloadSchemaType, kind)


def _index_parameter(name: str, value: Json) -> Any:  # noqa: ANN401  a flag, a number or an enumeration of the engine
    return getattr(edge.TokenizerType, str(value).title()) if name == "tokenizer" else value


def _enum_name(value: object) -> str:
    """The name of an enumeration value, as REST writes it."""
    return str(value).rpartition(".")[2].lower()
