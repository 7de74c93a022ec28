"""What `review` shows of each kind of pending item, and what a decision on it does."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self

from git_fedlearn.console.context import Context
from git_fedlearn.console.findings import finding_to_json
from git_fedlearn.console.words import SHORT_ID, SUSPICIOUS, count, marked_headline
from git_fedlearn.core.canonical import InvalidJsonError, Json, JsonObject, parse_value
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError, Record, parse_record
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.federation.quarantine import accept_records, repaired, shown_line
from git_fedlearn.learn.intake import find_doubts, learn_samples
from git_fedlearn.privacy.policy import Allowed
from git_fedlearn.repository.inbox import (
    ACCEPTED,
    DROPPED,
    EDITED,
    AnyItem,
    DoubtfulSample,
    Inbox,
    ProposedRetraction,
    QuarantinedRecord,
)
from git_fedlearn.repository.names import read_names
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.retraction import retract_records
from git_fedlearn.scanning.accepted import allow
from git_fedlearn.training.own_files import clear_retracted
from git_fedlearn.training.samples import Malformed, parse_sample
from git_fedlearn.training.trained import describe_model, find_models

AS_IS_REASON: Final = "reviewed: not private"
"""On the allow-list in .fedlearn.toml, which everybody can read."""


class Accepted(NamedTuple):
    """What to say of each change of a record set, the keys of refused items, and the retracted lessons."""

    lines: Sequence[str] = ()
    refused: Sequence[str] = ()
    retracted: Sequence[tuple[SetName, RecordId]] = ()


class PendingItem(ABC):
    """An item that needs a decision."""

    kind: ClassVar[str]
    """The name of its kind in answers for programs."""
    noun: ClassVar[str]
    unit: ClassVar[str]
    """What is counted of its kind."""
    stored: ClassVar[type[AnyItem]]
    """What the inbox has of its kind."""

    def __init__(self, context: Context, item: Any) -> None:  # noqa: ANN401  what the inbox has of its kind
        self.context = context
        self.item = item
        self.key: str = item.key

    @property
    def choices(self) -> tuple[str, ...]:
        """What a person may decide."""
        return ("accept", "drop")

    @abstractmethod
    def row(self) -> str:
        """What a list shows after its key and noun."""

    @abstractmethod
    def describe(self, *, reveal: bool = False) -> str:
        """The whole item, redacted and in ASCII; `reveal` adds what may be private."""

    @abstractmethod
    def to_json(self) -> JsonObject:
        """The whole item for programs, redacted."""

    def is_pending(self) -> bool:
        """Whether it is still undecided."""
        return self.item in Inbox(self.context.repository).pending(self.stored)

    @classmethod
    @abstractmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Apply what the items propose, without private data."""

    @classmethod
    def drop(cls, context: Context, items: Sequence[Self]) -> None:
        """Reject items, for this clone and permanently."""
        with context.repository.lock("review"):
            Inbox(context.repository).decide([item.item for item in items], DROPPED)


