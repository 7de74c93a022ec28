"""What the fetched tips of a peer offer: its record sets, and the files that other systems alone write.

Nothing of a peer's tree has been checked: only paths that the layout knows are looked at, to a fixed
depth and number, and only plain files of a bounded size are read.

What is new in the fetched tips of one peer, read but not yet checked.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import DATA, FileKind, SetName, find_set, kind_of, owner_of
from git_fedlearn.core.record import SYSTEM_ID
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.errors import GitError
from git_fedlearn.federation.check import Reason
from git_fedlearn.federation.fetch import Contact, Fetched, find_signature_problem
from git_fedlearn.federation.peer_state import PeerState, blob_at
from git_fedlearn.federation.peers import Peer, TrustLevel
from git_fedlearn.repository.objects import Objects, Oid, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree

BLOB_BYTES: Final = 64 * 2**20
"""A larger file of a peer is not read."""
MAX_TREE_ENTRIES: Final = 200_000
DEPTH: Final = 4
"""data/telemetry/snapshots/<system>/<file> is as deep as the layout goes."""

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


@dataclass(slots=True)
class Offer:
    """The data files of one tip; `refused` are paths that are not looked into."""

    tip: Oid
    sets: dict[str, TreeEntry] = field(default_factory=dict)
    own_files: dict[str, TreeEntry] = field(default_factory=dict)
    refused: dict[str, Reason] = field(default_factory=dict)
    has_data: bool = True


def read_offer(objects: Objects, tip: Oid) -> Offer:
    """Look through the tree of a tip. Raises GitError for one that is broken or too large."""
    try:
        files = objects.some_files(tip, DATA, depth=DEPTH, most=MAX_TREE_ENTRIES)
    except (KeyError, ValueError) as error:
        raise GitError(f"{tip}: its tree cannot be read") from error
    if files is None:
        return Offer(tip, has_data=False)
    offer = Offer(tip)
    for path, entry in files.items():
        if kind_of(path) is FileKind.OTHER:
            continue
        reason = _refusal(objects, entry)
        if reason:
            offer.refused[path] = reason
        elif find_set(path):
            offer.sets[path] = entry
        elif is_single_writer_path(path):
            offer.own_files[path] = entry
    return offer


def is_single_writer_path(path: str) -> bool:
    """Whether a path belongs to one system, and is spelt as systems spell it."""
    owner = owner_of(path)
    name = path.rpartition("/")[2]
    local = name == "latest.jsonl"
    return bool(owner and SYSTEM_ID.fullmatch(owner) and _FILE_NAME.fullmatch(name)) and not local


def _refusal(objects: Objects, entry: TreeEntry) -> Reason | None:
    if not entry.is_file:
        return Reason.NOT_A_FILE
    return Reason.FILE_TOO_LARGE if objects.size(entry.oid) > BLOB_BYTES else None


MAX_TIPS: Final = 20_000


@dataclass(slots=True)
class PeerReport:
    """What came of one peer in one run."""

    name: str
    contact: Contact
    detail: str = ""
    history: str = ""
    """`rewritten` or `rolled back` when the peer's branch does not contain what it held before."""
    is_new: bool = False
    """Whether any branch moved since the last run."""
    has_data: bool = True
    learned: int = 0
    changed: int = 0
    files: int = 0
    quarantined: int = 0
    reasons: dict[Reason, int] = field(default_factory=dict)
    flagged: set[RecordId] = field(default_factory=set)
    """Accepted records that read like instructions to an agent."""
    refused: dict[str, Reason] = field(default_factory=dict)
    tips: dict[str, Oid] = field(default_factory=dict)

    @property
    def is_failure(self) -> bool:
        """Whether this peer could not be learned from."""
        return self.contact.is_failure

    def fail(self, contact: Contact, detail: str) -> None:
        """Give this peer up for this run."""
        self.contact, self.detail = contact, detail


