"""`git fedlearn review`: no doubtful sample leaves before a decision, and none is asked for twice."""

import io
import json
import re
import stat
from typing import Any

import pytest
from systems import Result, System, World

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context
from git_fedlearn.repository.inbox import Inbox, ProposedRetraction
from git_fedlearn.repository.repository import Repository

NUMBER = "0711 2345" + "678"
OTHER = "0711 8765" + "432"
MAIL = "jane.roe" + "@" + "corp-mail.net"


def sample(text: str) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": text},
            {"role": "assistant", "content": "The lift is in the east wing."},
        ]
    }


def source(system: System, *texts: str) -> None:
    lines = [json.dumps(sample(text)) for text in texts]
    system.write("stack/fine-tuning/dataset.jsonl", "\n".join([*lines, ""]).encode())


def sync(system: System, *options: str) -> Result:
    return system.fedlearn("sync", "--source", "stack", *options)


def learned(system: System) -> list[str]:
    records = [json.loads(record.line) for record in system.records("fine-tuning")]
    return sorted(fields["messages"][0]["content"] for fields in records)


@pytest.fixture
def waiting(system: System) -> str:
    """The key of a sample that waits, of one sync over it and a clean one."""
    source(system, f"see {NUMBER} now, or {MAIL}", "clean")
    result = sync(system)
    assert "  skipped 1: waits for review\n" in result.out
    assert result.err.startswith("hint: git fedlearn review ")
    key = system.fedlearn("review", "--json").json()["samples"][0]["key"]
    assert isinstance(key, str)
    return key


def test_what_waits_is_private_to_its_owner_and_shown_redacted(system: System, waiting: str) -> None:
    assert learned(system) == ["clean"]
    file = system.path / ".git/fedlearn/inbox/samples.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = system.fedlearn("review")
    assert (
        listed.out
        == f"{waiting[:12]}  sample      {system.path}/stack/fine-tuning/dataset.jsonl:1  PHONE_NUMBER\n"
    )
    shown = system.fedlearn("review", "show", waiting[:6]).out
    answer = system.fedlearn("review", "list", "--json")
    for said in (listed.out, shown, answer.out):
        assert NUMBER not in said
        assert MAIL not in said
    (doubt,) = answer.json()["samples"][0]["doubts"]
    assert (doubt["kind"], doubt["pointer"]) == ("PHONE_NUMBER", "/messages/0/content")
    revealed = system.fedlearn("review", "show", "--reveal", waiting).out
    assert NUMBER in revealed
    assert MAIL not in revealed
    assert "review" in system.fedlearn("status").out


def test_a_second_sync_holds_it_once(system: System, waiting: str) -> None:
    sync(system, "--full")
    found = system.fedlearn("review", "--json").json()["samples"]
    assert [item["key"] for item in found] == [waiting]


@pytest.mark.parametrize(
    ("decision", "said", "expected"),
    [
        (
            ("accept", "--as-is"),
            "accepted 1 sample, as is\n",
            ["clean", f"see {NUMBER} now, or <EMAIL_ADDRESS>"],
        ),
        (
            ("accept",),
            "accepted 1 sample, redacted\n",
            ["clean", "see <PHONE_NUMBER> now, or <EMAIL_ADDRESS>"],
        ),
        (("drop",), "dropped 1 sample\n", ["clean"]),
    ],
)
def test_a_decision_holds_for_ever(
    system: System, waiting: str, decision: tuple[str, ...], said: str, expected: list[str]
) -> None:
    assert system.fedlearn("review", *decision, waiting[:5]).out == said
    assert learned(system) == expected
    assert system.fedlearn("review").err == "nothing to review\n"
    system.fedlearn("scan")
    system.commit()
    system.git("reset", "--quiet", "--hard")
    sync(system, "--full")
    assert learned(system) == expected
    assert system.fedlearn("review").err == "nothing to review\n"
    system.fedlearn("review", *decision, waiting, code=2)


def test_another_wording_takes_its_place(system: System, waiting: str) -> None:
    other = json.dumps(sample(f"see the help desk or {MAIL}")).encode()
    assert system.fedlearn("review", "edit", waiting, "-", stdin=b"[]", code=2).err == (
        "error: the edited sample: not a JSON object\nhint: edit it again\n"
    )
    result = system.fedlearn("review", "edit", waiting, "-", stdin=other)
    assert result.out == "accepted 1 sample, edited\n"
    sync(system, "--full")
    assert learned(system) == ["clean", "see the help desk or <EMAIL_ADDRESS>"]


def test_what_was_decided_and_never_committed_comes_back(system: System, waiting: str) -> None:
    system.commit()
    system.fedlearn("review", "accept", waiting)
    system.git("checkout", "--quiet", "--", "data")
    sync(system)
    assert learned(system) == ["clean", "see <PHONE_NUMBER> now, or <EMAIL_ADDRESS>"]


