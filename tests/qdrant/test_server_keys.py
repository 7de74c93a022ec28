"""API keys on their way to a server, and one that does not take them: a real HTTP server on loopback."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from systems import System

KEYS: list[str | None] = []


class Refusing(BaseHTTPRequestHandler):
    """Notes the key of every request and refuses it."""

    def do_GET(self) -> None:
        KEYS.append(self.headers["api-key"])
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    KEYS.clear()
    made = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_wrong_key_is_an_error_and_nothing_changes(system: System, server: str) -> None:
    system.environment |= {"QDRANT_URL": server, "QDRANT_API_KEY": "hush-hush"}
    refused = system.fedlearn("export", code=3)
    assert refused.err == (
        f"error: {server}: the server rejected the API key (HTTP 401)\n"
        "hint: set QDRANT_API_KEY to a key that this server accepts\n"
    )
    assert KEYS == ["hush-hush"]
    assert system.git("status", "--porcelain").out == ""


@pytest.mark.parametrize("name", ["\n", "\r\n", " ", "\t"])
def test_white_space_around_a_key_is_not_sent(system: System, server: str, name: str) -> None:
    system.environment |= {"QDRANT_URL": server, "QDRANT_API_KEY": f"{name}hush-hush{name}"}
    assert "rejected the API key" in system.fedlearn("export", code=3).err
    assert KEYS == ["hush-hush"]


@pytest.mark.parametrize("name", ["hush\nhush", "hüsh", "hush\x1b[0m"])
def test_a_key_that_cannot_be_sent_is_not_printed(system: System, server: str, name: str) -> None:
    system.environment |= {"QDRANT_URL": server, "QDRANT_API_KEY": name}
    assert system.fedlearn("export", code=3).err == (
        "error: QDRANT_API_KEY: contains a character that no key has\nhint: set QDRANT_API_KEY again\n"
    )
    assert KEYS == []


def test_a_password_in_the_url_is_refused_and_not_printed(system: System, server: str) -> None:
    system.environment |= {"QDRANT_URL": server.replace("//", "//mei:hush-hush@")}
    assert system.fedlearn("export", code=3).err == (
        f"error: {server}: a user and password in the URL are not sent\n"
        "hint: take them out; Qdrant has API keys: QDRANT_API_KEY\n"
    )
    assert KEYS == []


def test_a_key_comes_from_a_credential_helper_where_the_clone_says_so(system: System, server: str) -> None:
    system.git("config", "fedlearn.qdrantUrl", server)
    system.git("config", "credential.helper", "!f() { echo username=x; echo password=from-git; }; f")
    system.fedlearn("export", code=3)
    system.git("config", "fedlearn.qdrantCredential", "true")
    system.fedlearn("export", code=3)
    assert KEYS == [None, "from-git"]
