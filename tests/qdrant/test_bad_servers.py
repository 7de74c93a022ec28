"""Servers as they are: busy, slow, strict, breaking off, redirecting. Nothing is lost or doubled."""

import json
import socket
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pytest
from qdrant.rest_server import Asked, Fault, Served, rest_server
from systems import System

from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.embedded import EdgeStore
from git_fedlearn.qdrant.server import open_server
from git_fedlearn.qdrant.store import Point, Schema, VectorSpec
from git_fedlearn.qdrant.transport import Patience

HASTY = Patience(seconds=1, total=0.5, answer_bytes=3_000_000, tries=4, pause=0.001, longest=2)
POINTS = 250


def filled(folder: Path, number: int = POINTS) -> Path:
    """A folder that a server can serve, with a collection `notes`."""
    store = EdgeStore(folder)
    made = store.create("notes", Schema({"": VectorSpec(2)}))
    for start in range(0, number, 1000):
        ids = range(start, min(start + 1000, number))
        made.upsert([Point(n, {"text": f"note {n}"}, [1.0, 1.0]) for n in ids])
    store.close()
    return folder


def every(number: int, fault: Fault) -> Callable[[Asked], Fault | None]:
    return lambda asked: fault if asked.number % number == 0 else None


def read(url: str) -> list[object]:
    with open_server(url, None, patience=HASTY) as server:
        found = server.find("notes")
        assert found
        return [point.id for page in found.pages() for point in page]


