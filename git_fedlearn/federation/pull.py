"""`pull-remotes`: fetch all peers, check what is new, join it with HEAD in memory, land it as one commit.

Laws: nothing outside data/ changes; what one peer sends cannot keep another from being learned; a run that
dies before the branch has moved has changed nothing but refs/fedlearn/, and the next one does it all again.

What a run tells whoever watches it while it goes on.
"""

from collections import Counter
from dataclasses import dataclass, field, replace

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName, owner_of
from git_fedlearn.federation.check import Checked, Checker, Reason, check_all, reason_of
from git_fedlearn.federation.fetch import Contact, Fetched, fetch_peers
from git_fedlearn.federation.land import (
    JoinedSet,
    commit_message,
    fast_forward,
    get_head,
    join_head_set,
    make_commit,
    put_into_work_tree,
    read_head_set,
    refuse_unready,
)
from git_fedlearn.federation.offers import Gathered, PeerReport, Reader, read_tips
from git_fedlearn.federation.peer_state import (
    read_introduced,
    read_memory,
    without_read_marks,
    write_introduced,
    write_memory,
)
from git_fedlearn.federation.peers import Peer, RemoteName
from git_fedlearn.federation.quarantine import quarantine
from git_fedlearn.federation.rules import find_reason, lines_to_check, merge_peer_outcomes, newer_paths, rule
from git_fedlearn.repository.checkout import remove_orphaned_locks
from git_fedlearn.repository.inbox import Inbox, QuarantinedRecord
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import FEDERATION
from git_fedlearn.repository.trees import committed_tree


class PullWatcher:
    """Told of each step; this one keeps it to itself."""

    def fetched(self, outcome: Fetched) -> None:
        """One peer was fetched, or could not be."""

    def checked(self, done: int, total: int) -> None:
        """So many of all new lines were checked."""

    def joining(self) -> None:
        """Everything is checked; what passed is joined and committed."""


MAX_PEER_LINES = 500_000
"""New lines of one peer and set in one run; more are kept back, and the peer is read again next time."""


@dataclass(frozen=True, slots=True)
class PullOptions:
    """One run: `seconds` is the time limit of each fetch, `parallel` how many run at a time."""

    seconds: float = 60
    parallel: int = 8
    dry_run: bool = False
    commit: bool = True


@dataclass(slots=True)
class Pulled:
    """What a run did; `commit` is None when there was nothing new or none was wanted."""

    reports: list[PeerReport]
    sets: list[JoinedSet] = field(default_factory=list)
    own_files: dict[str, bytes] = field(default_factory=dict)
    commit: Oid | None = None

    @property
    def learned(self) -> int:
        """How many records are new."""
        return sum(len(joined.added) for joined in self.sets)

    @property
    def files(self) -> dict[str, bytes]:
        """Every file that differs from HEAD, by path."""
        return {path: data for joined in self.sets for path, data in joined.files.items()} | self.own_files


def pull(
    repository: Repository, peers: list[Peer], checker: Checker, request: PullOptions, watcher: PullWatcher
) -> Pulled:
    """Learn from peers. Raises FedlearnError when the branch is not ready for it, LockedError."""
    timeout = request.seconds + 30
    with hold_lock(repository.state.path(FEDERATION), "pull-remotes", timeout=timeout):
        if not request.dry_run:
            with repository.lock("pull-remotes"):
                refuse_unready(repository)
        remove_orphaned_locks((repository.common_dir / "refs" / "fedlearn").rglob("*.lock"))
        fetched = {}
        for outcome in fetch_peers(repository, peers, seconds=request.seconds, parallel=request.parallel):
            fetched[outcome.name] = outcome
            watcher.fetched(outcome)
        with repository.lock("pull-remotes"):
            return _Joining(repository, checker, request, watcher).run(peers, fetched)


