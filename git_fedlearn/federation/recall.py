"""Taking back everything that came here only through one peer, when that peer is found to be bad."""

from datetime import datetime

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import SEEN_BY, Record
from git_fedlearn.federation.memory import read_introduced
from git_fedlearn.federation.origins import offered_ids
from git_fedlearn.federation.peers import Peer, read_peers
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone


def find_only_from(repository: Repository, peer: Peer) -> dict[SetName, list[Record]]:
    """The lessons that this peer brought first, that no other holds, and that were not learned here."""
    objects = repository.objects
    ids = read_introduced(repository, peer.name)
    for other in read_peers(repository):
        if other.name != peer.name:
            ids -= offered_ids(repository, objects, other)
    own = repository.system()
    sets = repository.sets
    found: dict[SetName, list[Record]] = {}
    for name in sets.names():
        lessons = [record for record in sets.read(name) if record.id in ids and not record.is_tombstone]
        found[name] = [record for record in lessons if not _is_learned_by(record, own)]
    return {name: records for name, records in found.items() if records}


def retract_all(repository: Repository, found: dict[SetName, list[Record]], now: datetime) -> int:
    """Write their tombstones into the work tree; returns how many. The caller holds the lock."""
    retracted: JsonObject = {
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "by": repository.system(),
        "reason": "came only from a peer that is no longer trusted",
    }
    sets = repository.sets
    keep_retracted(repository, [record for records in found.values() for record in records])
    for name, records in found.items():
        sets.join(name, [tombstone(record, retracted).line for record in records])
    return sum(map(len, found.values()))


def _is_learned_by(record: Record, system: str) -> bool:
    seen = record.fields.get(SEEN_BY)
    return isinstance(seen, list) and system in seen