class Terminal(io.BytesIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


def test_a_walk_on_a_terminal(system: System) -> None:
    source(system, *(f"see {number} {word}" for number in (NUMBER, OTHER) for word in ("a", "b")))
    sync(system)
    out = io.StringIO()
    answers = Terminal(b"what\nreveal\nas-is\nn\na\n\nq\n")
    context = Context(environment=system.environment, directory=system.path, stdin=answers, stdout=out)
    assert run(["review", "--samples"], context) == 0
    said = out.getvalue()
    assert said.count("[a]ccept, a[s]-is, [e]dit, [d]rop, [r]eveal, [n]ext or [q]uit? ") == 5
    assert said.count("[u]ndo or [q]uit? ") == 2
    assert "  d  drop    reject it; it is not shown again\n" in said
    assert said.count(NUMBER) + said.count(OTHER) == 1
    assert "1 of 4\n" in said
    assert "accepted 2 samples, as is\n" in said
    assert said.endswith("\naccepted 3, dropped 0, 1 left\n")
    assert len(system.fedlearn("review", "--json").json()["samples"]) == 1


@pytest.mark.usefixtures("waiting")
def test_a_walk_goes_through_all_kinds(system: System, world: World) -> None:
    system.add("skills-patterns", {"pattern": "ours"})
    (record,) = system.records("skills-patterns")
    system.commit()
    inbox = Inbox(Repository.discover(system.path, system.environment))
    inbox.add_retraction(ProposedRetraction(record.id, "wrong", "2026-05-28T20:26:40Z"))
    peer = world.repository("peer")
    peer.write("data/patterns/skills-patterns.jsonl", b'no record\n{"pattern":"loud","value_score":7}\n')
    peer.commit()
    system.fedlearn("remote", "add", "peer", str(peer.path))
    system.fedlearn("pull-remotes")
    told = system.fedlearn("status", "--json").json()["items"]
    assert next(item for item in told if item["item"] == "review") == {
        "item": "review",
        "text": "2 records from peers (peer 2), 1 doubtful sample, 1 proposed retraction",
        "command": "git fedlearn review",
        "waiting": 4,
        "peers": {"peer": 2},
        "samples": 1,
        "retractions": 1,
        "drafts": 0,
        "near_duplicates": 0,
        "urgency": "person",
    }
    out, err = io.StringIO(), io.StringIO()
    answers = Terminal(b"d\n" * 2 + b"accept\n" * 2)
    context = Context(system.environment, system.path, stdin=answers, stdout=out, stderr=err)
    assert run(["review"], context) == 0
    said = out.getvalue()
    assert sorted(re.findall(r"\n((?:\[a\]ccept|\[d\]rop),.*\?) ", said)) == [
        "[a]ccept, [d]rop, [n]ext, [u]ndo or [q]uit?",
        "[a]ccept, [d]rop, [n]ext, [u]ndo or [q]uit?",
        "[a]ccept, a[s]-is, [e]dit, [d]rop, [r]eveal, [n]ext, [u]ndo or [q]uit?",
        "[d]rop, [n]ext or [q]uit?",
    ]
    assert said.endswith("\naccepted 2, dropped 2, 0 left\n")
    assert system.fedlearn("review").err == "nothing to review\n"
    assert [r.is_tombstone for r in system.records("skills-patterns") if r.id == record.id] == [True]
    assert err.getvalue().count("hint: git add data && git commit\n") == 1
    assert "review" not in system.fedlearn("status").out


def test_a_bad_edit_asks_again(system: System, waiting: str) -> None:
    system.environment["EDITOR"] = "true"
    out, err = io.StringIO(), io.StringIO()
    context = Context(system.environment, system.path, stdin=Terminal(b"quit\n"), stdout=out, stderr=err)
    assert run(["review"], context) == 0
    assert out.getvalue().endswith("[n]ext or [q]uit? \naccepted 0, dropped 0, 1 left\n")
    assert system.fedlearn("review", "--json").json()["samples"][0]["key"] == waiting


def test_add_holds_samples_too_and_all_can_be_decided_at_once(system: System) -> None:
    lines = [json.dumps(sample(f"see {NUMBER} {word}")) for word in "ab"]
    result = system.fedlearn("add", "fine-tuning", "-", stdin="\n".join(lines).encode())
    assert result.out == "fine-tuning: nothing new; skipped 2: waits for review\n"
    assert "standard input:1" in system.fedlearn("review").out
    system.fedlearn("review", "accept", "--all", code=2)
    system.fedlearn("review", "accept", "--samples", "--all")
    assert learned(system) == ["see <PHONE_NUMBER> a", "see <PHONE_NUMBER> b"]
