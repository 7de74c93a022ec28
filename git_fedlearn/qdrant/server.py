"""Collections of a Qdrant server, or in a folder of the client's local mode: the user of qdrant_client.

An API key is sent only over https or to this
machine, and redirects are not followed. What a server refuses or does not answer in time, because it is too
much, is asked for in smaller parts.
"""

# ruff: noqa: D102  the protocol says what the methods mean

import json
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.extras import Lazy, load_extra
from git_fedlearn.qdrant.client_errors import (
    ForbiddenError,
    NoCollectionError,
    TooMuchError,
    client_errors,
    first_line,
)
from git_fedlearn.qdrant.store import (
    MAX_INTEGER,
    Point,
    PointId,
    PointTooLargeError,
    Schema,
    ScoredPoint,
    VectorSpec,
    main_vector,
)
from git_fedlearn.qdrant.transport import Patience, PatientTransport
from git_fedlearn.repository.settings import check_endpoint, clean_key
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import qdrant_client
    from qdrant_client import models
    from qdrant_client.common import version_check
else:
    qdrant_client, models = (Lazy(name, "qdrant") for name in ("qdrant_client", "qdrant_client.models"))
    version_check = Lazy("qdrant_client.common.version_check", "qdrant")

_GRPC_RETRIES: Final = {
    "maxAttempts": 5,
    "initialBackoff": "0.25s",
    "maxBackoff": "20s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
}
"""https://grpc.io/docs/guides/retry/"""
_SCROLL_PAGE: Final = 1000
_LOCAL_SCROLL_PAGE: Final = 1_000_000
"""The local mode reads all points for each page, so it gets a single one."""

_PORT: Final = 6333
"""What the client uses if a URL names none, also for https."""

_MAX_PROTOBUF_INTEGER: Final = 2**63 - 1
"""gRPC sends integers in payloads as int64."""


_Item = TypeVar("_Item")


class QdrantStore:
    """A server, or with `local` the client's local mode, which knows no payload indexes."""

    def __init__(
        self, client: "qdrant_client.QdrantClient", place: str, path: str = "", *, local: bool = False
    ) -> None:
        """`path` is that of the URL: one host may serve several stores."""
        self.place = place
        self.identity = f"{place}{path.rstrip('/')}"
        self._client = client
        self._local = local

    def names(self) -> list[str]:
        with client_errors(self.place):
            return sorted(found.name for found in self._client.get_collections().collections)

    def find(self, name: str) -> "QdrantCollection | None":
        if self._local and not self._client.collection_exists(name):
            return None
        try:
            return self._collection(name)
        except NoCollectionError:
            return None

    def create(self, name: str, schema: Schema) -> "QdrantCollection":
        vectors = {
            key: models.VectorParams(
                size=spec.size,
                distance=models.Distance(spec.distance),
                multivector_config=models.MultiVectorConfig(
                    comparator=models.MultiVectorComparator(schema.multi[key])
                )
                if key in schema.multi
                else None,
            )
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
        change = models.CreateAliasOperation(
            create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
        )
        with client_errors(self.place):
            known = {found.alias_name for found in self._client.get_aliases().aliases}
            drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))
            self._client.update_collection_aliases([drop, change] if alias in known else [change])

    def note(self) -> str:
        ours, theirs = version("qdrant-client"), ""
        if not self._local:
            with suppress(FedlearnError), client_errors(self.place):
                theirs = self._client.info().version
        if not theirs or version_check.is_compatible(ours, theirs):
            return ""
        versions = f"server version {first_line(theirs)}, qdrant-client {ours}"
        return f"{self.place}: {versions}: they may not fit together"

    def close(self) -> None:
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
        schema = self.schema()
        self._vector, self._is_multi = schema.main, schema.main in schema.multi

    def schema(self) -> Schema:
        with client_errors(self._place):
            info = self._client.get_collection(self.name)
        aliases = None
        with suppress(ForbiddenError), client_errors(self._place):
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
        strict = info.config.strict_mode_config
        if strict and strict.enabled and strict.max_query_limit:
            self._page = min(self._page, strict.max_query_limit)
        specs = {name: VectorSpec(spec.size, spec.distance.value) for name, spec in named.items()}
        multi = {
            name: spec.multivector_config.comparator.value
            for name, spec in named.items()
            if spec.multivector_config
        }
        return Schema(specs, sparse, None if self._local else indexes, aliases, multi)

    def count(self) -> int:
        with client_errors(self._place):
            return self._client.count(self.name, exact=True).count

    def pages(self, start: PointId | None = None) -> Iterator[list[Point]]:
        offset: models.ExtendedPointId | None = start
        asked: set[models.ExtendedPointId | None] = set()
        while True:
            if offset in asked:
                raise FedlearnError(f"{self._place}: answers the same page of {self.name} again and again")
            asked.add(offset)
            page, offset = self._scroll(offset)
            yield [Point(_plain(record.id), record.payload or {}) for record in page]
            if offset is None:
                return

    def _scroll(
        self, offset: "models.ExtendedPointId | None"
    ) -> "tuple[list[models.Record], models.ExtendedPointId | None]":
        """One page, as large as the server allows and manages in time."""
        while True:
            try:
                with client_errors(self._place):
                    return self._client.scroll(
                        self.name, limit=self._page, offset=offset, with_payload=True, with_vectors=False
                    )
            except TooMuchError as error:
                if self._page == 1:
                    raise
                self._page = _smaller(self._page, error)

    def upsert(self, points: Sequence[Point]) -> None:
        made = [
            models.PointStruct(id=p.id, payload=p.payload, vector=self._vectors(p.vector)) for p in points
        ]
        self._in_parts(made, lambda part: self._client.upsert(self.name, part, wait=True))

    def set_payloads(self, points: Sequence[Point]) -> None:
        changes = [
            models.OverwritePayloadOperation(
                overwrite_payload=models.SetPayload(payload=point.payload, points=[point.id])
            )
            for point in points
        ]
        self._in_parts(changes, lambda part: self._client.batch_update_points(self.name, part, wait=True))

    def delete(self, points: Sequence[PointId]) -> None:
        self._in_parts(
            [*points],
            lambda part: self._client.delete(
                self.name, points_selector=models.PointIdsList(points=[*part]), wait=True
            ),
        )

    def vector_of(self, point: PointId) -> Vector | None:
        with client_errors(self._place):
            found = self._client.retrieve(self.name, [point], with_payload=False, with_vectors=True)
        return main_vector(found[0].vector, self._vector) if found else None

    def nearest(self, vector: Vector, limit: int) -> list[ScoredPoint]:
        try:
            with client_errors(self._place):
                answer = self._client.query_points(
                    self.name, query=vector, using=self._vector or None, limit=limit, with_payload=True
                )
        except TooMuchError as error:
            if limit == 1:
                raise
            return self.nearest(vector, _smaller(limit, error))
        return [ScoredPoint(_plain(point.id), point.payload or {}, point.score) for point in answer.points]

    def _in_parts(self, items: list[_Item], send: Callable[[list[_Item]], object]) -> None:
        """Send all, in smaller parts if the server refuses so many or does not manage them in time."""
        size = len(items)
        while items:
            try:
                with client_errors(self._place):
                    send(items[:size])
            except TooMuchError as error:
                if size == 1 and error.is_refusal:
                    raise PointTooLargeError(error.message) from error
                if size == 1:
                    raise
                size = _smaller(size, error)
            else:
                items = items[size:]

    def _vectors(self, vector: Vector | None) -> "models.VectorStruct":
        if vector is None:
            return {}
        stored: list[float] | list[list[float]] = [vector] if self._is_multi else vector
        return {self._vector: stored} if self._vector else stored


