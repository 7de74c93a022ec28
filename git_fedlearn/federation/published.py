"""Which lessons this clone published to which peer, so that updates and retractions can follow them.

What was published to one URL is never taken for published at another, although the peer has the same name.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from xxhash import xxh3_128_hexdigest

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.federation.outgoing import version_of
from git_fedlearn.federation.peers import Peer
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PUBLISHED, read_json, write_json
from git_fedlearn.repository.trees import set_facts

FORMAT: Final = 1


class Publication(NamedTuple):
    """A lesson of a set: its id here, and its id there, which redaction may have changed.

    `version` is the `version_of` the record here when it was published; empty if that may have failed.
    """

    set: SetName
    here: RecordId
    there: RecordId
    version: str


def read_publications(repository: Repository, peer: Peer) -> set[Publication]:
    """What was published to a peer at its URL."""
    facts = read_json(repository.state.path(PUBLISHED, f"{peer.name}.json"))
    if facts.get("format") != FORMAT or facts.get("url") != peer.shown_url:
        return set()
    found = set()
    rows = facts.get("lessons")
    for row in rows if isinstance(rows, list) else []:
        match row:
            case [str(name), str(here), str(there), str(version)]:
                found.add(Publication(SetName(name), RecordId(here), RecordId(there), version))
    return found


def count_updates(repository: Repository, peers: Iterable[Peer]) -> dict[str, int]:
    """How many published lessons changed or were retracted here since, by peer; nothing is fetched."""
    published = {peer.name: found for peer in peers if (found := read_publications(repository, peer))}
    if not published:
        return {}
    rows = {name: sorted(found) for name, found in published.items()}
    key = xxh3_128_hexdigest(f"{rows}\n{set_facts(repository)}".encode("utf-8", "surrogateescape"))
    counts = repository.state.remember(
        "publish", key, lambda: {name: _count_changed(repository, found) for name, found in published.items()}
    )
    return {name: number for name, number in counts.items() if isinstance(number, int) and number}


def _count_changed(repository: Repository, published: Iterable[Publication]) -> int:
    versions: dict[SetName, dict[RecordId, set[str]]] = {}
    for one in published:
        versions.setdefault(one.set, {}).setdefault(one.here, set()).add(one.version)
    return sum(
        version_of(record) not in known[record.id]
        for name, known in versions.items()
        for record in repository.sets.pick(name, known.keys())
    )


def add_publications(repository: Repository, peer: Peer, fresh: Iterable[Publication]) -> None:
    """Remember what is about to be published, or was; the caller holds the lock of PUBLISHED."""
    versions = {one[:3]: one.version for one in (*read_publications(repository, peer), *fresh)}
    rows: list[Json] = [[*lesson, version] for lesson, version in sorted(versions.items())]
    facts: dict[str, Json] = {"format": FORMAT, "url": peer.shown_url, "lessons": rows}
    write_json(repository.state.path(PUBLISHED, f"{peer.name}.json"), facts)
