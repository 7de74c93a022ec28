"""The Python API: a federated repository for coordinators, agents and other programs. docs/qdrant.md.

Errors are FedlearnError (git_fedlearn.errors), each with a message and a hint.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.app import Clone
from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.outcomes import Outcome
from git_fedlearn.core.record import NotARecordError
from git_fedlearn.core.supersession import superseding
from git_fedlearn.errors import UsageError
from git_fedlearn.privacy.record_fields import clean_note
from git_fedlearn.qdrant.import_ import ImportDeps, import_collections, requests_for
from git_fedlearn.qdrant.server import ClientLike, store_of_client
from git_fedlearn.qdrant.upsert import Imported
from git_fedlearn.repository.ledger import Ledger
from git_fedlearn.repository.outcomes import UseResult, count_outcomes
from git_fedlearn.repository.record_sets import Joined
from git_fedlearn.repository.supersession import find_superseded
from git_fedlearn.search.embedders.base import Embedder
from git_fedlearn.search.embedders.choose import choose_embedder
from git_fedlearn.search.search import Hit, Query, find_lessons


class Lesson(NamedTuple):
    """A lesson of a record set; `fields` contains its content and the metadata keys (`_…`)."""

    id: RecordId
    set_name: SetName
    fields: JsonObject


class FederatedRepository:
    """One clone. Safe to keep open: every call reads the current files."""

    def __init__(self, path: str | os.PathLike[str], environment: Mapping[str, str] | None = None) -> None:
        """`path` is the clone or a folder in it. Raises NotARepositoryError."""
        self._clone = Clone.open(Path(path), dict(os.environ if environment is None else environment))
        self._repository = self._clone.data_repository
        self._sets = self._repository.sets

    @property
    def top(self) -> Path:
        """The top of the work tree."""
        return self._repository.top

    def sets(self) -> list[SetName]:
        """The record sets of this clone."""
        return self._sets.names()

    def records(self, *names: str) -> Iterator[Lesson]:
        """The lessons of the named sets, or of all, without retracted ones."""
        for name in names or self.sets():
            for record in self._sets.read(SetName(name)):
                if not record.is_tombstone:
                    yield Lesson(record.id, SetName(name), record.fields)

    def search(
        self,
        text: str,
        limit: int = 10,
        *,
        sets: Sequence[str] = (),
        min_score: float = 0.0,
        embedder: Embedder | None = None,
    ) -> list[Hit]:
        """The lessons that match a text, best first, as in `git fedlearn search`."""
        query = Query(text, limit, min_score, tuple(map(SetName, sets)))
        return find_lessons(self._repository, query, embedder=embedder)

    def add(
        self, name: str, records: Iterable[Mapping[str, Json]], *, supersedes: Sequence[str] = ()
    ) -> Joined:
        """Sanitize records and add them to a set, as `git fedlearn add` does; the caller commits.

        `supersedes` are ids of lessons that each of the records replaces. Raises UsageError, and adds
        nothing, if one of the records is none.
        """
        self._sets.check_name(SetName(name))
        older = find_superseded(self._repository, supersedes)
        lines = []
        for number, fields in enumerate(records, 1):
            try:
                lines.append(self._clone.admit(superseding({**fields}, older))[0].line)
            except NotARecordError as error:
                raise UsageError(f"record {number}: {error}", hint="nothing was added") from error
        with self._repository.lock("add"):
            Ledger(self._repository).add(lines)
            return self._sets.join(SetName(name), lines)

    def outcome(self, *ids: str, worked: bool, note: str = "") -> list[Outcome]:
        """Count that lessons worked or failed here; the caller commits.

        Returns the counters of this system for each. Raises UsageError, and counts nothing, for an id that no
        lesson has.
        """
        living = {lesson.id for lesson in self.records()}
        for identifier in ids:
            if identifier not in living:
                raise UsageError(f"{identifier}: no lesson has this id", hint="use the full id, 32 digits")
        verdict = UseResult(worked, clean_note(self._clone.privacy, note)[0])
        with self._repository.lock("outcome"):
            chosen = [RecordId(identifier) for identifier in ids]
            return count_outcomes(self._repository, chosen, verdict, self._clone.now().date()).outcomes

    def load_into(
        self, client: ClientLike, *collections: str, embedder: Embedder | None = None
    ) -> list[Imported]:
        """Update collections of a server from this clone, with the caller's qdrant-client.

        Like `git fedlearn import`: only missing lessons are embedded, and retracted ones are deleted. Works
        in a read-only clone.
        """
        deps = ImportDeps(embedder or choose_embedder(self._repository), self._clone.admit)
        requests = requests_for(self._repository, collections)
        done = list(import_collections(self._repository, store_of_client(client), deps, requests))
        for one in done:
            if one.error:
                raise one.error
        return done
