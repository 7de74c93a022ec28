"""What the fetched tips of a peer offer that is new: lines of record sets, and files of single systems.

Nothing of it is checked yet. The tree of a peer is read to a fixed depth and number of entries, only at paths
that the layout knows, and only plain files of a bounded size.
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
from git_fedlearn.federation.peer_state import PeerState
from git_fedlearn.federation.peers import Peer, TrustLevel
from git_fedlearn.repository.objects import Objects, Oid, TreeEntry
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree

BLOB_BYTES: Final = 64 * 2**20
"""A larger file of a peer is not read."""
MAX_FILE_LINES: Final = 500_000
"""A file with more lines is not read: far more than fit into the size that a set file may have."""
MAX_PEER_BYTES: Final = 512 * 2**20
"""Bytes of new files of one peer that one run holds in memory; the next run reads the others."""
LINE_BYTES: Final = 100
"""What a line costs in memory besides its bytes."""
MAX_PEER_FILES: Final = 5_000
"""New files of one peer that one run reads."""
MAX_TREE_ENTRIES: Final = 200_000
MAX_TIPS: Final = 20_000
DEPTH: Final = 4
"""data/telemetry/snapshots/<system>/<file> is as deep as the layout goes."""

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")


@dataclass(slots=True)
class TipFiles:
    """The data files of one tip; files in `refused` are not read."""

    sets: dict[str, TreeEntry] = field(default_factory=dict)
    own_files: dict[str, TreeEntry] = field(default_factory=dict)
    """Files that one system alone writes."""
    refused: dict[str, Reason] = field(default_factory=dict)
    has_data: bool = True


@dataclass(slots=True)
class PeerReport:
    """The result of a run for one peer."""

    name: str
    contact: Contact
    detail: str = ""
    history: str = ""
    """`rewritten` or `rolled back` if the peer's branch no longer contains its earlier tip."""
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
        """Whether nothing can be taken from this peer."""
        return self.contact.is_failure

    def fail(self, contact: Contact, detail: str) -> None:
        """Give up this peer for this run."""
        self.contact, self.detail = contact, detail


@dataclass(slots=True)
class Offer:
    """What one peer offers that no earlier run read: lines by set, and files of other systems by path."""

    peer: Peer
    state: PeerState
    report: PeerReport
    lines: dict[SetName, set[bytes]] = field(default_factory=dict)
    own_files: dict[str, Oid] = field(default_factory=dict)
    outcomes: dict[str, set[Oid]] = field(default_factory=dict)
    """Versions of files of outcomes, by path."""
    blobs: dict[str, dict[str, str]] = field(default_factory=dict)
    read: set[tuple[str, Oid]] = field(default_factory=set)
    """Sets and blobs read in this run: many branches of a hub contain the same ones."""
    is_whole: bool = True
    """Whether this run takes every line that it read; if not, the next run reads all files again."""
    is_complete: bool = True
    """Whether this run read every file; if not, the next run reads the others."""
    files_read: int = 0
    bytes_held: int = 0

    def has_room(self, size: int) -> bool:
        """Whether a file of this size may be read; after the first that may not, none may."""
        is_full = self.files_read == MAX_PEER_FILES or self.bytes_held + size > MAX_PEER_BYTES
        if is_full:
            self.is_complete = False
            self.report.refused["…"] = Reason.REST
        return self.is_complete

    def add(self, name: SetName, lines: set[bytes]) -> None:
        """Add the lines of a file; those that another branch has, too, take no more memory."""
        known = self.lines.setdefault(name, set())
        fresh = lines - known
        known |= fresh
        self.files_read += 1
        self.bytes_held += sum(map(len, fresh)) + LINE_BYTES * len(fresh)


def read_tips(repository: Repository, objects: Objects, peers: list[Peer]) -> dict[str, dict[str, Oid]]:
    """The commits that each peer's refs point to, by peer and ref; at most one for a peer without `*`."""
    tips: dict[str, dict[str, Oid]] = {peer.name: {} for peer in peers}
    for ref, oid in repository.git.refs("refs/fedlearn/").items():
        for peer in peers:
            pattern = peer.ref
            is_match = ref == pattern or (pattern.endswith("*") and ref.startswith(pattern[:-1]))
            commit = objects.find_commit(oid) if is_match and len(tips[peer.name]) < MAX_TIPS else None
            if commit:
                tips[peer.name][ref] = commit
    return tips


