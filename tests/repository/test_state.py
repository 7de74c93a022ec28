"""What a clone keeps for itself: every name has a row, and uninstall, doctor and the docs follow the rows."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from systems import System, World

import git_fedlearn
from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import ANSWERS, ITEMS, State, StateItem, facts_of, read_json, write_json

DOCS = Path(__file__).parents[2] / "docs" / "architecture.md"


def repository_of(system: System) -> Repository:
    return Repository.discover(system.path, system.environment)


def test_the_table_in_the_docs_has_the_rows() -> None:
    _, _, table = DOCS.read_text(encoding="utf-8").partition("| name | what for |")
    shown = table.partition("\n\n")[0].splitlines()[2:]
    assert shown == [row(item) for item in ITEMS]


def row(item: StateItem) -> str:
    lessons, kept = ("yes" if found else "" for found in (item.holds_lessons, not item.is_disposable))
    return f"| `{item.name}` | {item.purpose} | {lessons} | {kept} | {item.if_lost} |"


def test_uninstall_keeps_what_cannot_be_made_again(world: World) -> None:
    one = world.system("one")
    for item in ITEMS:
        one.write(f".git/fedlearn/{item.name.replace('*', 'x')}", b"{}")
    one.write(".git/fedlearn/of-another-version/x", b"{}")
    one.fedlearn("uninstall")
    left = sorted(path.name for path in repository_of(one).state.folder.iterdir())
    assert left == ["agent-setup.json", "inbox", "ledger", "pending", "published", "retracted.jsonl"]
    assert left == sorted(item.name for item in ITEMS if not item.is_disposable)


def test_every_name_that_commands_make_has_a_row(world: World) -> None:
    one, two = world.system("one"), world.system("two")
    lesson = {"error_message": "the disk is full", "solution": "make room", "value_score": 0.9}
    one.add("error-solutions", lesson)
    one.commit()
    stack = one.write("../stack/telemetry/x-events.jsonl", b'{"event_type": "error", "error_message": "a"}\n')
    two.fedlearn("remote", "add", "one", str(one.path))
    two.fedlearn("pull-remotes")
    two.fedlearn("sync", "--source", str(stack.parents[1]))
    two.fedlearn("federate")
    two.fedlearn("status")
    two.fedlearn("outcome", two.records("error-solutions")[0].id, "--worked")
    two.fedlearn("retract", two.records("error-solutions")[0].id, "--reason", "wrong")
    one.fedlearn("bundle", "create", "../one.bundle")
    two.commit()
    two.fedlearn("bundle", "apply", "../one.bundle")
    found = {path.name for path in repository_of(two).state.folder.iterdir()}
    unknown = [name for name in found if not any(fnmatchcase(name, item.name) for item in ITEMS)]
    assert unknown == []
    assert {"checkpoints", "peers", "place.json", "counts.json"} < found


def test_no_other_module_spells_the_names() -> None:
    package = Path(git_fedlearn.__file__).parent
    modules = [path for path in package.rglob("*.py") if path.name != "state.py"]
    assert [path for path in modules if "state.folder /" in path.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("data", [None, b"", b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_a_file_that_holds_no_object_is_an_empty_one(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "x.json"
    if data is not None:
        path.write_bytes(data)
    assert read_json(path) == {}
    write_json(path, {"é": [1]})
    assert read_json(path) == {"é": [1]}


def test_an_answer_is_found_again_when_its_key_is_another_one(tmp_path: Path) -> None:
    state = State(tmp_path / "fedlearn")
    asked: list[str] = []

    def find() -> JsonObject:
        asked.append("found")
        return {"lines": len(asked)}

    assert [state.remember("a", "1", find), state.remember("a", "1", find)] == [{"lines": 1}] * 2
    assert state.remember("b", "1", find) == {"lines": 2}
    assert state.remember("a", "2", find) == {"lines": 3}
    assert state.remember("b", "1", find) == {"lines": 2}
    state.path(ANSWERS, "b.json").write_bytes(b'{"key": "1", "answer": 7}')
    assert state.remember("b", "1", find) == {"lines": 4}


def test_facts_tell_a_file_that_was_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = facts_of(tmp_path, ["a", "b"])
    assert "b -" in before.splitlines()
    (tmp_path / "a.tmp").write_bytes(b"2")
    (tmp_path / "a.tmp").rename(tmp_path / "a")
    assert facts_of(tmp_path, ["a", "b"]) != before


def test_doctor_removes_damaged_files_that_can_be_made_again(world: World) -> None:
    one = world.system("one")
    damaged = one.write(".git/fedlearn/counts.json", b'{"format": 1')
    kept = one.write(".git/fedlearn/inbox/samples.decided.json", b"{")
    said = one.fedlearn("doctor", code=1).out
    assert f"{damaged}: damaged; can be rebuilt" in said
    one.fedlearn("doctor", "--fix")
    assert not damaged.exists()
    assert kept.read_bytes() == b"{"
