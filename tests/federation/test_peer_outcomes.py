"""Outcomes of other systems, brought by peers: joined, checked, and never those of this system."""

import json
from typing import Any

import pytest
from federation.foreign import SKILLS, Foreign, line, lines_of, pull
from privacy.private_samples import github_token
from systems import System

from git_fedlearn.core.outcomes import parse_outcome
from git_fedlearn.core.record import parse_record

OTHER = "sys-other23456"
FILE = f"data/outcomes/{OTHER}.jsonl"
LESSON = line(pattern="a")
ID = parse_record(LESSON).id


def counted(identifier: str = ID, **more: Any) -> bytes:
    fields = {"_id": identifier, "failed": 0, "worked": 0, **more}
    return parse_outcome(json.dumps(fields).encode()).line


def offer(peer: Foreign, *lines: bytes, path: str = FILE) -> None:
    peer.offer_files({SKILLS: lines_of([LESSON]), path: lines_of(lines)})


def test_counts_come_in_and_only_grow(here: System, peer: Foreign) -> None:
    offer(peer, counted(worked=2))
    assert pull(here)["files"] == [FILE]
    offer(peer, counted(worked=1, failed=3))
    pull(here)
    assert here.read(FILE) == counted(worked=2, failed=3) + b"\n"
    offer(peer, counted(worked=1))
    assert pull(here)["files"] == []
    here.fedlearn("verify")


def test_two_branches_of_a_hub_are_joined(here: System, peer: Foreign) -> None:
    here.fedlearn("remote", "add", "peer", "--branch", "systems/*")
    for branch, worked in (("a", 1), ("b", 4)):
        peer.offer_files({FILE: lines_of([counted(worked=worked)])}, branch=f"systems/{branch}")
    pull(here)
    assert here.read(FILE) == counted(worked=4) + b"\n"


def test_what_this_system_counted_is_its_own(here: System, peer: Foreign) -> None:
    own = here.git("config", "fedlearn.system").out.strip()
    offer(peer, counted(failed=900_000), path=f"data/outcomes/{own}.jsonl")
    assert pull(here)["files"] == []
    assert not (here.path / f"data/outcomes/{own}.jsonl").exists()


@pytest.mark.parametrize("name", ["x", "sys-UPPER23456", "sys-other23456/x"])
def test_names_that_are_no_systems_are_not_taken(here: System, peer: Foreign, name: str) -> None:
    offer(peer, counted(worked=1), path=f"data/outcomes/{name}.jsonl")
    assert pull(here)["files"] == []


def test_a_bad_line_is_left_out_with_its_reason_and_the_rest_taken(here: System, peer: Foreign) -> None:
    def noted(text: str, at: str = "2026-05-28") -> bytes:
        return counted("1" * 32, notes=[{"at": at, "text": text, "worked": True}])

    token = github_token()
    for bad, reason in (
        (b"rubbish", "not a record"),
        (counted("2" * 32).replace(b'"failed":0', b'"failed":9000000'), "not a record"),
        (noted("soon", "2027-01-01"), "dated in the future"),
        (noted(f"use {token}"), "contains a secret"),
        (noted("ask anna.schmidt@firma-beispiel.de"), "contains personal data"),
    ):
        offer(peer, counted(worked=1), bad)
        result = here.fedlearn("pull-remotes", "--json")
        assert result.json()["peers"][0]["refused"] == {FILE: reason}
        assert token not in result.out + result.err
        assert here.read(FILE) == counted(worked=1) + b"\n"
