"""A repository that scripts filled before git-fedlearn: it is recognized, and adopted by one command."""

import json
from pathlib import Path
from typing import Any

import pytest
from systems import System, World

MAIL = "ada" + "@" + "northmill-works.net"
ERROR = {
    "timestamp": "2025-12-11T11:00:00+00:00",
    "event_type": "error",
    "session_id": "s1",
    "error_type": "BuildError",
    "error_message": f"attribute quartz missing in the overlay, ask {MAIL}",
    "solution": "Add the overlay that brings quartz, then rebuild with the lock file unchanged.",
    "confidence_score": 0.9,
    "value_score": 0.8,
}
PATTERN = {
    "timestamp": "2026-03-04T10:00:00Z",
    "event_type": "query_complete",
    "query": "How can the tape robot be told to skip a broken slot?",
    "response": "Mark the slot as cleaning only in the changer file, then take an inventory of all others.",
    "outcome": "success",
    "value_score": 0.9,
    "interaction_id": "i7",
    "pattern_extracted": True,
}
SAMPLE = {
    "messages": [
        {"role": "user", "content": "How do I list the open ports of a host?"},
        {"role": "assistant", "content": "Run ss -tlnp as root; it names the process beside each port."},
    ],
    "source_hash": "5c1e",
    "latency_ms": 41,
    "timestamp": "2026-03-04T10:00:00Z",
}
POINTS = [
    {"id": 1, "payload": {"title": "Water", "description": "Water the fig before the sun is up."}},
    {"id": 2, "payload": {"title": "Ladder", "description": f"Ask {MAIL} for the ladder."}},
]
MONTH = {
    "timestamp": "2025-11-30T10:00:00+01:00",
    "month": "2025-11",
    "federation": {"patterns_total": 4, "fine_tuning_samples": 1},
}
FILES: dict[str, list[Any]] = {
    "data/patterns/error-solutions.jsonl": [ERROR],
    "data/patterns/skills-patterns.jsonl": [PATTERN],
    "data/fine-tuning/dataset.jsonl": [SAMPLE],
    "data/fine-tuning/snapshots/2025-12-21.jsonl": [SAMPLE],
    "data/telemetry/snapshots/2025-12-21.jsonl": [ERROR, PATTERN],
    "data/telemetry/hybrid-events.jsonl": [ERROR, PATTERN],
    "data/collections/snapshots/garden-2025-12-21.json": [{"result": {"points": POINTS}, "status": "ok"}],
    "data/metrics/monthly/2025-11.json": [MONTH],
}
LINKS = {
    "data/fine-tuning/snapshots/latest.jsonl": "2025-12-21.jsonl",
    "data/collections/snapshots/garden-latest.json": "garden-2025-12-21.json",
}


def _lines(values: list[Any]) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


