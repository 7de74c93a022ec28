"""Retractions that an agent proposed, kept in this clone until a person accepts or drops them.

An agent never retracts by itself: what it read may have told it to.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from git_fedlearn.core.identity import RecordId
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import PROPOSALS
from git_fedlearn.repository.state_lines import format_state_lines, read_state_lines

MOST_PROPOSALS: Final = 200
"""More are not kept: an agent that proposes so many is not to be followed one by one."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record to retract, the clean reason, and the time (UTC, ISO) of the proposal."""

    id: RecordId
    reason: str
    at: str


def read_proposals(repository: Repository) -> list[Proposal]:
    """What was proposed, oldest first; the caller need not hold the lock."""
    return sorted(_read(repository), key=lambda proposal: (proposal.at, proposal.id))


def add_proposal(repository: Repository, proposal: Proposal) -> bool:
    """Keep a proposal; False when that record is proposed already. The caller holds the lock."""
    known = read_proposals(repository)
    if any(proposal.id == one.id for one in known):
        return False
    if len(known) >= MOST_PROPOSALS:
        raise FedlearnError(
            f"{MOST_PROPOSALS} proposed retractions wait already",
            hint="the user decides: git fedlearn proposals list",
        )
    _write(repository, [*known, proposal])
    return True


def remove_proposals(repository: Repository, ids: set[RecordId]) -> None:
    """Forget the proposals about these records. The caller holds the lock."""
    _write(repository, [one for one in read_proposals(repository) if one.id not in ids])


def _read(repository: Repository) -> Iterator[Proposal]:
    for facts in read_state_lines(repository.state.path(PROPOSALS)):
        if facts.keys() >= {"id", "reason", "at"}:
            yield Proposal(RecordId(str(facts["id"])), str(facts["reason"]), str(facts["at"]))


def _write(repository: Repository, proposals: list[Proposal]) -> None:
    write_file(repository.state.path(PROPOSALS), format_state_lines(map(asdict, proposals)))
