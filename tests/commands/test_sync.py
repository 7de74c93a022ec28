"""`git fedlearn sync`: what is learned from a stack's files, once, and what stays untouched."""

import json
import time
from pathlib import Path

import pytest
from installed import snapshot
from systems import EPOCH, System

WORDS = ("alpha", "bravo", "carbon", "delta", "echo", "fox", "golf", "hotel", "india", "julia")


def event(number: int, **fields: object) -> dict[str, object]:
    """An interaction that is worth learning."""
    word = f"{WORDS[number % 10]} {WORDS[number // 10 % 10]} {WORDS[number // 100 % 10]}"
    return {
        "event": "interaction",
        "timestamp": "2026-05-20T10:00:00Z",
        "query": f"how to configure the {word} service of the module",
        "response": f"set the option {word} and restart the service, then look at the log",
        "status": "success",
        "value_score": 0.9,
        **fields,
    }


class Stack:
    """A source folder like that of a coordinator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "telemetry/coordinator-events.jsonl"
        self.samples = folder / "fine-tuning/dataset.jsonl"
        self.log.parent.mkdir(parents=True)
        self.samples.parent.mkdir()

    def write(self, *events: object) -> None:
        with self.log.open("ab") as stream:
            stream.write(b"".join(json.dumps(item).encode() + b"\n" for item in events))


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    made = Stack(tmp_path / "stack")
    made.write(event(0), event(1), event(2, value_score=0.1), {"event": "heartbeat"})
    made.samples.write_bytes(b'{"prompt":"what is a nix store path","completion":"an immutable folder"}\n')
    return made


@pytest.fixture
def learner(system: System, stack: Stack) -> System:
    system.environment["AI_STACK_DATA"] = str(stack.folder)
    system.git("config", "fedlearn.system", "sys-abcdefghij")
    return system


def titles(system: System) -> int:
    return len(system.records("skills-patterns"))


def test_it_says_what_it_learned_and_skipped_and_a_second_run_does_nothing(learner: System) -> None:
    first = learner.fedlearn("sync").out
    assert first.startswith("read 4 events, 1 fine-tuning sample from 2 files in ")
    assert "  skills-patterns: 2 new\n" in first
    assert (
        "  fine-tuning: 1 new\n  skipped 1: scored below your minimum\n"
        "  skipped 1: status events without text\n" in first
    )
    before = snapshot(learner.path / "data")
    second = learner.fedlearn("sync")
    assert second.out == f"read 2 files in {learner.environment['AI_STACK_DATA']}: nothing new\n"
    assert snapshot(learner.path / "data") == before
    whole = learner.fedlearn("sync", "--full").out
    assert (
        "  skills-patterns: nothing new (2 already known)\n  fine-tuning: nothing new (1 already known)\n"
        in whole
    )
    assert snapshot(learner.path / "data") == before
    learner.fedlearn("verify")


def test_a_growing_file_is_read_on_and_half_a_line_waits(learner: System, stack: Stack) -> None:
    learner.fedlearn("sync")
    whole = json.dumps(event(3)).encode()
    with stack.log.open("ab") as stream:
        stream.write(json.dumps(event(4)).encode() + b"\n" + whole[:40])
    assert learner.fedlearn("sync").out.startswith("read 1 event from ")
    with stack.log.open("ab") as stream:
        stream.write(whole[40:] + b"\n")
    assert learner.fedlearn("sync").out.startswith("read 1 event from ")
    assert titles(learner) == 4


def test_the_config_of_the_clone_names_the_source_for_timers_too(learner: System, stack: Stack) -> None:
    del learner.environment["AI_STACK_DATA"]
    learner.git("config", "fedlearn.source", str(stack.folder))
    assert learner.fedlearn("sync", "--dry-run").out.startswith("read 4 events, 1 fine-tuning sample from 2")
    assert learner.fedlearn("federate").out.startswith("sync          done          3 new\n")


def test_a_dry_run_changes_no_byte(learner: System) -> None:
    def everything() -> dict[str, tuple[int, bytes]]:
        return {name: found for name, found in snapshot(learner.path).items() if "fedlearn/lock" not in name}

    learner.fedlearn("sync", "--full", "--source", str(learner.path / "none"), code=3)
    before = everything()
    dry = learner.fedlearn("sync", "--dry-run")
    assert "  skills-patterns: 2 new\n" in dry.out
    assert dry.err == "dry run: nothing was written\n"
    assert everything() == before


def test_learned_and_thrown_away_before_a_commit_is_learned_again(learner: System) -> None:
    learner.add("skills-patterns", {"title": "other"})
    learner.commit()
    learner.fedlearn("sync")
    learner.git("reset", "--quiet", "--hard")
    assert titles(learner) == 1
    learner.fedlearn("sync")
    assert titles(learner) == 3
    learner.commit()
    learner.fedlearn("retract", learner.records("skills-patterns")[0].id, "--reason", "x")
    learner.commit()
    learner.fedlearn("sync")
    assert sum(record.is_tombstone for record in learner.records("skills-patterns")) == 1


def test_a_raised_score_that_was_thrown_away_is_learned_again(learner: System, stack: Stack) -> None:
    learner.fedlearn("sync")
    learner.commit()
    stack.write(event(0, value_score=1.0))
    learner.fedlearn("sync")
    learner.git("checkout", "--quiet", "--", "data")
    learner.fedlearn("sync")
    scores = {str(record.fields["value_score"]) for record in learner.records("skills-patterns")}
    assert scores == {"0.9", "1"}


def test_commit_takes_data_alone_and_leaves_the_rest_staged(learner: System) -> None:
    learner.write("code.py", b"x = 1\n")
    learner.git("add", "code.py")
    out = learner.fedlearn("sync", "--commit").out
    commit = learner.git("rev-parse", "HEAD").out.strip()
    assert out.endswith(f"committed {commit[:12]}\n")
    touched = learner.git("show", "--format=%B", "--name-only", "HEAD").out
    assert touched == (
        "sync: add 3 records\n\n2 skills-patterns, 1 fine-tuning\n\nFedlearn-System: sys-abcdefghij\n\n\n"
        "data/fine-tuning/dataset.jsonl\ndata/metrics/monthly/sys-abcdefghij/2026-05.json\n"
        "data/patterns/skills-patterns.jsonl\n"
        "data/telemetry/snapshots/sys-abcdefghij/2026-05-28.jsonl\n"
    )
    assert learner.git("status", "--porcelain").out == "A  code.py\n"
    assert "committed" not in learner.fedlearn("sync", "--commit").out


def test_no_commit_in_the_middle_of_a_merge(learner: System) -> None:
    learner.git("checkout", "--quiet", "-b", "side")
    learner.write("code.py", b"x = 1\n")
    learner.commit()
    learner.git("checkout", "--quiet", "main")
    learner.git("merge", "--no-ff", "--no-commit", "side")
    assert learner.fedlearn("sync", "--commit", code=3).err == (
        "error: a merge is in progress\nhint: git commit --no-edit\n"
    )
    assert titles(learner) == 0


def test_a_commit_that_a_hook_refuses_says_what_the_hook_said(learner: System) -> None:
    hook = learner.path / ".git/hooks/commit-msg"
    hook.write_text("#!/bin/sh\necho on Fridays we do not commit\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    error = learner.fedlearn("sync", "--commit", code=3).err
    assert "on Fridays we do not commit" in error
    assert "hint: git status -- data    (the changes are there, not staged)" in error
    assert learner.git("diff", "--cached", "--name-only").out == ""
    hook.unlink()
    learner.fedlearn("sync", "--commit")
    assert learner.git("status", "--porcelain").out == ""


def test_a_missing_source(system: System) -> None:
    error = system.fedlearn("sync", "--source", "none", code=3).err
    assert error.startswith(f"error: the source {system.path}/none does not exist\nhint: ")
    default = f"{system.environment['HOME']}/.local/share/nixos-ai-stack"
    assert system.fedlearn("sync", code=3).err == (
        f"error: no logs to read: no source is set up, and {default} does not exist\n"
        "hint: git fedlearn sources detect --write    (or: git fedlearn sync --source DIR)\n"
    )


def test_broken_lines_are_named_once_and_the_rest_is_learned(learner: System, stack: Stack) -> None:
    with stack.log.open("ab") as stream:
        stream.write(b'rubbish\n{"a":1,"a":2}\n')
        stream.write(json.dumps(event(7)).encode()[:-1] + b', "query": "another"}\n')
    stack.write(event(5))
    result = learner.fedlearn("sync", code=1)
    rubbish, ambiguous = (line for line in result.err.splitlines() if line.startswith("error: "))
    assert rubbish == f"error: {stack.log}:5: not JSON: expecting value at column 1: rubbish"
    assert ambiguous.startswith(f"error: {stack.log}:7: a key that occurs twice: {{")
    assert titles(learner) == 3
    learner.fedlearn("sync")


def test_when_a_lesson_was_first_seen(learner: System, stack: Stack) -> None:
    future = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(EPOCH + 90 * 86400))
    for number, when in enumerate(("2026-01-02T23:30:00-02:00", future, "yesterday", 1_770_000_000), 10):
        stack.write(event(number, timestamp=when))
    learner.fedlearn("sync")
    days = sorted(str(record.fields["_first_seen"]) for record in learner.records("skills-patterns"))
    assert days == ["2026-01-03", "2026-02-02", "2026-05-20", "2026-05-20", "2026-05-28", "2026-05-28"]


def test_private_data_is_redacted_before_anything_is_written(learner: System, stack: Stack) -> None:
    mail = "jane.roe" + "@" + "corp-mail.net"
    stack.write(event(6, response=f"write to {mail} and restart the service, then look at the log"))
    out = learner.fedlearn("sync").out
    assert "EMAIL_ADDRESS" in out
    for path in [*(learner.path / "data").rglob("*"), *(learner.path / ".git/fedlearn").rglob("*")]:
        assert not path.is_file() or mail.encode() not in path.read_bytes(), path


def test_a_snapshot_keeps_the_newest_events_and_files(learner: System, stack: Stack) -> None:
    learner.write(".fedlearn.toml", b"format = 1\n[keep]\ntelemetry_events = 5\ntelemetry_snapshots = 3\n")
    folder = learner.path / "data/telemetry/snapshots/sys-abcdefghij"
    for day in range(5):
        learner.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + day * 86400)
        when = time.strftime("%Y-%m-%dT12:00:00Z", time.gmtime(EPOCH + day * 86400))
        stack.write(*(event(20 + 3 * day + number, timestamp=when) for number in range(3)))
        learner.fedlearn("sync")
    assert [path.stat().st_size for path in sorted(folder.glob("*.jsonl"))[:2]] == [0, 0]
    assert sorted(path.name for path in folder.iterdir() if path.stat().st_size) == [
        "2026-05-30.jsonl",
        "2026-05-31.jsonl",
        "2026-06-01.jsonl",
        "latest.jsonl",
    ]
    lines = [json.loads(line) for line in (folder / "latest.jsonl").read_bytes().splitlines()]
    assert sorted(line["timestamp"][:10] for line in lines) == ["2026-05-31"] * 2 + ["2026-06-01"] * 3
    learner.git("add", "--all")
    assert "latest.jsonl" not in learner.git("ls-files").out
    learner.fedlearn("verify")


def test_program_answer(learner: System) -> None:
    answer = learner.fedlearn("sync", "--json", "--commit").json()
    assert answer["schema"] == "fedlearn.sync/v1"
    assert answer["files"] == 2
    assert answer["read"] == {"telemetry": 4, "fine-tuning": 1}
    assert {found["set"]: len(found["added"]) for found in answer["sets"]} == {
        "skills-patterns": 2,
        "fine-tuning": 1,
    }
    assert answer["faults"] == []
    assert answer["commit"] == learner.git("rev-parse", "HEAD").out.strip()


def test_a_scorer_of_ones_own_stands_in_for_the_default(
    learner: System, stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_scorer.py").write_text(
        "def score(event):\n    return {'how to be liked by it': 2}.get(event.get('query'))\n\n\n"
        "def text(event):\n    return 'high'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    learner.git("config", "fedlearn.scorer", "own_scorer:score")
    stack.write({"query": "how to be liked by it", "response": "Say so, then wait."})
    shown = learner.fedlearn("sync", "--explain", "--dry-run").out
    assert "    1.000  scorer       by own_scorer:score\n" in shown
    assert "    0.900  own score" in shown
    learner.fedlearn("sync", "--full")
    assert titles(learner) == 3
    for name, message in (
        ("own_scorer:text", "the scorer own_scorer:text did not return a number"),
        ("own_scorer:none", "git config fedlearn.scorer: own_scorer:none: AttributeError"),
        ("no_such_module", "git config fedlearn.scorer: no_such_module: ModuleNotFoundError"),
    ):
        learner.git("config", "fedlearn.scorer", name)
        assert learner.fedlearn("sync", "--full", code=3).err.startswith(
            f"error: {message}\nhint: git config"
        )


def test_an_explanation_for_programs_has_its_groups_and_what_no_event_can_reach(
    learner: System, stack: Stack
) -> None:
    stack.log.unlink()
    stack.write(
        {"query": "how to fix the relay that clicks", "response": "none"},
        {"query": "how to fix the fan that howls", "response": "Clean its bearing with a drop of oil 46."},
    )
    answer = learner.fedlearn("sync", "--explain", "--dry-run", "--json").json()
    assert sum(group["events"] for group in answer["groups"]) == len(answer["events"]) == 2
    assert {"verdict": "skipped: it says nothing", "events": 1} in answer["groups"]
    assert [(one["term"], one["highest"] < 1) for one in answer["unreachable"]] == [
        ("outcome", True),
        ("feedback", True),
    ]


def test_a_wrong_weight_is_named_with_its_file(learner: System) -> None:
    learner.write(".fedlearn.toml", b"format = 1\n[learn.weights]\nsucces = 0.4\n")
    assert learner.fedlearn("sync", code=3).err.startswith(
        "error: .fedlearn.toml: [learn.weights]: unknown weight `succes`\nhint: known weights: success, "
    )
