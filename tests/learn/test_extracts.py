"""Chunks read in any order, by any number of processes, give the same lessons, each sanitized once."""

import json
import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.record_set import canonical_set
from git_fedlearn.learn import pipeline
from git_fedlearn.learn.extractor import Extractor, Judge
from git_fedlearn.learn.extracts import (
    MAX_FAULT_PLACES,
    RECENT_SLACK,
    Extract,
    LineFault,
    LinePlace,
    RecentEvent,
    Rules,
    split_chunks,
)
from git_fedlearn.learn.intake import BATCH_LESSONS, Admitter, Intake
from git_fedlearn.learn.pipeline import Pipeline
from git_fedlearn.learn.sources import find_sources
from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine

ENGINE = PrivacyEngine(LocalIdentity(user="jdoe", host="workbox", home="/home/jdoe"))
INTAKE = Intake(ENGINE, "sys-aaaaaaaaaa", 1000)
TODAY = date(2026, 5, 28)


def write_events(root: Path, count: int, seed: int = 1) -> Path:
    """A log in which all occurs: lessons again and again, private data, blank, broken, unfinished lines."""
    chance = random.Random(seed)  # noqa: S311
    path = root / "telemetry" / "a-events.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        for number in range(count):
            event = {
                "timestamp": f"2026-05-{1 + number % 27:02}T10:00:{number % 60:02}Z",
                "query": f"how to fix error {chance.randrange(9)} on workbox",
                "response": f"Restart it, and mail bob@corp.acme-industries.de about {chance.randrange(3)}.",
                "value_score": chance.randrange(1000) / 1000,
                "session_id": f"{number}",
            }
            file.write(json.dumps(event) + "\n")
            file.write(chance.choice(["", "", "", "\n", "broken\n", '{"query": 1}\n', " \r\n"]))
        file.write('{"query":')
    return path


def learned(root: Path, jobs: int = 1, snapshot: int = 10) -> tuple[Any, ...]:
    """All that a run leaves."""
    intake = Intake(ENGINE, "sys-aaaaaaaaaa", 1000)
    run = Pipeline(Rules(snapshot=snapshot), intake, TODAY, jobs)
    batch, reached = run.run(find_sources(root), {})
    sets = {name: canonical_set(b"\n".join(lines)) for name, lines in batch.lessons.items()}
    ends = {file.name: start and (start.offset, start.number) for file, start in reached.items()}
    events = canonical_set(b"\n".join(line for _, line in batch.events))
    tally = (batch.counts, batch.read, batch.skipped, batch.redacted, batch.faults, batch.unreadable)
    return sets, events, tally, ends


def test_the_result_does_not_depend_on_chunks_or_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_events(tmp_path, 400)
    whole = learned(tmp_path)
    lines = path.read_bytes().count(b"\n")
    assert whole[3] == {"telemetry/a-events.jsonl": (path.stat().st_size - len('{"query":'), lines + 1)}
    for size in (1, 100, 4096):
        monkeypatch.setattr(split_chunks, "__defaults__", (size,))
        assert learned(tmp_path) == whole
    monkeypatch.setattr(pipeline, "BATCHES_PER_PROCESS", 1)
    assert learned(tmp_path, jobs=3) == whole


def test_lessons_handed_over_before_the_end_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_events(tmp_path, 200)
    monkeypatch.setattr(split_chunks, "__defaults__", (1000,))
    whole = learned(tmp_path)
    monkeypatch.setattr(pipeline, "MAX_HELD_LESSONS", 2)
    assert learned(tmp_path) == whole


def test_extracts_join_in_any_tree(tmp_path: Path) -> None:
    write_events(tmp_path, 60)
    (file,) = find_sources(tmp_path).files
    extractor = Extractor(Rules(snapshot=7), TODAY)

    def tree(chance: random.Random) -> Extract:
        """The extracts of all chunks, joined two at a time by chance."""
        left = [extractor.extract(chunk).trimmed() for chunk in split_chunks(file, 0, 1500)]
        assert len(left) > 5
        while len(left) > 1:
            chance.shuffle(left)
            left.append(left.pop().join(left.pop()))
        return left[0].trimmed()

    first = tree(random.Random(0))  # noqa: S311
    for seed in range(5):
        other = tree(random.Random(seed))  # noqa: S311
        assert (other.lessons, other.recent, other.faults) == (first.lessons, first.recent, first.faults)
        assert (other.read, other.skipped, other.reached) == (first.read, first.skipped, first.reached)


