"""Where a record came from: who learned it, the commit that brought it, and the peer behind that commit.

Taking back everything that came here only through one peer, when that peer is found to be bad.

How this clone stands to each peer, from what was last fetched: no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.core.record import Record, claimed_id, seen_by
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.fetch import Contact
from git_fedlearn.federation.offers import read_offer
from git_fedlearn.federation.peer_state import read_introduced, read_memory, remembered
from git_fedlearn.federation.peers import Peer, RemoteName, read_peers
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_log import trace_record
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import keep_retracted, tombstone
from git_fedlearn.repository.trees import committed_tree
from git_fedlearn.repository.work_tree import read_trailers


class OriginCommit(NamedTuple):
    """What a commit did to a record; one that did two things is named twice."""

    commit: Oid
    date: str
    subject: str
    what: str
    peers: tuple[str, ...]
    """Peers that brought something in that commit."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is known of a record; `introduced_by` is the one peer that brought it first, if known."""

    record: Record
    sets: tuple[SetName, ...]
    introduced_by: RemoteName | None
    held_by: tuple[RemoteName, ...]
    """Peers that offered it, or its tombstone, when they were last fetched."""
    changes: tuple[OriginCommit, ...]


def find_origin(repository: Repository, record: Record, sets: tuple[SetName, ...]) -> Origin:
    """Look through the history of the branch and the fetched tips of all peers."""
    objects = repository.objects
    peers = read_peers(repository)
    bringers = [name for name in remembered(repository) if record.id in read_introduced(repository, name)]
    return Origin(
        record,
        sets,
        bringers[0] if len(bringers) == 1 else None,
        tuple(peer.name for peer in peers if record.id in offered_ids(repository, objects, peer)),
        tuple(_changes(objects, record.id, sets)),
    )


def offered_ids(repository: Repository, objects: Objects, peer: Peer) -> set[RecordId]:
    """The ids of all records and tombstones in the fetched tips of a peer, as they claim them."""
    listed = repository.git.text("for-each-ref", "--format=%(objectname)", peer.refs)
    tips = [objects.find_commit(oid) for oid in listed.split()]
    blobs = {entry.oid for tip in tips if tip for entry in read_offer(objects, tip).sets.values()}
    lines = (line for blob in blobs for line in split_lines(objects.read(blob)))
    return {identifier for line in lines if (identifier := claimed_id(line))}


def _changes(objects: Objects, identifier: RecordId, sets: tuple[SetName, ...]) -> Iterator[OriginCommit]:
    """The commits that did something to the record, oldest first."""
    head = objects.find_commit("HEAD")
    for name in sets if head else ():
        for step in reversed(trace_record(objects, head or Oid(""), name, identifier)):
            facts = objects.facts(step.commit)
            peers = read_trailers(facts.message).peers
            for change in step.changes:
                yield OriginCommit(step.commit, facts.date, facts.subject, change.kind.value, peers)


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
        found[name] = [record for record in lessons if own not in seen_by(record.fields)]
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


class PeerStanding(NamedTuple):
    """`behind` is how many of its records, as last fetched, HEAD lacks; `contacted` an ISO time or empty."""

    peer: Peer
    contact: str
    contacted: str
    behind: int

    @property
    def has_failed(self) -> bool:
        """Whether the last fetch did not reach it, or it was not to be believed."""
        return any(contact.value == self.contact and contact.is_failure for contact in Contact)


def read_peer_standings(repository: Repository) -> list[PeerStanding]:
    """Every peer. What a peer offers is read only when it differs from what was joined last."""
    peers = read_peers(repository)
    waiting = _not_joined(repository, peers)
    found = []
    for peer in peers:
        memory = read_memory(repository, peer.name)
        found.append(PeerStanding(peer, memory.contact, memory.contacted, waiting.get(peer.name, 0)))
    return found


def _not_joined(repository: Repository, peers: list[Peer]) -> dict[str, int]:
    listed = repository.git.text("for-each-ref", "--format=%(objectname) %(refname)", "refs/fedlearn/")
    refs = dict(line.split(" ", 1)[::-1] for line in listed.splitlines())
    changed = [
        peer
        for peer in peers
        if {ref: oid for ref, oid in refs.items() if ref.startswith(peer.refs)}
        != dict(read_memory(repository, peer.name).tips)
    ]
    if not changed:
        return {}

    objects = repository.objects
    head = objects.find_commit("HEAD")
    known = _ids(objects, head) if head else set()
    return {peer.name: len(offered_ids(repository, objects, peer) - known) for peer in changed}


def _ids(objects: Objects, head: Oid) -> set[str]:
    tree = committed_tree(objects, head)
    lines = (line for path in tree.paths() if find_set(path) for line in split_lines(tree.read(path)))
    return {found for line in lines if (found := claimed_id(line))}