class PendingRecord(PendingItem):
    """A record from a peer that failed the check."""

    kind = "records"
    noun = "record"
    unit = "record"
    stored = QuarantinedRecord
    item: QuarantinedRecord

    @property
    def choices(self) -> tuple[str, ...]:
        """A line that is not a record can only be dropped."""
        return super().choices if repaired(self.item, self.context.privacy) else ("drop",)

    def row(self) -> str:
        """Peer, set, day and reason."""
        row = f"{self.item.peer}  {self.item.set}  {self.item.since}  {self.item.reason}"
        return marked_headline(self._fields, row)

    @property
    def _fields(self) -> JsonObject:
        """The fields of the record, or the line as text if it is none."""
        try:
            return parse_record(self.item.line).fields
        except NotARecordError:
            return {"line": self.item.line.decode("utf-8", "replace")}

    def describe(self, *, reveal: bool = False) -> str:  # noqa: ARG002  records from peers are never shown raw
        """The line as JSON, and the record it would become."""
        record, engine = self.item, self.context.privacy
        taken = repaired(record, engine)
        return (
            f"key     {record.key}\npeer    {record.peer}\nset     {record.set}\nsince   {record.since}\n"
            f"reason  {record.reason}\n{warning_line(self._fields)}"
            f"line    {shown_line(record, engine)}\n"
            f"accept  {f'as record {taken.id}' if taken else 'not possible; drop it'}"
        )

    def to_json(self) -> JsonObject:
        """With the line as JSON text."""
        record, engine = self.item, self.context.privacy
        return {
            "key": record.key,
            "peer": record.peer,
            "set": record.set,
            "since": record.since,
            "reason": record.reason,
            "line": shown_line(record, engine),
            "acceptable": repaired(record, engine) is not None,
            "reads_like_instructions": is_suspicious(self._fields),
        }

    @classmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Add the records: redacted, a wrong id corrected, an invalid score removed."""
        taken, refused = accept_records(
            context.data_repository, context.privacy, [item.item for item in items]
        )
        for record in refused:
            context.print_error(f"error: {record.key[:SHORT_ID]}: {record.reason}; cannot be accepted")
        lines = [f"accepted {count(len(taken), 'record')}"] if taken else []
        return Accepted(lines, [record.key for record in refused])


class PendingSample(PendingItem):
    """A training sample that may contain private data."""

    kind = "samples"
    noun = "sample"
    unit = "sample"
    stored = DoubtfulSample
    item: DoubtfulSample

    @property
    def choices(self) -> tuple[str, ...]:
        """Accept it redacted or as is, edit it, drop it, or first reveal it."""
        return ("accept", "as-is", "edit", "drop", "reveal")

    @property
    def _place(self) -> str:
        return str(self.context.privacy.sanitize(self.item.place).value)

    def row(self) -> str:
        """Its place in the source, and the kinds of private data it may contain."""
        doubts = find_doubts(self.context.privacy, self.item.content)
        row = f"{self._place}  {', '.join(sorted({doubt.kind for doubt in doubts}))}".rstrip()
        return marked_headline(self.item.content, row)

    def describe(self, *, reveal: bool = False) -> str:
        """The sample redacted, and each doubt about it."""
        content = self.item.content
        lines = [f"key     {self.key}", f"source  {self._place}", f"since   {self.item.since}"]
        for doubt in find_doubts(self.context.privacy, content):
            text = ascii(_text_at(content, doubt.pointer)[doubt.start : doubt.end]) if reveal else ""
            lines.append(f"doubt   {doubt.kind} ({doubt.rule}) at {doubt.pointer} {text}".rstrip())
        return "\n".join(
            [*lines, f"{warning_line(content)}sample  {json.dumps(self.redacted, ensure_ascii=True)}"]
        )

    @property
    def redacted(self) -> Json:
        """The content without anything that may be private."""
        return self.context.privacy.sanitize(self.item.content).value

    def to_json(self) -> JsonObject:
        """With every doubt, by pointer and offsets."""
        doubts = find_doubts(self.context.privacy, self.item.content)
        return {
            "key": self.key,
            "source": self._place,
            "since": self.item.since,
            "doubts": [finding_to_json(doubt) for doubt in doubts],
            "sample": self.redacted,
            "reads_like_instructions": is_suspicious(self.item.content),
        }

    @classmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Learn the samples redacted."""
        return _learn(context, [item.item for item in items], ACCEPTED)

    @classmethod
    def accept_as_is(cls, context: Context, items: Sequence["PendingSample"]) -> Accepted:
        """Allow the values in doubt, and learn the samples, and all others that are no longer in doubt."""
        contents = [item.item.content for item in items]
        marks = {doubt.fingerprint for content in contents for doubt in find_doubts(context.privacy, content)}
        entries = [Allowed(mark, AS_IS_REASON) for mark in sorted(marks)]
        if allow(context.data_repository, context.privacy, entries, context.now().date()):
            context.forget_settings()
            context.note("hint: git add .fedlearn.toml    (its allow-list has these values now)")
        named = {item.key for item in items}
        settled = [
            sample
            for sample in Inbox(context.repository).pending(DoubtfulSample)
            if sample.key in named or not find_doubts(context.privacy, sample.content)
        ]
        return _learn(context, settled, None)

    def parse_edited(self, text: str) -> DoubtfulSample:
        """Another sample, as JSON, with the key of this one. Raises UsageError."""
        try:
            value = parse_value(text.encode("utf-8", "replace"))
        except InvalidJsonError as error:
            raise UsageError(f"the edited sample: {error}", hint="edit it again") from None
        content = parse_sample(value) if isinstance(value, dict) else Malformed("not a JSON object")
        if isinstance(content, Malformed):
            raise UsageError(f"the edited sample: {content.reason}", hint="edit it again")
        return DoubtfulSample(self.key, self.item.place, self.item.since, content)

    def learn_edited(self, edited: DoubtfulSample) -> Accepted:
        """Learn another sample in its place, without private data."""
        doubts = find_doubts(self.context.privacy, edited.content)
        learned = _learn(self.context, [edited], EDITED)
        if doubts:
            self.context.note(f"note: redacted {count(len(doubts), 'finding')} in the edited sample")
        return learned