class _Joining:
    """One run after the fetches; the caller holds the lock."""

    def __init__(
        self, repository: Repository, checker: Checker, request: PullOptions, watcher: PullWatcher
    ) -> None:
        self.repository = repository
        self.checker = checker
        self.request = request
        self.watcher = watcher
        self.objects: Objects = repository.objects
        self.head = get_head(self.objects)
        self.tree = committed_tree(self.objects, self.head)
        rules = f"injection {checker.quarantine_injection}"
        self.reader = Reader(repository, self.objects, self.head, self.tree, rules)
        self.held: dict[RemoteName, list[QuarantinedRecord]] = {}
        self.introduced: dict[RemoteName, set[RecordId]] = {}

    def run(self, peers: list[Peer], fetched: dict[RemoteName, Fetched]) -> Pulled:
        tips = read_tips(self.repository, self.objects, peers)
        gathered = [
            self.reader.gather(
                peer, read_memory(self.repository, peer.name), fetched[peer.name], tips[peer.name]
            )
            for peer in peers
        ]
        pulled = Pulled([one.report for one in gathered])
        sound = [one for one in gathered if not one.report.is_failure]
        for one in sound:
            self._refuse_names(one)
        own = self._own_files(sound)
        lines = self._new_lines(sound, own)
        checked = check_all(self.checker, lines, self.watcher.checked)
        self.watcher.joining()
        self._take_own_files(pulled, own, checked)
        self._take_outcomes(pulled, sound)
        for name in sorted({name for one in sound for name in one.lines}):
            self._join_set(pulled, name, sound, checked)
        self._land(pulled, gathered)
        return pulled

    def _refuse_names(self, one: Gathered) -> None:
        """Leave out files whose names hold something private; the report does not repeat them."""
        reasons = {
            name: reason_of(self.checker.engine.scan(name.rpartition("/")[2]))
            for name in (*one.lines, *one.own_files)
        }
        one.report.refused |= {f"{name.rpartition('/')[0]}/…": why for name, why in reasons.items() if why}
        one.lines = {name: lines for name, lines in one.lines.items() if not reasons[name]}
        one.own_files = {path: oid for path, oid in one.own_files.items() if not reasons[path]}

    def _new_lines(self, gathered: list[Gathered], own: dict[str, tuple[Gathered, bytes]]) -> set[bytes]:
        """Every line to check; those that HEAD holds are taken out of what was gathered."""
        for name in {name for one in gathered for name in one.lines}:
            known = read_head_set(self.tree, name).lines
            for one in gathered:
                one.lines.get(name, set()).difference_update(known)
        found = {line for one in gathered for lines in one.lines.values() for line in lines}
        return found.union(*(lines_to_check(path, data) for path, (_, data) in own.items()))

    def _own_files(self, gathered: list[Gathered]) -> dict[str, tuple[Gathered, bytes]]:
        """Files of other systems that are worth taking, each from the first peer that has it."""
        system = self.repository.system()
        offered: dict[str, Gathered] = {}
        for one in gathered:
            for path in one.own_files:
                offered.setdefault(path, one)
        return {
            path: (offered[path], self.objects.read(offered[path].own_files[path]))
            for path in newer_paths(offered, self.tree.paths(), system)
        }

    def _take_own_files(
        self, pulled: Pulled, own: dict[str, tuple[Gathered, bytes]], checked: dict[bytes, Checked]
    ) -> None:
        for path, (one, data) in own.items():
            reason = find_reason(path, data, checked, self.checker)
            if reason:
                one.report.refused[path] = reason
            else:
                one.report.files += 1
                pulled.own_files[path] = data

    def _take_outcomes(self, pulled: Pulled, gathered: list[Gathered]) -> None:
        """Join what other systems counted, peer by peer, so that each answers for its own lines."""
        system = self.repository.system()
        for one in gathered:
            for path, oids in sorted(one.outcomes.items()):
                if owner_of(path) == system:
                    continue
                ours = pulled.own_files.get(path, self.tree.read(path))
                joined, reason = merge_peer_outcomes(ours, map(self.objects.read, oids), self.checker)
                if reason:
                    one.report.refused[path] = reason
                if joined != ours:
                    one.report.files += 1
                    pulled.own_files[path] = joined

    def _join_set(
        self, pulled: Pulled, name: SetName, gathered: list[Gathered], checked: dict[bytes, Checked]
    ) -> None:
        head = read_head_set(self.tree, name)
        accepted: dict[RemoteName, list[Checked]] = {}
        for one in gathered:
            lines = sorted(one.lines.get(name, ()))
            if lines:
                trusted = read_introduced(self.repository, one.peer.name)
                pairs = [(line, checked[line]) for line in lines[:MAX_PEER_LINES]]
                ruling = rule(pairs, head, one.peer.trust, trusted)
                self._keep_back(one, name, ruling.kept_back)
                self._wait(one, lines[MAX_PEER_LINES:])
                accepted[one.peer.name] = ruling.accepted
        joined = join_head_set(
            head, {found.line for some in accepted.values() for found in some}, self._limit()
        )
        if joined.files and (joined.added or joined.changed):
            pulled.sets.append(joined)
        self._credit(joined, gathered, accepted)

    def _keep_back(self, one: Gathered, name: SetName, lines: list[tuple[bytes, Reason]]) -> None:
        since = self.checker.now.date().isoformat()
        held = [quarantine(one.peer.name, name, line, reason, since) for line, reason in lines]
        self.held.setdefault(one.peer.name, []).extend(held)
        one.report.quarantined += len(held)
        for reason, number in Counter(reason for _, reason in lines).items():
            one.report.reasons[reason] = one.report.reasons.get(reason, 0) + number

    def _wait(self, one: Gathered, rest: list[bytes]) -> None:
        """Leave the rest for the next run: it is not remembered as read."""
        if rest:
            one.report.refused["…"] = Reason.TOO_MANY
            one.is_whole = False

    def _credit(
        self, joined: JoinedSet, gathered: list[Gathered], accepted: dict[RemoteName, list[Checked]]
    ) -> None:
        """Who brought what; a record that several bring at once was introduced by none of them."""
        brought = {name: {found.id for found in some if found.id} for name, some in accepted.items()}
        bringers = Counter(identifier for ids in brought.values() for identifier in ids)
        for one in gathered:
            ids = brought.get(one.peer.name, set())
            one.report.learned += len(ids & joined.added)
            one.report.changed += len(ids & joined.changed)
            some = accepted.get(one.peer.name, ())
            one.report.flagged |= {found.id for found in some if found.is_flagged and found.id}
            alone = {identifier for identifier in ids & joined.added if bringers[identifier] == 1}
            self.introduced.setdefault(one.peer.name, set()).update(alone)

    def _land(self, pulled: Pulled, gathered: list[Gathered]) -> None:
        """Quarantine first, then the commit, then what was read: a crash in between only repeats work."""
        if self.request.dry_run:
            return
        for peer, held in self.held.items():
            Inbox(self.repository).add_records(peer, held)
        landed = self.head
        files = pulled.files
        if files and self.request.commit:
            message = commit_message(self.repository.system(), pulled.sets, pulled.reports)
            commit = make_commit(self.repository, self.objects, self.head, files, message)
            refuse_unready(self.repository)
            for peer, ids in self.introduced.items():
                write_introduced(self.repository, peer, ids)
            fast_forward(self.repository, self.head, commit)
            pulled.commit = landed = commit
        elif files:
            refuse_unready(self.repository)
            put_into_work_tree(self.repository, self.objects, self.head, files)
        for one in gathered:
            self._remember(one, landed, is_landed=self.request.commit or not files)

    def _remember(self, one: Gathered, landed: Oid, *, is_landed: bool) -> None:
        now = self.checker.now.isoformat(timespec="seconds")
        memory = replace(one.memory, contact=one.report.contact.value)
        if not one.report.is_failure:
            memory = replace(memory, contacted=now)
        if not one.report.is_failure and is_landed and one.report.tips:
            memory = replace(
                memory,
                tips={ref: str(tip) for ref, tip in one.report.tips.items()},
                blobs=one.blobs,
                landed=landed if one.is_whole else "",
                rules=self.reader.rules_for(one.peer),
                learned=memory.learned + one.report.learned,
            )
        elif one.report.is_failure and one.report.contact is Contact.REFUSED:
            memory = without_read_marks(memory)
        write_memory(self.repository, one.peer.name, memory)

    def _limit(self) -> int:
        return self.repository.settings.record_set_bytes


def make_checker(repository: Repository, checker: Checker) -> Checker:
    """The checker with this clone's own choice: `fedlearn.injection` is `flag` (default) or `quarantine`."""
    return replace(
        checker, quarantine_injection=repository.git.find_config("fedlearn.injection") == "quarantine"
    )
