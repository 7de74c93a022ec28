"""Calls that an agent repeats because it never got the answer: they count once.

A client that timed out, or lost its server, calls again within minutes. Only counting needs this: to record a
lesson or to propose a retraction twice changes nothing.
"""

from datetime import datetime, timedelta
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.core.canonical import Json
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import RECENT_CALLS, read_json, write_json

REPEAT_MINUTES: Final = 5
"""An equal call within this time is the same one."""


class RepeatedCalls:
    """The calls of the last minutes in the local state; the caller holds the lock."""

    def __init__(self, repository: Repository) -> None:
        self._path = repository.state.path(RECENT_CALLS)

    def is_repeated(self, call: str, now: datetime) -> bool:
        """Whether an equal call was remembered within the last minutes."""
        return _is_recent(read_json(self._path).get(xxh3_64_hexdigest(call.encode("utf-8"))), now)

    def remember(self, call: str, now: datetime) -> None:
        """Remember a call, and forget the old ones."""
        recent = {key: at for key, at in read_json(self._path).items() if _is_recent(at, now)}
        write_json(self._path, {**recent, xxh3_64_hexdigest(call.encode("utf-8")): now.isoformat()})


def _is_recent(at: Json, now: datetime) -> bool:
    try:
        return abs(now - datetime.fromisoformat(str(at))) < timedelta(minutes=REPEAT_MINUTES)
    except (ValueError, TypeError):
        return False