class PendingRetraction(PendingItem):
    """A retraction that an agent proposed; its key is the id of the record."""

    kind = "retractions"
    noun = "retraction"
    unit = "proposed retraction"
    stored = ProposedRetraction
    item: ProposedRetraction

    def row(self) -> str:
        """Day and reason."""
        return f"{self.item.at[:10]}  {ascii(self.item.reason)[1:-1]}"

    def describe(self, *, reveal: bool = False) -> str:  # noqa: ARG002  reasons were redacted on arrival
        """The reason, and the lessons to retract."""
        lines = [f"key     {self.key}", f"since   {self.item.at}"]
        lines.append(f"reason  {ascii(self.item.reason)[1:-1]}")
        living = _living(self.context.data_repository.sets, self.item.id)
        lines += [f"lesson  {name}: {marked_headline(record.fields)}" for name, record in living]
        repository = self.context.data_repository
        models = find_models(repository, {self.item.id})
        names = read_names(repository)
        lines += [f"trained {ascii(describe_model(model, names))[1:-1]}" for model in models]
        return "\n".join(lines if living else [*lines, "lesson  missing or already retracted"])

    def to_json(self) -> JsonObject:
        """Its record, time and reason."""
        living = _living(self.context.data_repository.sets, self.item.id)
        return {
            "id": self.item.id,
            "at": self.item.at,
            "reason": self.item.reason,
            "reads_like_instructions": any(is_suspicious(record.fields) for _, record in living),
        }

    @classmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Retract the records, on every system, with the proposed reasons."""
        repository = context.data_repository
        at = f"{context.now():%Y-%m-%dT%H:%M:%SZ}"
        retracted: list[tuple[SetName, RecordId]] = []
        with repository.lock("review"):
            for item in items:
                living = _living(repository.sets, item.item.id)
                retract_records(repository, living, item.item.reason, at)
                retracted += [(name, record.id) for name, record in living]
                if not living:
                    context.note(f"{item.key[:SHORT_ID]}: missing or already retracted")
            clear_retracted(repository)
            Inbox(repository).decide([item.item for item in items], None)
        lines = [f"retracted {identifier[:SHORT_ID]} from {name}" for name, identifier in retracted]
        return Accepted(lines, retracted=retracted)


def _learn(context: Context, samples: list[DoubtfulSample], decision: str | None) -> Accepted:
    """Learn samples, sanitized, and remember the decision; None for samples that were accepted as is."""
    today = context.now().date()
    try:
        known = learn_samples(context.data_repository, context.privacy, samples, decision, today)
    except NotARecordError as error:
        raise FedlearnError(
            f"a sample cannot be learned: {error}", hint="git fedlearn review drop KEY"
        ) from error
    how = {ACCEPTED: "redacted", EDITED: "edited", None: "as is"}[decision]
    line = f"accepted {count(len(samples), 'sample')}, {how}" + (f" ({known} already known)" if known else "")
    return Accepted([line])


def warning_line(fields: JsonObject) -> str:
    """The line that marks an item that reads like instructions to an agent, empty for others."""
    return f"warning {SUSPICIOUS}\n" if is_suspicious(fields) else ""


def _living(sets: RecordSets, identifier: RecordId) -> list[tuple[SetName, Record]]:
    return [found for found in sets.find(identifier) if not found[1].is_tombstone]


def _text_at(content: Json, pointer: str) -> str:
    """The text at a JSON pointer (RFC 6901), empty if there is none."""
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(content, dict):
            content = content.get(name)
        elif isinstance(content, list) and name.isdecimal() and int(name) < len(content):
            content = content[int(name)]
    return "" if content is None else str(content)
