"""Where a record came from: who learned it, which commit brought it, through which peer, and who offers it.

The same answers undo the work of a bad peer (retract all that came only through it), and say how far this
clone is behind each peer, by what was last fetched: no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.core.record import Record, claimed_id
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.fetch import Contact
from git_fedlearn.federation.offers import read_tip_files
from git_fedlearn.federation.peer_state import PeerState, PeerStates
from git_fedlearn.federation.peers import Peer, RemoteName, read_peers
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_log import trace_record
from git_fedlearn.repository.record_sets import is_tombstone_line
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.retraction import retract_records
from git_fedlearn.repository.trees import committed_tree
from git_fedlearn.repository.work_tree import read_trailers

MAX_OFFERED_BYTES: Final = 2 * 2**30
"""Bytes of what a peer offers that are read to look for ids."""


class OriginCommit(NamedTuple):
    """What a commit did to a record; a commit that did two things occurs twice."""

    commit: Oid
    date: str
    subject: str
    what: str
    peers: tuple[str, ...]
    """Peers that sent something new for that commit."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of a record; `introduced_by` is the one peer that brought it first, if known."""

    record: Record
    sets: tuple[SetName, ...]
    introduced_by: RemoteName | None
    held_by: tuple[RemoteName, ...]
    """Peers that offered it or its tombstone at their last fetch."""
    changes: tuple[OriginCommit, ...]


def find_origin(repository: Repository, record: Record, sets: tuple[SetName, ...]) -> Origin:
    """Search the history of the branch and the fetched tips of all peers."""
    objects = repository.objects
    peers = read_peers(repository)
    states = PeerStates(repository)
    introducers = [name for name in states.introducers() if record.id in states.introduced(name)]
    return Origin(
        record,
        sets,
        introducers[0] if len(introducers) == 1 else None,
        tuple(peer.name for peer in peers if record.id in offered_ids(repository, objects, peer)),
        tuple(_changes(objects, record.id, sets)),
    )


def offered_ids(repository: Repository, objects: Objects, peer: Peer) -> set[RecordId]:
    """The ids of all records and tombstones in the fetched tips of a peer, as their lines state them."""
    lines = _offered_lines(repository, objects, peer)
    return {identifier for line in lines if (identifier := claimed_id(line))}


def offered_lessons(repository: Repository, objects: Objects, peer: Peer) -> set[RecordId]:
    """Like `offered_ids`, without what a peer offers only as a tombstone."""
    lines = _offered_lines(repository, objects, peer)
    return {identifier for line in lines if (identifier := claimed_id(line)) and not is_tombstone_line(line)}


def _offered_lines(repository: Repository, objects: Objects, peer: Peer) -> Iterator[bytes]:
    tips = map(objects.find_commit, repository.git.refs(peer.refs).values())
    blobs = {entry.oid for tip in tips if tip for entry in read_tip_files(objects, tip).sets.values()}
    left = MAX_OFFERED_BYTES
    for blob in sorted(blobs):
        left -= objects.size(blob)
        if left < 0:
            return
        yield from split_lines(objects.read(blob))


def _changes(objects: Objects, identifier: RecordId, sets: tuple[SetName, ...]) -> Iterator[OriginCommit]:
    """The commits that changed the record, oldest first."""
    head = objects.find_commit("HEAD")
    if head is None:
        return
    for name in sets:
        for step in reversed(trace_record(objects, head, name, identifier)):
            facts = objects.facts(step.commit)
            peers = read_trailers(facts.message).peers
            for change in step.changes:
                yield OriginCommit(step.commit, facts.date, facts.subject, change.kind.value, peers)


def find_only_from(repository: Repository, peer: Peer) -> dict[SetName, list[Record]]:
    """The lessons in the work tree that came from this peer alone."""
    ids = ids_only_from(repository, peer.name)
    sets = repository.sets
    found = {
        name: [record for record in sets.read(name) if record.id in ids and not record.is_tombstone]
        for name in sets.names()
    }
    return {name: records for name, records in found.items() if records}


def ids_only_from(repository: Repository, name: RemoteName) -> set[RecordId]:
    """What a peer introduced, without what this system learned, too, or another peer offers.

    The ledger says what this system learned, never the records: everybody can write into those.
    """
    ids = PeerStates(repository).introduced(name)
    if ids:
        ids -= Ledger(repository).ids()
    for other in read_peers(repository) if ids else ():
        if other.name != name:
            ids -= offered_lessons(repository, repository.objects, other)
    return ids


def retract_all(repository: Repository, found: dict[SetName, list[Record]], now: datetime) -> int:
    """Retract records in the working tree; returns how many. The caller holds the lock."""
    records = [(name, record) for name, records in found.items() for record in records]
    reason = "came only from a peer that is no longer trusted"
    retract_records(repository, records, reason, f"{now:%Y-%m-%dT%H:%M:%SZ}")
    return len(records)


class PeerStatus(NamedTuple):
    """A peer as of its last fetch: `behind` counts records that HEAD lacks; `contacted` is a time (ISO)."""

    peer: Peer
    contact: str
    contacted: str
    behind: int

    @property
    def has_failed(self) -> bool:
        """Whether the last fetch did not reach it, or what it sent was rejected."""
        return any(contact.value == self.contact and contact.is_failure for contact in Contact)


def read_peer_statuses(repository: Repository) -> list[PeerStatus]:
    """The status of every peer. The tips of a peer are read only if they changed since they were merged."""
    peers, states = read_peers(repository), PeerStates(repository)
    known = {peer.name: states.read(peer.name) for peer in peers}
    behind = _count_behind(repository, peers, known)
    return [
        PeerStatus(peer, known[peer.name].contact, known[peer.name].contacted, behind.get(peer.name, 0))
        for peer in peers
    ]


def _count_behind(
    repository: Repository, peers: list[Peer], states: dict[RemoteName, PeerState]
) -> dict[str, int]:
    refs = repository.git.refs("refs/fedlearn/")
    changed = [
        peer
        for peer in peers
        if {ref: oid for ref, oid in refs.items() if ref.startswith(peer.refs)} != states[peer.name].tips
    ]
    if not changed:
        return {}
    objects = repository.objects
    head = objects.find_commit("HEAD")
    known: set[RecordId] = set()
    if head:
        tree = committed_tree(objects, head)
        lines = (line for path in tree.paths() if find_set(path) for line in split_lines(tree.read(path)))
        known = {identifier for line in lines if (identifier := claimed_id(line))}
    return {peer.name: len(offered_ids(repository, objects, peer) - known) for peer in changed}
