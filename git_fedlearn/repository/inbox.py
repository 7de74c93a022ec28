"""Pending items, which need a person's decision, and the decisions: one store for all kinds.

Records from peers that failed the check, samples that may contain something private, retractions proposed
by agents and lessons drafted from their sessions are JSON lines in the local state, readable only by their
owner. All but drafts are stored unredacted; callers redact them for display. A decision is
stored under the key of its item, which is never pending again. A damaged line costs only its item.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import INBOX, read_json
from git_fedlearn.repository.trees import set_facts

MAX_RECORDS_PER_PEER: Final = 1000
"""More lines are not stored, so that a peer cannot fill the disk."""

MAX_DRAFTS: Final = 100
"""Drafts of lessons that are stored; further ones are not."""

MAX_REPEATS: Final = 200
"""Near duplicates that are stored."""

MAX_RETRACTIONS: Final = 200
"""More are refused: nobody reviews so many proposals one by one."""

ACCEPTED: Final = "accept"
EDITED: Final = "edit"
DROPPED: Final = "drop"


@dataclass(frozen=True, slots=True)
class QuarantinedRecord:
    """A line from a peer; its key depends on set and line, not on the peer."""

    key: str
    peer: str
    set: SetName
    reason: str
    line: bytes
    since: str
    is_cut: bool = False
    """Whether `line` is only the start of a longer line."""


@dataclass(frozen=True, slots=True)
class DoubtfulSample:
    """A sample to train on: its place in a source, the day it was read (UTC), and its content unredacted."""

    key: str
    place: str
    since: str
    content: JsonObject


@dataclass(frozen=True, slots=True)
class ProposedRetraction:
    """A record to retract, the reason without private data, and the time of the proposal (UTC, ISO)."""

    id: RecordId
    reason: str
    at: str

    @property
    def key(self) -> str:
        """The id of the record."""
        return self.id


@dataclass(frozen=True, slots=True)
class DraftedLesson:
    """A lesson from a session of an agent, sanitized: its id, set, record line and day (UTC).

    `near` are the ids of known lessons that are about something similar.
    """

    id: RecordId
    set: SetName
    line: str
    since: str
    near: tuple[RecordId, ...] = ()

    @property
    def key(self) -> str:
        """The id of the record."""
        return self.id


@dataclass(frozen=True, slots=True)
class NearRepeat:
    """A lesson that says nearly the same as one that was in its set before."""

    set: SetName
    new: RecordId
    known: RecordId

    @property
    def key(self) -> str:
        """The key of a decision about the two."""
        return " ".join(sorted((self.new, self.known)))


AnyItem: TypeAlias = QuarantinedRecord | DoubtfulSample | ProposedRetraction | DraftedLesson | NearRepeat
Item = TypeVar("Item", bound=AnyItem)


class PendingCounts(NamedTuple):
    """The number of pending items: records by peer, samples, proposed retractions, drafted lessons.

    `repeats` are the near duplicates found when lessons were recorded; a search for all may find more.
    """

    peers: Counter[str]
    samples: int
    retractions: int
    drafts: int = 0
    repeats: int = 0


class Inbox:
    """The inbox of one clone. Reading needs no lock; callers of other methods hold the repository's."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._folder = repository.state.path(INBOX)
        self._samples = _Queue(self._folder, "samples", DoubtfulSample)
        self._retractions = _Queue(self._folder, "retractions", ProposedRetraction, MAX_RETRACTIONS)
        self._drafts = _Queue(self._folder, "drafts", DraftedLesson, MAX_DRAFTS)
        self._duplicates = _Queue(self._folder, "duplicates", NearRepeat, MAX_REPEATS)

    def count(self) -> PendingCounts:
        """The number of pending items."""
        peers = Counter(record.peer for record in self.records())
        waiting = (len(self.samples()), len(self.retractions()), len(self.drafts()), len(self.repeats()))
        return PendingCounts(peers, *waiting)

    def records(self, peer: str | None = None) -> list[QuarantinedRecord]:
        """The quarantined records of one peer or of all, sorted by peer, set and key."""
        paths = (self._folder / "peers").glob("*.jsonl")
        names = [peer] if peer else sorted(path.stem for path in paths)
        found = [record for name in names for record in self._peer(name).items().values()]
        return sorted(found, key=lambda record: (record.peer, record.set, record.key))

    def add_records(self, peer: str, arrived: Iterable[QuarantinedRecord]) -> int:
        """Quarantine records; returns how many are new: neither pending nor decided."""
        return self._peer(peer).add(arrived)[0]

    def decide_records(self, records: Iterable[QuarantinedRecord], decision: str) -> None:
        """Remove records from quarantine, with a decision."""
        records = [*records]
        for peer in {record.peer for record in records}:
            self._peer(peer).decide((one for one in records if one.peer == peer), decision)

    def forget_peer(self, peer: str) -> None:
        """Remove the records of a peer, and the decisions about them."""
        self._peer(peer).remove()

    def samples(self) -> list[DoubtfulSample]:
        """The pending samples, sorted by key."""
        return sorted(self._samples.items().values(), key=lambda sample: sample.key)

    def add_samples(self, arrived: Iterable[DoubtfulSample]) -> int:
        """Add pending samples; returns how many are new: neither pending nor decided."""
        return self._samples.add(arrived)[0]

    def sample_decisions(self) -> dict[str, str]:
        """The decisions about samples, by key: ACCEPTED, EDITED or DROPPED."""
        return self._samples.decisions()

    def decide_samples(self, samples: Iterable[DoubtfulSample], decision: str | None) -> None:
        """Remove samples; without a decision they may become pending again."""
        self._samples.decide(samples, decision)

    def retractions(self) -> list[ProposedRetraction]:
        """The proposed retractions, oldest first."""
        return sorted(self._retractions.items().values(), key=lambda one: (one.at, one.id))

    def add_retraction(self, proposed: ProposedRetraction) -> bool:
        """Add a proposal; False if it is pending or was decided on. Raises FedlearnError if too many are."""
        fresh, stored = self._retractions.add([proposed])
        if fresh > stored:
            raise FedlearnError(
                f"{MAX_RETRACTIONS} proposed retractions are pending",
                hint="git fedlearn review --retractions    (the user decides)",
            )
        return bool(stored)

    def dropped_retraction(self, identifier: RecordId) -> bool:
        """Whether a proposal to retract this record was dropped."""
        return identifier in self._retractions.decisions()

    def decide_retractions(self, proposed: Iterable[ProposedRetraction], decision: str | None) -> None:
        """Remove proposals; without a decision they may be proposed again."""
        self._retractions.decide(proposed, decision)

    def drafts(self) -> list[DraftedLesson]:
        """The drafted lessons, oldest first."""
        return sorted(self._drafts.items().values(), key=lambda one: (one.since, one.id))

    def add_draft(self, drafted: DraftedLesson) -> bool:
        """Add a draft; False if it is pending, was decided on, or there are too many."""
        return bool(self._drafts.add([drafted])[1])

    def decide_drafts(self, drafts: Iterable[DraftedLesson], decision: str) -> None:
        """Remove drafts, with a decision."""
        self._drafts.decide(drafts, decision)

    def distinct_lessons(self) -> list[frozenset[RecordId]]:
        """Groups of lessons that a person decided are not duplicates of each other."""
        return [frozenset(map(RecordId, key.split())) for key in self._duplicates.decisions()]

    def keep_distinct(self, ids: Iterable[RecordId]) -> None:
        """Store the decision that these lessons are not duplicates of each other."""
        self._duplicates.remember([" ".join(sorted(ids))], DROPPED)

    def repeats(self) -> list[NearRepeat]:
        """The near duplicates found when lessons were recorded: both live, and nobody decided on them."""
        distinct = self.distinct_lessons()
        found = [
            one
            for one in self._duplicates.items().values()
            if not any({one.new, one.known} <= group for group in distinct)
        ]
        if not found:
            return []
        key = f"{found}\n{set_facts(self._repository)}"
        answer = self._repository.state.remember("repeats", key, lambda: {"living": self._living(found)})
        living = answer.get("living")
        return [one for one in found if one.key in living] if isinstance(living, list) else []

    def _living(self, repeats: Iterable[NearRepeat]) -> list[Json]:
        """The keys of those of which both lessons live."""
        ids: dict[SetName, set[RecordId]] = {}
        for one in repeats:
            ids.setdefault(one.set, set()).update((one.new, one.known))
        living = {
            (name, record.id)
            for name, wanted in ids.items()
            for record in self._repository.sets.pick(name, wanted)
            if not record.is_tombstone
        }
        return [one.key for one in repeats if {(one.set, one.new), (one.set, one.known)} <= living]

    def add_repeats(self, arrived: Iterable[NearRepeat]) -> None:
        """Add near duplicates, as many as can be stored."""
        found = {one.key for one in self.repeats()}
        settled = [one for key, one in self._duplicates.items().items() if key not in found]
        self._duplicates.decide(settled, None)
        self._duplicates.add(arrived)

    def _peer(self, name: str) -> "_Queue[QuarantinedRecord]":
        return _Queue(self._folder, f"peers/{name}", QuarantinedRecord, MAX_RECORDS_PER_PEER)