@pytest.fixture
def old(world: World) -> System:
    """A repository as the scripts left it, with git-fedlearn set up beside it."""
    one = world.repository("one")
    for path, values in FILES.items():
        one.write(path, _lines(values))
    for path, target in LINKS.items():
        (one.path / path).symlink_to(target)
    one.git("add", "--all", "--force")
    one.git("commit", "--quiet", "--message", "as the scripts left it")
    return one


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The data of the stack from which the scripts copied."""
    for path, values in (
        ("telemetry/hybrid-events.jsonl", [ERROR, PATTERN]),
        ("fine-tuning/dataset.jsonl", [SAMPLE]),
    ):
        (tmp_path / "stack" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "stack" / path).write_bytes(_lines(values))
    return tmp_path / "stack"


def test_init_status_doctor_and_verify_name_what_they_found(old: System) -> None:
    said = old.fedlearn("init")
    for path in (*FILES, *LINKS):
        assert f"found     {path}: " in said.out
    assert "git fedlearn verify --fix" in said.err
    assert "yours" not in said.out
    problems = old.fedlearn("verify", "--json", code=1).json()["problems"]
    assert {one["path"] for one in problems if one["kind"] == "older-layout"} >= {*FILES, *LINKS}
    assert "older layout" in old.fedlearn("status").out
    assert "problem  data" in old.fedlearn("doctor", code=1).out


def test_one_command_adopts_all_of_it_and_loses_nothing(old: System, stack: Path, world: World) -> None:
    old.fedlearn("init")
    done = old.fedlearn("verify", "--fix")
    assert "no problems found" in done.out
    assert MAIL not in done.out + done.err
    old.commit("adopt")
    old.fedlearn("verify")
    assert "older layout" not in old.fedlearn("status").out
    assert "problem" not in old.fedlearn("doctor").out
    (error,) = old.records("error-solutions")
    assert error.fields["solution"] == ERROR["solution"]
    assert "<EMAIL_ADDRESS>" in str(error.fields["error_message"])
    assert not {"session_id", "event_type", "timestamp"} & set(error.fields)
    (pattern,) = old.records("skills-patterns")
    assert pattern.fields["response"] == PATTERN["response"]
    (sample,) = old.records("fine-tuning")
    assert sample.fields["messages"] == SAMPLE["messages"]
    assert {str(one.fields["title"]) for one in old.records("collections/garden")} == {"Water", "Ladder"}
    tracked = old.git("ls-files", "data").out.split()
    gone = {*LINKS, *FILES} - {path for path in FILES if "snapshots" not in path}
    assert not gone & set(tracked)
    assert "data/telemetry/hybrid-events.jsonl" not in tracked
    assert (old.path / "data/telemetry/hybrid-events.jsonl").exists()
    assert not any(MAIL.encode() in old.read(path) for path in tracked)
    own = [path for path in tracked if "/sys-" in path]
    assert len(own) == 2
    before = {path: old.read(path) for path in own}
    again = old.fedlearn("sync", "--source", str(stack))
    assert {path: old.read(path) for path in own} == before
    assert again.out.count("nothing new") == 3
    assert {
        name: len(old.records(name)) for name in ("error-solutions", "skills-patterns", "fine-tuning")
    } == {
        "error-solutions": 1,
        "skills-patterns": 1,
        "fine-tuning": 1,
    }
    hub = world.bare("hub")
    refused = old.git("push", "--quiet", str(hub.path), "HEAD:refs/heads/main", check=False)
    assert "hint: git fedlearn scan --history    (how to take it out of an earlier commit)" in refused.err
    assert "git fedlearn sanitize" not in refused.err
    history = old.fedlearn("scan", "--history", code=1).out
    assert "data/telemetry/hybrid-events.jsonl: raw telemetry" in history
    assert "--invert-paths" in history
    old.git("checkout", "--quiet", "--orphan", "clean")
    old.git("commit", "--quiet", "--message", "lessons so far")
    old.git("push", "--quiet", str(hub.path), "HEAD:refs/heads/main")


def test_a_sync_before_the_repair_doubles_nothing(old: System, stack: Path) -> None:
    old.fedlearn("init")
    done = old.fedlearn("sync", "--source", str(stack))
    assert "data/patterns/error-solutions.jsonl: 1 whole event made records" in done.out
    assert b"session_id" not in old.read("data/patterns/error-solutions.jsonl")
    assert len(old.records("error-solutions")) == len(old.records("fine-tuning")) == 1


def test_an_event_stays_opaque_through_merges(world: World) -> None:
    """An old script on one machine, a lesson on the other: the event gets no id of its own."""
    one = world.system("one")
    other = world.clone(one, "other")
    other.fedlearn("install")
    path = "data/patterns/error-solutions.jsonl"
    one.add("error-solutions", {"error_type": "E1", "solution": "Load the module before the service starts."})
    one.commit()
    other.write(path, other.read(path) + _lines([ERROR]))
    other.git("commit", "--quiet", "--all", "--no-verify", "--message", "script")
    other.git("pull", "--quiet", "--no-rebase", str(one.path), "HEAD")
    assert len(other.records("error-solutions")) == 1
    other.fedlearn("verify", "--fix")
    assert sorted(str(record.fields["error_type"]) for record in other.records("error-solutions")) == [
        "BuildError",
        "E1",
    ]


def test_an_uncommitted_file_is_kept(old: System) -> None:
    old.fedlearn("init")
    dump = "data/collections/snapshots/garden-2025-12-21.json"
    samples = "data/fine-tuning/snapshots/2025-12-21.jsonl"
    old.write(dump, _lines([{"result": {"points": POINTS[:1]}}]))
    old.write(samples, _lines([SAMPLE, SAMPLE]))
    done = old.fedlearn("verify", "--fix", code=1)
    assert f"error: {samples}: not adopted: HEAD does not have it as it is" in done.err
    assert (old.path / dump).exists()
    assert (old.path / samples).exists()


def test_other_files_stay_the_users(world: World) -> None:
    """Files in the same places with another content are no files of that layout."""
    one = world.system("one")
    others = {
        "data/metrics/monthly/2025-11.json": b'{"month": "2025-11", "runs": 4}\n',
        "data/collections/snapshots/notes.json": b'{"result": "none"}\n',
        "data/telemetry/snapshots/table.jsonl": b'{"n": 1}\n',
        "data/fine-tuning/snapshots/words.jsonl": b"words\n",
    }
    for path, data in others.items():
        one.write(path, data)
    one.git("add", "--all", "--force")
    one.git("commit", "--quiet", "--no-verify", "--message", "others")
    one.fedlearn("verify", "--fix")
    assert {path: one.read(path) for path in others} == others


def test_long_lines_and_byte_order_marks_are_adopted(world: World) -> None:
    one = world.repository("one")
    long = {**PATTERN, "note": "pad " * 4000}
    turns = [("user", "pad " * 4000), ("assistant", "Run ss -tlnp as root; it names each process.")]
    sample = {"messages": [{"role": role, "content": text} for role, text in turns]}
    one.write("data/patterns/skills-patterns.jsonl", b"\xef\xbb\xbf" + _lines([long, long]))
    one.write("data/telemetry/snapshots/events-2025-12-21.jsonl", _lines([long]))
    one.write("data/fine-tuning/snapshots/v1.jsonl", _lines([sample]))
    one.commit()
    one.fedlearn("init")
    assert "older layout 3 files" in one.fedlearn("status").out
    assert "no problems found" in one.fedlearn("verify", "--fix").out
    (pattern,) = one.records("skills-patterns")
    assert pattern.fields["response"] == PATTERN["response"]
    assert not (one.path / "data/telemetry/snapshots/events-2025-12-21.jsonl").exists()
    assert not (one.path / "data/fine-tuning/snapshots/v1.jsonl").exists()
