"""Drafts of lessons from sessions of agents, in `review`."""

import json
from collections.abc import Sequence
from typing import Self

from git_fedlearn.commands.review.kinds import Accepted, PendingItem, warning_line
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID, count, marked_headline
from git_fedlearn.core.canonical import JsonObject, parse_value
from git_fedlearn.core.identity import content_of
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.learn.pending import read_pending, write_pending
from git_fedlearn.repository.inbox import ACCEPTED, DraftedLesson, Inbox
from git_fedlearn.repository.ledger import Ledger


class PendingDraft(PendingItem):
    """A lesson that was drafted at the end of a session; its key is the id it will have."""

    kind = "drafts"
    noun = "draft"
    unit = "draft"
    stored = DraftedLesson
    item: DraftedLesson

    @property
    def fields(self) -> JsonObject:
        """The lesson."""
        value = parse_value(self.item.line.encode("utf-8"))
        return value if isinstance(value, dict) else {}

    def row(self) -> str:
        """Set, day, and the start of the lesson."""
        return f"{self.item.set}  {self.item.since}  {ascii(marked_headline(self.fields))[1:-1]}"

    def describe(self, *, reveal: bool = False) -> str:  # noqa: ARG002  drafts were redacted on arrival
        """The lesson, and known lessons that say something similar."""
        lines = [f"key     {self.key}", f"set     {self.item.set}", f"since   {self.item.since}"]
        for identifier in self.item.near:
            lines += [
                f"similar {identifier[:SHORT_ID]}  {name}: {ascii(marked_headline(record.fields))[1:-1]}"
                for name, record in self.context.data_repository.sets.find(identifier)
                if not record.is_tombstone
            ]
        content = content_of(self.fields)
        return "\n".join(
            [*lines, f"{warning_line(self.fields)}lesson  {json.dumps(content, ensure_ascii=True)}"]
        )

    def to_json(self) -> JsonObject:
        """The lesson, its set and day, and the ids of similar lessons."""
        return {
            "key": self.key,
            "set": self.item.set,
            "since": self.item.since,
            "near_duplicates": [*self.item.near],
            "record": self.fields,
            "reads_like_instructions": is_suspicious(self.fields),
        }

    @classmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Learn the lessons, through the privacy engine once more."""
        repository, today = context.data_repository, context.now().date()
        lines: dict[SetName, list[bytes]] = {}
        refused: list[str] = []
        for item in items:
            try:
                record = context.intake.admit(item.fields, today).record
            except NotARecordError as error:
                context.print_error(f"error: {item.key[:SHORT_ID]}: {error}; cannot be accepted")
                refused.append(item.key)
            else:
                lines.setdefault(item.item.set, []).append(record.line)
        with repository.lock("review"):
            for name, made in lines.items():
                Ledger(repository).add(made)
                repository.sets.join(name, made)
                pending = read_pending(repository, repository.sets).get(name, [])
                write_pending(repository, {name: [*pending, *made]})
            Inbox(repository).decide([item.item for item in items], ACCEPTED)
        number = len(items) - len(refused)
        return Accepted([f"accepted {count(number, 'draft')}"] if number else [], refused)
