"""The lessons that a run of `federate` received, from how many systems, and those it sent."""

from dataclasses import dataclass

from git_fedlearn.core.changes import ChangeKind, RecordChange
from git_fedlearn.core.record import seen_by
from git_fedlearn.repository.history import all_changes, revision_changes
from git_fedlearn.repository.objects import Oid
from git_fedlearn.repository.repository import Repository


@dataclass(slots=True)
class Exchanged:
    """Numbers of lessons, and of the systems that learned the received ones (a claim of their records)."""

    received: int = 0
    systems: int = 0
    sent: int = 0

    def count_received(self, repository: Repository, before: Oid | None) -> None:
        """Count the lessons that HEAD has and `before` did not."""
        learned = _learned(repository, before)
        systems = {system for change in learned for system in seen_by(change.record.fields)}
        self.received, self.systems = len(learned), len(systems - {repository.system()})

    def count_sent(self, repository: Repository, there: Oid | None) -> None:
        """Count the lessons that HEAD has and the remote did not, whose commit was `there`."""
        self.sent = len(_learned(repository, there))


def _learned(repository: Repository, before: Oid | None) -> list[RecordChange]:
    head = repository.objects.find_commit("HEAD")
    if head is None or head == before:
        return []
    changes = all_changes(revision_changes(repository.objects, before, head))
    return [change for change in changes if change.kind is ChangeKind.LEARNED]
