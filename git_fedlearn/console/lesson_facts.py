"""Age, versions and successors of a lesson in words and for programs, as search, show and MCP say them."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from git_fedlearn.console.words import short_ids
from git_fedlearn.core.age import age_days, describe_age, find_versions
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import FIRST_SEEN, printable
from git_fedlearn.core.supersession import Successor, superseded_ids

MAX_NAMED_LESSONS: Final = 3
MAX_VERSION_CHARACTERS: Final = 60


def describe_since(fields: JsonObject, today: date) -> str:
    """`2026-05-28 (3 months ago)`; only the age of a record that has a time but no first day."""
    first, days = fields.get(FIRST_SEEN), age_days(fields, today)
    age = describe_age(days) if days is not None else ""
    if not isinstance(first, str):
        return age
    return f"{first} ({age})" if age else first


def describe_versions(fields: JsonObject) -> str:
    """`Python 3.11, CUDA 12.4`; empty if it speaks of no version."""
    return ", ".join(printable(version)[:MAX_VERSION_CHARACTERS] for version in find_versions(fields))


def describe_successors(successors: Sequence[Successor]) -> list[str]:
    """`superseded by 3f2a…`, one line for each degree of belief."""
    lines = []
    for what, shares in (
        ("superseded by {}", [one for one in successors if one.share == 1.0]),
        ("superseded, says a peer, by {}", [one for one in successors if one.share < 1.0]),
    ):
        if shares:
            lines.append(what.format(short_ids([one.id for one in shares], MAX_NAMED_LESSONS)))
    return lines


def describe_superseded(fields: JsonObject) -> str:
    """`supersedes 3f2a… 91bc…`; empty if it replaces no lesson."""
    ids = superseded_ids(fields)
    return f"supersedes {short_ids(ids, MAX_NAMED_LESSONS)}" if ids else ""


def describe_alternatives(ids: Sequence[str]) -> str:
    """`other solutions: 3f2a… 91bc…`; empty without any."""
    return f"other solutions: {short_ids(ids, MAX_NAMED_LESSONS)}" if ids else ""


def lesson_facts(
    fields: JsonObject, today: date, successors: Sequence[Successor], alternatives: Sequence[str]
) -> JsonObject:
    """The same for programs."""
    return {
        "age_days": age_days(fields, today),
        "versions": [*find_versions(fields)],
        "supersedes": [*superseded_ids(fields)],
        "superseded_by": [{"id": one.id, "share": one.share} for one in successors],
        "alternatives": [*alternatives],
    }
