"""`git fedlearn review`: no doubtful sample leaves before a decision, and none is asked for twice."""

import io
import json
import stat
from typing import Any

import pytest
from systems import Result, System

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context

NUMBER = "0711 2345" + "678"
OTHER = "0711 8765" + "432"
MAIL = "jane.roe" + "@" + "corp-mail.net"


def sample(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "done"}]}


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
    assert "  skipped    1  waits for review\n" in result.out
    assert result.err.startswith("hint: git fedlearn review ")
    key = system.fedlearn("review", "--json").json()["waiting"][0]["key"]
    assert isinstance(key, str)
    return key


def test_what_waits_is_private_to_its_owner_and_shown_redacted(system: System, waiting: str) -> None:
    assert learned(system) == ["clean"]
    file = system.path / ".git/fedlearn/review/waiting.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = system.fedlearn("review")
    assert listed.out == f"{waiting[:8]}  {system.path}/stack/fine-tuning/dataset.jsonl:1  PHONE_NUMBER\n"
    shown = system.fedlearn("review", "show", waiting[:6]).out
    answer = system.fedlearn("review", "list", "--json")
    for said in (listed.out, shown, answer.out):
        assert NUMBER not in said
        assert MAIL not in said
    (doubt,) = answer.json()["waiting"][0]["doubts"]
    assert (doubt["kind"], doubt["pointer"]) == ("PHONE_NUMBER", "/messages/0/content")
    revealed = system.fedlearn("review", "show", "--reveal", waiting).out
    assert NUMBER in revealed
    assert MAIL not in revealed
    assert "review" in system.fedlearn("status").out


def test_a_second_sync_holds_it_once(system: System, waiting: str) -> None:
    sync(system, "--full")
    found = system.fedlearn("review", "--json").json()["waiting"]
    assert [item["key"] for item in found] == [waiting]


@pytest.mark.parametrize(
    ("decision", "said", "expected"),
    [
        ("keep", "kept 1 sample\n", ["clean", f"see {NUMBER} now, or <EMAIL_ADDRESS>"]),
        ("redact", "redacted 1 sample\n", ["clean", "see <PHONE_NUMBER> now, or <EMAIL_ADDRESS>"]),
        ("drop", "dropped 1 sample\n", ["clean"]),
    ],
)
def test_a_decision_holds_for_ever(
    system: System, waiting: str, decision: str, said: str, expected: list[str]
) -> None:
    assert system.fedlearn("review", decision, waiting[:5]).out == said
    assert learned(system) == expected
    assert system.fedlearn("review").err == "nothing waits for review\n"
    system.fedlearn("scan")
    system.commit()
    system.git("reset", "--quiet", "--hard")
    sync(system, "--full")
    assert learned(system) == expected
    assert system.fedlearn("review").err == "nothing waits for review\n"
    system.fedlearn("review", decision, waiting, code=2)


def test_another_wording_takes_its_place(system: System, waiting: str) -> None:
    other = json.dumps(sample(f"see the help desk or {MAIL}")).encode()
    assert system.fedlearn("review", "edit", waiting, "-", stdin=b"[]", code=2).err == (
        "error: the edited sample: not a JSON object\nhint: nothing was changed\n"
    )
    result = system.fedlearn("review", "edit", waiting, "-", stdin=other)
    assert result.out == "edited 1 sample\n"
    sync(system, "--full")
    assert learned(system) == ["clean", "see the help desk or <EMAIL_ADDRESS>"]


def test_what_was_decided_and_never_committed_comes_back(system: System, waiting: str) -> None:
    system.commit()
    system.fedlearn("review", "redact", waiting)
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
    answers = Terminal(b"what\nshow\nkeep\nn\nredact\n")
    context = Context(environment=system.environment, directory=system.path, stdin=answers, stdout=out)
    assert run(["review"], context) == 0
    said = out.getvalue()
    assert said.count("keep, redact, edit, drop, show, next or quit? ") == 5
    assert said.count(NUMBER) + said.count(OTHER) == 1
    assert "1 of 4\n" in said
    assert "kept 2 samples\n" in said
    assert "redacted 1 sample\n" in said
    assert len(system.fedlearn("review", "--json").json()["waiting"]) == 1


def test_add_holds_samples_too_and_all_can_be_decided_at_once(system: System) -> None:
    lines = [json.dumps(sample(f"see {NUMBER} {word}")) for word in "ab"]
    result = system.fedlearn("add", "fine-tuning", "-", stdin="\n".join(lines).encode())
    assert result.out == "fine-tuning: 0 records added, 0 raised, 0 known already; 2 waits for review\n"
    assert "standard input:1" in system.fedlearn("review").out
    system.fedlearn("review", "redact", code=2)
    system.fedlearn("review", "redact", "--all")
    assert learned(system) == ["see <PHONE_NUMBER> a", "see <PHONE_NUMBER> b"]