contents = st.fixed_dictionaries(
    {"query": st.sampled_from(["how to x", "how to y the z", "why"])},
    optional={
        "response": st.sampled_from(["Do it now, then rest.", "I cannot.", ""]),
        "value_score": st.sampled_from([0.5, 0.7, 0.9, 1, True, None, "0.9"]),
        "finish_reason": st.sampled_from(["length", "stop"]),
        "endorsement_count": st.integers(0, 1),
        "title": st.just("t"),
        "description": st.just("a description of it"),
        "timestamp": st.sampled_from(["2026-05-01T00:00:00Z", 1, None]),
        "confidence_score": st.sampled_from([0.1, 0.8]),
        "solution": st.just("restart"),
        "error_message": st.sampled_from(["it failed", ""]),
        "payload": st.sampled_from([{"value_score": 0.8}, {"response": "Use y, then x."}, {}]),
        "outcome": st.sampled_from(["success", "failure"]),
        "model": st.sampled_from(["a", "b"]),
        "odd": st.sampled_from(["\ud800", 10**30, [1.5]]),
    },
)


@given(st.lists(contents, max_size=8))
def test_a_judge_that_remembers_judges_as_one_that_does_not(events: list[dict[str, Any]]) -> None:
    remembering = Judge(Rules())
    for event in [*events, *events]:
        assert remembering.judge(event)[:4] == Judge(Rules()).judge(event)[:4]


lessons = st.tuples(
    st.sampled_from(
        ["restart nginx", "mail bob@corp.acme-industries.de", "ssh jdoe@workbox", "zero\u200bwidth"]
    ),
    st.none() | st.sampled_from([0.7, 0.75, 0.8, 1]),
    st.integers(0, 3),
)


@given(st.lists(lessons, max_size=12))
def test_what_is_sanitized_once_is_the_join_of_all_sanitized_alone(
    tmp_path: Path, made: list[tuple[str, float | None, int]]
) -> None:
    lines = []
    log = tmp_path / "fine-tuning" / "dataset.jsonl"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as file:
        for text, score, days in made:
            content: dict[str, Any] = {"prompt": text, "completion": "Yes."}
            content |= {} if score is None else {"value_score": score}
            day = TODAY - timedelta(days=days)
            lines.append(INTAKE.admit(content, day).record.line)
            file.write(json.dumps({**content, "timestamp": day.isoformat()}) + "\n")
    sets, _, (counts, *_), _ = learned(tmp_path)
    assert sets == ({"fine-tuning": canonical_set(b"\n".join(lines))} if lines else {})
    assert counts == Counter({"fine-tuning": len(lines)} if lines else {})


def recent(time: str, text: str) -> RecentEvent:
    return RecentEvent(time, text.encode(), b"{}", 0.7, b"")


@given(
    st.lists(st.tuples(st.sampled_from(["", "1", "2", "3"]), st.text("abc", max_size=3)), max_size=80),
    st.randoms(),
)
def test_the_newest_events_stay_in_whatever_order_they_come(
    events: list[tuple[str, str]], chance: random.Random
) -> None:
    expected = sorted({recent(time, text) for time, text in events}, reverse=True)[:5]
    chance.shuffle(events)
    extract = Extract(5)
    for time, text in events:
        extract.add_recent([recent(time, text)])
        assert len(extract.recent) < RECENT_SLACK * 5
    assert extract.newest() == expected


def test_of_many_broken_lines_the_first_are_kept_and_all_are_counted() -> None:
    extract = Extract(5)
    for number in reversed(range(3 * MAX_FAULT_PLACES)):
        extract.add_faults([LineFault(LinePlace("log", 0, number), "broken")], 1)
    assert len(extract.faults) <= 2 * MAX_FAULT_PLACES
    assert [fault.place.line for fault in extract.trimmed().faults] == list(range(MAX_FAULT_PLACES))
    assert extract.unreadable == 3 * MAX_FAULT_PLACES


def test_events_are_admitted_beside_their_lessons(tmp_path: Path) -> None:
    write_events(tmp_path, 300)
    (file,) = find_sources(tmp_path).files
    (chunk,) = split_chunks(file, 0)
    extract = Extractor(Rules(), TODAY).extract(chunk)
    admitter = Admitter(
        INTAKE,
        TODAY,
        lessons=extract.lessons,
        events=extract.newest(),
        decided={},
    )
    batches = admitter.batches()
    assert [key for batch in batches for key in batch] == sorted(extract.lessons)
    assert max(map(len, batches)) <= BATCH_LESSONS
    admitted = [admitter.admit(keys) for keys in batches]
    assert all(b"workbox" not in line and b"acme" not in line for done in admitted for _, line in done.events)
    assert sum(len(done.events) for done in admitted) == len(extract.recent)


def test_a_broken_line_is_shown_redacted(tmp_path: Path) -> None:
    path = tmp_path / "telemetry" / "a-events.jsonl"
    path.parent.mkdir()
    path.write_bytes(b'{}\n{"query": "mail bob@corp.acme-industries.de", \x1b[31m' + b"x" * 9000 + b"\n")
    batch, _ = Pipeline(Rules(), INTAKE, TODAY).run(find_sources(tmp_path), {})
    (fault,) = batch.faults
    assert fault.place == f"{path}:2"
    assert fault.start == ('{"query": "mail <EMAIL_ADDRESS>", ' + "x" * 80)[:80]
