"""Near duplicates as pending items: clusters of lessons of a set that say nearly the same."""

from collections.abc import Sequence
from typing import Final, Self

from xxhash import xxh3_64_hexdigest

from git_fedlearn.commands.review.kinds import Accepted, PendingItem
from git_fedlearn.console.context import Context
from git_fedlearn.console.words import SHORT_ID, marked_headline
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.identity import content_of
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, score_of
from git_fedlearn.federation.injection import is_suspicious
from git_fedlearn.learn.near_duplicates import Cluster, Duplicates, retract_weaker
from git_fedlearn.repository.inbox import Inbox
from git_fedlearn.training.own_files import clear_retracted

LESSON_COLUMNS: Final = 76
"""Characters shown of a lesson."""


class PendingCluster(PendingItem):
    """Lessons of a set that say nearly the same. Not stored: each run searches for them."""

    kind = "duplicates"
    noun = "duplicates"
    unit = "cluster"

    def __init__(self, context: Context, name: SetName, cluster: Cluster) -> None:
        self.ids = sorted([cluster.best.id, *(similar.record.id for similar in cluster.weaker)])
        self.context = context
        self.key = xxh3_64_hexdigest(" ".join(self.ids).encode())
        self.name = name
        self.cluster = cluster

    def row(self) -> str:
        """The set, the best lesson, and those similar to it."""
        lines = [f"  keep      {_lesson(self.cluster.best)}"]
        lines += [
            f"  similar   {_lesson(similar.record)}  {similar.resemblance:.0%}"
            + " by meaning" * similar.by_meaning
            for similar in self.cluster.weaker
        ]
        return "\n".join([self.name, *lines])

    def describe(self, *, reveal: bool = False) -> str:  # noqa: ARG002  records contain no private data
        """The key, and the row."""
        return f"key     {self.key}\nset     {self.row()}"

    def to_json(self) -> JsonObject:
        """The ids of its lessons."""
        best = self.cluster.best
        return {
            "key": self.key,
            "set": self.name,
            "best": best.id,
            "weaker": [
                {
                    "id": similar.record.id,
                    "similarity": similar.resemblance,
                    "by_meaning": similar.by_meaning,
                    "reads_like_instructions": is_suspicious(similar.record.fields),
                }
                for similar in self.cluster.weaker
            ],
            "reads_like_instructions": is_suspicious(best.fields),
        }

    def is_pending(self) -> bool:
        """Whether none of its lessons was retracted since."""
        found = self.context.data_repository.sets.pick(self.name, set(self.ids))
        return sum(not record.is_tombstone for record in found) == len(self.ids)

    @classmethod
    def accept(cls, context: Context, items: Sequence[Self]) -> Accepted:
        """Retract the weaker lessons in favor of the best of each cluster."""
        repository = context.data_repository
        with repository.lock("review"):
            found = [Duplicates(item.name, (item.cluster,), ()) for item in items]
            retract_weaker(repository, found, context.now())
            clear_retracted(repository)
        retracted = [(item.name, similar.record.id) for item in items for similar in item.cluster.weaker]
        best = [item.cluster.best.id for item in items for _ in item.cluster.weaker]
        lines = [
            f"retracted {identifier[:SHORT_ID]} from {name} in favor of {kept[:SHORT_ID]}"
            for (name, identifier), kept in zip(retracted, best, strict=True)
        ]
        return Accepted(lines, retracted=retracted)

    @classmethod
    def drop(cls, context: Context, items: Sequence[Self]) -> None:
        """Keep all lessons: they are not duplicates of each other."""
        with context.repository.lock("review"):
            for item in items:
                Inbox(context.repository).keep_distinct(item.ids)


def _lesson(record: Record) -> str:
    """Id, score and the start of a lesson, on one line without control characters."""
    words = " ".join(" | ".join(_texts(content_of(record.fields))).split())
    shown = "".join(char for char in words if char.isprintable())
    shown = shown if len(shown) <= LESSON_COLUMNS else f"{shown[: LESSON_COLUMNS - 1]}…"
    score = score_of(record.fields)
    title = marked_headline(record.fields, shown)
    return f"{record.id[:SHORT_ID]} {f'{score:.2f}' if score >= 0 else '   -'}  {title}"


def _texts(content: JsonObject) -> list[str]:
    """The texts of a lesson; of a chat the last message first: many start with the same context."""
    messages = content.get("messages")
    listed = messages[::-1] if isinstance(messages, list) else []
    said = [message.get("content") for message in listed if isinstance(message, dict)]
    named = [content[key] for key in sorted(content)]
    return [text for text in (*said, *named) if isinstance(text, str)]
