"""`git fedlearn review --retractions`: what agents would retract waits for the user."""

import pytest
from systems import System

from git_fedlearn.agents.tools import AgentTools
from git_fedlearn.console.context import Context
from git_fedlearn.core.identity import RecordId
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.repository import Repository


@pytest.fixture
def proposed(system: System) -> System:
    system.add("skills-patterns", {"pattern": "a"}, {"pattern": "b"})
    for record in system.records("skills-patterns"):
        propose(system, record.id, "wrong \x07")
    return system


def propose(system: System, identifier: str, reason: str) -> bool:
    inbox = Inbox(Repository.discover(system.path, system.environment))
    return inbox.add_retraction(ProposedRetraction(RecordId(identifier), reason, "2026-05-28T20:26:40Z"))


def test_a_record_is_proposed_once_and_listed_safely(proposed: System) -> None:
    first, second = (record.id for record in proposed.records("skills-patterns"))
    assert not propose(proposed, first, "again")
    assert proposed.fedlearn("review", "list", "--retractions").out == (
        f"{first[:12]}  retraction  2026-05-28  wrong \\x07\n"
        f"{second[:12]}  retraction  2026-05-28  wrong \\x07\n"
    )
    assert proposed.fedlearn("review", "list", "--retractions", "--json").json() == {
        "schema": "fedlearn.review/v1",
        "retractions": [
            {
                "id": one,
                "at": "2026-05-28T20:26:40Z",
                "reason": "wrong \x07",
                "reads_like_instructions": False,
            }
            for one in (first, second)
        ],
    }
    assert proposed.fedlearn("review", "show", first).out == (
        f"key     {first}\nsince   2026-05-28T20:26:40Z\nreason  wrong \\x07\n"
        f"lesson  skills-patterns: {proposed.records('skills-patterns')[0].fields['pattern']}\n"
    )


def test_accept_retracts_and_drop_keeps(proposed: System) -> None:
    first, second = (record.id for record in proposed.records("skills-patterns"))
    dropped = proposed.fedlearn("review", "drop", first[:8])
    assert (dropped.out, dropped.err) == ("dropped 1 proposed retraction\n", "")
    accepted = proposed.fedlearn("review", "accept", second)
    assert accepted.out == f"retracted {second[:12]} from skills-patterns\n"
    assert accepted.err == "hint: git add data && git commit\n"
    assert {record.id: record.is_tombstone for record in proposed.records("skills-patterns")} == {
        first: False,
        second: True,
    }
    nothing = proposed.fedlearn("review", "list", "--retractions")
    assert (nothing.out, nothing.err) == ("", "nothing to review\n")


def test_an_agent_hears_that_the_user_keeps_the_record(proposed: System) -> None:
    first = proposed.records("skills-patterns")[0].id
    tools = AgentTools(Context(proposed.environment, proposed.path))
    assert tools.propose_retraction(first, "again").text.startswith("already proposed: ")
    proposed.fedlearn("review", "drop", first)
    answer = tools.propose_retraction(first, "and again")
    assert answer.text == f"not proposed: the user already decided to keep {first}."
    assert answer.facts["is_new"] is False
    assert first not in proposed.fedlearn("review", "list", "--retractions").out


def test_wrong_uses(proposed: System) -> None:
    assert proposed.fedlearn("review", "accept", "0000abcd", "--retractions", code=2).err == (
        "error: 0000abcd: no pending item has this key\nhint: git fedlearn review list\n"
    )
    proposed.fedlearn("review", "drop", "--retractions", code=2)
    first = proposed.records("skills-patterns")[0].id
    proposed.fedlearn("retract", first, "--reason", "x")
    told = proposed.fedlearn("review", "accept", first).err
    assert told == f"{first[:12]}: missing or already retracted\n"
