"""Pending items, which need a person's decision, and the decisions: one store for all kinds.

Records from peers that failed the check, samples that may contain something private, retractions proposed
by agents and lessons drafted from their sessions are JSON lines in the local state, readable only by their
owner. All but drafts are stored unredacted; callers redact them for display. A decision is
stored under the key of its item, which is never pending again. A damaged line costs only its item.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

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

T = TypeVar("T")


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


class NearRepeat(NamedTuple):
    """A lesson that says nearly the same as one that was in its set before."""

    set: SetName
    new: RecordId
    known: RecordId


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
        self._samples = _Queue(self._folder, "samples")
        self._retractions = _Queue(self._folder, "retractions")
        self._drafts = _Queue(self._folder, "drafts")
        self._duplicates = _Queue(self._folder, "duplicates")
        """The pairs that were found, and the groups that were decided on."""

    def count(self) -> PendingCounts:
        """The number of pending items."""
        peers = Counter(record.peer for record in self.records())
        waiting = (len(self.samples()), len(self.retractions()), len(self.drafts()), len(self.repeats()))
        return PendingCounts(peers, *waiting)

    def records(self, peer: str | None = None) -> list[QuarantinedRecord]:
        """The quarantined records of one peer or of all, sorted by peer, set and key."""
        paths = (self._folder / "peers").glob("*.jsonl")
        names = [peer] if peer else sorted(path.stem for path in paths)
        found = [record for name in names for record in self._peer(name).read(_parse_record)]
        return sorted(found, key=lambda record: (record.peer, record.set, record.key))

    def add_records(self, peer: str, arrived: Iterable[QuarantinedRecord]) -> int:
        """Quarantine records; returns how many are new: neither pending nor decided."""
        queue = self._peer(peer)
        known = {record.key: record for record in queue.read(_parse_record)}
        decided = queue.decisions()
        fresh = {one.key: one for one in arrived if one.key not in known and one.key not in decided}
        kept = dict(sorted(fresh.items())[: max(MAX_RECORDS_PER_PEER - len(known), 0)])
        if kept:
            queue.write(map(_format_record, {**known, **kept}.values()))
        return len(fresh)

    def decide_records(self, records: Iterable[QuarantinedRecord], decision: str) -> None:
        """Remove records from quarantine, with a decision."""
        by_peer: dict[str, set[str]] = {}
        for record in records:
            by_peer.setdefault(record.peer, set()).add(record.key)
        for peer, keys in by_peer.items():
            queue = self._peer(peer)
            queue.remember(keys, decision)
            left = [record for record in queue.read(_parse_record) if record.key not in keys]
            queue.write(map(_format_record, left))

    def forget_peer(self, peer: str) -> None:
        """Remove the records of a peer, and the decisions about them."""
        self._peer(peer).remove()

    def samples(self) -> list[DoubtfulSample]:
        """The pending samples, sorted by key."""
        found = {sample.key: sample for sample in self._samples.read(lambda facts: DoubtfulSample(**facts))}
        return [found[key] for key in sorted(found)]

    def add_samples(self, arrived: Iterable[DoubtfulSample]) -> int:
        """Add pending samples; returns how many are new."""
        known = {sample.key: sample for sample in self.samples()}
        fresh = {sample.key: sample for sample in arrived if sample.key not in known}
        if fresh:
            both = {**known, **fresh}
            self._samples.write(asdict(both[key]) for key in sorted(both))
        return len(fresh)

    def sample_decisions(self) -> dict[str, str]:
        """The decisions about samples, by key: ACCEPTED, EDITED or DROPPED."""
        return self._samples.decisions()

    def decide_samples(self, keys: Iterable[str], decision: str | None) -> None:
        """Remove samples; without a decision they may become pending again."""
        gone = set(keys)
        if decision:
            self._samples.remember(gone, decision)
        self._samples.write(asdict(sample) for sample in self.samples() if sample.key not in gone)

    def retractions(self) -> list[ProposedRetraction]:
        """The proposed retractions, oldest first."""
        found = self._retractions.read(_parse_retraction)
        return sorted(found, key=lambda one: (one.at, one.id))

    def add_retraction(self, proposed: ProposedRetraction) -> bool:
        """Add a proposal; False if it is already pending. Raises FedlearnError if too many are."""
        known = self.retractions()
        if any(proposed.id == one.id for one in known):
            return False
        if len(known) >= MAX_RETRACTIONS:
            raise FedlearnError(
                f"{MAX_RETRACTIONS} proposed retractions are pending",
                hint="git fedlearn review --retractions    (the user decides)",
            )
        self._retractions.write(map(asdict, [*known, proposed]))
        return True

    def dropped_retraction(self, identifier: RecordId) -> bool:
        """Whether a proposal to retract this record was dropped."""
        return identifier in self._retractions.decisions()

    def decide_retractions(self, ids: Iterable[RecordId], decision: str | None) -> None:
        """Remove proposals; without a decision they may be proposed again."""
        gone = set(ids)
        if decision:
            self._retractions.remember(gone, decision)
        self._retractions.write(asdict(one) for one in self.retractions() if one.id not in gone)

    def drafts(self) -> list[DraftedLesson]:
        """The drafted lessons, oldest first."""
        return sorted(self._drafts.read(_parse_draft), key=lambda one: (one.since, one.id))

    def add_draft(self, drafted: DraftedLesson) -> bool:
        """Add a draft; False if it is pending, was decided on, or there are too many."""
        known = self.drafts()
        if any(drafted.id == one.id for one in known) or drafted.id in self._drafts.decisions():
            return False
        if len(known) >= MAX_DRAFTS:
            return False
        self._drafts.write(map(asdict, [*known, drafted]))
        return True

    def decide_drafts(self, ids: Iterable[RecordId], decision: str) -> None:
        """Remove drafts, with a decision."""
        gone = set(ids)
        self._drafts.remember(gone, decision)
        self._drafts.write(asdict(one) for one in self.drafts() if one.id not in gone)

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
            for one in self._stored_repeats()
            if not any({one.new, one.known} <= group for group in distinct)
        ]
        if not found:
            return []
        key = f"{found}\n{set_facts(self._repository)}"
        answer = self._repository.state.remember(
            "near duplicates", key, lambda: {"living": self._living(found)}
        )
        living = answer.get("living")
        return [one for one in found if [*one] in living] if isinstance(living, list) else []

    def _living(self, repeats: Iterable[NearRepeat]) -> list[Json]:
        """Those of which both lessons live."""
        ids: dict[SetName, set[RecordId]] = {}
        for one in repeats:
            ids.setdefault(one.set, set()).update((one.new, one.known))
        living = {
            (name, record.id)
            for name, wanted in ids.items()
            for record in self._repository.sets.pick(name, wanted)
            if not record.is_tombstone
        }
        return [[*one] for one in repeats if {(one.set, one.new), (one.set, one.known)} <= living]

    def add_repeats(self, arrived: Iterable[NearRepeat]) -> None:
        """Store near duplicates; of too many, the oldest are forgotten."""
        both = dict.fromkeys([*self._stored_repeats(), *arrived])
        self._duplicates.write([one._asdict() for one in both][-MAX_REPEATS:])

    def _stored_repeats(self) -> list[NearRepeat]:
        return list(self._duplicates.read(_parse_repeat))

    def _peer(self, name: str) -> "_Queue":
        return _Queue(self._folder, f"peers/{name}")


class _Queue:
    """A file of items and a file of decisions by key."""

    def __init__(self, inbox: Path, name: str) -> None:
        self._inbox = inbox
        self._items = inbox / f"{name}.jsonl"
        self._decided = inbox / f"{name}.decided.json"

    def read(self, parse: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        """The items; invalid lines are skipped."""
        data = read_file(self._items)
        if not data:
            return
        import jsonlines  # noqa: PLC0415  costs start-up time, and usually nothing is pending

        reader = jsonlines.Reader(BytesIO(data))
        for facts in reader.iter(type=dict, skip_invalid=True, skip_empty=True):
            try:
                yield parse(facts)
            except (TypeError, KeyError, ValueError):
                continue

    def write(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Replace the items, in ASCII: a peer may have sent any bytes."""
        import jsonlines  # noqa: PLC0415

        stream = BytesIO()
        jsonlines.Writer(stream, dumps=json.dumps).write_all(items)
        if stream.getvalue():
            self._write(self._items, stream.getvalue())
        else:
            self._items.unlink(missing_ok=True)

    def decisions(self) -> dict[str, str]:
        """The decisions by key; none if the file is damaged."""
        return {key: str(value) for key, value in read_json(self._decided).items()}

    def remember(self, keys: Iterable[str], decision: str) -> None:
        """Add decisions."""
        decisions = self.decisions() | dict.fromkeys(keys, decision)
        self._write(self._decided, json.dumps(decisions, indent=0, sort_keys=True).encode("ascii"))

    def remove(self) -> None:
        """Remove items and decisions."""
        for path in (self._items, self._decided):
            path.unlink(missing_ok=True)

    def _write(self, path: Path, data: bytes) -> None:
        """Write a file that only its owner may read, created empty with its mode first."""
        for folder in (self._inbox, path.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        write_file(path, data)


def _parse_record(facts: dict[str, Any]) -> QuarantinedRecord:
    line = str(facts["line"]).encode("utf-8", "surrogateescape")
    return QuarantinedRecord(**{**facts, "line": line})


def _format_record(record: QuarantinedRecord) -> dict[str, Any]:
    return {**asdict(record), "line": record.line.decode("utf-8", "surrogateescape")}


def _parse_retraction(facts: dict[str, Any]) -> ProposedRetraction:
    return ProposedRetraction(RecordId(str(facts["id"])), str(facts["reason"]), str(facts["at"]))


def _parse_repeat(facts: dict[str, Any]) -> NearRepeat:
    return NearRepeat(SetName(str(facts["set"])), RecordId(str(facts["new"])), RecordId(str(facts["known"])))


def _parse_draft(facts: dict[str, Any]) -> DraftedLesson:
    return DraftedLesson(
        RecordId(str(facts["id"])),
        SetName(str(facts["set"])),
        str(facts["line"]),
        str(facts["since"]),
        tuple(RecordId(str(one)) for one in facts["near"]),
    )
