"""Where a record came from: who learned it, the commit that brought it, and the peer behind that commit."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.core.record import Record, claimed_id, parse_record
from git_fedlearn.core.record_set import is_record_line, split_lines
from git_fedlearn.federation.memory import read_introduced
from git_fedlearn.federation.messages import PEER_TRAILER
from git_fedlearn.federation.offers import read_offer
from git_fedlearn.federation.peers import Peer, RemoteName, read_peers
from git_fedlearn.repository.data_tree import CommittedTree, committed_tree, open_objects
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository

_TRAILER = re.compile(rf"^{PEER_TRAILER}: (\S+) ", re.MULTILINE)


class Change(NamedTuple):
    """A commit in which a record first appeared, or was retracted or restored."""

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


def explain_record(repository: Repository, record: Record, sets: tuple[SetName, ...]) -> Origin:
    """Look through the history of the branch and the fetched tips of all peers."""
    objects = open_objects(repository)
    peers = read_peers(repository)
    bringers = [peer.name for peer in peers if record.id in read_introduced(repository, peer.name)]
    return Origin(
        record,
        sets,
        bringers[0] if len(bringers) == 1 else None,
        tuple(peer.name for peer in peers if record.id in offered_ids(repository, objects, peer)),
        tuple(_changes(repository, objects, record.id)),
    )


def offered_ids(repository: Repository, objects: Objects, peer: Peer) -> set[RecordId]:
    """The ids of all records and tombstones in the fetched tips of a peer, as they claim them."""
    listed = repository.git.text("for-each-ref", "--format=%(objectname)", peer.refs)
    tips = [objects.find_commit(oid) for oid in listed.split()]
    blobs = {entry.oid for tip in tips if tip for entry in read_offer(objects, tip).sets.values()}
    lines = (line for blob in blobs for line in split_lines(objects.read(blob)))
    return {identifier for line in lines if (identifier := claimed_id(line))}


def _changes(repository: Repository, objects: Objects, identifier: RecordId) -> Iterator[Change]:
    """The commits, oldest first, after which the record is another kind of thing than before."""
    head = objects.find_commit("HEAD")
    if head is None:
        return
    state = ""
    listed = repository.git.text("rev-list", "--reverse", "--topo-order", "HEAD", "--", "data/").split()
    for oid in listed:
        commit = Oid(oid)
        now = _state(committed_tree(objects, commit), identifier)
        if now and now != state:
            yield _change(repository, commit, "restored" if state == "retracted" else now)
        state = now or state


def _state(tree: CommittedTree, identifier: RecordId) -> str:
    start = b'{"_id":"%s"' % identifier.encode("ascii")
    for path in tree.paths():
        if find_set(path) and tree.is_file(path):
            data = tree.read(path)
            place = 0 if data.startswith(start) else data.find(b"\n" + start) + 1
            if place or data.startswith(start):
                line = data[place : data.find(b"\n", place)]
                if is_record_line(line):
                    return "retracted" if parse_record(line).is_tombstone else "learned"
    return ""


def _change(repository: Repository, commit: Oid, what: str) -> Change:
    shown = repository.git.text("show", "--no-patch", "--format=%cs%n%s%n%B", commit)
    date, subject, body = shown.split("\n", 2)
    return Change(commit, date, subject, what, tuple(_TRAILER.findall(body)))
