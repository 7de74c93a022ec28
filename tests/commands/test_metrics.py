"""`git fedlearn metrics`: every figure of docs/metrics.md on a federation small enough to count by hand."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from systems import EPOCH, System, prepared

from git_fedlearn.core.merge import join_month_files
from git_fedlearn.repository.repository import Repository
from git_fedlearn.statistics.metrics import metrics_path, read_month_files, write_month

A, B, C = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb", "sys-cccccccccc"
NOW = datetime.fromtimestamp(EPOCH, UTC)


def lesson(text: str, first: str, *seen: str, **more: Any) -> dict[str, Any]:
    return {"query": text, "_first_seen": first, "_seen_by": [*seen], **more}


@prepared
def federation(system: System) -> None:
    """Four lessons of three systems: A learned three, B two, C one; one more was retracted."""
    system.git("config", "fedlearn.system", A)
    system.add(
        "skills-patterns",
        lesson("one", "2026-05-20", A, B, value_score=0.9),
        lesson("two", "2026-05-01", A, value_score=1.0),
        lesson("three", "2026-04-30", C),
        lesson("wrong", "2026-05-20", A),
    )
    wrong = next(record for record in system.records("skills-patterns") if record.fields["query"] == "wrong")
    system.fedlearn("retract", wrong.id, "--reason", "wrong")
    sample = {"prompt": "How are you today?", "completion": "Well.", "value_score": 0.7}
    system.add("fine-tuning", sample | {"_first_seen": "2026-05-20", "_seen_by": [A, B]})


def repository(system: System) -> Repository:
    return Repository.discover(system.path, system.environment)


def test_a_lesson_in_two_sets_is_counted_once(federation: System) -> None:
    counted = federation.fedlearn("metrics", "--json").json()
    federation.add("best-practices", lesson("one", "2026-05-19", B, C, value_score=0.9))
    answer = federation.fedlearn("metrics", "--json").json()
    assert answer["sets"]["best-practices"]["records"] == 1
    assert answer["value_scores"] == counted["value_scores"]
    assert answer["cross_system_adoption_rate"] == counted["cross_system_adoption_rate"]


def test_the_figures_add_up(federation: System) -> None:
    federation.write(
        f"data/metrics/monthly/{B}/2026-05.json",
        json.dumps({"format": 1, "synced_at": "2026-05-22T10:00:00Z", "sets": {"x": {"bytes": 70}}}).encode(),
    )
    size = len(federation.read("data/patterns/skills-patterns.jsonl"))
    answer = federation.fedlearn("metrics", "--json").json()
    assert answer.pop("sets")["skills-patterns"] == {"records": 3, "retracted": 1, "bytes": size}
    assert {name: number for name, number in answer.pop("value_scores").items() if number} == {
        "0.7-0.8": 1,
        "0.9-1.0": 2,
        "none": 1,
    }
    assert answer == {
        "schema": "fedlearn.metrics/v1",
        "month": None,
        "until": "2026-05-28",
        "federation_sync_last": "2026-05-22T10:00:00Z",
        "total_systems": 3,
        "patterns_federated": 3,
        "fine_tuning_samples": 1,
        "collective_learning_rate": 0.5,
        "cross_system_adoption_rate": 0.5,
        "patterns_per_week": 0.5,
        "dataset_tokens": 6,
        "retractions": 1,
        "months": [
            {"month": "2026-04", "patterns": 1, "samples": 0, "total": 1, "systems": 0, "bytes": None},
            {"month": "2026-05", "patterns": 2, "samples": 1, "total": 4, "systems": 1, "bytes": 70},
        ],
        "systems": [
            {"system": A, "synced_at": None, "lessons": 3, "months": {"2026-05": 3}},
            {"system": B, "synced_at": "2026-05-22T10:00:00Z", "lessons": 2, "months": {"2026-05": 2}},
            {"system": C, "synced_at": None, "lessons": 1, "months": {"2026-04": 1}},
        ],
    }


def test_a_month_is_as_it_stood_at_its_end(federation: System) -> None:
    answer = federation.fedlearn("metrics", "--month", "2026-04", "--json").json()
    assert (answer["until"], answer["patterns_federated"], answer["retractions"]) == ("2026-04-30", 1, 0)
    assert (answer["total_systems"], answer["collective_learning_rate"]) == (1, 0)
    assert "error: May: not a month" in federation.fedlearn("metrics", "--month", "May", code=2).err


def test_what_people_read(federation: System) -> None:
    out = federation.fedlearn("metrics").out
    assert out.startswith(
        "last sync            never\n"
        "systems              3\n"
        "patterns federated   3\n"
        "collective learning  50.0% of the lessons on a system come from others\n"
        "adoption             50.0% of lessons were learned by two or more systems\n"
        "fine-tuning samples  1 (about 6 tokens)\n"
        "patterns per week    0.5 (last four weeks)\n"
        "retractions          1\n"
    )
    assert out.endswith(
        "score       lessons\n"
        "0.7-0.8           1  ###############\n"
        "0.8-0.9           0\n"
        "0.9-1.0           2  ##############################\n"
        "none              1  ###############\n"
        "\n"
        "month       patterns    samples      total  systems\n"
        "2026-04            1          0          1        0\n"
        "2026-05            2          1          4        0\n"
        "\n"
        "system          lessons  synced      2026-04  2026-05\n"
        "sys-aaaaaaaaaa        3  never             0        3\n"
        "sys-bbbbbbbbbb        2  never             0        2\n"
        "sys-cccccccccc        1  never             1        0\n"
    )


def test_nothing_learned_yet(system: System) -> None:
    answer = system.fedlearn("metrics", "--json").json()
    assert (answer["total_systems"], answer["collective_learning_rate"], answer["months"]) == (0, 0, [])
    assert "last sync            never\n" in system.fedlearn("metrics").out


def test_the_file_of_a_month_is_rewritten_only_when_more_than_the_time_changed(federation: System) -> None:
    here = repository(federation)
    path = write_month(here, NOW)
    assert path == metrics_path(federation.path, A, "2026-05")
    assert path is not None
    first = path.read_bytes()
    facts = json.loads(first)
    assert facts["learned"] == {
        "skills-patterns": 2,
        "error-solutions": 0,
        "best-practices": 0,
        "fine-tuning": 1,
    }
    assert (facts["synced_at"], facts["total_systems"]) == ("2026-05-28T20:26:40Z", 3)
    assert write_month(here, NOW + timedelta(days=1)) is None
    assert path.read_bytes() == first
    federation.add("error-solutions", {"error_message": "x", "solution": "y"})
    assert write_month(here, NOW + timedelta(days=1)) == path
    assert json.loads(path.read_bytes())["synced_at"] == "2026-05-29T20:26:40Z"
    assert write_month(here, NOW + timedelta(days=9)) == metrics_path(federation.path, A, "2026-06")
    federation.commit()
    federation.fedlearn("verify")


def read_files(system: System) -> list[tuple[str, int | None]]:
    found = read_month_files(Repository.discover(system.path, system.environment))
    return [(file.system, file.bytes) for file in found]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"format":2,"synced_at":"2026-05-22T10:00:00Z"}',
        b'{"format":1,"synced_at":7}',
        b'{"format":1,"synced_at":"9999-05-22T10:00:00Z; rm"}',
        b"\xff",
        b"[" * 10_000,
    ],
)
def test_a_file_of_a_peer_that_is_none_is_passed_over(system: System, data: bytes) -> None:
    system.write(f"data/metrics/monthly/{B}/2026-05.json", data)
    assert read_files(system) == []
    assert system.fedlearn("metrics", "--json").json()["total_systems"] == 0


def test_a_file_with_odd_figures_counts_for_its_time(system: System) -> None:
    facts = {"format": 1, "synced_at": "2026-05-22T10:00:00Z", "sets": {"x": {"bytes": True}, "y": 3}}
    system.write(f"data/metrics/monthly/{B}/2026-05.json", json.dumps(facts).encode())
    assert read_files(system) == [(B, None)]


def test_federate_commits_the_file_of_the_month_with_what_changed(federation: System) -> None:
    path = f"data/metrics/monthly/{A}/2026-05.json"
    federation.fedlearn("federate", "--source", "nothing", code=1)
    assert path in federation.git("show", "--name-only", "--format=", "HEAD").out.splitlines()
    assert json.loads(federation.read(path))["learned"]["skills-patterns"] == 2
    assert federation.fedlearn("metrics").out.startswith("last sync            2026-05-28T20:26:40Z\n")
    head = federation.git("rev-parse", "HEAD").out
    federation.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + 40 * 86400)
    federation.fedlearn("federate", "--source", "nothing", code=1)
    assert federation.git("rev-parse", "HEAD").out == head


def test_sync_writes_the_file_only_when_it_changed_something(system: System, tmp_path: Path) -> None:
    log = tmp_path / "stack" / "telemetry" / "a-events.jsonl"
    log.parent.mkdir(parents=True)
    event = {"query": "how to fix the build", "response": "Clear the cache, then build.", "value_score": 0.9}
    log.write_text(json.dumps(event) + "\n")
    path = metrics_path(Path(), repository(system).system(), "2026-05").as_posix()
    system.fedlearn("sync", "--source", f"{tmp_path}/stack", "--commit")
    first = system.read(path)
    assert json.loads(first)["learned"]["skills-patterns"] == 1
    assert path in system.git("show", "--name-only", "--format=", "HEAD").out.splitlines()
    with log.open("a") as stream:
        stream.write(json.dumps({**event, "value_score": 0.1}) + "\n" + json.dumps(event) + "\n")
    head = system.git("rev-parse", "HEAD").out
    system.fedlearn("sync", "--source", f"{tmp_path}/stack", "--commit")
    assert (system.read(path), system.git("rev-parse", "HEAD").out) == (first, head)


MONTH = f"data/metrics/monthly/{A}/2026-05.json"


def write_on_branches(system: System, hours: int) -> str:
    """Two branches that wrote the file of a month, the right one so much later; what is later."""
    system.commit()
    system.git("branch", "base")
    for branch, after in (("left", 0), ("right", hours)):
        system.git("checkout", "-q", "-B", branch, "base")
        system.add("skills-patterns", lesson(branch, "2026-05-20", A))
        write_month(repository(system), NOW + timedelta(hours=after))
        system.commit()
    return system.git("show", f"{'right' if hours > 0 else 'left'}:{MONTH}").out


@pytest.mark.parametrize("hours", [-1, 1])
def test_two_branches_of_one_system_that_wrote_the_same_month_merge(federation: System, hours: int) -> None:
    later = write_on_branches(federation, hours)
    federation.git("merge", "-q", "--no-edit", "left")
    assert federation.git("show", f"HEAD:{MONTH}").out == later
    assert federation.git("status", "--porcelain").out == ""
    federation.fedlearn("verify")


def test_resolve_joins_the_file_of_a_month_too(federation: System) -> None:
    later = write_on_branches(federation, 1)
    federation.git("-c", "merge.fedlearn.driver=false", "merge", "-q", "left", check=False)
    federation.fedlearn("resolve")
    assert federation.git("diff", "--name-only", "--diff-filter=U").out == ""
    assert federation.git("show", f":{MONTH}").out == later


month_files = st.sampled_from(
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"synced_at":1}',
        b'{"synced_at":"1"}',
        b'{"synced_at":"2"}',
        b'{"synced_at":"2"} ',
    ]
)


@given(month_files, month_files, month_files)
def test_month_files_join_like_a_semilattice(one: bytes, two: bytes, three: bytes) -> None:
    join = join_month_files
    assert join(one, two) == join(two, one)
    assert join(join(one, two), three) == join(one, join(two, three))
    assert join(one, one) == one