def _smaller(number: int, error: TooMuchError) -> int:
    return error.limit if error.limit and error.limit < number else number // 2


ClientLike: TypeAlias = "qdrant_client.QdrantClient"
"""A client that the caller creates and closes."""


def store_of_client(client: ClientLike) -> QdrantStore:
    """The store of a client; the caller decides about its URL and key."""
    made = client.init_options
    place = made.get("url") or made.get("path") or made.get("host") or made.get("location") or "a client"
    parts = urlsplit(str(place))
    named = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}" if parts.hostname else str(place)
    path = f"{parts.path if parts.hostname else ''}{made.get('prefix') or ''}"
    return QdrantStore(
        client, named, path=path, local=bool(made.get("path") or made.get("location") == ":memory:")
    )


@contextmanager
def open_server(
    url: str, key: str | None, grpc_port: int | None = None, patience: Patience | None = None
) -> Iterator[QdrantStore]:
    """Connect to a server, by gRPC if its port is given.

    Raises MissingExtraError, and SettingsError for a key that would be sent unencrypted or a password in the
    URL.
    """
    load_extra("qdrant_client", "qdrant")
    key = clean_key(key, "QDRANT_API_KEY")
    hint = f"set QDRANT_URL (git config fedlearn.qdrantUrl) to http://127.0.0.1:{_PORT} or the like"
    place = check_endpoint(url, "the Qdrant URL", hint, key="QDRANT_API_KEY" if key else "")
    parts = urlsplit(url)
    if parts.password:
        raise SettingsError(
            f"{place}: a user and password in the URL are not sent",
            hint="take them out; Qdrant has API keys: QDRANT_API_KEY",
        )
    place = place if parts.port else f"{place}:{_PORT}"
    patience = patience or Patience()
    with warnings.catch_warnings(), client_errors(place):
        # "Api key is used with an insecure connection" is checked above.
        warnings.simplefilter("ignore", UserWarning)
        client = qdrant_client.QdrantClient(
            url=url,
            api_key=key,
            timeout=math.ceil(patience.seconds),
            check_compatibility=False,
            prefer_grpc=grpc_port is not None,
            grpc_port=grpc_port or 0,
            grpc_options={
                "grpc.max_receive_message_length": patience.answer_bytes,
                "grpc.service_config": json.dumps(
                    {"methodConfig": [{"name": [{}], "retryPolicy": _GRPC_RETRIES}]}
                ),
            },
            transport=PatientTransport(url, patience),
        )
    store = QdrantStore(client, place, parts.path)
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
