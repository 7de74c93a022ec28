"""Collections of a Qdrant server, or in a folder of the client's local mode: the one user of qdrant_client.

Exceptions of the client become FedlearnError with a hint. An API key is sent only over https or to this
machine.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError, StoreDownError
from git_fedlearn.extras import Lazy, load_extra
from git_fedlearn.qdrant.store import (
    MAX_INTEGER,
    Point,
    PointId,
    Schema,
    ScoredPoint,
    VectorSpec,
    main_vector,
)
from git_fedlearn.repository.settings import check_endpoint
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import grpc
    import qdrant_client
    from qdrant_client import models
    from qdrant_client.common import client_exceptions
    from qdrant_client.http import exceptions
else:
    grpc, qdrant_client, models = (
        Lazy(name, "qdrant") for name in ("grpc", "qdrant_client", "qdrant_client.models")
    )
    client_exceptions = Lazy("qdrant_client.common.client_exceptions", "qdrant")
    exceptions = Lazy("qdrant_client.http.exceptions", "qdrant")

_UNAUTHORIZED: Final = (401, 403)
_SERVER_ERROR: Final = 500
_MAX_MESSAGE_LENGTH: Final = 200

_SCROLL_PAGE: Final = 1000
_LOCAL_SCROLL_PAGE: Final = 1_000_000
"""The local mode reads all points for each page, so it gets a single one."""

_MAX_PROTOBUF_INTEGER: Final = 2**63 - 1
"""gRPC sends integers in payloads as int64."""


class QdrantStore:
    """A server, or with `local` the client's local mode, which knows no payload indexes."""

    def __init__(self, client: "qdrant_client.QdrantClient", place: str, *, local: bool = False) -> None:
        self.place = place
        self._client = client
        self._local = local

    def names(self) -> list[str]:
        """The names of the collections, sorted."""
        with client_errors(self.place):
            return sorted(found.name for found in self._client.get_collections().collections)

    def find(self, name: str) -> "QdrantCollection | None":
        """A collection by its name or an alias."""
        with client_errors(self.place):
            exists = self._client.collection_exists(name)
        return self._collection(name) if exists else None

    def create(self, name: str, schema: Schema) -> "QdrantCollection":
        """Create a collection with its vectors and payload indexes."""
        vectors = {
            key: models.VectorParams(size=spec.size, distance=models.Distance(spec.distance))
            for key, spec in schema.vectors.items()
        }
        sparse = {
            key: models.SparseVectorParams(
                modifier=models.Modifier.IDF if parameters.get("modifier") == "idf" else None
            )
            for key, parameters in schema.sparse.items()
        }
        with client_errors(self.place):
            self._client.create_collection(
                name,
                vectors_config=vectors[""] if [*vectors] == [""] else vectors,
                sparse_vectors_config=sparse or None,
            )
            for field, index in ({} if self._local else schema.indexes or {}).items():
                self._client.create_payload_index(name, field, field_schema=_index_schema(index), wait=True)
        return self._collection(name)

    def switch_alias(self, alias: str, name: str) -> None:
        """Point an alias to a collection, atomically."""
        change = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
        )
        with client_errors(self.place):
            known = {found.alias_name for found in self._client.get_aliases().aliases}
            drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
            self._client.update_collection_aliases([drop, change] if alias in known else [change])

    def close(self) -> None:
        """Close the connection or folder."""
        self._client.close()

    def _collection(self, name: str) -> "QdrantCollection":
        return QdrantCollection(self._client, self.place, name, local=self._local)


class QdrantCollection:
    """One collection."""

    def __init__(self, client: "qdrant_client.QdrantClient", place: str, name: str, *, local: bool) -> None:
        self.name = name
        self._client = client
        self._place = place
        self._local = local
        self.max_integer = _MAX_PROTOBUF_INTEGER if client.init_options.get("prefer_grpc") else MAX_INTEGER
        self._page = _LOCAL_SCROLL_PAGE if local else _SCROLL_PAGE
        self._vector = self.schema().main

    def schema(self) -> Schema:
        """Vectors, payload indexes and aliases of the collection."""
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
        """The number of points."""
        with client_errors(self._place):
            return self._client.count(self.name, exact=True).count

    def pages(self) -> Iterator[list[Point]]:
        """All points without their vectors."""
        offset: models.ExtendedPointId | None = None
        asked: set[models.ExtendedPointId | None] = set()
        while True:
            if offset in asked:
                raise FedlearnError(f"{self._place}: answers the same page of {self.name} again and again")
            asked.add(offset)
            with client_errors(self._place):
                page, offset = self._client.scroll(
                    self.name, limit=self._page, offset=offset, with_payload=True, with_vectors=False
                )
            yield [Point(_plain(record.id), record.payload or {}) for record in page]
            if offset is None:
                return

    def upsert(self, points: Sequence[Point]) -> None:
        """Add points, or replace those with the same ids."""
        made = [
            models.PointStruct(id=p.id, payload=p.payload, vector=self._vectors(p.vector)) for p in points
        ]
        with client_errors(self._place):
            self._client.upsert(self.name, made, wait=True)

    def set_payloads(self, points: Sequence[Point]) -> None:
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
        """The main vector of a point, None if it has none."""
        with client_errors(self._place):
            found = self._client.retrieve(self.name, [point], with_payload=False, with_vectors=True)
        return main_vector(found[0].vector, self._vector) if found else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        """The points most similar to a vector, best first."""
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
"""A client that the caller creates and closes."""


