"""The inbox: what was put there comes back byte for byte, damage costs one item, and decisions hold."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from systems import System

from git_fedlearn.core.identity import RecordId
from git_fedlearn.core.layout import SKILLS_PATTERNS
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.inbox import (
    ACCEPTED,
    DROPPED,
    MAX_RETRACTIONS,
    DoubtfulSample,
    Inbox,
    PendingCounts,
    ProposedRetraction,
    QuarantinedRecord,
)
from git_fedlearn.repository.repository import Repository

SAMPLE = DoubtfulSample("aa", "log:1", "2026-05-28", {"prompt": "\ud800", "completion": "b"})
DAY = "2026-05-28"


@pytest.fixture
def inbox(system: System) -> Inbox:
    return Inbox(Repository.discover(system.path, system.environment))


@pytest.fixture
def folder(system: System) -> Path:
    return system.path / ".git/fedlearn/inbox"


def record(key: str, line: bytes = b"x", peer: str = "friend") -> QuarantinedRecord:
    return QuarantinedRecord(key, peer, SKILLS_PATTERNS, "wrong id", line, DAY)


def retraction(number: int) -> ProposedRetraction:
    return ProposedRetraction(RecordId(f"{number:032x}"), "wrong", f"{DAY}T00:00:00Z")


def test_what_was_put_in_comes_back(inbox: Inbox) -> None:
    assert inbox.count() == PendingCounts(Counter(), 0, 0)
    one, two = record("b", b'\xff\x00\r\n\x85"'), record("a", peer="hub")
    assert (inbox.add([one]), inbox.add([two])) == ((1, 1), (1, 1))
    assert inbox.pending(QuarantinedRecord) == [one, two]
    assert inbox.pending(QuarantinedRecord, "hub") == [two]
    assert (inbox.add([SAMPLE]), inbox.add([SAMPLE])) == ((1, 1), (0, 0))
    assert inbox.pending(DoubtfulSample) == [SAMPLE]
    assert inbox.add_retraction(retraction(1))
    assert inbox.pending(ProposedRetraction) == [retraction(1)]
    assert inbox.count() == PendingCounts(Counter(["friend", "hub"]), 1, 1)
    inbox.forget_peer("friend")
    assert inbox.pending(QuarantinedRecord) == [two]


def test_what_was_decided_does_not_wait_again(inbox: Inbox) -> None:
    inbox.add([record("a"), record("b")])
    inbox.decide([record("a")], ACCEPTED)
    assert inbox.add([record("a"), record("b")]) == (0, 0)
    assert inbox.pending(QuarantinedRecord) == [record("b")]
    inbox.add([SAMPLE])
    inbox.decide([SAMPLE], DROPPED)
    assert (inbox.pending(DoubtfulSample), inbox.decisions(DoubtfulSample)) == ([], {"aa": DROPPED})
    inbox.add_retraction(retraction(1))
    inbox.decide([retraction(1)], DROPPED)
    assert (inbox.pending(ProposedRetraction), inbox.decisions(ProposedRetraction)) == (
        [],
        {retraction(1).key: DROPPED},
    )
    inbox.keep_distinct([retraction(2).id, retraction(1).id])
    assert inbox.distinct_lessons() == [frozenset({retraction(1).id, retraction(2).id})]


def test_a_damaged_line_costs_its_item_only(inbox: Inbox, folder: Path) -> None:
    inbox.add([record("a"), record("b")])
    inbox.add([SAMPLE])
    inbox.add_retraction(retraction(1))
    inbox.decide([replace(SAMPLE, key="other")], DROPPED)
    for name in ("peers/friend", "samples", "retractions"):
        file = folder / f"{name}.jsonl"
        file.write_bytes(b'\xff\n[]\n{}\n{"key":1}\n\n' + file.read_bytes() + b'{"key":')
    assert inbox.pending(QuarantinedRecord) == [record("a"), record("b")]
    assert inbox.pending(DoubtfulSample) == [SAMPLE]
    assert inbox.pending(ProposedRetraction) == [retraction(1)]
    for damaged in (b"{", b"[]"):
        (folder / "samples.decided.json").write_bytes(damaged)
        assert inbox.decisions(DoubtfulSample) == {}


def test_an_agent_cannot_fill_it(inbox: Inbox) -> None:
    for number in range(MAX_RETRACTIONS):
        inbox.add_retraction(retraction(number))
    with pytest.raises(FedlearnError, match=f"{MAX_RETRACTIONS} proposed retractions are pending"):
        inbox.add_retraction(retraction(MAX_RETRACTIONS))
