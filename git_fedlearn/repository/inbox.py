"""Pending items, which need a person's decision, and the decisions: one store for all kinds.

Records from peers that failed the check, samples that may contain something private, retractions proposed
by agents and lessons drafted from their sessions are JSON lines in the local state, readable only by their
owner. All but drafts are stored unredacted; callers redact them for display. A decision is
stored under the key of its item, which is never pending again. A damaged line costs only its item.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from operator import attrgetter
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


class _Kind(NamedTuple):
    """Where items of a kind are, at most how many, and their order."""

    file: str
    limit: int
    order: "attrgetter[Any]"


_KINDS: Final[Mapping[type, _Kind]] = {
    QuarantinedRecord: _Kind("peers/{}", MAX_RECORDS_PER_PEER, attrgetter("peer", "set", "key")),
    DoubtfulSample: _Kind("samples", sys.maxsize, attrgetter("key")),
    ProposedRetraction: _Kind("retractions", MAX_RETRACTIONS, attrgetter("at", "id")),
    DraftedLesson: _Kind("drafts", MAX_DRAFTS, attrgetter("since", "id")),
    NearRepeat: _Kind("duplicates", MAX_REPEATS, attrgetter("key")),
}


class Inbox:
    """The inbox of one clone. Reading needs no lock; callers of other methods hold the repository's."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._folder = repository.state.path(INBOX)

    def count(self) -> PendingCounts:
        """The number of pending items."""
        peers = Counter(record.peer for record in self.pending(QuarantinedRecord))
        samples, retractions = self.pending(DoubtfulSample), self.pending(ProposedRetraction)
        waiting = (len(samples), len(retractions), len(self.pending(DraftedLesson)), len(self.repeats()))
        return PendingCounts(peers, *waiting)

    def pending(self, kind: type[Item], peer: str = "") -> list[Item]:
        """The pending items of a kind (and peer) in order: samples by key, others by peer or time."""
        names = [peer]
        if kind is QuarantinedRecord and not peer:
            names = [path.stem for path in (self._folder / "peers").glob("*.jsonl")]
        found = [item for name in names for item in self._queue(kind, name).items().values()]
        return sorted(found, key=_KINDS[kind].order)

    def decisions(self, kind: type[Item]) -> dict[str, str]:
        """The decisions about items of a kind, by key: ACCEPTED, EDITED or DROPPED."""
        return self._queue(kind).decisions()

    def add(self, arrived: Iterable[AnyItem]) -> tuple[int, int]:
        """Add items; returns how many are neither pending nor decided, and how many of these were stored."""
        added = [queue.add(items) for queue, items in self._by_queue(arrived)]
        return sum(fresh for fresh, _ in added), sum(stored for _, stored in added)

    def decide(self, items: Iterable[AnyItem], decision: str | None) -> None:
        """Remove items; without a decision they may become pending again."""
        for queue, some in self._by_queue(items):
            queue.decide(some, decision)

    def forget_peer(self, peer: str) -> None:
        """Remove the records of a peer, and the decisions about them."""
        self._queue(QuarantinedRecord, peer).remove()

    def add_retraction(self, proposed: ProposedRetraction) -> bool:
        """Add a proposal; False if it is pending or was decided on. Raises FedlearnError if too many are."""
        fresh, stored = self.add([proposed])
        if fresh > stored:
            raise FedlearnError(
                f"{MAX_RETRACTIONS} proposed retractions are pending",
                hint="git fedlearn review --retractions    (the user decides)",
            )
        return bool(stored)

    def distinct_lessons(self) -> list[frozenset[RecordId]]:
        """Groups of lessons that a person decided are not duplicates of each other."""
        return [frozenset(map(RecordId, key.split())) for key in self.decisions(NearRepeat)]

    def keep_distinct(self, ids: Iterable[RecordId]) -> None:
        """Store the decision that these lessons are not duplicates of each other."""
        self._queue(NearRepeat).remember([" ".join(sorted(ids))], DROPPED)

    def repeats(self) -> list[NearRepeat]:
        """The near duplicates found when lessons were recorded: both live, and nobody decided on them."""
        distinct = self.distinct_lessons()
        every = self._queue(NearRepeat).items().values()
        found = [one for one in every if not any({one.new, one.known} <= group for group in distinct)]
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
        """Add near duplicates, as many as can be stored; those that are settled make room."""
        found = {one.key for one in self.repeats()}
        self.decide([one for one in self.pending(NearRepeat) if one.key not in found], None)
        self.add(arrived)

    def _queue(self, kind: type[Item], peer: str = "") -> "_Queue[Item]":
        return _Queue(self._folder, _KINDS[kind].file.format(peer), kind, _KINDS[kind].limit)

    def _by_queue(self, items: Iterable[AnyItem]) -> "Iterator[tuple[_Queue[AnyItem], list[AnyItem]]]":
        found: dict[tuple[type[AnyItem], str], list[AnyItem]] = {}
        for item in items:
            peer = item.peer if isinstance(item, QuarantinedRecord) else ""
            found.setdefault((type(item), peer), []).append(item)
        for (kind, peer), some in found.items():
            yield self._queue(kind, peer), some


class _Queue(Generic[Item]):
    """A file of items, with at most `limit` of them, and a file of decisions by key."""

    def __init__(self, inbox: Path, name: str, kind: type[Item], limit: int) -> None:
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

        def text_of(line: bytes) -> str:
            return line.decode("utf-8", "surrogateescape")

        text = "".join(f"{json.dumps(asdict(item), default=text_of)}\n" for item in items)
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
