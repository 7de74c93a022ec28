"""Collections of a Qdrant server, or of the folder of qdrant_client's local mode: the one place that uses it.

What the client raises becomes FedlearnError (qdrant_errors.py). An API key is sent over https or to this
machine only.

What qdrant_client raises, as FedlearnError: what is wrong, and what to do about it.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy, load_extra
from git_fedlearn.qdrant.store import MAX_NUMBER, Point, PointId, Schema, ScoredPoint, VectorSpec, main_of
from git_fedlearn.repository.settings import check_endpoint
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import grpc
    from qdrant_client.common import client_exceptions
    from qdrant_client.http import exceptions
else:
    client_exceptions = Lazy("qdrant_client.common.client_exceptions", "qdrant")
    exceptions = Lazy("qdrant_client.http.exceptions", "qdrant")
    grpc = Lazy("grpc", "qdrant")

_UNAUTHORIZED: Final = (401, 403)
_SERVER_ERROR: Final = 500
_MAX_MESSAGE_LENGTH: Final = 200


@contextmanager
def client_errors(place: str) -> Iterator[None]:
    """Turn what the client raises into FedlearnError; never quotes what was sent."""
    try:
        yield
    except exceptions.UnexpectedResponse as error:
        raise _refused(place, error) from error
    except (exceptions.ResponseHandlingException, grpc.RpcError) as error:
        raise _unreachable(place, error) from error
    except client_exceptions.QdrantException as error:
        raise FedlearnError(
            f"{place}: the server is busy: {_first_line(str(error))}", hint="try again later"
        ) from error
    except (RuntimeError, OSError) as error:
        raise FedlearnError(f"{place}: {str(error).partition('. ')[0]}") from error


def _refused(place: str, error: "exceptions.UnexpectedResponse") -> FedlearnError:
    code = error.status_code or 0
    if code in _UNAUTHORIZED:
        return _wrong_key(place, f"HTTP {code}")
    try:
        told = error.structured()["status"]["error"]
    except (ValueError, LookupError, TypeError):
        told = error.reason_phrase
    again = "what was written before stays; the same command goes on where it was"
    return FedlearnError(
        f"{place}: the server answered HTTP {code}: {_first_line(str(told))}",
        hint=again if code >= _SERVER_ERROR else "",
    )


def _unreachable(place: str, error: "exceptions.ResponseHandlingException | grpc.RpcError") -> FedlearnError:
    code = error.code().name if isinstance(error, grpc.Call) else ""
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return _wrong_key(place, code)
    told = error.details() or code if isinstance(error, grpc.Call) else str(error)
    if code not in ("", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
        return FedlearnError(f"{place}: the server answered {code}: {_first_line(told)}")
    return FedlearnError(
        f"{place}: cannot be reached: {_first_line(told)}",
        hint="start the server, or change QDRANT_URL (git config fedlearn.qdrantUrl)",
    )


def _wrong_key(place: str, code: str) -> FedlearnError:
    return FedlearnError(
        f"{place}: the server refused the API key ({code})",
        hint="set QDRANT_API_KEY to a key that this server takes",
    )


def _first_line(text: str) -> str:
    """What a server said, for a terminal."""
    line = (text.splitlines() or [""])[0][:_MAX_MESSAGE_LENGTH]
    return "".join(char if char.isprintable() else "?" for char in line)


if TYPE_CHECKING:
    import qdrant_client
    from qdrant_client import models
else:
    qdrant_client, models = (Lazy(name, "qdrant") for name in ("qdrant_client", "qdrant_client.models"))

_PAGE: Final = 1000
_LOCAL_PAGE: Final = 1_000_000
"""The local mode reads everything for every page, so one page it is."""


_MAX_PROTOBUF_INTEGER: Final = 2**63 - 1
"""gRPC sends the whole numbers of payloads as int64."""


class QdrantStore:
    """A server, or with `local` the client's local mode, which knows no payload indexes."""

    def __init__(self, client: "qdrant_client.QdrantClient", place: str, *, local: bool = False) -> None:
        self.place = place
        self._client = client
        self._local = local

    def names(self) -> list[str]:
        """The collections, sorted."""
        with self._translated():
            return sorted(found.name for found in self._client.get_collections().collections)

    def find(self, name: str) -> "QdrantCollection | None":
        """A collection by its name or an alias."""
        with self._translated():
            exists = self._client.collection_exists(name)
        return self._collection(name) if exists else None

    def create(self, name: str, schema: Schema) -> "QdrantCollection":
        """Make a collection with its vectors and payload indexes."""
        made = {
            key: models.VectorParams(size=spec.size, distance=models.Distance(spec.distance))
            for key, spec in schema.vectors.items()
        }
        sparse = {
            key: models.SparseVectorParams(
                modifier=models.Modifier.IDF if told.get("modifier") == "idf" else None
            )
            for key, told in schema.sparse.items()
        }
        with self._translated():
            self._client.create_collection(
                name,
                vectors_config=made[""] if [*made] == [""] else made,
                sparse_vectors_config=sparse or None,
            )
            for field, index in ({} if self._local else schema.indexes or {}).items():
                self._client.create_payload_index(name, field, field_schema=_index_schema(index), wait=True)
        return self._collection(name)

    def switch_alias(self, alias: str, name: str) -> None:
        """Make `alias` stand for a collection, in one step."""
        change = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
        )
        with self._translated():
            known = {found.alias_name for found in self._client.get_aliases().aliases}
            drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
            self._client.update_collection_aliases([drop, change] if alias in known else [change])

    def close(self) -> None:
        """Let go of the connection or folder."""
        self._client.close()

    def _collection(self, name: str) -> "QdrantCollection":
        return QdrantCollection(self._client, self.place, name, local=self._local)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        with client_errors(self.place):
            yield


