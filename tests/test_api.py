"""`git_fedlearn.open(path)`: what coordinators use."""

from pathlib import Path
from typing import Any

import pytest
from qdrant_client import QdrantClient
from systems import System

import git_fedlearn
from git_fedlearn.api import FederatedRepository
from git_fedlearn.errors import NotARepositoryError, UsageError

LESSONS: list[dict[str, Any]] = [
    {"error_message": "disk full", "solution": "empty the store", "value_score": 0.8},
    {"error_message": "port taken", "solution": "stop the other one"},
]


@pytest.fixture
def opened(system: System) -> FederatedRepository:
    system.add("error-solutions", *LESSONS)
    return git_fedlearn.open(system.path)


def test_records_are_iterated_without_retracted_ones(system: System, opened: FederatedRepository) -> None:
    found = list(opened.records())
    assert {str(lesson.fields["solution"]) for lesson in found} == {"empty the store", "stop the other one"}
    assert {lesson.set_name for lesson in found} == {"error-solutions"}
    system.fedlearn("retract", found[0].id, "--reason", "wrong")
    assert [lesson.id for lesson in opened.records("error-solutions")] == [found[1].id]


def test_search(opened: FederatedRepository) -> None:
    assert opened.search("disk is full", 1)[0].fields["solution"] == "empty the store"
    assert opened.search("disk is full", sets=["skills-patterns"]) == []


def test_added_records_are_sanitized(system: System, opened: FederatedRepository) -> None:
    joined = opened.add("best-practices", [{"title": "ask jane@corp-mail.net", "description": "first"}])
    assert len(joined.added) == 1
    assert system.records("best-practices")[0].fields["title"] == "ask <EMAIL_ADDRESS>"


def test_outcomes_are_counted(opened: FederatedRepository) -> None:
    lesson, _ = opened.records("error-solutions")
    opened.outcome(lesson.id, worked=False, note="ask jane@corp-mail.net")
    (outcome,) = opened.outcome(lesson.id, worked=False)
    assert (outcome.worked, outcome.failed) == (0, 2)
    assert outcome.notes[0].text == "ask <EMAIL_ADDRESS>"
    with pytest.raises(UsageError, match="no lesson has this id"):
        opened.outcome(lesson.id, "0" * 32, worked=True)
    (hit,) = (hit for hit in opened.search("disk is full port taken") if hit.id == lesson.id)
    assert hit.outcomes.failed == 2


def test_nothing_is_added_when_one_is_no_record(system: System, opened: FederatedRepository) -> None:
    with pytest.raises(UsageError, match="record 2: no content"):
        opened.add("best-practices", [{"title": "t"}, {"last_used": 1}])
    assert system.records("best-practices") == []
    with pytest.raises(UsageError, match="no such record set"):
        opened.add("nonsense", [])


def test_a_client_is_loaded_once(opened: FederatedRepository) -> None:
    client = QdrantClient(":memory:")
    first = next(done for done in opened.load_into(client) if done.name == "error-solutions")
    assert (first.added, first.count) == (2, 2)
    again = next(done for done in opened.load_into(client) if done.name == "error-solutions")
    assert (again.added, again.present) == (0, 2)
    assert client.count("error-solutions").count == 2


def test_outside_a_repository(tmp_path: Path) -> None:
    with pytest.raises(NotARepositoryError):
        git_fedlearn.open(tmp_path)


def test_the_program_in_the_documentation_runs(
    opened: FederatedRepository, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "qdrant.md").read_text(encoding="utf-8")
    program = page.split("```python\n")[1].split("```")[0]
    assert "/path/to/clone" in program
    server = 'url="http://127.0.0.1:6333"'
    assert server in program
    runnable = program.replace("/path/to/clone", str(opened.top)).replace(server, '":memory:"')
    exec(compile(runnable, "docs/qdrant.md", "exec"), {})  # noqa: S102  the page's own program
    said = capsys.readouterr().out.splitlines()
    assert sorted(said[:2]) == ["error-solutions disk full", "error-solutions port taken"]
    assert said[2].endswith(" 0.65 empty the store")
    assert "error-solutions: 2 added, 0 deleted, 2 points" in said
    assert [lesson.fields["title"] for lesson in opened.records("best-practices")] == ["pin versions"]
