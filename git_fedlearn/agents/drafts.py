"""One draft of a lesson at the end of a session: of the last error that was solved without a lesson.

It is read from the log of the session by the readers of `sync` (learn/readers), sanitized like every lesson,
and waits in the inbox: nothing is learned that nobody looked at. Nothing is drafted again after a decision.
"""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from git_fedlearn.agents.recall_index import RecallIndex
from git_fedlearn.app import Clone
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.core.scoring import Skipped, route_event
from git_fedlearn.learn.readers import read_sessions
from git_fedlearn.repository.inbox import DraftedLesson, Inbox
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.failures import FAILURE_BAR

MAX_LOG_BYTES: Final = 20_000_000
"""Bytes of a log that are read, from its end."""

NEAR_BAR: Final = 0.25
"""Likeness from which a known lesson is named next to a draft."""

MAX_NEAR: Final = 3
SOLVED: Final = "error_resolution"


def draft_lesson(
    repository: Repository, log: Path, today: date, index: RecallIndex | None, shown: Collection[str]
) -> DraftedLesson | None:
    """Draft a lesson from the log of a session; None if it solved nothing new. Raises FedlearnError.

    `shown` are the ids of the lessons that the session was given: an error that one of them is about was
    solved with it.
    """
    reader = "codex" if log.name.startswith("rollout-") else "claude-code"
    solved = [event for event in read_sessions(reader, read_log(log)) if event.get("event_type") == SOLVED]
    clone = Clone(repository.environment, repository.top, clock=lambda: datetime.combine(today, _NOON, UTC))
    clone.repository = repository
    for event in reversed(solved):
        drafted = _draft(clone, event, today, index, shown)
        if drafted:
            with repository.lock("agent"):
                _, stored = Inbox(repository).add([drafted])
            if stored:
                return drafted
    return None


_NOON: Final = datetime(2000, 1, 1, 12, tzinfo=UTC).time()


def _draft(
    clone: Clone, event: JsonObject, today: date, index: RecallIndex | None, shown: Collection[str]
) -> DraftedLesson | None:
    """The draft of an event; None if it is no lesson, or the clone has it, or the session was given one."""
    settings = clone.repository.settings
    routed = route_event(event, settings.weights, settings.minimum_score)[1]
    if isinstance(routed, Skipped):
        return None
    near = (
        index.find_failure(str(event.get("error_message") or ""), limit=MAX_NEAR, bar=NEAR_BAR)
        if index
        else []
    )
    if any(one.lesson.id in shown and one.likeness >= FAILURE_BAR for one in near):
        return None
    try:
        record = clone.intake.admit(routed.content, today).record
    except NotARecordError:
        return None
    if clone.repository.sets.pick(routed.set_name, {record.id}):
        return None
    ids = tuple(one.lesson.id for one in near)
    return DraftedLesson(record.id, routed.set_name, record.line.decode("utf-8"), today.isoformat(), ids)


def read_log(path: Path) -> Iterator[JsonObject]:
    """The objects of a log, line by line; other lines are skipped, and of a huge log all but its end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - MAX_LOG_BYTES))
        if size > MAX_LOG_BYTES:
            file.readline()
        for line in file:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                yield value
