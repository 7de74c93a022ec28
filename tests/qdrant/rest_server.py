"""Qdrant's REST API on loopback, strict, over the real engine: for what cannot be run here, a Qdrant server.

No Qdrant binary is to be had from the registries, so this is not one. What it makes sure of: every request
that our client sends is one of the published API (path, method, query and body are checked against the models
that qdrant-client generates from Qdrant's OpenAPI document, which forbid unknown keys), every write waits
(`wait=true`), and every answer is of the published form. Points lie in the embedded engine, which is
Qdrant's own. Its errors are worded as the server words them. It can be as bad as real servers and what stands
before them: busy, slow, strict, broken off in the middle of an answer, or never done with one.
"""

import gzip
import json
import re
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import TypeAdapter, ValidationError
from qdrant_client.http import models

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.embedded import EdgeCollection, EdgeStore
from git_fedlearn.qdrant.store import Point, PointId, Schema, VectorSpec

Body = Any


class Asked(NamedTuple):
    """A request: its number, from 1 on, its method and path, and its body."""

    number: int
    target: str
    body: bytes


class Fault(NamedTuple):
    """An answer that is not the right one."""

    code: int = 0
    """An HTTP status instead of an answer."""
    headers: Mapping[str, str] = MappingProxyType({})
    way: str = ""
    """`drop`: no answer. `half`: a part of one. `stall`: none for long. `trickle`, `endless`: one without
    an end. `gzip`: one that becomes very large."""
    error: str = "a fault of the test"
    """What Qdrant says."""
    page: str = ""
    """What something in front of it says instead."""


@dataclass
class Served:
    """What the server was asked (method and path of each request) and how it behaves."""

    key: str = ""
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    fail_after: int | None = None
    """Answer 500 once this many requests were answered."""
    fault: Callable[[Asked], Fault | None] = lambda _: None
    limit: int = 0
    """The most points of a request in strict mode; 0 without it."""
    says_limit: bool = True
    """Whether the description of a collection contains that limit."""
    version: str = version("qdrant-client")
    done: threading.Event = field(default_factory=threading.Event)


