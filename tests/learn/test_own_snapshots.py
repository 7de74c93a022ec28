"""Snapshots of a system: they hold what the lessons hold, and nothing that was retracted."""

import json
import time
from pathlib import Path

import pytest
from systems import EPOCH, System, World

from git_fedlearn.core.record import parse_record

SECOND_DAY = EPOCH + 86_400


@pytest.fixture
def stack(world: World) -> Path:
    folder = world.folder / "stack"
    (folder / "telemetry").mkdir(parents=True)
    return folder


@pytest.fixture
def learner(world: World, stack: Path) -> System:
    made = world.system("learner")
    made.git("config", "fedlearn.source", str(stack))
    return made


def log(stack: Path, *events: dict[str, object]) -> None:
    with (stack / "telemetry" / "hybrid-events.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def failure(number: int, **fields: object) -> dict[str, object]:
    return {
        "event_type": "error_resolved",
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(EPOCH - 3600 + number)),
        "query": "what is wrong here? " + "+ a pasted line\n" * 50,
        "error_type": "DiskFull",
        "error_message": f"no space left on device {'abcdefgh'[number]}",
        "solution": f"remove old generations of profile {'abcdefgh'[number]} and collect garbage",
        "value_score": 0.9,
        **fields,
    }


def lines_in(system: System, pattern: str) -> list[bytes]:
    """The lines of all files that match, `latest.jsonl` not counted."""
    files = sorted(path for path in (system.path / "data").glob(pattern) if not path.is_symlink())
    return [line for path in files for line in path.read_bytes().splitlines()]


TELEMETRY = "telemetry/snapshots/*/*.jsonl"


def test_a_snapshot_holds_what_the_lesson_holds(learner: System, stack: Path) -> None:
    log(stack, *map(failure, range(3)))
    learner.fedlearn("sync")
    lessons = {record.id: record.fields for record in learner.records("error-solutions")}
    found = [parse_record(line) for line in lines_in(learner, TELEMETRY)]
    assert {record.id for record in found} == lessons.keys()
    for record in found:
        assert record.fields == {**lessons[record.id], "timestamp": record.fields["timestamp"]}
    assert b"pasted" not in b"".join(lines_in(learner, "**/*.jsonl"))


def test_of_a_lesson_that_occurs_often_the_last_time_counts(learner: System, stack: Path) -> None:
    log(stack, *(failure(0, timestamp=f"2026-05-0{day}T00:00:00+00:00") for day in (1, 3, 2)))
    learner.fedlearn("sync")
    (line,) = lines_in(learner, TELEMETRY)
    assert json.loads(line)["timestamp"] == "2026-05-03T00:00:00+00:00"


def test_a_retraction_clears_the_snapshots_of_this_system(learner: System, stack: Path) -> None:
    log(stack, failure(0), failure(1))
    learner.fedlearn("sync", "--commit")
    learner.environment["SOURCE_DATE_EPOCH"] = str(SECOND_DAY)
    log(stack, failure(2))
    learner.fedlearn("sync", "--commit")
    assert len(lines_in(learner, TELEMETRY)) == 5
    (wrong,) = (r.id for r in learner.records("error-solutions") if "device a" in r.line.decode())
    learner.fedlearn("retract", wrong, "--reason", "wrong")
    assert b"device a" not in b"".join(lines_in(learner, "**/*.jsonl"))
    assert len(lines_in(learner, TELEMETRY)) == 3
    learner.fedlearn("sync", "--full")
    assert b"device a" not in b"".join(lines_in(learner, "**/*.jsonl"))
    learner.fedlearn("verify")


def test_a_retraction_elsewhere_clears_them_at_the_next_sync(
    learner: System, stack: Path, world: World
) -> None:
    log(stack, failure(0), failure(1))
    learner.fedlearn("sync", "--commit")
    other = world.clone(learner, "other")
    (wrong,) = (r.id for r in other.records("error-solutions") if "device a" in r.line.decode())
    other.fedlearn("retract", wrong, "--reason", "wrong")
    other.commit()
    learner.git("pull", "--quiet", "--no-rebase", "--no-edit", str(other.path), "main")
    learner.fedlearn("sync")
    assert len(lines_in(learner, TELEMETRY)) == 1
    assert b"device a" not in b"".join(lines_in(learner, "**/*.jsonl"))


def test_a_retracted_sample_leaves_the_versions(learner: System) -> None:
    samples = ({"prompt": f"question {word}", "completion": "c", "source": "x"} for word in ("one", "two"))
    learner.add("fine-tuning", *samples)
    learner.commit()
    learner.fedlearn("dataset", "snapshot")
    learner.commit()
    (wrong,) = (r.id for r in learner.records("fine-tuning") if "question one" in r.line.decode())
    learner.fedlearn("retract", wrong, "--reason", "wrong")
    assert lines_in(learner, "fine-tuning/snapshots/*/v*.jsonl") == [
        b'{"completion":"c","prompt":"question two"}'
    ]
    learner.fedlearn("verify")


def test_snapshots_of_other_systems_are_theirs(learner: System, stack: Path, world: World) -> None:
    log(stack, failure(0))
    learner.fedlearn("sync", "--commit")
    other = world.clone(learner, "other")
    other.fedlearn("retract", other.records("error-solutions")[0].id, "--reason", "wrong")
    assert len(lines_in(other, TELEMETRY)) == 1
