"""Records and commits as people name them: the start of an id, a revision (gitrevisions(7))."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, headline
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.history import find_ids
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.work_tree import FIRST_COMMIT

MIN_ID_LENGTH = 4
"""Hexadecimal digits of an id that must be given."""

MAX_LISTED_MATCHES = 10
"""Records listed for an ambiguous id."""


_PASTED_WITH: Final = " \t\r\n\"'`,;:.()[]<>“”\u2018\u2019«»…"
"""Blanks, quotes and marks around an id."""

_WHERE_IDS_ARE: Final = "git fedlearn log    (lists the records of every commit)"


class NoSuchRecordError(FedlearnError):
    """No record has an id that starts like this."""

    exit_code = 1


def select(sets: RecordSets, start: str) -> list[tuple[SetName, Record]]:
    """The records with one id, from every set. Raises NoSuchRecordError, UsageError if ambiguous."""
    found = list(sets.find(check_start(start)))
    if not found:
        raise NoSuchRecordError(f"{start}: no record with this id", hint=_WHERE_IDS_ARE)
    _refuse_several(start, found)
    return found


class FoundRecord(NamedTuple):
    """An id, the sets that have it, and its records in the work tree."""

    id: RecordId
    sets: list[SetName]
    here: list[tuple[SetName, Record]]


def find_anywhere(repository: Repository, objects: Objects, start: str) -> FoundRecord:
    """The record whose id starts with `start`, in the work tree or else anywhere in history.

    Raises NoSuchRecordError, UsageError if `start` is ambiguous.
    """
    checked = check_start(start)
    if not repository.is_bare:
        sets = repository.sets
        found = list(sets.find(checked))
        if found:
            _refuse_several(start, found)
            return FoundRecord(found[0][1].id, list(dict.fromkeys(name for name, _ in found)), found)
    held = sorted(find_ids(objects, checked))
    ids = sorted({identifier for identifier, _ in held})
    if not ids:
        raise NoSuchRecordError(
            f"{start}: no record with this id in this clone or its history",
            hint=_WHERE_IDS_ARE,
        )
    _refuse_ambiguous(start, ids)
    return FoundRecord(ids[0], [name for _, name in held], [])


def check_start(start: str) -> str:
    """The start of a record id, in lower case, without what it was pasted with. Raises UsageError."""
    bare = start.strip(_PASTED_WITH).lower()
    if not re.fullmatch(rf"[0-9a-f]{{{MIN_ID_LENGTH},32}}", bare):
        raise UsageError(f"{start}: not a record id", hint=f"at least {MIN_ID_LENGTH} hexadecimal digits")
    return bare


def _refuse_several(start: str, found: Iterable[tuple[SetName, Record]]) -> None:
    """Raise UsageError, which lists the records, if several ids start with `start`."""
    rows = {record.id: f"{record.id}  {name}  {headline(record.fields, 60)}" for name, record in found}
    _refuse_ambiguous(start, [row.rstrip() for _, row in sorted(rows.items())])


def _refuse_ambiguous(start: str, rows: Sequence[str]) -> None:
    if len(rows) > 1:
        rest = len(rows) - MAX_LISTED_MATCHES
        shown = [*rows[:MAX_LISTED_MATCHES], *([f"and {rest} more"] if rest > 0 else [])]
        problem = f"{start} is ambiguous; {len(rows)} records start with it:"
        raise UsageError("\n  ".join([problem, *shown]), hint="give more digits")


def get_commit(objects: Objects, revision: str) -> Oid:
    """The commit that a revision names, HEAD for an empty one. Raises UsageError."""
    found = objects.find_commit(revision or "HEAD")
    if found is None:
        if revision in ("", "HEAD"):
            raise UsageError("this branch has no commit yet", hint=FIRST_COMMIT)
        raise UsageError(f"{revision}: no such commit", hint="git log --oneline --all    (lists commits)")
    return found


def get_range(repository: Repository, objects: Objects, named: str) -> tuple[Oid | None, Oid]:
    """Both ends of `A..B`, or of `A...B` from the merge base; None and the commit for a single revision."""
    if "..." in named:
        left, right = (get_commit(objects, end) for end in named.split("...", 1))
        base = repository.git.attempt("merge-base", left, right)
        if base.code:
            raise UsageError(f"{named}: they have no common ancestor", hint=named.replace("...", " "))
        return Oid(base.out.decode("ascii").strip()), right
    if ".." in named:
        left, right = (get_commit(objects, end) for end in named.split("..", 1))
        return left, right
    return None, get_commit(objects, named)
