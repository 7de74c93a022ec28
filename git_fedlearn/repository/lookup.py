"""Records named on the command line by the start of their id.

Revisions named on the command line, as git names them (gitrevisions(7)).
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record, headline
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.history import find_ids
from git_fedlearn.repository.objects import Objects, Oid
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository

MINIMUM = 4
"""Characters of an id that must be given."""

MAX_LISTED_MATCHES = 10
"""Records that are named when several begin so."""


class NoSuchRecordError(FedlearnError):
    """No record has an id that begins like this."""

    exit_code = 1


def select(sets: RecordSets, start: str) -> list[tuple[SetName, Record]]:
    """The records of one id, in every set that holds it. Raises UsageError when several ids begin so."""
    found = list(sets.find(check_start(start)))
    if not found:
        raise NoSuchRecordError(f"{start}: no record has this id", hint="git fedlearn verify --history")
    _refuse_several(start, found)
    return found


class FoundRecord(NamedTuple):
    """An id, the sets that hold it, and the records that the work tree holds of it."""

    id: RecordId
    sets: list[SetName]
    here: list[tuple[SetName, Record]]


def find_anywhere(repository: Repository, objects: Objects, start: str) -> FoundRecord:
    """The record whose id begins so, in the work tree or else anywhere in history."""
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
            f"{start}: no record here or in any commit of this clone has this id",
            hint="git fedlearn log lists what every commit learned",
        )
    if len(ids) > 1:
        raise UsageError(
            f"{start}: {len(ids)} records begin so: {', '.join(ids[:MAX_LISTED_MATCHES])}",
            hint="give more digits",
        )
    return FoundRecord(ids[0], [name for _, name in held], [])


def check_start(start: str) -> str:
    """The start of a record id, in lower case. Raises UsageError for what is none."""
    if not re.fullmatch(rf"[0-9a-f]{{{MINIMUM},32}}", start.lower()):
        raise UsageError(f"{start}: not a record id", hint=f"at least {MINIMUM} hexadecimal digits of it")
    return start.lower()


def _refuse_several(start: str, found: Iterable[tuple[SetName, Record]]) -> None:
    """Raise UsageError when several ids begin so; it names them, and what they say."""
    names = {record.id: (name, headline(record.fields, 60)) for name, record in found}
    if len(names) > 1:
        shown = "".join(
            f"\n  {i}  {name}  {told}".rstrip()
            for i, (name, told) in sorted(names.items())[:MAX_LISTED_MATCHES]
        )
        more = f"\n  … and {len(names) - MAX_LISTED_MATCHES} more" if len(names) > MAX_LISTED_MATCHES else ""
        raise UsageError(f"{start}: {len(names)} records begin so:{shown}{more}", hint="give more digits")


def get_commit(objects: Objects, revision: str) -> Oid:
    """The commit that a revision names, HEAD for an empty one. Raises UsageError."""
    found = objects.find_commit(revision or "HEAD")
    if found is None:
        what = "this branch has no commit yet" if revision in ("", "HEAD") else f"{revision}: no such commit"
        raise UsageError(what, hint="git log --oneline --all lists commits, git branch --all branches")
    return found


def get_range(repository: Repository, objects: Objects, named: str) -> tuple[Oid | None, Oid]:
    """The two ends of `A..B`, or of `A...B` from where they parted; None and the commit for a single one."""
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
