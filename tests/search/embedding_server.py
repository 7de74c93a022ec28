"""A real HTTP server on loopback that speaks `/v1/embeddings`, as strict as the test wants it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder


@dataclass
class Behaviour:
    """What the server takes and how it fails. `seen` is the number of texts of each request."""

    most_texts: int = 1000
    most_characters: int = 100_000
    key: str = ""
    fail_first: list[int] = field(default_factory=list)
    spoil: str = ""
    seen: list[int] = field(default_factory=list)


def _answer(behaviour: Behaviour, texts: list[str], model: WordLlamaEmbedder) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [
        {"index": number, "embedding": vector or [0.0] * 256}
        for number, vector in enumerate(model.embed(texts))
    ]
    if behaviour.spoil == "short":
        rows.pop()
    if behaviour.spoil == "sizes":
        rows[-1]["embedding"] = [1.0]
    if behaviour.spoil == "shape":
        return {"embeddings": rows}
    return {"data": rows[::-1], "model": "test"}


@contextmanager
def embedding_server(behaviour: Behaviour) -> Iterator[str]:
    """Serve until the block ends; gives the URL before `/embeddings`."""
    model = WordLlamaEmbedder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            texts = body["input"]
            behaviour.seen.append(len(texts))
            code = self.status(texts)
            payload = json.dumps(
                _answer(behaviour, texts, model) if code == 200 else {"error": "no"}
            ).encode()
            self.send_response(code)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def status(self, texts: list[str]) -> int:
            if behaviour.key and self.headers["Authorization"] != f"Bearer {behaviour.key}":
                return 401
            if behaviour.fail_first:
                return behaviour.fail_first.pop(0)
            too_long = any(len(text) > behaviour.most_characters for text in texts)
            return 413 if too_long or len(texts) > behaviour.most_texts else 200

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
