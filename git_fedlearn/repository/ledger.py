"""What this system learned itself: a list of record ids in the local state, which no peer can change.

`_seen_by` is a claim that everybody can write, and holds 64 systems at most. The ledger decides instead
whether a peer may retract a lesson and whether `remote remove --retract` takes it back. A lesson stays in it
for good. If the list is lost, it is made again from the commits with the trailer of this system; a lesson
that was committed by hand is then missing.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.record import MAX_SEEN_BY, Record, claimed_id, seen_by
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.history import all_changes, commit_changes
from git_fedlearn.repository.record_sets import is_tombstone_line
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import LEDGER
from git_fedlearn.repository.work_tree import read_trailers

_ID: Final = re.compile(rb"[0-9a-f]{32}")
_LINE: Final = 33
"""Bytes of a line of the list: an id, and a line feed."""


class Ledger:
    """The ledger of one clone. The caller holds the repository's lock."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._path: Path = repository.state.path(LEDGER)

    def ids(self) -> set[RecordId]:
        """The ids of all lessons that this system learned."""
        return {RecordId(word.decode("ascii")) for word in self._words()}

    def among(self, ids: Iterable[RecordId]) -> set[RecordId]:
        """Those of these lessons that this system learned; the list must be there. Its lines are sorted."""
        data = read_file(self._path)
        number = (len(data) + 1) // _LINE

        def word(at: int) -> bytes:
            return data[_LINE * at : _LINE * at + _LINE - 1]

        places = ((one, bisect_left(range(number), one.encode("ascii"), key=word)) for one in ids)
        return {one for one, at in places if at < number and word(at) == one.encode("ascii")}

    def peek(self) -> set[RecordId]:
        """The same without the lock: a lost list is made again, but not written."""
        if not self._path.is_file():
            return set(_committed(self._repository))
        return self.ids()

    def add(self, lines: Iterable[bytes]) -> None:
        """Add the lessons on these canonical lines; call it before they are written to a set."""
        found = (claimed_id(line) for line in lines if not is_tombstone_line(line))
        fresh = {identifier.encode("ascii") for identifier in found if identifier}
        known = self._words() if fresh else []
        fresh.difference_update(known)
        if fresh:
            self._write([*known, *fresh])

    def _words(self) -> list[bytes]:
        if not self._path.is_file():
            self._write([identifier.encode("ascii") for identifier in {*_committed(self._repository)}])
        return _ID.findall(read_file(self._path))

    def _write(self, words: Iterable[bytes]) -> None:
        write_file(self._path, b"".join([word + b"\n" for word in sorted(words)]))


def _committed(repository: Repository) -> Iterator[RecordId]:
    """The lessons in commits of this system, without those that it took from peers."""
    system, objects = repository.system(), repository.objects
    for commit in objects.walk(objects.own_tips()):
        trailers = read_trailers(objects.facts(commit).message)
        if trailers.system == system and not trailers.peers:
            changes = all_changes(commit_changes(objects, commit))
            yield from (one.record.id for one in changes if _may_be_of(one.after, system))


def _may_be_of(record: Record | None, system: str) -> bool:
    """Whether a record names this system, or so many systems that its id may have been dropped."""
    systems = [] if record is None or record.is_tombstone else seen_by(record.fields)
    return system in systems or len(systems) == MAX_SEEN_BY
