"""How this clone stands to each peer, from what was last fetched: no network."""

from typing import NamedTuple

from git_fedlearn.core.layout import find_set
from git_fedlearn.core.record import claimed_id
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.federation.fetching import Contact
from git_fedlearn.federation.memory import read_memory
from git_fedlearn.federation.peers import Peer, read_peers
from git_fedlearn.repository.data_tree import committed_tree
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository


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
    from git_fedlearn.federation.origins import offered_ids  # noqa: PLC0415  costs start-up time

    objects = repository.objects
    head = objects.find_commit("HEAD")
    known = _ids(objects, head) if head else set()
    return {peer.name: len(offered_ids(repository, objects, peer) - known) for peer in changed}


def _ids(objects: Objects, head: Oid) -> set[str]:
    tree = committed_tree(objects, head)
    lines = (line for path in tree.paths() if find_set(path) for line in split_lines(tree.read(path)))
    return {found for line in lines if (found := claimed_id(line))}