class QdrantCollection:
    """One collection."""

    def __init__(self, client: "qdrant_client.QdrantClient", place: str, name: str, *, local: bool) -> None:
        self.name = name
        self._client = client
        self._place = place
        self._local = local
        self.most_number = _MAX_PROTOBUF_INTEGER if client.init_options.get("prefer_grpc") else MAX_NUMBER
        self._page = _LOCAL_PAGE if local else _PAGE
        self._vector = self.schema().main

    def schema(self) -> Schema:
        """What the collection is made of."""
        with client_errors(self._place):
            info = self._client.get_collection(self.name)
            aliases = sorted(
                found.alias_name for found in self._client.get_collection_aliases(self.name).aliases
            )
        found = info.config.params.vectors
        named = found if isinstance(found, dict) else {"": found} if found else {}
        sparse: dict[str, JsonObject] = {
            name: params.model_dump(mode="json", exclude_none=True)
            for name, params in (info.config.params.sparse_vectors or {}).items()
        }
        indexes: dict[str, JsonObject] = {
            field: {
                **(index.params.model_dump(mode="json", exclude_none=True) if index.params else {}),
                "type": index.data_type.value,
            }
            for field, index in info.payload_schema.items()
        }
        specs = {name: VectorSpec(spec.size, spec.distance.value) for name, spec in named.items()}
        return Schema(specs, sparse, None if self._local else indexes, aliases)

    def count(self) -> int:
        """How many points it holds."""
        with client_errors(self._place):
            return self._client.count(self.name, exact=True).count

    def pages(self) -> Iterator[list[Point]]:
        """All points, payloads only."""
        offset: models.ExtendedPointId | None = None
        while True:
            with client_errors(self._place):
                page, offset = self._client.scroll(
                    self.name, limit=self._page, offset=offset, with_payload=True, with_vectors=False
                )
            yield [Point(_plain(record.id), record.payload or {}) for record in page]
            if offset is None:
                return

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those of the same ids."""
        made = [
            models.PointStruct(id=p.id, payload=p.payload, vector=self._vectors(p.vector)) for p in points
        ]
        with client_errors(self._place):
            self._client.upsert(self.name, made, wait=True)

    def retell(self, points: Sequence[Point]) -> None:
        """Replace the payloads of points and keep their vectors."""
        changes = [
            models.OverwritePayloadOperation(
                overwrite_payload=models.SetPayload(payload=point.payload, points=[point.id])
            )
            for point in points
        ]
        with client_errors(self._place):
            self._client.batch_update_points(self.name, changes, wait=True)

    def delete(self, points: Sequence[PointId]) -> None:
        """Remove points."""
        if points:
            with client_errors(self._place):
                self._client.delete(self.name, points_selector=[*points], wait=True)

    def vector_of(self, point: PointId) -> Vector | None:
        """The main vector of a point, None without one."""
        with client_errors(self._place):
            found = self._client.retrieve(self.name, [point], with_payload=False, with_vectors=True)
        return main_of(found[0].vector, self._vector) if found else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """The points most similar to a vector."""
        with client_errors(self._place):
            answer = self._client.query_points(
                self.name, query=vector, using=self._vector or None, limit=limit, with_payload=True
            )
        return [ScoredPoint(_plain(point.id), point.payload or {}, point.score) for point in answer.points]

    def _vectors(self, vector: Vector | None) -> "models.VectorStruct":
        if vector is None:
            return {}
        return {self._vector: vector} if self._vector else vector


ClientLike: TypeAlias = "qdrant_client.QdrantClient"
"""A client that the caller made and closes."""


def store_of_client(client: ClientLike) -> QdrantStore:
    """The store behind a client of the caller; how it is reached, and with which key, is the caller's."""
    made = client.init_options
    place = made.get("url") or made.get("path") or made.get("host") or made.get("location") or "a client"
    parts = urlsplit(str(place))
    named = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}" if parts.hostname else str(place)
    return QdrantStore(client, named, local=bool(made.get("path") or made.get("location") == ":memory:"))


