"""What qdrant_client raises, as FedlearnError: what is wrong, and what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy

if TYPE_CHECKING:
    import grpc
    from qdrant_client.common import client_exceptions
    from qdrant_client.http import exceptions
else:
    client_exceptions = Lazy("qdrant_client.common.client_exceptions", "qdrant")
    exceptions = Lazy("qdrant_client.http.exceptions", "qdrant")
    grpc = Lazy("grpc", "qdrant")

_UNAUTHORIZED: Final = (401, 403)
_SERVER_ERROR: Final = 500
_LONGEST_MESSAGE: Final = 200


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn what the client raises into FedlearnError; never quotes what was sent."""
    try:
        yield
    except exceptions.UnexpectedResponse as error:
        raise _refused(place, error) from error
    except (exceptions.ResponseHandlingException, grpc.RpcError) as error:
        raise _unreachable(place, error) from error
    except client_exceptions.QdrantException as error:
        raise FedlearnError(
            f"{place}: the server is busy: {_first_line(str(error))}", hint="try again later"
        ) from error
    except (RuntimeError, OSError) as error:
        raise FedlearnError(f"{place}: {str(error).partition('. ')[0]}") from error


def _refused(place: str, error: "exceptions.UnexpectedResponse") -> FedlearnError:
    code = error.status_code or 0
    if code in _UNAUTHORIZED:
        return _wrong_key(place, f"HTTP {code}")
    try:
        told = error.structured()["status"]["error"]
    except (ValueError, LookupError, TypeError):
        told = error.reason_phrase
    again = "what was written before stays; the same command goes on where it was"
    return FedlearnError(
        f"{place}: the server answered HTTP {code}: {_first_line(str(told))}",
        hint=again if code >= _SERVER_ERROR else "",
    )


def _unreachable(place: str, error: "exceptions.ResponseHandlingException | grpc.RpcError") -> FedlearnError:
    code = error.code().name if isinstance(error, grpc.Call) else ""
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
        return _wrong_key(place, code)
    told = error.details() or code if isinstance(error, grpc.Call) else str(error)
    if code not in ("", "UNAVAILABLE", "DEADLINE_EXCEEDED"):
        return FedlearnError(f"{place}: the server answered {code}: {_first_line(told)}")
    return FedlearnError(
        f"{place}: cannot be reached: {_first_line(told)}",
        hint="start the server, or change QDRANT_URL (git config fedlearn.qdrantUrl)",
    )


def _wrong_key(place: str, code: str) -> FedlearnError:
    return FedlearnError(
        f"{place}: the server refused the API key ({code})",
        hint="set QDRANT_API_KEY to a key that this server takes",
    )


def _first_line(text: str) -> str:
    """What a server said, for a terminal."""
    line = (text.splitlines() or [""])[0][:_LONGEST_MESSAGE]
    return "".join(char if char.isprintable() else "?" for char in line)