class RefusalError(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


Answer = Callable[["Api", dict[str, str], Any], tuple[Any, Any]]
ROUTES: list[tuple[str, re.Pattern[str], tuple[str, ...], Any, Answer]] = []


def route(
    method: str, path: str, body: Any = None, *, query: tuple[str, ...] = ()
) -> Callable[[Answer], Answer]:
    """Register an endpoint: the model its body must have, and the query parameters that it must be given.

    As a proxy would, it serves the same store also below `/one` and `/two`.
    """
    pattern = re.compile(r"(?:/one|/two)?" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def register(answer: Answer) -> Answer:
        ROUTES.append((method, pattern, query, TypeAdapter(body) if body else None, answer))
        return answer

    return register


class Api:
    """The endpoints over one embedded store; each gives a result and the model of the answer."""

    def __init__(self, store: EdgeStore, served: Served) -> None:
        self.store = store
        self.served = served
        self.lock = threading.Lock()

    def refuse_more(self, number: int, name: str) -> None:
        """Refuse a request as strict mode does."""
        limit = self.served.limit
        if limit and number > limit:
            raise RefusalError(
                400,
                f'Bad request: Limit exceeded {number} > {limit} for "{name}". '
                f'Help: Reduce the "{name}" parameter to or below {limit}.',
            )

    def collection(self, name: str) -> EdgeCollection:
        found = self.store.find(name)
        if found is None:
            raise RefusalError(404, f"Not found: Collection `{name}` doesn't exist!")
        return found


@route("GET", "/collections")
def _names(api: Api, _: dict[str, str], __: Body) -> tuple[Any, Any]:
    return {"collections": [{"name": name} for name in api.store.names()]}, models.CollectionsResponse


@route("GET", "/collections/{name}")
def _info(api: Api, path: dict[str, str], _: Body) -> tuple[Any, Any]:
    collection = api.collection(path["name"])
    schema = collection.schema()
    many = {name: {"multivector_config": {"comparator": how}} for name, how in schema.multi.items()}
    vectors = {name: {**spec._asdict(), **many.get(name, {})} for name, spec in schema.vectors.items()}
    indexes = {
        name: {"data_type": told["type"], "points": 0, **({"params": told} if len(told) > 1 else {})}
        for name, told in (schema.indexes or {}).items()
    }
    params = {
        "vectors": vectors[""] if [*vectors] == [""] else vectors,
        "sparse_vectors": {**schema.sparse} or None,
        "shard_number": 1,
        "replication_factor": 1,
        "write_consistency_factor": 1,
        "on_disk_payload": True,
    }
    hnsw = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}
    optimizers = {"deleted_threshold": 0.2, "vacuum_min_vector_number": 1000, "default_segment_number": 0}
    config: dict[str, Any] = {
        "params": params,
        "hnsw_config": hnsw,
        "optimizer_config": {**optimizers, "flush_interval_sec": 5},
        "wal_config": {"wal_capacity_mb": 32, "wal_segments_ahead": 0},
    }
    if api.served.limit and api.served.says_limit:
        config["strict_mode_config"] = {"enabled": True, "max_query_limit": api.served.limit}
    facts = {"status": "green", "optimizer_status": "ok", "segments_count": 1}
    counted = {"points_count": collection.count(), "payload_schema": indexes}
    return {**facts, **counted, "config": config}, models.CollectionInfo


@route("PUT", "/collections/{name}", models.CreateCollection)
def _create(api: Api, path: dict[str, str], body: models.CreateCollection) -> tuple[Any, Any]:
    if api.store.find(path["name"]):
        raise RefusalError(409, f"Wrong input: Collection `{path['name']}` already exists!")
    named = body.vectors if isinstance(body.vectors, dict) else {"": body.vectors}
    vectors = {name: VectorSpec(one.size, one.distance.value) for name, one in named.items() if one}
    sparse: dict[str, JsonObject] = {
        name: one.model_dump(mode="json", exclude_none=True)
        for name, one in (body.sparse_vectors or {}).items()
    }
    multi = {
        name: one.multivector_config.comparator.value
        for name, one in named.items()
        if one and one.multivector_config
    }
    api.store.create(path["name"], Schema(vectors, sparse, multi=multi))
    return True, bool


@route("DELETE", "/collections/{name}")
def _drop(api: Api, path: dict[str, str], _: Body) -> tuple[Any, Any]:
    found = api.store.find(path["name"])
    api.store.close()
    shutil.rmtree(Path(api.store.place) / path["name"], ignore_errors=True)
    return found is not None, bool


@route("PUT", "/collections/{name}/index", models.CreateFieldIndex, query=("wait",))
def _index(api: Api, path: dict[str, str], body: models.CreateFieldIndex) -> tuple[Any, Any]:
    told = json.loads(body.model_dump_json(exclude_none=True))["field_schema"]
    api.collection(path["name"]).add_index(body.field_name, {"type": told} if isinstance(told, str) else told)
    return _done()


@route("GET", "/collections/{name}/aliases")
def _aliases_of(api: Api, path: dict[str, str], _: Body) -> tuple[Any, Any]:
    return _aliases(api, api.collection(path["name"]).name)


@route("GET", "/aliases")
def _all_aliases(api: Api, _: dict[str, str], __: Body) -> tuple[Any, Any]:
    return _aliases(api)


@route("POST", "/collections/aliases", models.ChangeAliasesOperation)
def _switch(api: Api, _: dict[str, str], body: models.ChangeAliasesOperation) -> tuple[Any, Any]:
    for action in body.actions:
        if isinstance(action, models.CreateAliasOperation):
            made = action.create_alias
            if made.alias_name in api.store.names():
                raise RefusalError(409, f"Wrong input: Collection `{made.alias_name}` already exists!")
            api.store.switch_alias(made.alias_name, made.collection_name)
    return True, bool


@route("PUT", "/collections/{name}/points", models.PointInsertOperations, query=("wait",))
def _upsert(api: Api, path: dict[str, str], body: models.PointsList) -> tuple[Any, Any]:
    collection = api.collection(path["name"])
    api.refuse_more(len(body.points), "upsert limit")
    made = []
    for point in body.points:
        main = collection.schema().main
        vector = point.vector if isinstance(point.vector, list) else (point.vector or {}).get(main)  # type: ignore[union-attr]
        if main in collection.schema().multi and vector:
            (vector,) = vector
        made.append(Point(_plain(point.id), point.payload or {}, vector))  # type: ignore[arg-type]
    collection.upsert(made)
    return _done()


@route("POST", "/collections/{name}/points/batch", models.UpdateOperations, query=("wait",))
def _batch(api: Api, path: dict[str, str], body: models.UpdateOperations) -> tuple[Any, Any]:
    collection = api.collection(path["name"])
    for operation in body.operations:
        assert isinstance(operation, models.OverwritePayloadOperation)
        change = operation.overwrite_payload
        collection.set_payloads([Point(_plain(point), change.payload) for point in change.points or ()])
    return [{"operation_id": 0, "status": "completed"}] * len(body.operations), list[models.UpdateResult]


@route("POST", "/collections/{name}/points/delete", models.PointsSelector, query=("wait",))
def _delete(api: Api, path: dict[str, str], body: models.PointIdsList) -> tuple[Any, Any]:
    api.collection(path["name"]).delete([_plain(point) for point in body.points])
    return _done()


@route("POST", "/collections/{name}/points/count", models.CountRequest)
def _count(api: Api, path: dict[str, str], body: models.CountRequest) -> tuple[Any, Any]:
    assert body.exact
    return {"count": api.collection(path["name"]).count()}, models.CountResult


@route("POST", "/collections/{name}/points/scroll", models.ScrollRequest)
def _scroll(api: Api, path: dict[str, str], body: models.ScrollRequest) -> tuple[Any, Any]:
    limit = body.limit or 10
    api.refuse_more(limit, "limit")
    start = None if body.offset is None else _plain(body.offset)
    pages = api.collection(path["name"]).pages(start)
    points = [*islice((point for page in pages for point in page), limit + 1)]
    page = [{"id": point.id, "payload": point.payload} for point in points[:limit]]
    following = points[limit].id if len(points) > limit else None
    return {"points": page, "next_page_offset": following}, models.ScrollResult


@route("POST", "/collections/{name}/points", models.PointRequest)
def _retrieve(api: Api, path: dict[str, str], body: models.PointRequest) -> tuple[Any, Any]:
    collection = api.collection(path["name"])
    main = collection.schema().main
    found = [(_plain(point), collection.vector_of(_plain(point))) for point in body.ids]
    told = [{"id": point, "vector": {main: vector} if main else vector} for point, vector in found if vector]
    return told, list[models.Record]


@route("POST", "/collections/{name}/points/query", models.QueryRequest)
def _query(api: Api, path: dict[str, str], body: models.QueryRequest) -> tuple[Any, Any]:
    collection = api.collection(path["name"])
    assert (body.using or "") == collection.schema().main
    assert isinstance(body.query, models.NearestQuery)
    found = collection.nearest(body.query.nearest, body.limit or 10)  # type: ignore[arg-type]
    points = [{"id": one.id, "version": 0, "score": one.score, "payload": one.payload} for one in found]
    return {"points": points}, models.QueryResponse


def _done() -> tuple[Any, Any]:
    return {"operation_id": 0, "status": "completed"}, models.UpdateResult


def _aliases(api: Api, of: str | None = None) -> tuple[Any, Any]:
    names = [of] if of else api.store.names()
    told = [
        {"alias_name": alias, "collection_name": name}
        for name in names
        for alias in api.collection(name).schema().aliases or ()
    ]
    return {"aliases": told}, models.CollectionsAliasesResponse


def _plain(point: object) -> PointId:
    return point if isinstance(point, int) else str(point)


def answer(api: Api, method: str, target: str, data: bytes) -> tuple[int, Any]:
    """The code and the body for a request; anything that is not in the published API is refused."""
    parts = urlsplit(target)
    if (method, parts.path) == ("GET", "/"):
        return 200, {"title": "qdrant - vector search engine", "version": api.served.version}
    for verb, pattern, query, body, handler in ROUTES:
        match = pattern.fullmatch(parts.path)
        if verb != method or not match:
            continue
        given = dict(parse_qsl(parts.query))
        if given != dict.fromkeys(query, "true"):
            raise RefusalError(400, f"query of {method} {target}: not {query}")
        try:
            parsed = body.validate_json(data) if body else None
        except ValidationError as error:
            raise RefusalError(400, f"Format error in JSON body: {error}") from error
        path = {name: unquote(value) for name, value in match.groupdict().items()}
        with api.lock:
            result, form = handler(api, path, parsed)
        TypeAdapter(form).validate_python(result)
        return 200, {"result": result, "status": "ok", "time": 0.001}
    raise RefusalError(404, f"no {method} {target} in the published API")


def _checked(api: Api, state: Served, request: BaseHTTPRequestHandler, data: bytes) -> tuple[int, Any]:
    if state.key and request.headers["api-key"] != state.key:
        raise RefusalError(401, "Must provide an API key or an Authorization bearer token")
    if state.fail_after is not None and len(state.asked) > state.fail_after:
        raise RefusalError(500, "Service internal error: No space left on device")
    return answer(api, request.command, request.path, data)


def _fail(request: BaseHTTPRequestHandler, fault: Fault, done: threading.Event) -> None:
    """Answer wrongly."""
    if fault.way in ("drop", "stall"):
        done.wait(10 if fault.way == "stall" else 0)
        return
    body = fault.page.encode() or json.dumps({"status": {"error": fault.error}}).encode()
    if fault.way == "gzip":
        body = gzip.compress(b" " * 10_000_000)
    request.send_response(fault.code or 200)
    for name, value in fault.headers.items():
        request.send_header(name, value)
    if fault.way == "gzip":
        request.send_header("Content-Encoding", "gzip")
    if fault.way not in ("trickle", "endless"):
        request.send_header("Content-Length", str(len(body) + 100 * (fault.way == "half")))
    request.end_headers()
    size, pause = {"trickle": (1, 0.02), "endless": (100_000, 0.0)}.get(fault.way, (0, 0.0))
    while size and not done.wait(pause):
        request.wfile.write(b" " * size)
    request.wfile.write(body)


def _handler(api: Api, state: Served) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"] or 0))
            state.asked.append(f"{self.command} {self.path}")
            state.keys.append(self.headers["api-key"])
            fault = state.fault(Asked(len(state.asked), state.asked[-1], data))
            if fault:
                with suppress(OSError):
                    _fail(self, fault, state.done)
                return
            try:
                code, body = _checked(api, state, self, data)
            except (RefusalError, FedlearnError) as error:
                code = error.code if isinstance(error, RefusalError) else 400
                body = {"status": {"error": str(error)}, "time": 0.0}
            payload = json.dumps(body).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def do_GET(self) -> None:
            self.respond()

        def do_PUT(self) -> None:
            self.respond()

        def do_POST(self) -> None:
            self.respond()

        def do_DELETE(self) -> None:
            self.respond()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def rest_server(
    folder: Path, served: Served | None = None, certificate: tuple[Path, Path] | None = None
) -> Iterator[str]:
    """Serve until the block ends; gives the URL. With a certificate (and its key), over TLS."""
    store = EdgeStore(folder)
    served = served or Served()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(Api(store, served), served))
    scheme = "http"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}"
    finally:
        served.done.set()
        server.shutdown()
        server.server_close()
        thread.join()
        store.close()
