"""The lessons of this clone as a report shows them: a title, a line of text, and scores."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from sys import intern
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject, objects_in
from git_fedlearn.core.effective_score import Tally, claimed_score, effective_score, tally
from git_fedlearn.core.identity import RecordId, is_metadata_key
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import FIRST_SEEN, RETRACTED, Record, headline, parse_record, printable, seen_by
from git_fedlearn.repository.outcomes import read_outcomes
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.trust import read_trust

MAX_TITLE_LENGTH: Final = 140
MAX_BODY_LENGTH: Final = 220
MAX_TEXT_LENGTH: Final = 4000
"""Characters of one field of an opened lesson."""

_HELPS: Final = (
    *("solution", "response", "description", "completion", "answer", "usage_pattern", "solution_approach"),
    *("generalizable_pattern", "pattern", "content", "text"),
)
"""Fields with the solution, by preference."""


NEVER_TRIED: Final = Tally()

ReportProgress = Callable[[int, int], None]
"""Called with the number of sets read so far, and of all sets."""


@dataclass(frozen=True, slots=True)
class ReportLesson:
    """A record that is not retracted, without its texts, so that a million fit into memory."""

    id: RecordId
    set_name: SetName
    content: bytes
    """Digest of its identity form."""
    first: str
    """A day or empty."""
    systems: tuple[str, ...]
    claimed: float | None
    effective: float
    outcomes: Tally
    is_suspicious: bool
    """Whether it reads like instructions to an agent."""


class LessonTexts(NamedTuple):
    """What a lesson says; title and body are printable lines."""

    title: str
    body: str
    fields: dict[str, str]
    """The fields of the lesson itself, by name; their lines are printable."""


@dataclass(frozen=True, slots=True)
class Retraction:
    """A tombstone; its texts are empty if missing."""

    id: RecordId
    set_name: SetName
    at: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Records:
    """The content of all record sets; `users` are the systems that counted outcomes, by record."""

    lessons: list[ReportLesson]
    retractions: list[Retraction]
    users: dict[RecordId, frozenset[str]]


def read_records(
    repository: Repository,
    is_suspicious: Callable[[JsonObject], bool],
    progress: ReportProgress | None = None,
) -> Records:
    """Read every set of the working tree once; lessons that are suspicious get a mark.

    A lesson in several sets counts in the first one.
    """
    outcomes, trust = read_outcomes(repository), read_trust(repository)
    found = Records([], [], {identifier: frozenset(by) for identifier, by in outcomes.items()})
    counted: set[bytes] = set()
    groups: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, record in _all(repository, progress):
        if record.is_tombstone:
            found.retractions.append(_retraction(name, record))
            continue
        content = _digest(record)
        if content in counted:
            continue
        counted.add(content)
        known = outcomes.get(record.id, {})
        systems = tuple(seen_by(record.fields))
        found.lessons.append(
            ReportLesson(
                id=record.id,
                set_name=name,
                content=content,
                first=intern(str(record.fields.get(FIRST_SEEN, ""))),
                systems=groups.setdefault(systems, systems),
                claimed=claimed_score(record.fields),
                effective=effective_score(record, trust, known),
                outcomes=tally(known.values()) if known else NEVER_TRIED,
                is_suspicious=is_suspicious(record.fields),
            )
        )
    return found


def read_texts(repository: Repository, lessons: Iterable[ReportLesson]) -> dict[bytes, LessonTexts]:
    """What these lessons say, by their `content`. Reads their sets once more."""
    wanted: dict[SetName, dict[RecordId, set[bytes]]] = {}
    for lesson in lessons:
        wanted.setdefault(lesson.set_name, {}).setdefault(lesson.id, set()).add(lesson.content)
    texts: dict[bytes, LessonTexts] = {}
    for name, contents in wanted.items():
        for line in repository.sets.read_lines(name):
            of = contents.get(RecordId(line[8:40].decode("ascii")))
            record = parse_record(line) if of else None
            if of and record and (content := _digest(record)) in of:
                texts[content] = _texts_of(record.fields)
    return texts


def _digest(record: Record) -> bytes:
    return blake2b(record.form, digest_size=16).digest()


def _all(repository: Repository, progress: ReportProgress | None) -> Iterator[tuple[SetName, Record]]:
    sets = repository.sets
    names = sets.names()
    for number, name in enumerate(names, 1):
        for line in sets.read_lines(name):
            yield name, parse_record(line)
        if progress:
            progress(number, len(names))


def _texts_of(fields: JsonObject) -> LessonTexts:
    body = _line(_help(fields), MAX_BODY_LENGTH)
    title = headline(fields, MAX_TITLE_LENGTH) or body[:MAX_TITLE_LENGTH] or "(no text)"
    return LessonTexts(title, body, _texts(fields))


def _texts(fields: JsonObject) -> dict[str, str]:
    """The fields of the lesson itself; values that are no text are JSON."""
    texts = {}
    for key, value in sorted(fields.items()):
        if not is_metadata_key(key) and value not in ("", None, [], {}):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
            whole = "\n".join(map(printable, text.splitlines()))
            texts[printable(key)] = (
                whole if len(whole) <= MAX_TEXT_LENGTH else f"{whole[: MAX_TEXT_LENGTH - 1]}…"
            )
    return texts


def _retraction(name: SetName, record: Record) -> Retraction:
    facts = record.fields[RETRACTED]
    texts = facts if isinstance(facts, dict) else {}
    at, by, reason = (_line(texts.get(key), MAX_BODY_LENGTH) for key in ("at", "by", "reason"))
    return Retraction(record.id, name, at, by, reason)


def _help(fields: JsonObject) -> Json:
    """The solution in a lesson; of a chat, the last answer."""
    for message in reversed(objects_in(fields.get("messages"))):
        if message.get("role") == "assistant":
            return message.get("content")
    return next((text for key in _HELPS if isinstance(text := fields.get(key), str) and text), "")


def _line(value: Json, max_length: int) -> str:
    """A text on one line; characters that reorder text or control a terminal are escaped."""
    text = printable(" ".join(value.split())) if isinstance(value, str) else ""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"