@pytest.mark.parametrize("limit", [7, 100])
@pytest.mark.parametrize("says_limit", [True, False])
def test_pages_are_as_large_as_strict_mode_allows(tmp_path: Path, limit: int, *, says_limit: bool) -> None:
    served = Served(limit=limit, says_limit=says_limit)
    with rest_server(filled(tmp_path / "served"), served) as url:
        assert read(url) == [*range(POINTS)]
    scrolls = sum(asked.endswith("/points/scroll") for asked in served.asked)
    assert scrolls == -(-POINTS // limit) + (not says_limit)


CREATE = "PUT /collections/more"
"""Not repeated: the server may have done it."""

FAULTS = {
    "busy": Fault(429, {"Retry-After": "0"}),
    "busy without a time": Fault(429),
    "unavailable until": Fault(503, {"Retry-After": formatdate(0, usegmt=True)}),
    "bad gateway": Fault(502),
    "gateway time-out": Fault(504),
    "dropped": Fault(way="drop"),
    "half an answer": Fault(way="half"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_request_that_fails_once_is_repeated(tmp_path: Path, name: str) -> None:
    faults = every(3, FAULTS[name])
    served = Served(limit=10, fault=lambda asked: None if asked.target == CREATE else faults(asked))
    with rest_server(filled(tmp_path / "served"), served) as url:
        assert read(url) == [*range(POINTS)]
        with open_server(url, None, patience=HASTY) as server:
            made = server.create("more", Schema({"": VectorSpec(2)}))
            made.upsert([Point(n, {"n": n}, [1.0, 1.0]) for n in range(95)])
            made.set_payloads([Point(n, {"n": -n}) for n in range(5)])
            made.delete([90])
            assert [point.payload["n"] for page in made.pages() for point in page] == [
                *(-n for n in range(5)),
                *range(5, 90),
                *range(91, 95),
            ]


REFUSALS = {
    "by a rate limit": Fault(
        429,
        error="Rate limiting exceeded: Write rate limit exceeded, request larger than rate limiter capacity, "
        "please try to split your request",
    ),
    "by the size of a body": Fault(
        400, error="JSON payload (281468 bytes) is larger than allowed (limit: 60000 bytes)."
    ),
    "by a proxy": Fault(413, page="<html><h1>413 Request Entity Too Large</h1></html>"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_as_too_large_is_sent_in_parts_and_one_record_stops_no_other(
    system: System, name: str
) -> None:
    def fault(asked: Asked) -> Fault | None:
        is_large = asked.target.startswith("PUT /collections/notes/points") and len(asked.body) > 60_000
        return REFUSALS[name] if is_large else None

    system.add("collections/notes", *({"text": f"note {n}"} for n in range(40)))
    system.add("collections/notes", {"text": "a long one " * 8000})
    served = Served(fault=fault)
    with rest_server(system.path.parent / "served", served) as url:
        system.environment["QDRANT_URL"] = url
        for out in ("notes: 40 added (40 points)\n", "notes: nothing new (40 points)\n"):
            said = system.fedlearn("import", "notes", code=1)
            assert said.out == out
            assert said.err.count("; not imported\n") == 1
            assert f"the server answered HTTP {REFUSALS[name].code}: " in said.err
    assert len(served.asked) < 60  # what is refused is not asked for again


SLOW = {
    "stalls": Fault(way="stall"),
    "trickles": Fault(way="trickle"),
    "never ends": Fault(way="endless"),
    "times out": Fault(408, error="Timeout error: Operation 'Scroll' timed out after 60 seconds"),
    "times out on its shards": Fault(
        500,
        error="Service internal error: 2 of 2 read operations failed:\n  Timeout error: Deadline Exceeded",
    ),
    "times out at a proxy": Fault(504, page="<html>504 Gateway Time-out</html>"),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_page_that_is_too_much_is_halved(tmp_path: Path, name: str) -> None:
    def fault(asked: Asked) -> Fault | None:
        is_large = asked.target.endswith("/scroll") and json.loads(asked.body)["limit"] > 250
        return SLOW[name] if is_large else None

    with rest_server(filled(tmp_path / "served"), Served(fault=fault)) as url:
        assert read(url) == [*range(POINTS)]


MESSAGES = {
    "stalls": (SLOW["stalls"], "no complete answer in time"),
    "trickles": (SLOW["trickles"], "no complete answer in time"),
    "never ends": (SLOW["never ends"], "an answer is larger than git-fedlearn reads"),
    "compressed": (Fault(way="gzip"), "this answer is not Qdrant's"),
    "half": (Fault(way="half"), "the connection broke: "),
    "times out": (SLOW["times out"], "the server answered HTTP 408: Timeout error: Operation 'Scroll' "),
    "a proxy without words": (Fault(520), "the server answered HTTP 520"),
    "another path": (Fault(404, page="<html>404</html>"), "the server answered HTTP 404: Not Found"),
    "not allowed": (
        Fault(403, error="Forbidden: Global access is required"),
        "not allowed with this API key (HTTP 403): Forbidden: Global access is required",
    ),
    "a later version": (
        Fault(page='{"result":{"collections":[{"title":"x"}]},"status":"ok","time":0}'),
        "this answer is not Qdrant's, or of a version that qdrant-client ",
    ),
    "redirects": (
        Fault(307, {"Location": "https://other.example.org/x"}),
        "redirects to https://other.example.org/x",
    ),
    "busy for long": (Fault(429, {"Retry-After": "3600"}), "the server is busy: a fault of the test"),
    "unavailable": (Fault(503), "the server answered HTTP 503"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_says_what_happened(tmp_path: Path, name: str) -> None:
    fault, message = MESSAGES[name]
    served = Served(fault=every(1, fault))
    begin = time.monotonic()
    with (
        rest_server(tmp_path / "served", served) as url,
        open_server(url, "a-key", patience=HASTY) as server,
        pytest.raises(FedlearnError) as caught,
    ):
        server.names()
    assert caught.value.message.startswith(f"{url}: {message}")
    assert "start the server" not in caught.value.hint
    assert time.monotonic() - begin < 30


def test_versions_that_do_not_fit_together_are_named_once(system: System) -> None:
    served = Served(version="0.1.2")
    with rest_server(filled(system.path.parent / "served", 3), served) as url:
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn("export", "--all").err
        assert said.count("server version 0.1.2, qdrant-client ") == 1
        served.version = Served().version
        assert "version" not in system.fedlearn("export", "--all").err


def test_a_server_that_does_not_know_newer_requests_is_used_without_them(system: System) -> None:
    def fault(asked: Asked) -> Fault | None:
        return Fault(404, page="") if asked.target.endswith("/exists") else None

    with rest_server(filled(system.path.parent / "served", 3), Served(version="1.7.4", fault=fault)) as url:
        system.environment["QDRANT_URL"] = url
        assert system.fedlearn("export", "notes").out == "notes: 3 lessons added; 3 points read\n"
        missing = system.fedlearn("export", "others", code=2)
        assert missing.err == f"error: {url}: no collection others\nhint: collections: notes\n"


def test_a_key_for_some_collections_is_enough_for_those(system: System) -> None:
    def fault(asked: Asked) -> Fault | None:
        is_closed = "/collections/closed" in asked.target or asked.target.endswith("/aliases")
        return Fault(403, error="Forbidden: access to collection is required") if is_closed else None

    folder = filled(system.path.parent / "served", 3)
    store = EdgeStore(folder)
    store.create("closed", Schema({"": VectorSpec(2)}))
    store.close()
    with rest_server(folder, Served(fault=fault)) as url:
        system.environment["QDRANT_URL"] = url
        for names, news in (
            (["--all"], "3 lessons added"),
            (["closed", "notes"], "nothing new (3 already known)"),
        ):
            said = system.fedlearn("export", *names, code=1)
            assert said.out == f"notes: {news}; 3 points read\n"
            assert said.err.startswith(f"error: closed: {url}: not allowed with this API key (HTTP 403): ")
    (schema,) = system.path.glob("data/collections/snapshots/*/notes.schema.json")
    assert json.loads(schema.read_bytes())["aliases"] == "unknown"


def test_a_key_that_may_only_read_is_named(system: System) -> None:
    def fault(asked: Asked) -> Fault | None:
        is_write = asked.target.startswith("PUT")
        return Fault(403, error="Forbidden: Write access is required") if is_write else None

    system.add("collections/notes", {"text": "a note"})
    with rest_server(system.path.parent / "served", Served(fault=fault)) as url:
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn("import", "notes", code=3)
    assert said.err == (
        f"error: {url}: not allowed with this API key (HTTP 403): Forbidden: Write access is required\n"
        "hint: set QDRANT_API_KEY to a key that may do this\n"
    )


def test_a_port_that_does_not_speak_http_is_named_at_once(system: System) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked: list[bytes] = []

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        asked.append(connection.recv(65_536))
                        connection.sendall(b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0d")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn("export", code=3)
        server.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert said.err.startswith(f"error: {url}: does not speak HTTP\nhint: set QDRANT_URL to the port ")
    assert len(asked) == 1


def test_two_stores_on_one_host_are_two_stores(system: System) -> None:
    """Behind a proxy: what is known of one is not taken for the other."""
    served = Served(limit=10)
    with rest_server(filled(system.path.parent / "served"), served) as url:
        system.environment["QDRANT_URL"] = f"{url}/one/"
        served.fail_after = 20
        assert system.fedlearn("export", "notes", code=3).err.startswith(
            f"error: {url}: the server answered "
        )
        served.fail_after = None
        before = len(served.asked)
        system.environment["QDRANT_URL"] = f" {url}/two\n"
        said = system.fedlearn("export", "notes")
        assert said.out == f"notes: {POINTS} lessons added; {POINTS} points read\n"
    assert sum(asked.endswith("/scroll") for asked in served.asked[before:]) == POINTS // 10


def texts(system: System) -> list[str]:
    return sorted(str(record.fields["text"]) for record in system.records("collections/notes"))


@pytest.fixture(params=[1000, pytest.param(100_000, marks=pytest.mark.soak)])
def number(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_an_export_from_a_server_that_fails_every_seventh_request(system: System, number: int) -> None:
    served = Served(limit=100, says_limit=False, fault=every(7, Fault(503, {"Retry-After": "0"})))
    with rest_server(filled(system.path.parent / "served", number), served) as url:
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn("export", "notes")
    assert said.out == f"notes: {number} lessons added; {number} points read\n"
    assert texts(system) == sorted(f"note {n}" for n in range(number))


def test_an_interrupted_export_resumes_after_its_last_page(system: System) -> None:
    served = Served(limit=10)
    folder = filled(system.path.parent / "served")
    with rest_server(folder, served) as url:
        system.environment["QDRANT_URL"] = url
        served.fail_after = 20
        failed = system.fedlearn("export", "notes", code=3)
        assert failed.err.endswith("hint: run it again; it resumes where it stopped\n")
        assert system.git("status", "--porcelain").out == ""
        served.fail_after = None
        before = len(served.asked)
        said = system.fedlearn("export", "notes")
        assert said.out == f"notes: {POINTS} lessons added; {POINTS} points read\n"
        assert texts(system) == sorted(f"note {n}" for n in range(POINTS))
        resumed = [asked for asked in served.asked[before:] if asked.endswith("/scroll")]
        assert 3 < len(resumed) < 15
        exports = system.path / ".git/fedlearn/exports"
        assert not [path for path in exports.iterdir() if path.suffix == ".jsonl"]
        system.git("stash", "--include-untracked")
        assert system.fedlearn("export", "notes").out == said.out


def test_what_an_interrupted_export_kept_is_sanitized_under_the_rules_of_today(system: System) -> None:
    served = Served(limit=10)
    with rest_server(filled(system.path.parent / "served"), served) as url:
        system.environment["QDRANT_URL"] = url
        served.fail_after = 20
        system.fedlearn("export", "notes", code=3)
        served.fail_after = None
        (kept,) = (system.path / ".git/fedlearn/exports").glob("*.jsonl")
        mail = f"jane@{'corp-mail'}.net"
        header, first, *others = kept.read_bytes().splitlines(keepends=True)
        page = json.loads(first)
        line = b64decode(page[1][0][0]).replace(b"note ", f"note {mail} ".encode())
        page[1][0][0] = b64encode(line).decode()
        kept.write_bytes(b"".join([header, json.dumps(page).encode() + b"\n", *others]))
        system.fedlearn("export", "notes")
    assert sum("note <EMAIL_ADDRESS>" in text for text in texts(system)) == 1
    assert mail not in str(texts(system))


def test_one_collection_that_fails_does_not_stop_the_others(system: System) -> None:
    served = Served(fault=lambda asked: Fault(500) if "/collections/bad" in asked.target else None)
    folder = filled(system.path.parent / "served", 3)
    store = EdgeStore(folder)
    for name in ("bad one", "zebra"):
        store.create(name, Schema({"": VectorSpec(2)})).upsert([Point(1, {"text": name}, [1.0, 1.0])])
    store.close()
    with rest_server(folder, served) as url:
        system.environment["QDRANT_URL"] = url
        failure = f"error: bad one: {url}: the server answered HTTP 500: a fault of the test\n"
        said = system.fedlearn("export", "--all", code=1)
        assert said.out == "notes: 3 lessons added; 3 points read\nzebra: 1 lesson added; 1 point read\n"
        assert said.err.startswith(failure)
        system.add("collections/bad one", {"text": "a note"})
        system.add("error-solutions", {"error_message": "e", "solution": "s"})
        said = system.fedlearn("import", "bad one", "error-solutions", code=1)
        assert said.err.startswith(failure)
        assert said.out == "error-solutions: 1 added (1 point)\n"
