"""Exceptions of qdrant_client as FedlearnError: what happened, and what to do next.

Messages never quote what was sent.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from git_fedlearn.errors import FedlearnError, StoreDownError
from git_fedlearn.extras import Lazy
from git_fedlearn.qdrant.transport import LargeAnswerError, SlowAnswerError
from git_fedlearn.repository.settings import hide_credentials

if TYPE_CHECKING:
    import httpx
    from qdrant_client.common import client_exceptions
    from qdrant_client.http import exceptions
else:
    httpx = Lazy("httpx", "qdrant")
    client_exceptions = Lazy("qdrant_client.common.client_exceptions", "qdrant")
    exceptions = Lazy("qdrant_client.http.exceptions", "qdrant")

_UNAUTHORIZED: Final = (401, 403)
_REDIRECTS: Final = range(300, 400)
_REFUSED_AS_TOO_MUCH: Final = (400, 403, 413, 422)
_SERVER_ERROR: Final = 500
_LIMIT: Final = re.compile(r"limit exceeded \d+ > (\d+)", re.IGNORECASE)
"""How strict mode names the largest number that it allows."""
_RESUME_HINT: Final = "run it again; it resumes where it stopped"
_MAX_MESSAGE_LENGTH: Final = 200


class TooMuchError(FedlearnError):
    """A request was for more than the server allows or manages in time."""

    limit: int | None = None
    """What it allows, if it said so."""


@contextmanager
def client_errors(place: str) -> Iterator[None]:
    """Turn exceptions of the client into FedlearnError, which never quotes what was sent."""
    try:
        yield
    except exceptions.UnexpectedResponse as error:
        raise _http_error(place, error) from error
    except exceptions.ResponseHandlingException as error:
        raise _connection_error(place, error) from error
    except client_exceptions.QdrantException as error:
        asked = getattr(error, "retry_after_s", None)
        wait = f"in {asked} s" if asked else "later"
        raise FedlearnError(
            f"{place}: the server is busy: {first_line(str(error))}", hint=f"run it again {wait}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _foreign_answer(place) from error
    except (RuntimeError, OSError) as error:
        raise FedlearnError(f"{place}: {str(error).partition('. ')[0]}") from error


def _http_error(place: str, error: "exceptions.UnexpectedResponse") -> FedlearnError:
    code = error.status_code or 0
    too_much = _too_much(place, f"HTTP {code}", _server_message(error))
    if code in _REFUSED_AS_TOO_MUCH and too_much:
        return too_much
    if code in _REDIRECTS:
        where = first_line(error.headers.get("location", "")) if error.headers else ""
        return StoreDownError(
            f"{place}: redirects to {hide_credentials(where) or 'another address'}, which is not followed",
            hint="set QDRANT_URL (git config fedlearn.qdrantUrl) to the address of Qdrant itself",
        )
    if code in _UNAUTHORIZED:
        return _key_error(place, f"HTTP {code}")
    return FedlearnError(
        f"{place}: the server answered HTTP {code}: {first_line(_server_message(error))}",
        hint=_RESUME_HINT if code >= _SERVER_ERROR else "",
    )


def _server_message(error: "exceptions.UnexpectedResponse") -> str:
    try:
        return str(error.structured()["status"]["error"])
    except (ValueError, LookupError, TypeError):
        return error.reason_phrase


def _too_much(place: str, code: str, message: str) -> TooMuchError | None:
    """The error if a message says that a request is larger than the server allows."""
    limit = _LIMIT.search(message)
    if limit is None and "too large" not in message.lower():
        return None
    error = TooMuchError(f"{place}: the server answered {code}: {first_line(message)}")
    error.limit = int(limit[1]) if limit else None
    return error


def _connection_error(place: str, error: "exceptions.ResponseHandlingException") -> FedlearnError:
    match getattr(error, "source", None):
        case ValueError() | RecursionError():
            return _foreign_answer(place)
        case LargeAnswerError():
            return TooMuchError(f"{place}: an answer is larger than git-fedlearn reads")
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError() as source:
            why = first_line(str(source))
            return FedlearnError(f"{place}: the connection broke: {why}", hint=_RESUME_HINT)
        case SlowAnswerError() | httpx.ReadTimeout() | httpx.WriteTimeout() | httpx.PoolTimeout():
            return _slow_error(place)
    return _down_error(place, str(error))


def _slow_error(place: str) -> FedlearnError:
    return TooMuchError(f"{place}: no complete answer in time", hint=_RESUME_HINT)


def _down_error(place: str, message: str) -> FedlearnError:
    return StoreDownError(
        f"{place}: cannot be reached: {first_line(message)}",
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


def first_line(text: str) -> str:
    """The first line of a message from a server, safe to print."""
    line = (text.splitlines() or [""])[0][:_MAX_MESSAGE_LENGTH]
    return "".join(char if char.isprintable() else "?" for char in line)
