"""Exceptions of qdrant_client as FedlearnError: what happened, and what to do next.

Messages never quote what was sent.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from git_fedlearn.errors import FedlearnError, StoreDownError
from git_fedlearn.extras import Lazy
from git_fedlearn.qdrant.transport import LargeAnswerError, SlowAnswerError, is_not_http
from git_fedlearn.repository.settings import hide_credentials

if TYPE_CHECKING:
    import grpc
    import httpx
    import pydantic
    from qdrant_client.common import client_exceptions
    from qdrant_client.http import exceptions
else:
    grpc, httpx, pydantic = (Lazy(name, "qdrant") for name in ("grpc", "httpx", "pydantic"))
    client_exceptions = Lazy("qdrant_client.common.client_exceptions", "qdrant")
    exceptions = Lazy("qdrant_client.http.exceptions", "qdrant")

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_NOT_FOUND: Final = 404
_REDIRECTS: Final = range(300, 400)
_TIMED_OUT: Final = (408, 504, 524)
_SERVER_ERROR: Final = 500
_LIMIT: Final = re.compile(r"limit exceeded \d+ > (\d+)", re.IGNORECASE)
"""How strict mode names the largest number that it allows."""
_TOO_LARGE: Final = re.compile("too large|larger than", re.IGNORECASE)
"""Of a body, for Qdrant or a proxy; of a request, for a rate limit."""
_TIME_OUT: Final = re.compile("timeout error|timeout expired|timed out|deadline exceeded", re.IGNORECASE)
_NO_COLLECTION: Final = "doesn't exist"
_RESUME_HINT: Final = "run it again; it resumes where it stopped"
_URL_HINT: Final = "check QDRANT_URL (git config fedlearn.qdrantUrl)"
_REST_HINT: Final = "set QDRANT_URL to the port of Qdrant's REST API (6333); 6334 is that of gRPC"
_MAX_MESSAGE_LENGTH: Final = 200


class TooMuchError(FedlearnError):
    """A request was for more than the server allows or manages in time."""

    limit: int | None = None
    """What it allows, if it said so."""
    is_refusal: bool = False
    """Whether it refused the size of the request."""


class NoCollectionError(FedlearnError):
    """The server has no such collection."""


class ForbiddenError(FedlearnError):
    """The API key is valid, but not for this."""


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
    code, message = error.status_code or 0, _server_message(error)
    too_much = _too_much(place, f"HTTP {code}", message, timed_out=code in _TIMED_OUT)
    if too_much:
        return too_much
    if code in _REDIRECTS:
        where = first_line(error.headers.get("location", "")) if error.headers else ""
        return StoreDownError(
            f"{place}: redirects to {hide_credentials(where) or 'another address'}, which is not followed",
            hint="set QDRANT_URL (git config fedlearn.qdrantUrl) to the address of Qdrant itself",
        )
    if code == _UNAUTHORIZED:
        return _key_error(place, f"HTTP {code}")
    if code == _FORBIDDEN:
        return _forbidden(place, f"HTTP {code}", message)
    said = f"{place}: the server answered HTTP {code}: {first_line(message)}"
    if code == _NOT_FOUND:
        return NoCollectionError(said) if _NO_COLLECTION in message else FedlearnError(said, hint=_URL_HINT)
    return FedlearnError(said, hint=_RESUME_HINT if code >= _SERVER_ERROR else "")


def _server_message(error: "exceptions.UnexpectedResponse") -> str:
    """What the server says; HTTP's words for the status if that is nothing."""
    try:
        message = str(error.structured()["status"]["error"])
    except (ValueError, LookupError, TypeError):
        message = ""
    return message or error.reason_phrase


def _too_much(place: str, code: str, message: str, *, timed_out: bool = False) -> TooMuchError | None:
    """The error if a request is larger than the server allows, or took it too long."""
    limit = _LIMIT.search(message)
    is_refusal = bool(limit or _TOO_LARGE.search(message))
    if not (is_refusal or timed_out or _TIME_OUT.search(message)):
        return None
    said = f"{place}: the server answered {code}: {first_line(message)}"
    error = TooMuchError(said, hint="" if is_refusal else _RESUME_HINT)
    error.limit, error.is_refusal = int(limit[1]) if limit else None, is_refusal
    return error


def _connection_error(
    place: str, error: "exceptions.ResponseHandlingException | grpc.RpcError"
) -> FedlearnError:
    if isinstance(error, grpc.Call):
        return _grpc_error(place, error)
    match getattr(error, "source", None):
        case ValueError() | RecursionError() as source:
            found = _foreign_answer(place, is_json=isinstance(source, pydantic.ValidationError))
        case LargeAnswerError():
            found = TooMuchError(f"{place}: an answer is larger than git-fedlearn reads")
        case httpx.RemoteProtocolError() as source if is_not_http(source):
            found = StoreDownError(f"{place}: does not speak HTTP", hint=_REST_HINT)
        case httpx.RemoteProtocolError() | httpx.ReadError() | httpx.WriteError() as source:
            why = first_line(str(source))
            found = FedlearnError(f"{place}: the connection broke: {why}", hint=_RESUME_HINT)
        case SlowAnswerError() | httpx.ReadTimeout() | httpx.WriteTimeout() | httpx.PoolTimeout():
            found = _slow_error(place)
        case _:
            found = _down_error(place, str(error))
    return found


def _grpc_error(place: str, error: "grpc.Call") -> FedlearnError:
    code = error.code().name
    message = error.details() or code
    found: FedlearnError | None = _too_much(place, code, message, timed_out=code == "DEADLINE_EXCEEDED")
    if found:
        return found
    said = f"{place}: the server answered {code}: {first_line(message)}"
    match code:
        case "UNAUTHENTICATED":
            found = _key_error(place, code)
        case "PERMISSION_DENIED":
            found = _forbidden(place, code, message)
        case "NOT_FOUND":
            found = NoCollectionError(said)
        case "UNAVAILABLE":
            found = _down_error(place, message)
        case _:
            found = FedlearnError(said)
    return found


def _slow_error(place: str) -> FedlearnError:
    return TooMuchError(f"{place}: no complete answer in time", hint=_RESUME_HINT)


def _down_error(place: str, message: str) -> FedlearnError:
    hint = "start the server, or change QDRANT_URL (git config fedlearn.qdrantUrl)"
    if "CERTIFICATE_VERIFY_FAILED" in message:
        hint = "if the server has a certificate of your own, set SSL_CERT_FILE to a file with its authority"
    elif "[SSL: " in message:
        hint = "if the server has no TLS, write http:// in QDRANT_URL (git config fedlearn.qdrantUrl)"
    return StoreDownError(f"{place}: cannot be reached: {first_line(message)}", hint=hint)


def _foreign_answer(place: str, *, is_json: bool = False) -> FedlearnError:
    said, hint = f"{place}: this answer is not Qdrant's", _URL_HINT
    if is_json:
        said += f", or of a version that qdrant-client {version('qdrant-client')} does not know"
        hint = f"upgrade qdrant-client, or {_URL_HINT}"
    return FedlearnError(said, hint=hint)


def _forbidden(place: str, code: str, message: str) -> FedlearnError:
    return ForbiddenError(
        f"{place}: not allowed with this API key ({code}): {first_line(message)}",
        hint="set QDRANT_API_KEY to a key that may do this",
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
