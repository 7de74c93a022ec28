"""HTTP to a server that is busy, slow or hostile: requests are repeated, answers bounded in size and time.

Every request of git-fedlearn may be repeated: points are read, or written by their ids. Only a collection is
not created again after the connection broke.
"""

import random
import re
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self, cast
from urllib.parse import urlsplit

from git_fedlearn.extras import Lazy

if TYPE_CHECKING:
    import httpx
else:
    httpx = Lazy("httpx", "qdrant")

_BUSY: Final = (429, 502, 503, 504)
_TOO_MUCH: Final = b"split your request"
"""How a rate limit refuses a request that it would never allow, with the code of one that it will."""
_NOT_HTTP: Final = "illegal"
"""How the error for an answer begins that is not HTTP."""
_CREATE: Final = re.compile(r"/collections/[^/]+\Z")
_MAX_PAUSE: Final = 20.0
"""Seconds between two tries, unless the server asks for more."""
_PASSED_ON: Final = ("content-type", "location", "retry-after")


class Patience(NamedTuple):
    """How long to wait for a server, and how much to read from it."""

    seconds: float = 30.0
    """For a connection, and for each part of an answer."""
    total: float = 60.0
    """Seconds for a whole answer."""
    answer_bytes: int = 64_000_000
    """Of one answer; a server accepts no request of more than 32 MB."""
    tries: int = 7
    pause: float = 0.25
    """Seconds before the second try; doubled before each further one."""
    longest: float = 120.0
    """Seconds that a server may ask us to wait (`Retry-After`)."""


class SlowAnswerError(Exception):
    """The whole answer did not arrive in time."""


class LargeAnswerError(Exception):
    """The answer is larger than an answer may be."""


class PatientTransport:
    """The transport of an httpx client: sends requests to one URL, through the proxy of the environment."""

    def __init__(self, url: str, patience: Patience) -> None:
        self._patience = patience
        self._inner = httpx.HTTPTransport(proxy=_find_proxy(url))
        self._has_answered = False

    def handle_request(self, request: "httpx.Request") -> "httpx.Response":
        """The answer, after as many tries as it takes; httpx errors if the server cannot be reached."""
        request.headers["accept-encoding"] = "identity"
        for pause in self._pauses():
            begin = time.monotonic()
            try:
                response = self._answer(request)
            except (httpx.NetworkError, httpx.RemoteProtocolError) as error:
                if pause is None or not self._may_repeat(request, error):
                    raise
                asked = 0.0
            else:
                self._has_answered = True
                asked = _asked_pause(response.headers.get("retry-after", ""))
                is_slow = time.monotonic() - begin > self._patience.seconds
                if pause is None or is_slow or asked > self._patience.longest or not _is_busy(response):
                    return response
            time.sleep(max(asked, pause))
        raise SlowAnswerError  # the last pause is None

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _pauses(self) -> Iterator[float | None]:
        """Seconds to wait after each failed try, with jitter; None after the last."""
        for number in range(self._patience.tries - 1):
            pause = min(self._patience.pause * 2**number, _MAX_PAUSE)
            yield pause * random.uniform(0.5, 1.0)  # noqa: S311  spreads clients in time, protects nothing
        yield None

    def _may_repeat(self, request: "httpx.Request", error: Exception) -> bool:
        if isinstance(error, httpx.ConnectError):
            return self._has_answered
        return not is_not_http(error) and not (request.method == "PUT" and _CREATE.search(request.url.path))

    def _answer(self, request: "httpx.Request") -> "httpx.Response":
        """The whole answer within the bounds. Raises SlowAnswerError, LargeAnswerError, ValueError."""
        end = time.monotonic() + self._patience.total
        with closing(self._inner.handle_request(request)) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ValueError("compressed, although that was not asked for")
            body = bytearray()
            for chunk in cast("httpx.SyncByteStream", response.stream):
                body += chunk
                if len(body) > self._patience.answer_bytes:
                    raise LargeAnswerError
                if time.monotonic() > end:
                    raise SlowAnswerError
        kept = {name: response.headers[name] for name in _PASSED_ON if name in response.headers}
        return httpx.Response(response.status_code, headers=kept, content=bytes(body), request=request)


def is_not_http(error: Exception) -> bool:
    """Whether the server speaks another protocol, such as gRPC."""
    return isinstance(error, httpx.RemoteProtocolError) and str(error).startswith(_NOT_HTTP)


def _is_busy(response: "httpx.Response") -> bool:
    return response.status_code in _BUSY and _TOO_MUCH not in response.content


def _find_proxy(url: str) -> str | None:
    """The proxy for a URL in the environment (`HTTPS_PROXY`, `NO_PROXY`)."""
    parts = urlsplit(url)
    proxies = urllib.request.getproxies()
    is_direct = bool(urllib.request.proxy_bypass(parts.hostname or ""))
    return None if is_direct else proxies.get(parts.scheme) or proxies.get("all")


def _asked_pause(text: str) -> float:
    """The seconds of a `Retry-After`, a number or a date (RFC 9110, 10.2.3); 0 if it is neither."""
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max((when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
