"""What is new in the fetched tips of one peer, read but not yet checked."""

from dataclasses import dataclass, field
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import FileKind, SetName, find_set, kind_of
from git_fedlearn.core.record_set import split_lines
from git_fedlearn.errors import GitError
from git_fedlearn.federation.fetching import Contact, Fetched
from git_fedlearn.federation.memory import Memory, blob_at
from git_fedlearn.federation.offers import Offer, read_offer
from git_fedlearn.federation.peers import Peer, Trust
from git_fedlearn.federation.reasons import Reason
from git_fedlearn.federation.signatures import find_signature_problem
from git_fedlearn.repository.data_tree import CommittedTree
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository

MOST_TIPS: Final = 20_000


@dataclass(slots=True)
class Report:
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
    memory: Memory
    report: Report
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

    def gather(self, peer: Peer, memory: Memory, fetched: Fetched, tips: dict[str, Oid]) -> Gathered:
        """What is new since what `memory` holds. A peer that cannot be read is given up, not raised."""
        report = Report(peer.name, fetched.contact, fetched.detail, tips=tips)
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
        if peer.trust is Trust.SIGNED:
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
            commit = objects.find_commit(oid) if wanted and len(tips[peer.name]) < MOST_TIPS else None
            if commit:
                tips[peer.name][ref] = commit
    return tips