@contextmanager
def open_server(url: str, key: str | None, grpc_port: int | None = None) -> Iterator[QdrantStore]:
    """Connect to a server, by gRPC where a port for it is given.

    Raises MissingExtraError, and SettingsError for a key that would travel in the clear.
    """
    load_extra("qdrant_client", "qdrant")
    place = check_endpoint(url, "the Qdrant URL", "set QDRANT_URL", key="QDRANT_API_KEY" if key else "")
    with warnings.catch_warnings(), client_errors(place):
        warnings.simplefilter(
            "ignore", UserWarning
        )  # "Api key is used with an insecure connection", checked above
        client = qdrant_client.QdrantClient(
            url=url,
            api_key=key,
            timeout=30,
            check_compatibility=False,
            prefer_grpc=grpc_port is not None,
            grpc_port=grpc_port or 0,
        )
    store = QdrantStore(client, place)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_local_folder(folder: Path) -> Iterator[QdrantStore]:
    """Open the folder of a client in local mode. Raises FedlearnError while another process has it open."""
    load_extra("qdrant_client", "qdrant")
    if not (folder / "meta.json").is_file():
        raise FedlearnError(f"{folder}: not a folder of qdrant-client's local mode")
    with warnings.catch_warnings(), client_errors(str(folder)):
        warnings.simplefilter("ignore", UserWarning)
        client = qdrant_client.QdrantClient(path=str(folder))
    store = QdrantStore(client, str(folder), local=True)
    try:
        yield store
    finally:
        store.close()


def _index_schema(index: JsonObject) -> "models.PayloadSchemaType | models.PayloadSchemaParams":
    """An index with those of its parameters that its kind has."""
    kind = models.PayloadSchemaType(index["type"])
    form = getattr(models, f"{kind.value.title()}IndexParams")
    known = {name: value for name, value in index.items() if name in form.model_fields}
    made: models.PayloadSchemaParams = form(**known)
    return made if len(known) > 1 else kind


def _plain(point: "models.ExtendedPointId") -> PointId:
    return point if isinstance(point, int) else str(point)
