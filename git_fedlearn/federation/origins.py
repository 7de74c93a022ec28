"""Where a record came from: who learned it, the commit that brought it, and the peer behind that commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, claimed_id
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.core.trailers import read_trailers
from git_fedlearn.federation.memory import read_introduced, remembered
from git_fedlearn.federation.offers import read_offer
from git_fedlearn.federation.peers import Peer, RemoteName, read_peers
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_log import trace_record
from git_fedlearn.repository.repository import Repository


class Change(NamedTuple):
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
    changes: tuple[Change, ...]


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


def _changes(objects: Objects, identifier: RecordId, sets: tuple[SetName, ...]) -> Iterator[Change]:
    """The commits that did something to the record, oldest first."""
    head = objects.find_commit("HEAD")
    for name in sets if head else ():
        for step in reversed(trace_record(objects, head or Oid(""), name, identifier)):
            facts = objects.facts(step.commit)
            peers = read_trailers(facts.message).peers
            for change in step.changes:
                yield Change(step.commit, facts.date, facts.subject, change.kind.value, peers)