def store_of_client(client: ClientLike) -> QdrantStore:
    """The store of a client; the caller decides about its URL and key."""
    made = client.init_options
    place = made.get("url") or made.get("path") or made.get("host") or made.get("location") or "a client"
    parts = urlsplit(str(place))
    named = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}" if parts.hostname else str(place)
    return QdrantStore(client, named, local=bool(made.get("path") or made.get("location") == ":memory:"))


@contextmanager
def open_server(url: str, key: str | None, grpc_port: int | None = None) -> Iterator[QdrantStore]:
    """Connect to a server, by gRPC if its port is given.

    Raises MissingExtraError, and SettingsError for a key that would be sent unencrypted.
    """
    load_extra("qdrant_client", "qdrant")
    place = check_endpoint(url, "the Qdrant URL", "set QDRANT_URL", key="QDRANT_API_KEY" if key else "")
    with warnings.catch_warnings(), client_errors(place):
        # "Api key is used with an insecure connection" is checked above.
        warnings.simplefilter("ignore", UserWarning)
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
    """Open a folder of the local mode. Raises FedlearnError if another process has it open."""
    load_extra("qdrant_client", "qdrant")
    if not (folder / "meta.json").is_file():
        raise FedlearnError(f"{folder}: not a folder of the local mode of qdrant-client")
    with warnings.catch_warnings(), client_errors(str(folder)):
        warnings.simplefilter("ignore", UserWarning)
        client = qdrant_client.QdrantClient(path=str(folder))
    store = QdrantStore(client, str(folder), local=True)
    try:
        yield store
    finally:
        store.close()


def _index_schema(index: JsonObject) -> "models.PayloadSchemaType | models.PayloadSchemaParams":
    """A payload index for the client; parameters that its type does not have are dropped."""
    kind = models.PayloadSchemaType(index["type"])
    form = getattr(models, f"{kind.value.title()}IndexParams")
    known = {name: value for name, value in index.items() if name in form.model_fields}
    made: models.PayloadSchemaParams = form(**known)
    return made if len(known) > 1 else kind


def _plain(point: "models.ExtendedPointId") -> PointId:
    return point if isinstance(point, int) else str(point)


@contextmanager
def client_errors(place: str) -> Iterator[None]:
    """Turn exceptions of the client into FedlearnError, which never quotes what was sent."""
    try:
        yield
    except exceptions.UnexpectedResponse as error:
        raise _http_error(place, error) from error
    except (exceptions.ResponseHandlingException, grpc.RpcError) as error:
        raise _connection_error(place, error) from error
    except client_exceptions.QdrantException as error:
        raise FedlearnError(
            f"{place}: the server is busy: {_first_line(str(error))}", hint="try again later"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _foreign_answer(place) from error
    except (RuntimeError, OSError) as error:
        raise FedlearnError(f"{place}: {str(error).partition('. ')[0]}") from error


def _http_error(place: str, error: "exceptions.UnexpectedResponse") -> FedlearnError:
    code = error.status_code or 0
    if code in _UNAUTHORIZED:
        return _key_error(place, f"HTTP {code}")
    try:
        message = error.structured()["status"]["error"]
    except (ValueError, LookupError, TypeError):
        message = error.reason_phrase
    return FedlearnError(
        f"{place}: the server answered HTTP {code}: {_first_line(str(message))}",
        hint="run it again; it resumes where it stopped" if code >= _SERVER_ERROR else "",
    )


def _connection_error(
    place: str, error: "exceptions.ResponseHandlingException | grpc.RpcError"
) -> FedlearnError:
    if isinstance(getattr(error, "source", None), ValueError | RecursionError):
        return _foreign_answer(place)
    code = error.code().name if isinstance(error, grpc.Call) else ""
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return _key_error(place, code)
    message = error.details() or code if isinstance(error, grpc.Call) else str(error)
    if code not in ("", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
        return FedlearnError(f"{place}: the server answered {code}: {_first_line(message)}")
    return StoreDownError(
        f"{place}: cannot be reached: {_first_line(message)}",
        hint="start the server, or change QDRANT_URL (git config fedlearn.qdrantUrl)",
    )


def _foreign_answer(place: str) -> FedlearnError:
    return FedlearnError(
        f"{place}: this answer is not Qdrant's", hint="check QDRANT_URL (git config fedlearn.qdrantUrl)"
    )


def _key_error(place: str, code: str) -> FedlearnError:
    return StoreDownError(
        f"{place}: the server rejected the API key ({code})",
        hint="set QDRANT_API_KEY to a key that this server accepts",
    )


def _first_line(text: str) -> str:
    """The first line of a message from a server, safe to print."""
    line = (text.splitlines() or [""])[0][:_MAX_MESSAGE_LENGTH]
    return "".join(char if char.isprintable() else "?" for char in line)
