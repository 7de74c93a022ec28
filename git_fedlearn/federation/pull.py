"""One run of `pull-remotes`: fetch the peers, check new lines, merge them with HEAD in memory, commit once.

Laws: nothing outside data/ changes; no peer can prevent that lessons of another arrive; a run that dies
before the branch moves has changed nothing but refs/fedlearn/, and the next run does the same work again.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial

from git_fedlearn.core.collection_names import readable_name
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, owner_of
from git_fedlearn.federation.check import Checked, Checker, Reason, check_all, reason_of
from git_fedlearn.federation.fetch import Contact, Fetched, fetch_peers
from git_fedlearn.federation.land import (
    HeadSet,
    JoinedSet,
    commit_message,
    fast_forward,
    get_head,
    join_head_set,
    make_commit,
    put_into_work_tree,
    read_head_sets,
    refuse_unready,
)
from git_fedlearn.federation.offers import Offer, OfferReader, PeerReport, read_tips, rules_for
from git_fedlearn.federation.origins import ids_only_from
from git_fedlearn.federation.peer_state import PeerStates, without_read_marks
from git_fedlearn.federation.peers import Peer, RemoteName
from git_fedlearn.federation.quarantine import quarantine
from git_fedlearn.federation.rules import (
    RETRACTION_DAYS,
    Standing,
    apply_rules,
    find_name_problem,
    find_reason,
    lines_to_check,
    merge_peer_outcomes,
    newer_paths,
)
from git_fedlearn.privacy.engine import PrivacyEngine
from git_fedlearn.repository.checkout import remove_orphaned_locks
from git_fedlearn.repository.git_objects import GitObjects
from git_fedlearn.repository.inbox import Inbox, QuarantinedRecord
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATION
from git_fedlearn.repository.trees import committed_tree
from git_fedlearn.repository.workers import Progress

MAX_PEER_LINES = 500_000
"""New lines of one peer and set that one run takes; the next run reads the peer again for the others."""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """Options of a run: `seconds` is the time limit of each fetch, `parallel` how many run at a time."""

    seconds: float = 60
    parallel: int = 8
    dry_run: bool = False
    commit: bool = True


@dataclass(slots=True)
class Pulled:
    """The result of a run; `commit` is None if nothing was new or the options asked for no commit."""

    reports: list[PeerReport]
    sets: list[JoinedSet] = field(default_factory=list)
    own_files: dict[str, bytes] = field(default_factory=dict)
    commit: Oid | None = None

    @property
    def learned(self) -> int:
        """The number of new records."""
        return sum(len(joined.added) for joined in self.sets)

    @property
    def files(self) -> dict[str, bytes]:
        """Every file that differs from HEAD, by path."""
        return {path: data for joined in self.sets for path, data in joined.files.items()} | self.own_files


def make_checker(repository: Repository, engine: PrivacyEngine, now: datetime) -> Checker:
    """The checker of a clone; `fedlearn.injection` is `quarantine` (the default) or `flag`."""
    is_strict = repository.git.find_config("fedlearn.injection") != "flag"
    return Checker(engine, repository.settings.record_bytes, now, quarantine_injection=is_strict)


def pull(
    repository: Repository,
    peers: list[Peer],
    checker: Checker,
    options: PullOptions,
    progress: Progress = lambda _done, _total: None,
) -> Pulled:
    """Fetch lessons from peers. Raises FedlearnError if data/ has uncommitted changes, LockedError.

    `progress` is called with the peers fetched and all peers, then with new lines checked and in all.
    """
    timeout = options.seconds + 30
    with hold_lock(repository.state.path(FEDERATION), "pull-remotes", timeout=timeout):
        if not options.dry_run:
            with repository.lock("pull-remotes"):
                get_head(repository.objects)
                refuse_unready(repository)
        remove_orphaned_locks((repository.common_dir / "refs" / "fedlearn").rglob("*.lock"))
        fetched = {}
        for outcome in fetch_peers(repository, peers, seconds=options.seconds, parallel=options.parallel):
            fetched[outcome.name] = outcome
            progress(len(fetched), len(peers))
        with repository.lock("pull-remotes"):
            return _Run(repository, checker, options, progress).run(peers, fetched)


class _Run:
    """The part of a run after the fetches; the caller holds the lock."""

    def __init__(
        self,
        repository: Repository,
        checker: Checker,
        options: PullOptions,
        progress: Progress,
    ) -> None:
        self.repository = repository
        self.checker = checker
        self.options = options
        self.progress = progress
        self.system = repository.system()
        self.states = PeerStates(repository)
        self.objects = repository.objects
        self.head = get_head(self.objects)
        self.tree = committed_tree(self.objects, self.head)
        self.rules = f"injection {checker.quarantine_injection}"
        self.quarantined: dict[RemoteName, list[QuarantinedRecord]] = {}
        self.introduced: dict[RemoteName, set[RecordId]] = {}
        self.brought: dict[RemoteName, set[str]] = {}
        self.retracted: dict[RemoteName, set[tuple[SetName, RecordId]]] = {}
        self.alone: dict[RemoteName, Callable[[], set[RecordId]]] = {}

    def run(self, peers: list[Peer], fetched: dict[RemoteName, Fetched]) -> Pulled:
        offers = self._read_offers(peers, fetched)
        readable = [offer for offer in offers if not offer.report.is_failure]
        for offer in readable:
            self._refuse_private_names(offer)
        heads = read_head_sets(self.tree, sorted({name for offer in readable for name in offer.lines}))
        own_files = self._choose_own_files(readable)
        lines = {line for path, (_, data) in own_files.items() for line in lines_to_check(path, data)}
        for offer in readable:
            for name, offered in offer.lines.items():
                offered.difference_update(heads[name].lines)
                lines |= offered
        checked = check_all(self.checker, lines, self.progress)
        pulled = Pulled([offer.report for offer in offers])
        self._take_own_files(pulled, own_files, checked)
        self._take_outcomes(pulled, readable)
        for head in heads.values():
            self._join_set(pulled, head, readable, checked)
        if not self.options.dry_run:
            self._land(pulled, offers)
        return pulled

    def _read_offers(self, peers: list[Peer], fetched: dict[RemoteName, Fetched]) -> list[Offer]:
        tips = read_tips(self.repository, self.objects, peers)
        with closing(GitObjects(self.repository.git, self.repository.common_dir)) as contents:
            reader = OfferReader(self.repository, self.objects, contents, self.head, self.tree, self.rules)
            return [
                reader.read(peer, self.states.read(peer.name), fetched[peer.name], tips[peer.name])
                for peer in peers
            ]

    def _refuse_private_names(self, offer: Offer) -> None:
        """Skip files whose names contain private data; the report does not repeat the names."""
        reasons = {
            name: reason_of(self.checker.engine.scan(readable_name(name.rpartition("/")[2])))
            for name in (*offer.lines, *offer.own_files)
        }
        offer.report.refused |= {f"{name.rpartition('/')[0]}/…": why for name, why in reasons.items() if why}
        offer.lines = {name: lines for name, lines in offer.lines.items() if not reasons[name]}
        offer.own_files = {path: oid for path, oid in offer.own_files.items() if not reasons[path]}

    def _choose_own_files(self, offers: list[Offer]) -> dict[str, tuple[Offer, bytes]]:
        """The files of other systems to take, each with its bytes and the first peer that offers it."""
        chosen: dict[str, tuple[Offer, bytes]] = {}
        taken: set[str | None] = {self.system}
        for offer in offers:
            problems = {
                path: find_name_problem(path, self.checker)
                for path in offer.own_files
                if owner_of(path) not in taken
            }
            offer.report.refused |= {path: reason for path, reason in problems.items() if reason}
            sound = [path for path, reason in problems.items() if not reason]
            brought = self.states.brought(offer.peer.name) if sound else set()
            for path in newer_paths(sound, self.tree.paths(), brought) if sound else ():
                chosen[path] = (offer, self.objects.read(offer.own_files[path]))
                taken.add(owner_of(path))
        return chosen

    def _take_own_files(
        self, pulled: Pulled, files: dict[str, tuple[Offer, bytes]], checked: dict[bytes, Checked]
    ) -> None:
        for path, (offer, data) in files.items():
            reason = find_reason(path, data, checked, self.checker)
            if reason:
                offer.report.refused[path] = reason
            else:
                offer.report.files += 1
                pulled.own_files[path] = data
                self.brought.setdefault(offer.peer.name, set()).add(owner_of(path) or "")

    def _take_outcomes(self, pulled: Pulled, offers: list[Offer]) -> None:
        """Merge the outcomes that other systems counted, peer by peer, so that each answers for its lines."""
        for offer in offers:
            for path, oids in sorted(offer.outcomes.items()):
                if owner_of(path) == self.system:
                    continue
                ours = pulled.own_files.get(path, self.tree.read(path))
                joined, reason = merge_peer_outcomes(ours, map(self.objects.read, oids), self.checker)
                if reason:
                    offer.report.refused[path] = reason
                if joined != ours:
                    offer.report.files += 1
                    pulled.own_files[path] = joined

    def _join_set(
        self, pulled: Pulled, head: HeadSet, offers: list[Offer], checked: dict[bytes, Checked]
    ) -> None:
        accepted: dict[RemoteName, list[Checked]] = {}
        for offer in offers:
            lines = sorted(offer.lines.get(head.name, ()))
            if not lines:
                continue
            if len(lines) > MAX_PEER_LINES:
                offer.report.refused["…"] = Reason.TOO_MANY
                offer.is_whole = False
            pairs = [(line, checked[line]) for line in lines[:MAX_PEER_LINES]]
            ruling = apply_rules(pairs, head, self._standing(offer.peer, head.name))
            accepted[offer.peer.name] = ruling.accepted
            retracted = self.retracted.setdefault(offer.peer.name, set())
            retracted |= {(head.name, found.id) for found in ruling.retracted if found.id}
            if ruling.quarantined:
                self._quarantine(offer, head.name, ruling.quarantined)
        lines_of_all = {found.line for some in accepted.values() for found in some}
        joined = join_head_set(head, lines_of_all, self.repository.settings.record_set_bytes)
        if joined.files and (joined.added or joined.changed):
            pulled.sets.append(joined)
        self._credit(joined, offers, accepted)

    def _standing(self, peer: Peer, name: SetName) -> Standing:
        if peer.name not in self.alone:
            self.alone[peer.name] = cache(partial(ids_only_from, self.repository, peer.name))
        since = self.checker.now.date() - timedelta(days=RETRACTION_DAYS)
        recent = [*self.states.retractions(peer.name, since), *self.retracted.get(peer.name, ())]
        in_set = sum(of == name for of, _ in recent)
        return Standing(peer.trust, self.alone[peer.name], (len(recent), in_set))

    def _quarantine(self, offer: Offer, name: SetName, lines: list[tuple[bytes, Reason]]) -> None:
        since = self.checker.now.date().isoformat()
        found = [quarantine(offer.peer.name, name, line, reason, since) for line, reason in lines]
        self.quarantined.setdefault(offer.peer.name, []).extend(found)
        offer.report.quarantined += len(found)
        for reason, number in Counter(reason for _, reason in lines).items():
            offer.report.reasons[reason] = offer.report.reasons.get(reason, 0) + number

    def _credit(
        self, joined: JoinedSet, offers: list[Offer], accepted: dict[RemoteName, list[Checked]]
    ) -> None:
        """Count records for each peer; a new record that several peers send was introduced by no peer."""
        sent = {name: {found.id for found in some if found.id} for name, some in accepted.items()}
        senders = Counter(identifier for ids in sent.values() for identifier in ids)
        for offer in offers:
            ids = sent.get(offer.peer.name, set())
            report = offer.report
            report.learned += len(ids & joined.added)
            report.changed += len(ids & joined.changed)
            some = accepted.get(offer.peer.name, ())
            report.flagged |= {found.id for found in some if found.is_flagged and found.id}
            alone = {identifier for identifier in ids & joined.added if senders[identifier] == 1}
            self.introduced.setdefault(offer.peer.name, set()).update(alone)

    def _land(self, pulled: Pulled, offers: list[Offer]) -> None:
        """Quarantine first, then the commit, then what was read: a crash in between only repeats work."""
        for records in self.quarantined.values():
            Inbox(self.repository).add(records)
        landed = self.head
        files = pulled.files
        if files and self.options.commit:
            message = commit_message(self.system, pulled.sets, pulled.reports)
            commit = make_commit(self.repository, self.objects, self.head, files, message)
            refuse_unready(self.repository)
            for peer, ids in self.introduced.items():
                self.states.add_introduced(peer, ids)
            self._remember_changes()
            fast_forward(self.repository, self.head, commit)
            pulled.commit = landed = commit
        elif files:
            refuse_unready(self.repository)
            self._remember_changes()
            put_into_work_tree(self.repository, self.objects, self.head, files)
        for offer in offers:
            self._remember(offer, landed, is_landed=self.options.commit or not files)

    def _remember_changes(self) -> None:
        """Store what is about to land; after a crash before that, it is only stored early."""
        for peer, systems in self.brought.items():
            self.states.add_brought(peer, systems)
        for peer, retracted in self.retracted.items():
            self.states.add_retractions(peer, self.checker.now.date(), retracted)

    def _remember(self, offer: Offer, landed: Oid, *, is_landed: bool) -> None:
        report = offer.report
        state = replace(offer.state, contact=report.contact.value)
        if report.contact is Contact.REFUSED:
            state = without_read_marks(state)
        elif not report.is_failure:
            state = replace(state, contacted=self.checker.now.isoformat(timespec="seconds"))
            if is_landed and report.tips:
                state = replace(
                    state,
                    tips={ref: str(tip) for ref, tip in report.tips.items() if offer.is_complete},
                    blobs=offer.blobs,
                    landed=landed if offer.is_whole else "",
                    rules=rules_for(offer.peer, self.rules),
                    learned=state.learned + report.learned,
                )
        if state != offer.state:
            self.states.write(offer.peer.name, state)
