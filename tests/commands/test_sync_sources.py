"""`git fedlearn sync` of other programs' logs, from a day on, and with its reasons."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from systems import System

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context

CALL: dict[str, Any] = {
    "status": "success",
    "startTime": 1779900000,
    "messages": [
        {"role": "user", "content": "How do I fix a denied write of nginx to its log under AppArmor?"}
    ],
    "answer": {"text": "Add `/var/log/nginx/** w,` to it."},
}
PROXY = """
[sources.proxy]
files = "FILES"
where = "status == 'success'"
score = "`0.9`"
fields = {query = "messages[?role=='user'] | [-1].content", response = "answer.text", timestamp = "startTime"}
"""
EVENT = {"query": "How do I list failed units?", "response": "Run systemctl --failed.", "value_score": 0.8}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "telemetry").mkdir(parents=True)
    return folder


def write(path: Path, *events: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")


def settings(system: System, text: str) -> None:
    system.write(".fedlearn.toml", f"format = 1\n{text}".encode())


def test_a_profile_names_files_below_the_source(system: System, source: Path) -> None:
    settings(system, PROXY.replace("FILES", "proxy/**/*.jsonl"))
    write(source / "proxy/2026/calls.jsonl", CALL, {"message": "started"})
    out = system.fedlearn("sync", "--source", str(source)).out
    assert "read 2 events from 1 file" in out
    assert "skipped 1: excluded by `where` in [sources.proxy]" in out
    (record,) = system.records("skills-patterns")
    assert (record.fields["response"], record.fields["value_score"]) == (
        "Add `/var/log/nginx/** w,` to it.",
        0.9,
    )
    assert record.fields["_first_seen"] == "2026-05-27"
    assert system.fedlearn("sync", "--source", str(source)).out.endswith(": nothing new\n")


def test_another_folder_only_by_the_git_config_of_this_clone(
    system: System, source: Path, tmp_path: Path
) -> None:
    settings(system, PROXY.replace("FILES", "*.jsonl"))
    write(tmp_path / "elsewhere/calls.jsonl", CALL)
    assert "no logs found in " in system.fedlearn("sync", "--source", str(source)).out
    system.git("config", "fedlearn.source.proxy", str(tmp_path / "elsewhere"))
    assert "skills-patterns: 1 new" in system.fedlearn("sync", "--source", str(source)).out


def test_a_tool_is_not_read_again_when_the_source_is_another(
    system: System, source: Path, tmp_path: Path
) -> None:
    settings(system, PROXY.replace("FILES", "*.jsonl"))
    calls = tmp_path / "elsewhere/calls.jsonl"
    write(calls, CALL)
    system.git("config", "fedlearn.source.proxy", str(calls.parent))
    write(source / "telemetry/a-events.jsonl", EVENT)
    write(tmp_path / "other/telemetry/a-events.jsonl", {**EVENT, "query": "How do I list failed timers?"})
    system.fedlearn("sync", "--source", str(source))

    other = system.fedlearn("sync", "--source", str(tmp_path / "other"))
    assert "read 1 event from 2 files" in other.out
    write(calls, CALL, {**CALL, "startTime": 1779900100})
    assert "read 1 event from 2 files" in system.fedlearn("sync", "--source", str(source)).out
    assert system.fedlearn("sync", "--source", str(tmp_path / "other")).out.endswith(": nothing new\n")


def test_a_link_below_the_source_is_not_followed(system: System, source: Path, tmp_path: Path) -> None:
    settings(system, PROXY.replace("FILES", "proxy/*.jsonl"))
    write(tmp_path / "private/calls.jsonl", CALL)
    (source / "proxy").symlink_to(tmp_path / "private")
    refused = system.fedlearn("sync", "--source", str(source), code=1)
    assert refused.err.startswith(f"error: {source}/proxy: is a symbolic link\n")
    assert system.records("skills-patterns") == []


def test_a_profile_takes_files_from_the_coordinators_pattern(system: System, source: Path) -> None:
    settings(
        system,
        '[sources.own]\nfiles = "telemetry/own-events.jsonl"\nfields = {query = "q", response = "a"}\n',
    )
    write(source / "telemetry/own-events.jsonl", EVENT)
    assert "read 1 event from 1 file" in system.fedlearn("sync", "--source", str(source)).out
    assert system.records("skills-patterns") == []


def test_a_wrong_profile_is_named(system: System, source: Path) -> None:
    settings(system, '[sources.own]\nfiles = "../x"\n')
    refused = system.fedlearn("sync", "--source", str(source), code=3)
    assert refused.err.startswith(
        "error: .fedlearn.toml:3: [sources.own]: `files` must be a pattern below the source"
    )


def test_since_leaves_out_what_is_older(system: System, source: Path) -> None:
    write(
        source / "telemetry/a-events.jsonl",
        EVENT | {"timestamp": "2026-05-01T10:00:00Z"},
        EVENT | {"query": "How do I list timers?", "timestamp": "2026-05-02T00:00:00Z"},
        EVENT | {"query": "How do I list sockets?"},
    )
    out = system.fedlearn("sync", "--source", str(source), "--since", "2026-05-02").out
    assert "skipped 1: older than --since" in out
    found = {str(record.fields["query"]) for record in system.records("skills-patterns")}
    assert found == {"How do I list timers?", "How do I list sockets?"}
    assert "invalid value for '--since'" in system.fedlearn("sync", "--since", "May", code=2).err


def test_explain_groups_events_by_verdict_and_prints_the_terms_of_every_score(
    system: System, source: Path
) -> None:
    low = EVENT | {"value_score": 0.2}
    scored = {key: value for key, value in EVENT.items() if key != "value_score"} | {"outcome": "success"}
    path, name = source / "telemetry/a-events.jsonl", EVENT["query"]
    write(path, low, EVENT, EVENT | {"response": "Done."}, scored)
    run = ("sync", "--source", str(source), "--explain", "--dry-run")
    out = system.fedlearn(*run).out
    assert out.startswith(
        "learned into skills-patterns (2)\n"
        f"{path}:2: 0.800, learned into skills-patterns: {name}\n"
        "    0.800  own score    the event's own value_score\n"
        f"{path}:4: "
    )
    assert "    0.400  outcome      success, by outcome\n" in out
    assert (
        "\nskipped: only a status or a merge note (1)\n"
        f"{path}:3: skipped: only a status or a merge note: {name}\n"
        "\nskipped: scored below your minimum (1)\n"
        f"{path}:1: 0.200, scored 0.2, below your minimum of 0.7: {name}\n"
    ) in out
    assert system.records("skills-patterns") == []
    events = json.loads(system.fedlearn(*run, "--json").out)["events"]
    assert [(event["line"], event["set"], event["reason"], event["score"]) for event in events[:3]] == [
        (1, None, "scored below your minimum", 0.2),
        (2, "skills-patterns", None, 0.8),
        (3, None, "only a status or a merge note", None),
    ]


def test_explain_names_what_no_event_of_a_source_can_reach_and_redacts_what_it_names(
    system: System, source: Path
) -> None:
    mail = f"rosa.lindt{chr(64)}northmill-works.net"
    practice = {
        "category": "mail",
        "title": f"Ask {mail}",
        "description": "Relay mail by port 587, with TLS.",
    }
    write(source / "telemetry/a-events.jsonl", practice)
    out = system.fedlearn("sync", "--source", str(source), "--explain", "--dry-run").out
    assert "a-events.jsonl: no event says anything about outcome, so none can score above 0.95\n" in out
    assert "learned into best-practices: Ask " in out
    assert mail not in out


def test_a_lesson_met_often_is_one_record_with_the_best_score_and_first_day(
    system: System, source: Path
) -> None:
    write(
        source / "telemetry/a-events.jsonl",
        *(
            {**EVENT, "value_score": score, "timestamp": f"2026-05-{day}T10:00:00Z"}
            for score, day in ((0.8, 20), (0.95, 21), (0.7, 10))
        ),
    )
    out = system.fedlearn("sync", "--source", str(source)).out
    assert "  skills-patterns: 1 new\n" in out
    (record,) = system.records("skills-patterns")
    assert (record.fields["value_score"], record.fields["_first_seen"]) == (0.95, "2026-05-10")


class Terminal(io.StringIO):
    """What a terminal shows."""

    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_none_in_a_pipe(system: System, source: Path) -> None:
    write(source / "telemetry/a-events.jsonl", *(EVENT | {"number": number} for number in range(12_000)))
    shown, piped = Terminal(), io.StringIO()
    for stderr in (shown, piped):
        context = Context(
            environment=system.environment | {"TERM": "xterm", "COLUMNS": "120"},
            directory=system.path,
            stdout=io.StringIO(),
            stderr=stderr,
        )
        assert run(["sync", "--source", str(source), "--full", "--dry-run"], context) == 0
    assert "reading" in shown.getvalue()
    assert "1.4/1.4 MB" in shown.getvalue()
    assert "1 lessons" in shown.getvalue()
    assert piped.getvalue() == "dry run: nothing was written\n"


def test_mistakes_in_a_profile_are_told(system: System, source: Path) -> None:
    def warnings(text: str, *options: str) -> list[str]:
        settings(system, text)
        said = system.fedlearn("sync", "--source", str(source), "--dry-run", "--full", *options).err
        return [line for line in said.splitlines() if line.startswith("warning: ")]

    write(source / "agent/a.jsonl", {"ask": EVENT["query"], "reply": EVENT["response"], "kind": "turn"})
    table = (
        '[sources.x]\nfiles = "agent/*.jsonl"\nscore = "`0.9`"\n'
        'fields = {query = "ask", response = "reply"}\n'
    )
    assert warnings(table) == []
    assert warnings(table.replace("agent", "agnet")) == [
        f"warning: [sources.x]: no file matches agnet/*.jsonl in {source}"
    ]
    assert warnings(table.replace("response", "reponse")) == [
        "warning: [sources.x]: fields: nothing reads `reponse`; did you mean `response`?",
        "warning: [sources.x]: no event has a lesson that reaches your minimum score (1 read)",
    ]
    assert warnings(table.replace("reply", "answer.text"))[0] == (
        "warning: [sources.x]: fields: no line has `answer.text`, the path of `response`"
    )
    assert warnings(table.replace("score =", "where = \"kind == 'step'\"\nscore =")) == [
        "warning: [sources.x]: `where` excluded all lines (1)"
    ]
    assert warnings(table.replace("`0.9`", "`0.1`")) == [
        "warning: [sources.x]: no event has a lesson that reaches your minimum score (1 read)"
    ]


def test_mistakes_are_told_only_of_a_source_read_from_its_start(system: System, source: Path) -> None:
    settings(system, '[sources.x]\nfiles = "x/*.jsonl"\nwhere = "good"\n')
    write(source / "x/a.jsonl", EVENT | {"good": True})
    assert system.fedlearn("sync", "--source", str(source)).err.startswith("hint: ")
    with (source / "x/a.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(EVENT | {"good": False}) + "\n")
    assert "warning" not in system.fedlearn("sync", "--source", str(source)).err


def test_logs_that_nothing_reads_are_named_in_one_line(system: System, source: Path) -> None:
    for name in ("telemetry/notes.jsonl", "calls.ndjson", "fine-tuning/old.txt"):
        write(source / name, EVENT)
    out = system.fedlearn("sync", "--source", str(source)).out
    assert "  not read: calls.ndjson, telemetry/notes.jsonl, fine-tuning/old.txt (not named like" in out


def test_a_relative_source_in_git_config_is_below_the_top(system: System) -> None:
    write(system.path / "logs/telemetry/a-events.jsonl", EVENT)
    system.git("config", "fedlearn.source", "logs")
    below = system.path / "data/patterns"
    done = system.git("-C", str(below), "fedlearn", "sync")
    assert "skills-patterns: 1 new" in done.out


def test_a_nan_in_a_field_that_is_dropped_does_no_harm(system: System, source: Path) -> None:
    path = source / "telemetry/a-events.jsonl"
    path.write_text(json.dumps(EVENT | {"latency_ms": float("nan")}) + "\n", encoding="utf-8")
    assert "skills-patterns: 1 new" in system.fedlearn("sync", "--source", str(source)).out
