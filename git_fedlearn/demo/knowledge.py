"""The final state of a system: counts for the table, and the lessons that several systems learned."""

from dataclasses import dataclass
from typing import NamedTuple

from git_fedlearn.core.canonical import Json, objects_in
from git_fedlearn.core.layout import SHARED_SETS, SetName
from git_fedlearn.core.record import RETRACTED, Record, score_of, seen_by
from git_fedlearn.demo.systems import System, record_sets


@dataclass(frozen=True, slots=True)
class Row:
    """One system in the final table."""

    system: str
    lessons: dict[SetName, int]
    retracted: int
    commit: str
    trees: tuple[str, ...]


class Endorsed(NamedTuple):
    """A lesson that several systems learned on their own."""

    systems: int
    score: float
    name: SetName
    record: Record

    @property
    def text(self) -> str:
        """The lesson in a line or two: the problem, and the solution."""
        fields = self.record.fields
        return next((text for keys in _TEXT_FIELDS if (text := _joined(fields, keys))), self.record.id)


_TEXT_FIELDS = (
    ("error_type", "solution"),
    ("title", "description"),
    ("query", "response"),
    ("prompt", "completion"),
)


def describe(system: System) -> Row:
    """Count the lessons of a system."""
    sets = system.sets
    lessons = {name: sum(not record.is_tombstone for record in sets.read(name)) for name in SHARED_SETS}
    retracted = sum(record.is_tombstone for name in SHARED_SETS for record in sets.read(name))
    return Row(system.name, lessons, retracted, system.revision(), record_sets(system))


def endorsed(system: System, *, by: int = 2) -> list[Endorsed]:
    """Lessons that at least `by` systems learned: most systems first, then the highest score."""
    sets = system.sets
    found = [
        Endorsed(len(seen_by(record.fields)), score_of(record.fields), name, record)
        for name in SHARED_SETS
        for record in sets.read(name)
        if RETRACTED not in record.fields
    ]
    return sorted(
        (lesson for lesson in found if lesson.systems >= by),
        key=lambda lesson: (-lesson.systems, -lesson.score, lesson.record.id),
    )


def find_record(system: System, name: SetName, text: str) -> Record:
    """The first record of a set that contains this text. Raises StopIteration if there is none."""
    return next(record for record in system.sets.read(name) if text in record.line.decode("utf-8"))


def _joined(fields: dict[str, Json], keys: tuple[str, str]) -> str:
    texts = [value for key in keys if isinstance(value := fields.get(key), str)]
    if texts:
        return ": ".join(texts)
    return " ".join(str(message["content"]) for message in objects_in(fields.get("messages")))
