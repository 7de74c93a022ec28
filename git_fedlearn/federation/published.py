"""Which lessons this clone published to which peer, so that updates and retractions can follow them.

What was published to one URL is never taken for published at another, although the peer has the same name.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.federation.peers import Peer
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PUBLISHED, read_json, write_json

FORMAT: Final = 1


class Publication(NamedTuple):
    """A lesson of a set: its id here, and its id there, which redaction may have changed."""

    set: SetName
    here: RecordId
    there: RecordId


def read_publications(repository: Repository, peer: Peer) -> set[Publication]:
    """What was published to a peer at its URL."""
    facts = read_json(repository.state.path(PUBLISHED, f"{peer.name}.json"))
    if facts.get("format") != FORMAT or facts.get("url") != peer.shown_url:
        return set()
    found = set()
    rows = facts.get("lessons")
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [str(name), str(here), str(there)]:
                found.add(Publication(SetName(name), RecordId(here), RecordId(there)))
    return found


def add_publications(repository: Repository, peer: Peer, fresh: Iterable[Publication]) -> None:
    """Remember what is about to be published; the caller holds the lock of PUBLISHED."""
    known = read_publications(repository, peer)
    rows: list[Json] = [[*row] for row in sorted({*known, *fresh})]
    facts: dict[str, Json] = {"format": FORMAT, "url": peer.shown_url, "lessons": rows}
    write_json(repository.state.path(PUBLISHED, f"{peer.name}.json"), facts)