@dataclass(slots=True)
class Gathered:
    """Lines by set, and files of other systems, that this peer offers and that were not read before."""

    peer: Peer
    memory: PeerState
    report: PeerReport
    lines: dict[SetName, set[bytes]] = field(default_factory=dict)
    own_files: dict[str, Oid] = field(default_factory=dict)
    outcomes: dict[str, set[Oid]] = field(default_factory=dict)
    """Versions of files of outcomes, by path."""
    blobs: dict[str, dict[str, str]] = field(default_factory=dict)
    read: set[Oid] = field(default_factory=set)
    """Blobs read in this run: many branches of a hub hold the same ones."""
    is_whole: bool = True
    """Whether all of it is dealt with in this run."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads what peers offer, held against HEAD."""

    repository: Repository
    objects: Objects
    head: Oid
    tree: CommittedTree
    rules: str

    def gather(self, peer: Peer, memory: PeerState, fetched: Fetched, tips: dict[str, Oid]) -> Gathered:
        """What is new since what `memory` holds. A peer that cannot be read is given up, not raised."""
        report = PeerReport(peer.name, fetched.contact, fetched.detail, tips=tips)
        gathered = Gathered(peer, memory, report)
        if fetched.contact is not Contact.REACHED:
            return gathered
        if not tips:
            report.fail(Contact.EMPTY, "")
            return gathered
        known = memory.rules == self.rules_for(peer) and self.objects.is_ancestor(memory.landed, self.head)
        report.is_new = memory.tips != tips
        if known and not report.is_new:
            gathered.blobs = memory.blobs
            return gathered
        try:
            self._look(gathered, known=known)
        except GitError as error:
            report.fail(Contact.REFUSED, error.message)
        return gathered

    def rules_for(self, peer: Peer) -> str:
        """What the records of a peer are checked by, as one string."""
        return f"{peer.trust.value} {self.rules}"

    def _look(self, gathered: Gathered, *, known: bool) -> None:
        peer, report = gathered.peer, gathered.report
        report.history = self._history(gathered.memory.tips, report.tips)
        if peer.trust is TrustLevel.SIGNED:
            fresh = [
                tip for ref, tip in report.tips.items() if gathered.memory.tips.get(ref) != tip or not known
            ]
            problem = find_signature_problem(self.repository, fresh)
            if problem:
                report.fail(Contact.UNSIGNED, problem)
                return
        offers = {ref: read_offer(self.objects, tip) for ref, tip in report.tips.items()}
        report.has_data = any(offer.has_data for offer in offers.values())
        for ref, offer in offers.items():
            report.refused |= offer.refused
            gathered.blobs[ref] = {path: entry.oid for path, entry in (offer.sets | offer.own_files).items()}
            self._read_sets(gathered, ref, offer, known=known)
            self._choose_own_files(gathered, ref, offer, known=known)

    def _history(self, before: dict[str, str], now: dict[str, Oid]) -> str:
        for ref, old in before.items():
            new = now.get(ref)
            if (
                new
                and new != old
                and self.objects.find_commit(old)
                and not self.objects.is_ancestor(old, new)
            ):
                return "rolled back" if self.objects.is_ancestor(new, Oid(old)) else "rewritten"
        return ""

    def _read_sets(self, gathered: Gathered, ref: str, offer: Offer, *, known: bool) -> None:
        for path, entry in offer.sets.items():
            found = find_set(path)
            old = blob_at(gathered.memory, ref, path) if known else None
            ours = self.tree.entries.get(path)
            if found is None or entry.oid in (old, ours and ours.oid) or entry.oid in gathered.read:
                continue
            gathered.read.add(entry.oid)
            lines = set(split_lines(self.objects.read(entry.oid)))
            if old and self.objects.has(old):
                lines.difference_update(split_lines(self.objects.read(old)))
            gathered.lines.setdefault(found[0], set()).update(lines)

    def _choose_own_files(self, gathered: Gathered, ref: str, offer: Offer, *, known: bool) -> None:
        for path, entry in offer.own_files.items():
            old = blob_at(gathered.memory, ref, path) if known else None
            if entry.oid == old:
                continue
            ours = self.tree.entries.get(path)
            if kind_of(path) is FileKind.OUTCOMES and not (ours and ours.oid == entry.oid):
                gathered.outcomes.setdefault(path, set()).add(entry.oid)
            elif not ours:
                gathered.own_files.setdefault(path, entry.oid)


def read_tips(repository: Repository, objects: Objects, peers: list[Peer]) -> dict[str, dict[str, Oid]]:
    """The commits that each peer's refs point to, by peer and ref; of a peer without `*` at most one."""
    listed = repository.git.text("for-each-ref", "--format=%(objectname) %(refname)", "refs/fedlearn/")
    tips: dict[str, dict[str, Oid]] = {peer.name: {} for peer in peers}
    for oid, ref in (line.split(" ", 1) for line in listed.splitlines()):
        for peer in (peer for peer in peers if ref.startswith(peer.refs)):
            wanted = ref == peer.ref or (peer.ref.endswith("*") and ref.startswith(peer.ref[:-1]))
            commit = objects.find_commit(oid) if wanted and len(tips[peer.name]) < MAX_TIPS else None
            if commit:
                tips[peer.name][ref] = commit
    return tips