def read_tip_files(objects: Objects, tip: Oid) -> TipFiles:
    """The data files in the tree of a tip. Raises GitError if it is broken or too large."""
    try:
        entries = objects.some_files(tip, DATA, depth=DEPTH, most=MAX_TREE_ENTRIES)
    except (KeyError, ValueError) as error:
        raise GitError(f"{tip}: its tree cannot be read") from error
    if entries is None:
        return TipFiles(has_data=False)
    files = TipFiles()
    for path, entry in entries.items():
        kind = kind_of(path)
        if kind is FileKind.OTHER:
            continue
        if not entry.is_file:
            files.refused[path] = Reason.NOT_A_FILE
        elif objects.size(entry.oid) > BLOB_BYTES:
            files.refused[path] = Reason.FILE_TOO_LARGE
        elif kind is FileKind.RECORD_SET:
            files.sets[path] = entry
        elif is_single_writer_path(path):
            files.own_files[path] = entry
    return files


def is_single_writer_path(path: str) -> bool:
    """Whether a path belongs to one system, and is spelled as systems spell it."""
    owner = owner_of(path)
    name = path.rpartition("/")[2]
    is_named_well = bool(owner and SYSTEM_ID.fullmatch(owner) and _FILE_NAME.fullmatch(name))
    return is_named_well and name != "latest.jsonl"


def rules_for(peer: Peer, rules: str) -> str:
    """The rules for records of a peer, as one string."""
    return f"{peer.trust.value} {rules}"


@dataclass(frozen=True, slots=True)
class OfferReader:
    """Reads what peers offer and compares it with HEAD."""

    repository: Repository
    objects: Objects
    contents: Objects
    """Read by git: the branches of a hub are long chains of deltas, which git resolves ten times faster."""
    head: Oid
    tree: CommittedTree
    rules: str

    def read(self, peer: Peer, state: PeerState, fetched: Fetched, tips: dict[str, Oid]) -> Offer:
        """What is new since `state`. A peer that cannot be read fails in its report, without an exception."""
        report = PeerReport(peer.name, fetched.contact, fetched.detail, tips=tips)
        offer = Offer(peer, state, report)
        if fetched.contact is not Contact.REACHED:
            return offer
        if not tips:
            report.fail(Contact.EMPTY, "")
            return offer
        known = state.rules == rules_for(peer, self.rules) and self.objects.is_ancestor(
            state.landed, self.head
        )
        report.is_new = state.tips != tips
        if known and not report.is_new:
            offer.blobs = state.blobs
            return offer
        try:
            self._read_tips(offer, known=known)
        except GitError as error:
            report.fail(Contact.REFUSED, error.message)
        return offer

    def _read_tips(self, offer: Offer, *, known: bool) -> None:
        state, report = offer.state, offer.report
        report.history = self._find_rewrite(state.tips, report.tips)
        if offer.peer.trust is TrustLevel.SIGNED:
            fresh = [tip for ref, tip in report.tips.items() if state.tips.get(ref) != tip or not known]
            problem = find_signature_problem(self.repository, fresh)
            if problem:
                report.fail(Contact.UNSIGNED, problem)
                return
        found = {ref: read_tip_files(self.objects, tip) for ref, tip in report.tips.items()}
        report.has_data = any(files.has_data for files in found.values())
        for ref, files in found.items():
            report.refused |= files.refused
            entries = files.sets | files.own_files
            blobs = offer.blobs[ref] = {}
            for path, entry in entries.items():
                before = state.blob_at(ref, path) if known else None
                is_new = entry.oid != before
                if is_new and path in files.sets:
                    self._read_set_file(offer, path, entry.oid, before)
                elif is_new:
                    self._choose_own_file(offer, path, entry.oid)
                if offer.is_complete or not is_new:
                    blobs[path] = entry.oid

    def _find_rewrite(self, before: dict[str, str], now: dict[str, Oid]) -> str:
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

    def _read_set_file(self, offer: Offer, path: str, blob: Oid, before: Oid | None) -> None:
        """Add the lines of a file that its earlier version lacks, unless HEAD has the same file."""
        ours, found = self.tree.entries.get(path), find_set(path)
        if not found or (ours and ours.oid == blob) or (found[0], blob) in offer.read:
            return
        if not offer.has_room(self.objects.size(blob)):
            return
        data = self.contents.read(blob)
        offer.read.add((found[0], blob))
        if data.count(b"\n") > MAX_FILE_LINES:
            offer.report.refused[path] = Reason.FILE_TOO_LARGE
            return
        lines = set(split_lines(data))
        if before and self.objects.has(before):
            lines.difference_update(split_lines(self.contents.read(before)))
        offer.add(found[0], lines)

    def _choose_own_file(self, offer: Offer, path: str, blob: Oid) -> None:
        ours = self.tree.entries.get(path)
        is_counted = kind_of(path) is FileKind.OUTCOMES
        if (ours and (ours.oid == blob or not is_counted)) or not offer.has_room(
            size := self.objects.size(blob)
        ):
            return
        offer.files_read += 1
        offer.bytes_held += size
        if is_counted:
            offer.outcomes.setdefault(path, set()).add(blob)
        else:
            offer.own_files.setdefault(path, blob)
