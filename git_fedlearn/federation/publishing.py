"""Publishing: chosen records on top of the history of another repository, which gets nothing else of ours.

The tip there is fetched and joined with the chosen records in memory. One commit on top of it, or a first
commit with the files of a new repository, is pushed. If others push at the same time, all of this is done
again with their tip. No branch, index or work tree of this clone changes.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final, NamedTuple

from git_fedlearn.core.foreign_content import find_foreign_content
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.join import join_records
from git_fedlearn.core.layout import DATA, SetName, find_set, path_of, stem_of
from git_fedlearn.core.record import NotARecordError, Record, headline, seen_by
from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.federation.fetch import Contact, fetch_peers, find_head_branch
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.federation.land import HeadSet, join_head_set, make_commit, read_head_sets
from git_fedlearn.federation.offers import BLOB_BYTES, DEPTH, MAX_TREE_ENTRIES
from git_fedlearn.federation.outgoing import (
    OutgoingRecord,
    outgoing_lesson,
    outgoing_retraction,
    version_of,
)
from git_fedlearn.federation.peers import Peer, check_branch
from git_fedlearn.federation.publish_policy import may_publish
from git_fedlearn.federation.published import Publication, add_publications, read_publications
from git_fedlearn.federation.upstream import Exchange, StepStatus, push_until_done
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trees import CommittedTree
from git_fedlearn.repository.work_tree import SYSTEM_TRAILER
from git_fedlearn.setup.scaffold import new_files

_NEW_REPOSITORY: Final = (Contact.EMPTY, Contact.NO_BRANCH)
_FIRST_BRANCH: Final = "main"


class PublishKind(Enum):
    """What publishing a record does there."""

    NEW = "new"
    UPDATED = "updated"
    RETRACTED = "retracted"


class PublishOffer(NamedTuple):
    """A record that can be published, as it would leave; `id` is its id here.

    `others` is the number of other systems that are named for the lesson there; `version` as in Publication.
    """

    kind: PublishKind
    set: SetName
    id: RecordId
    outgoing: OutgoingRecord
    title: str
    others: int
    is_suspicious: bool
    version: str


class PublishFault(NamedTuple):
    """A chosen record that may not leave, and why."""

    set: SetName
    id: RecordId
    reason: str


class PublishPlan(NamedTuple):
    """What can be published, what may not, and the number of chosen lessons that are there already.

    `current` are lessons published before that are there as they are here.
    """

    offers: list[PublishOffer]
    faults: list[PublishFault]
    known: int
    current: list[Publication]


class Target:
    """The branch of a peer to publish to, as of its last fetch."""

    def __init__(self, repository: Repository, peer: Peer, seconds: float) -> None:
        """Fetch the peer. Raises FedlearnError if it cannot be reached, or has no one branch."""
        if "*" in peer.branch:
            raise FedlearnError(
                f"{peer.name}: read from several branches ({peer.branch}), so none to publish to",
                hint=f"git fedlearn remote add {peer.name}-main {peer.shown_url} --branch main",
            )
        self._repository = repository
        self._peer = peer
        self._seconds = seconds
        self.tip: Oid | None = None
        self.tree = CommittedTree({}, repository.objects)
        self.fetch()
        self.branch = self._peer.branch or self._find_branch()

    def fetch(self) -> None:
        """Fetch the tip again. Raises FedlearnError."""
        (fetched,) = fetch_peers(self._repository, [self._peer], seconds=self._seconds, parallel=1)
        if fetched.contact is Contact.EMPTY and not self._peer.branch:
            # The branch that HEAD will name is made by the first who publishes.
            first = self._repository.git.find_config("init.defaultBranch") or _FIRST_BRANCH
            self._peer = self._peer._replace(branch=check_branch(first))
            self.fetch()
            return
        if fetched.contact in _NEW_REPOSITORY:
            return
        if fetched.contact is not Contact.REACHED:
            detail = f" ({fetched.detail})" if fetched.detail else ""
            raise FedlearnError(
                f"{self._peer.name}: {fetched.contact.value}{detail}",
                hint=f"git fedlearn remote show {self._peer.name}",
            )
        objects = self._repository.objects
        self.tip = objects.find_commit(self._peer.ref)
        if self.tip is None:
            raise FedlearnError(f"{self._peer.name}: what was fetched is not a commit")
        try:
            entries = objects.some_files(self.tip, DATA, depth=DEPTH, most=MAX_TREE_ENTRIES) or {}
        except (KeyError, ValueError) as error:
            raise GitError(f"{self._peer.name}: its tree cannot be read") from error
        self.tree = CommittedTree(entries, objects)

    def _find_branch(self) -> str:
        found = find_head_branch(self._repository, self._peer)
        if found is None:
            name = self._peer.name
            raise FedlearnError(
                f"{name}: its HEAD names no branch", hint=f"git fedlearn remote add {name} --branch main"
            )
        return found

    def read(self, names: Iterable[SetName]) -> dict[SetName, HeadSet]:
        """Record sets of the tip, by name. Raises FedlearnError for files that cannot be joined."""
        wanted = {*names}
        for path, entry in self.tree.entries.items():
            found = find_set(path)
            if not found or found[0] not in wanted:
                continue
            if not entry.is_file or self._repository.objects.size(entry.oid) > BLOB_BYTES:
                raise FedlearnError(f"{self._peer.name}: {path}: not a regular file, or too large")
            foreign = find_foreign_content(self.tree.read(path))
            if foreign:
                raise FedlearnError(f"{self._peer.name}: {path}: {foreign}, not JSON lines")
        return read_head_sets(self.tree, wanted)


class Publisher:
    """One run: plans for a peer, and pushes what was chosen of the plan."""

    def __init__(self, repository: Repository, peer: Peer, engine: PrivacyEngine, *, seconds: float) -> None:
        """`engine` redacts for readers outside. Raises FedlearnError if the peer cannot be reached."""
        self._repository = repository
        self._peer = peer
        self._engine = engine
        self._seconds = seconds
        self._system = repository.system()
        self.target = Target(repository, peer, seconds)
        self.commit: Oid | None = None

    def plan(self, chosen: Iterable[tuple[SetName, Record]]) -> PublishPlan:
        """What publishing these lessons would do, and what follows lessons published before."""
        lessons = {(name, record.id): record for name, record in chosen}
        before = read_publications(self._repository, self._peer)
        names = {name for name, _ in lessons} | {one.set for one in before}
        there = self.target.read(names)
        refused = {name: reason for name in names if (reason := self.find_refusal(name))}
        plan = PublishPlan([], [], 0, [])
        known = {
            key
            for key, record in sorted(lessons.items())
            if not self._consider(plan, there[key[0]], record, refused)
        }
        for one in sorted(before):
            for record in self._repository.sets.pick(one.set, {one.here}):
                key = (one.set, record.id)
                if key in known or (
                    key not in lessons
                    and not self._consider(plan, there[one.set], record, refused, one.there)
                ):
                    plan.current.append(one._replace(version=version_of(record)))
        return plan._replace(known=len(known))

    def find_refusal(self, name: SetName) -> str:
        """Why no record of a set may leave for this peer; empty if they may."""
        private = sorted({finding.kind for finding in self._engine.scan(name.rpartition("/")[2])})
        if private:
            return f"the name of the set contains {', '.join(private)}"
        stem = stem_of(name)
        refusal = may_publish(self._repository, self._peer.name, [path_of(stem, "")] if stem else [name])
        return refusal.message if refusal else ""

    def _consider(
        self,
        plan: PublishPlan,
        there: HeadSet,
        record: Record,
        refused: dict[SetName, str],
        published: RecordId | None = None,
    ) -> bool:
        """Add a record to the plan; False if publishing it would change nothing there."""
        name = there.name
        try:
            if record.is_tombstone:
                outgoing = outgoing_retraction(record, published or record.id, self._engine, self._system)
            else:
                outgoing = outgoing_lesson(record, self._engine, self._system)
        except NotARecordError as error:
            plan.faults.append(PublishFault(name, record.id, str(error)))
            return True
        identifier = outgoing.record.id
        if published not in (None, identifier):
            return False
        before = there.pick({identifier}).get(identifier, [])
        kind = _find_kind(before, outgoing.record)
        if kind is None:
            return False
        if name in refused:
            plan.faults.append(PublishFault(name, record.id, refused[name]))
            return True
        others = {system for one in before for system in seen_by(one.fields)} - {self._system}
        shown = before[0] if record.is_tombstone else outgoing.record
        is_suspect = not record.is_tombstone and is_suspicious(outgoing.record.fields)
        plan.offers.append(
            PublishOffer(
                kind,
                name,
                record.id,
                outgoing,
                headline(shown.fields),
                len(others),
                is_suspect,
                version_of(record),
            )
        )
        return True

    def push(self, offers: list[PublishOffer], wait: Callable[[float], None] = time.sleep) -> Exchange:
        """Publish records of the plan. They are remembered first: what is not there is never retracted."""
        fresh = [Publication(one.set, one.id, one.outgoing.record.id, "") for one in offers]
        add_publications(self._repository, self._peer, fresh)
        self.commit = self._make_commit(offers)

        def catch_up() -> Exchange:
            self.target.fetch()
            self.commit = self._make_commit(offers)
            return Exchange(StepStatus.DONE)

        done = push_until_done(
            self._repository,
            self._find_address(),
            lambda: f"{self.commit}:refs/heads/{self.target.branch}",
            catch_up,
            wait,
            seconds=self._seconds,
        )
        if done.status is not StepStatus.FAILED:
            versions = [one.version for one in offers]
            done_now = [row._replace(version=version) for row, version in zip(fresh, versions, strict=True)]
            self.remember(done_now)
        return done

    def remember(self, published: Iterable[Publication]) -> None:
        """Remember what is there; the caller holds the lock of PUBLISHED."""
        add_publications(self._repository, self._peer, published)

    def _find_address(self) -> str:
        """The URL to push to: by name, git would keep what is there as if this clone had pulled it."""
        return self._repository.git.find_config(f"remote.{self._peer.name}.pushurl") or self._peer.url

    def _make_commit(self, offers: list[PublishOffer]) -> Oid:
        """The tip with these records joined; the tip itself if it has them already."""
        repository, tip = self._repository, self.target.tip
        limit = repository.settings.record_set_bytes
        files = {} if tip else new_files()
        for name, there in self.target.read({one.set for one in offers}).items():
            lines = [one.outgoing.record.line for one in offers if one.set == name]
            files |= join_head_set(there, lines, limit).files
        if tip and not files:
            return tip
        message = f"publish: {describe_kinds(offers)}\n\n{SYSTEM_TRAILER}: {self._system}\n"
        return make_commit(repository, repository.objects, tip, files, message)


def describe_kinds(offers: Iterable[PublishOffer]) -> str:
    """`2 new, 1 retracted`."""
    counts = Counter(one.kind for one in offers)
    return ", ".join(f"{counts[kind]} {kind.value}" for kind in PublishKind if counts[kind])


def _find_kind(before: list[Record], outgoing: Record) -> PublishKind | None:
    """What a record does to its versions there; None for nothing, and for a retraction of nothing."""
    after = join_records([*before, outgoing])
    if after == before:
        return None
    living = any(not one.is_tombstone for one in before)
    if all(one.is_tombstone for one in after):
        return PublishKind.RETRACTED if living else None
    return PublishKind.UPDATED if before else PublishKind.NEW
