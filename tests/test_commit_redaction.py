"""A commit redacts the records that it adds, says so, and goes on."""

import json

import pytest
from systems import Result, System, World, prepared

SET = "data/patterns/best-practices.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
NOTE = f"note: {SET}: redacted 1 EMAIL_ADDRESS before the commit\n"


def lesson(number: int, text: str) -> bytes:
    fields = {"title": f"Lesson {number}", "description": text, "value_score": 0.9}
    return json.dumps(fields).encode() + b"\n"


def leak(system: System, path: str = SET) -> None:
    """A careless edit by hand: a new line with an address."""
    system.write(path, system.read(path) + lesson(2, f"The lift key is with {MAIL}."))


def commit(system: System, *options: str) -> Result:
    return system.git("commit", "--quiet", "--message", "more", *options, check=False)


@prepared
def taught(system: System) -> None:
    system.add("best-practices", {"title": "Lesson 1", "description": "Label both ends.", "value_score": 0.9})
    system.commit()


@pytest.mark.parametrize(
    "options", [["--all"], ["--only", "--", SET], ["--include", "--", SET], ["--amend", "-a"]]
)
def test_records_are_redacted_in_index_and_working_tree(taught: System, options: list[str]) -> None:
    leak(taught)
    done = commit(taught, *options)
    assert (done.code, done.err) == (0, NOTE)
    assert MAIL not in taught.git("show", f"HEAD:{SET}").out
    assert "The lift key is with <EMAIL_ADDRESS>." in taught.git("show", f"HEAD:{SET}").out
    assert taught.git("status", "--porcelain").out == ""
    assert len(taught.records("best-practices")) == 2
    taught.fedlearn("verify")


def test_a_working_tree_that_differs_stays(taught: System) -> None:
    leak(taught)
    taught.git("add", SET)
    edited = taught.write(SET, taught.read(SET) + b'{"half": ').read_bytes()
    done = commit(taught)
    hint = "hint: git fedlearn sanitize    (the working tree still has the private data)\n"
    assert (done.code, done.err) == (0, NOTE + hint)
    assert MAIL not in taught.git("show", f"HEAD:{SET}").out
    assert taught.read(SET) == edited


def test_a_record_moves_to_the_shard_of_its_new_id(taught: System) -> None:
    taught.write(".fedlearn.toml", b"[limits]\nrecord_set_bytes = 1000\n")
    practices = [{"title": f"Lesson {number}", "description": "x" * 90} for number in range(40)]
    taught.add("best-practices", *practices)
    taught.commit()
    shards = sorted(path.name for path in (taught.path / SET.removesuffix(".jsonl")).iterdir())
    assert len(shards) > 8
    path = f"{SET.removesuffix('.jsonl')}/{shards[0]}"
    for number in range(3):
        taught.write(path, taught.read(path) + lesson(100 + number, f"Ask {MAIL} for number {number}."))
    done = commit(taught, "--all")
    assert (done.code, "redacted 3 EMAIL_ADDRESS" in done.err) == (0, True), done.err
    assert taught.git("grep", "-c", "corp-mail", "HEAD", check=False).out == ""
    assert len(taught.records("best-practices")) == 44
    taught.fedlearn("verify")


def test_what_cannot_be_redacted_stops_the_commit(taught: System) -> None:
    taught.write("data/README.md", f"write to {MAIL}\n".encode())
    taught.git("add", "data/README.md")
    stopped = commit(taught)
    assert (stopped.code, "error: data/README.md:1: EMAIL_ADDRESS" in stopped.err) == (1, True)
    taught.git("rm", "--quiet", "--force", "data/README.md")
    taught.write(".fedlearn.toml", b'[privacy.kinds]\nEMAIL_ADDRESS = "block"\n')
    leak(taught)
    stopped = commit(taught, "--all")
    assert (stopped.code, f"error: {SET}:2: EMAIL_ADDRESS" in stopped.err) == (1, True)
    assert MAIL.encode() in taught.read(SET)


def test_a_clone_may_choose_to_be_stopped(taught: System) -> None:
    leak(taught)
    taught.git("config", "fedlearn.sanitize", "stop")
    stopped = commit(taught, "--all")
    assert (stopped.code, f"error: {SET}:2: EMAIL_ADDRESS" in stopped.err) == (1, True)
    taught.git("config", "fedlearn.sanitize", "on")
    refused = commit(taught, "--all")
    assert (refused.code, refused.err) == (
        1,
        "error: git config fedlearn.sanitize: must be one of redact, stop\n",
    )


def test_a_clone_without_an_id_is_sanitized_too(taught: System) -> None:
    leak(taught)
    taught.git("commit", "--quiet", "--all", "--no-verify", "--message", "careless")
    taught.git("config", "--unset", "fedlearn.system")
    hook = taught.git("-c", f"alias.run=!git-fedlearn-hook sanitize {SET}", "run", check=False)
    assert (hook.code, "1 file sanitized; redacted 1 EMAIL_ADDRESS" in hook.err) == (1, True)
    taught.git("add", SET)
    for name in ("sanitize", "scan", "verify"):
        assert taught.git("-c", f"alias.run=!git-fedlearn-hook {name} {SET}", "run", check=False).code == 0


RAW = (
    "data/telemetry/hybrid-events.jsonl",
    "data/telemetry/archive/hybrid-events-2026-05-28.jsonl",
    "data/telemetry/notes.json",
    "data/old/vscode-events.jsonl",
    "data/dashboards/today.json",
    "data/metrics/dashboard.json",
)


@pytest.mark.parametrize("path", RAW)
def test_raw_telemetry_is_refused_by_its_path(world: World, taught: System, path: str) -> None:
    hub = world.bare("hub")
    taught.git("push", "--quiet", str(hub.path), "main")
    taught.write(path, b'{"event_type":"query_complete"}\n')
    taught.git("add", "--force", path)
    stopped = commit(taught)
    error = f"error: {path}: raw telemetry, which never leaves a machine\n"
    assert (stopped.code, error in stopped.err) == (1, True), stopped.err
    taught.git("commit", "--quiet", "--no-verify", "--message", "careless")
    taught.git("rm", "--quiet", path)
    taught.git("commit", "--quiet", "--no-verify", "--message", "removed again")
    refused = taught.git("push", str(hub.path), "main", check=False)
    assert (refused.code, error in refused.err) == (1, True), refused.err


@pytest.mark.parametrize("path", ["data/collections/build-events.jsonl", "data/telemetry/README.md"])
def test_files_that_only_look_like_raw_telemetry_may_be_committed(taught: System, path: str) -> None:
    taught.write(path, b"")
    taught.git("add", "--force", path)
    assert commit(taught).code == 0
