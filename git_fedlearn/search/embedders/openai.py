"""Any server with an OpenAI-compatible `/v1/embeddings`: llama.cpp, Ollama, vLLM, TEI, hosted ones.

Servers limit the number and length of texts, and answer with an error beyond that. So batches are halved
until they are accepted, and grow again later; a single text that is still rejected has no vector.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.settings import check_endpoint, clean_key
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import httpx
else:
    httpx = Lazy("httpx")

BATCH: Final = 32
_TOO_MUCH: Final = (400, 413, 422)
_UNAUTHORIZED: Final = (401, 403)
_BUSY: Final = 429
_SERVER_ERROR: Final = 500
_TRIES: Final = 5
_TAKEN_BEFORE_GROWTH: Final = 8
_MAX_PAUSE_SECONDS: Final = 60.0
_TIMEOUT: Final = 120.0
_MAX_ANSWER_BYTES: Final = 100_000_000
"""A batch of vectors of 8,192 numbers as text has 7 MB."""


class OpenAiEmbedder:
    """Embeds with requests to one server."""

    def __init__(
        self, url: str, model: str, key: str | None = None, *, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`url` is without `/embeddings`, such as http://127.0.0.1:8080/v1. Raises SettingsError."""
        key = clean_key(key, "FEDLEARN_EMBEDDER_KEY")
        self._place = check_endpoint(
            url,
            "git config fedlearn.embedder",
            "git config fedlearn.embedder http://127.0.0.1:8080/v1, or wordllama",
            key="FEDLEARN_EMBEDDER_KEY" if key else "",
        )
        self.name = f"{model or 'the model'} at {self._place}"
        self._url = f"{url.rstrip('/')}/embeddings"
        self._model = model
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._pause = pause
        self._batch = BATCH
        self._taken = 0
        self._dimensions = 0
        self._client: httpx.Client | None = None

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """A vector for each text, None if the server rejects it. Raises FedlearnError."""
        vectors: list[Vector | None] = []
        while len(vectors) < len(texts):
            chunk = texts[len(vectors) : len(vectors) + self._batch]
            answer = self._post(chunk)
            if answer is not None:
                vectors += self._vectors(answer, len(chunk))
                self._grow()
            elif len(chunk) == 1:
                vectors.append(None)
            else:
                self._batch, self._taken = len(chunk) // 2, 0
        return vectors

    def _grow(self) -> None:
        """Let batches grow again after a long text made them small."""
        self._taken += 1
        if self._taken >= _TAKEN_BEFORE_GROWTH:
            self._batch, self._taken = min(2 * self._batch, BATCH), 0

    def _post(self, chunk: Sequence[str]) -> Any:  # noqa: ANN401  JSON
        """The decoded answer, None if the server does not accept the batch."""
        for attempt in range(_TRIES):
            response = self._send(chunk)
            code = response.status_code
            if code in _TOO_MUCH:
                return None
            if code in _UNAUTHORIZED:
                raise FedlearnError(
                    f"{self._place}: the server rejected the key (HTTP {code})",
                    hint="set FEDLEARN_EMBEDDER_KEY",
                )
            if code != _BUSY and code < _SERVER_ERROR:
                return self._decoded(response)
            if attempt < _TRIES - 1:
                self._pause(_pause_of(response, attempt))
        raise FedlearnError(
            f"{self._place}: still answers HTTP {code} after {_TRIES} tries", hint="try again later"
        )

    def _send(self, chunk: Sequence[str]) -> "httpx.Response":
        body = {"input": [*chunk], "encoding_format": "float"} | (
            {"model": self._model} if self._model else {}
        )
        if self._client is None:
            self._client = httpx.Client(timeout=_TIMEOUT, headers=self._headers)
        try:
            with self._client.stream("POST", self._url, json=body) as response:
                return self._read(response)
        except httpx.HTTPError as error:
            raise FedlearnError(
                f"{self._place}: cannot be reached: {error}",
                hint="start the server, or: git config fedlearn.embedder wordllama",
            ) from error

    def _read(self, response: "httpx.Response") -> "httpx.Response":
        """The whole answer. Raises FedlearnError if it has no end, in bytes or in time."""
        data, deadline = bytearray(), time.monotonic() + _TIMEOUT
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > _MAX_ANSWER_BYTES or time.monotonic() > deadline:
                raise FedlearnError(f"{self._place}: the answer does not end")
        kept = {name: value for name, value in response.headers.items() if name == "retry-after"}
        return httpx.Response(response.status_code, headers=kept, content=bytes(data))

    def _decoded(self, response: "httpx.Response") -> Any:  # noqa: ANN401
        if not response.is_success:
            raise FedlearnError(
                f"{self._place}: the server answered HTTP {response.status_code}",
                hint="use the URL without /embeddings, such as http://127.0.0.1:8080/v1",
            )
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise FedlearnError(f"{self._place}: the answer is not JSON") from None

    def _vectors(self, answer: Any, count: int) -> list[Vector | None]:  # noqa: ANN401
        """The vectors in the order of the texts, after checking their number and size."""
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            vectors: list[Vector] = [[float(x) for x in row["embedding"]] for row in rows]
            complete = [row["index"] for row in rows] == [*range(count)]
        except (KeyError, TypeError, ValueError):
            raise FedlearnError(f"{self._place}: the answer is not one of /v1/embeddings") from None
        if not complete:
            raise FedlearnError(f"{self._place}: {len(rows)} vectors for {count} texts")
        self._dimensions = self._dimensions or len(vectors[0])
        if not self._dimensions or any(len(vector) != self._dimensions for vector in vectors):
            raise FedlearnError(f"{self._place}: vectors of different sizes")
        return [*vectors]


def _pause_of(response: "httpx.Response", attempt: int) -> float:
    """Seconds to wait: Retry-After (RFC 9110, 10.2.3), else 1, 2, 4 and so on."""
    asked = response.headers.get("Retry-After", "")
    return min(float(asked) if asked.isdecimal() else 2.0**attempt, _MAX_PAUSE_SECONDS)