class _Queue(Generic[Item]):
    """A file of items, with at most `limit` of them, and a file of decisions by key."""

    def __init__(self, inbox: Path, name: str, kind: type[Item], limit: int = sys.maxsize) -> None:
        self._inbox = inbox
        self._items = inbox / f"{name}.jsonl"
        self._decided = inbox / f"{name}.decided.json"
        self._kind = kind
        self._limit = limit

    def items(self) -> dict[str, Item]:
        """The items by key; invalid lines are skipped."""
        found = {}
        for line in read_file(self._items).split(b"\n"):
            with suppress(TypeError, AttributeError, LookupError, ValueError, RecursionError):
                item = self._kind(**_parsed(json.loads(line)))
                found[item.key] = item
        return found

    def add(self, arrived: Iterable[Item]) -> tuple[int, int]:
        """Add items; returns how many are neither pending nor decided, and how many of these were stored."""
        known, decided = self.items(), self.decisions()
        fresh = {key: one for one in arrived if (key := one.key) not in known and key not in decided}
        kept = dict(sorted(fresh.items())[: max(self._limit - len(known), 0)])
        if kept:
            self._write_items([*known.values(), *kept.values()])
        return len(fresh), len(kept)

    def decide(self, items: Iterable[Item], decision: str | None) -> None:
        """Remove items, and store the decision about them if there is one."""
        gone = {item.key for item in items}
        if decision:
            self.remember(gone, decision)
        self._write_items([item for key, item in self.items().items() if key not in gone])

    def remember(self, keys: Iterable[str], decision: str) -> None:
        """Store decisions."""
        decided = json.dumps(self.decisions() | dict.fromkeys(keys, decision), indent=0, sort_keys=True)
        self._write(self._decided, decided)

    def decisions(self) -> dict[str, str]:
        """The decisions by key; none if the file is damaged."""
        return {key: str(value) for key, value in read_json(self._decided).items()}

    def remove(self) -> None:
        """Remove items and decisions."""
        for path in (self._items, self._decided):
            path.unlink(missing_ok=True)

    def _write_items(self, items: Iterable[Item]) -> None:
        """Replace the items, in ASCII: a peer may have sent any bytes."""
        text = "".join(f"{json.dumps(asdict(item), default=_text)}\n" for item in items)
        if text:
            self._write(self._items, text)
        else:
            self._items.unlink(missing_ok=True)

    def _write(self, path: Path, text: str) -> None:
        """Write a file that only its owner may read, created empty with its mode first."""
        for folder in (self._inbox, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        write_file(path, text.encode("ascii"))


def _parsed(facts: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item, with the types that JSON does not have."""
    if "peer" in facts:
        facts["line"] = facts["line"].encode("utf-8", "surrogateescape")
    if "near" in facts:
        facts["near"] = tuple(facts["near"])
    return facts


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
