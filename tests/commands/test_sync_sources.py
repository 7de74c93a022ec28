"""`git fedlearn sync` of other programs' logs, from a day on, and with its reasons."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from systems import System

from git_fedlearn.cli import run
from git_fedlearn.console.context import Context

LITELLM: dict[str, Any] = {
    "status": "success",
    "startTime": 1779900000,
    "messages": [
        {"role": "user", "content": "How do I fix a denied write of nginx to its log under AppArmor?"}
    ],
    "response": {
        "choices": [{"finish_reason": "stop", "message": {"content": "Add `/var/log/nginx/** w,` to it."}}]
    },
}
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
    settings(system, '[sources.proxy]\nprofile = "litellm"\nfiles = "proxy/**/*.jsonl"\nscore = "0.9"\n')
    write(source / "proxy/2026/calls.jsonl", LITELLM, {"message": "started"})
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
    settings(system, '[sources.proxy]\nprofile = "litellm"\nfiles = "*.jsonl"\nscore = "0.9"\n')
    write(tmp_path / "elsewhere/calls.jsonl", LITELLM)
    assert "no logs found in " in system.fedlearn("sync", "--source", str(source)).out
    system.git("config", "fedlearn.source.proxy", str(tmp_path / "elsewhere"))
    assert "skills-patterns: 1 new" in system.fedlearn("sync", "--source", str(source)).out


def test_a_link_below_the_source_is_not_followed(system: System, source: Path, tmp_path: Path) -> None:
    settings(system, '[sources.proxy]\nprofile = "litellm"\nfiles = "proxy/*.jsonl"\n')
    write(tmp_path / "private/calls.jsonl", LITELLM)
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
        "error: .fedlearn.toml: [sources.own]: `files` must be a pattern below the source"
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
