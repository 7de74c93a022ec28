"""`git fedlearn proposals`: what agents would retract waits for the user."""

import pytest
from systems import System

from git_fedlearn.core.identity import RecordId
from git_fedlearn.repository.proposals import Proposal, add_proposal
from git_fedlearn.repository.repository import Repository


@pytest.fixture
def proposed(system: System) -> System:
    system.add("skills-patterns", {"title": "a"}, {"title": "b"})
    for record in system.records("skills-patterns"):
        propose(system, record.id, "wrong \x07")
    return system


def propose(system: System, identifier: str, reason: str) -> bool:
    repository = Repository.discover(system.path, system.environment)
    return add_proposal(repository, Proposal(RecordId(identifier), reason, "2026-05-28T20:26:40Z"))


def test_a_record_is_proposed_once_and_listed_safely(proposed: System) -> None:
    first, second = (record.id for record in proposed.records("skills-patterns"))
    assert not propose(proposed, first, "again")
    assert proposed.fedlearn("proposals", "list").out == (
        f"{first[:12]}  2026-05-28  wrong \\x07\n{second[:12]}  2026-05-28  wrong \\x07\n"
    )
    assert proposed.fedlearn("proposals", "list", "--json").json() == {
        "schema": "fedlearn.proposals-list/v1",
        "proposals": [
            {"id": one, "at": "2026-05-28T20:26:40Z", "reason": "wrong \x07"} for one in (first, second)
        ],
    }


def test_accept_retracts_and_drop_leaves(proposed: System) -> None:
    first, second = (record.id for record in proposed.records("skills-patterns"))
    assert proposed.fedlearn("proposals", "drop", first[:8]).out == "dropped 1 proposal\n"
    proposed.fedlearn("proposals", "accept", second)
    assert {record.id: record.is_tombstone for record in proposed.records("skills-patterns")} == {
        first: False,
        second: True,
    }
    nothing = proposed.fedlearn("proposals", "list")
    assert (nothing.out, nothing.err) == ("", "nothing is proposed\n")


def test_wrong_uses(proposed: System) -> None:
    assert proposed.fedlearn("proposals", "accept", "0000abcd", code=2).err == (
        "error: 0000abcd: no proposal has this id\nhint: git fedlearn proposals list\n"
    )
    assert "missing argument" in proposed.fedlearn("proposals", "drop", code=2).err
    first = proposed.records("skills-patterns")[0].id
    proposed.fedlearn("retract", first, "--reason", "x")
    assert (
        f"{first[:12]} is gone or retracted already\n" in proposed.fedlearn("proposals", "accept", first).err
    )
