"""Answers of something that is no Qdrant server, or of one that means harm: an error in words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from systems import System

Answers = Callable[[str], bytes]


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """A server that answers each path with bytes; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            body = answers(self.path)
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


BODIES = {
    "empty": b"",
    "html": b"<html>\x1b[31m</html>",
    "null": b"null",
    "wrong type": b'{"result":"x","status":"ok","time":0}',
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "huge number": b'{"result":{"collections":[{"name":' + b"9" * 100_000 + b"}]}}",
    "no UTF-8": b'{"result":"\xff"}',
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("command", [("export",), ("import", "error-solutions")])
def test_what_is_no_answer_is_an_error_in_words(system: System, name: str, command: tuple[str, ...]) -> None:
    system.add("error-solutions", {"error_message": "e", "solution": "s"})
    with serving(lambda _: BODIES[name]) as url:
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn(*command, code=3)
    assert said.err.startswith(f"error: {url}: this answer is not Qdrant's")
    assert said.err.endswith("check QDRANT_URL (git config fedlearn.qdrantUrl)\n")
    assert said.err.count("\n") == 2


CONFIG = (
    b'"config":{"params":{"vectors":{"size":256,"distance":"Cosine"}},"hnsw_config":{"m":16,"ef_construct":100,'
    b'"full_scan_threshold":1},"optimizer_config":{"deleted_threshold":0.2,"vacuum_min_vector_number":1000,'
    b'"default_segment_number":0,"flush_interval_sec":5}}'
)


def endless(path: str) -> bytes:
    """Two pages that follow each other for ever."""
    results = {
        "/aliases": b'{"aliases":[]}',
        "/count": b'{"count":3}',
        "/scroll": b'{"points":[],"next_page_offset":7}',
    }
    info = (
        b'{"status":"green","optimizer_status":"ok","segments_count":1,"payload_schema":{},' + CONFIG + b"}"
    )
    result = next(
        (body for end, body in results.items() if path.split("?", maxsplit=1)[0].endswith(end)), info
    )
    return b'{"result":' + result + b',"status":"ok","time":0.1}'


def test_pages_without_end_are_given_up(system: System) -> None:
    with serving(endless) as url:
        system.environment["QDRANT_URL"] = url
        said = system.fedlearn("export", "error-solutions", code=3)
    assert said.err.startswith(f"error: {url}: answers the same page of error-solutions again and again\n")


@pytest.mark.parametrize("url", ["http://[::1", "http://[x]y/", "https://host:port/"])
def test_a_url_that_is_none_is_no_bug(system: System, url: str) -> None:
    system.git("config", "fedlearn.qdrantUrl", url)
    assert "bug" not in system.fedlearn("status").err
    assert system.fedlearn("export", code=3).err.startswith("error: the Qdrant URL: not ")
