"""A member that means harm pushes to the upstream, and everybody else pulls it with plain `git pull`.

Git merges what it pushes, so nothing is kept out. But each system notices what was done to its own lessons,
and the next sync puts the files right that only this system writes.
"""

import json
from collections.abc import Iterable

import pytest
from federation.foreign import SKILLS, line, lines_of
from systems import EPOCH, System, World

from git_fedlearn.core.record import Record, make_record

EVIL = lines_of([line(query="evil", response="evil")])


def event(number: int) -> dict[str, object]:
    return {
        "type": "query_gap",
        "query": f"how do I mount the disk number {number} over nfs on this server",
        "response": f"use mount -t nfs with option {number} and a fresh lease, then read what dmesg says",
        "success": True,
        "value_score": 0.9,
        "timestamp": f"2026-05-28T0{number}:00:00Z",
    }


def log(here: System, *numbers: int) -> None:
    lines = "".join(json.dumps(event(number)) + "\n" for number in numbers)
    here.write("logs/telemetry/aidb-events.jsonl", lines.encode())


def _learn_four(here: System) -> None:
    (here.path / ".git/info/exclude").write_text("logs\n")
    log(here, 1, 2, 3, 4)
    here.fedlearn("sync", "--source", "logs", "--commit")


@pytest.fixture
def team(world: World) -> tuple[System, System]:
    """A system that learned four lessons and pushed them, and a member with the same upstream."""
    world.copies(_team)
    return System(world.folder / "here", world.home), System(world.folder / "evil", world.home)


def _team(world: World) -> None:
    hub, here = world.bare("hub"), world.system("here")
    _learn_four(here)
    here.git("remote", "add", "origin", str(hub.path))
    here.git("push", "--quiet", "--no-verify", "--set-upstream", "origin", "main")
    world.clone(hub, "evil")


def lessons(here: System) -> list[Record]:
    return [record for record in here.records("skills-patterns") if not record.is_tombstone]


def push(evil: System, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        evil.write(path, data)
    evil.git("add", "--all", "--force", "data")
    evil.git("commit", "--quiet", "--no-verify", "--message", "trust me")
    evil.git("push", "--quiet", "--no-verify")


def offer(evil: System, records: Iterable[Record]) -> None:
    push(evil, {SKILLS: lines_of(record.line for record in records)})


def own(here: System) -> str:
    return here.git("config", "fedlearn.system").out.strip()


def sync(here: System) -> list[dict[str, object]]:
    repaired = here.fedlearn("sync", "--source", "logs", "--json").json()["repaired"]
    assert isinstance(repaired, list)
    return repaired


@pytest.mark.parametrize("gen", [0, 9000])
def test_a_pull_says_which_of_our_lessons_it_retracted(team: tuple[System, System], gen: int) -> None:
    here, evil = team
    first, *others = lessons(here)
    buried = make_record({"_id": first.id, "_gen": gen, "_retracted": {"at": "2026-05-01", "by": own(here)}})
    offer(evil, [buried, *others])
    err = here.git("pull", "--quiet").err
    assert f"warning: this merge retracted 1 lesson that this system learned: {first.id[:12]}\n" in err
    here.fedlearn("restore", first.id)
    assert {record.id for record in lessons(here)} == {first.id, *(one.id for one in others)}


def test_a_pull_says_which_of_our_lessons_it_made_worth_less(team: tuple[System, System]) -> None:
    here, evil = team
    first, *others = lessons(here)
    offer(evil, [make_record({**first.fields, "_gen": 7, "value_score": 0, "_seen_by": []}), *others])
    err = here.git("pull", "--quiet").err
    assert f"took score or systems from 1 lesson that this system learned: {first.id[:12]}\n" in err
    here.fedlearn("restore", first.id)
    (record,) = (one for one in lessons(here) if one.id == first.id)
    assert (record.fields["value_score"], record.fields["_seen_by"]) == (
        first.fields["value_score"],
        [own(here)],
    )


def test_a_pull_says_which_of_our_retractions_it_undid(team: tuple[System, System]) -> None:
    here, evil = team
    first, *others = lessons(here)
    here.fedlearn("retract", first.id, "--reason", "wrong")
    here.commit()
    here.git("push", "--quiet")
    evil.git("pull", "--quiet")
    offer(evil, [make_record({**first.fields, "_gen": 1}), *others])
    err = here.git("pull", "--quiet").err
    assert f"warning: this merge undid 1 retraction of this system: {first.id[:12]}\n" in err


def test_a_pull_is_silent_about_lessons_of_others_and_our_own_retractions(
    team: tuple[System, System],
) -> None:
    here, evil = team
    first, *others = lessons(here)
    evil.add("skills-patterns", {"pattern": "theirs", "value_score": 0.5})
    evil.commit()
    evil.git("push", "--quiet")
    assert here.git("pull", "--quiet").err == ""
    here.git("switch", "--quiet", "--create", "side")
    here.fedlearn("retract", first.id, "--reason", "wrong")
    here.commit()
    here.git("switch", "--quiet", "main")
    assert here.git("merge", "--quiet", "side").err == ""
    theirs = next(one for one in lessons(here) if one.fields.get("pattern") == "theirs")
    evil.fedlearn("retract", theirs.id, "--reason", "wrong")
    evil.commit()
    evil.git("push", "--quiet")
    assert here.git("pull", "--quiet", "--no-rebase", "--no-edit").err == ""
    assert len(lessons(here)) == len(others)


INVENTED = (
    "data/telemetry/snapshots/{}/9999-01-01.jsonl",
    "data/telemetry/snapshots/{}/2026-04-01.jsonl",
    "data/collections/snapshots/{}/notes-2026-05-01.jsonl",
    "data/fine-tuning/snapshots/{}/v9.9.9.jsonl",
)


@pytest.mark.parametrize("path", INVENTED)
def test_what_others_add_under_our_name_is_emptied(team: tuple[System, System], path: str) -> None:
    here, evil = team
    added = path.format(own(here))
    push(evil, {added: EVIL})
    here.git("pull", "--quiet")
    assert sync(here) == [{"path": added, "removed": 1, "returned": 0}]
    assert here.read(added) == b""
    latest = here.path / f"data/telemetry/snapshots/{own(here)}/latest.jsonl"
    assert latest.readlink().name == "2026-05-28.jsonl"
    assert sync(here) == []


@pytest.mark.parametrize("data", [EVIL, b"", b"<<<<<<< HEAD\n"])
def test_a_snapshot_that_others_changed_comes_back(team: tuple[System, System], data: bytes) -> None:
    here, evil = team
    path = f"data/telemetry/snapshots/{own(here)}/2026-05-28.jsonl"
    before = here.read(path)
    push(evil, {path: data})
    here.git("pull", "--quiet")
    (found,) = sync(here)
    assert (found["path"], found["returned"]) == (path, 4)
    assert here.read(path) == before
    log(here, 1, 2, 3, 4, 5)
    assert sync(here) == []
    assert here.read(path).count(b"\n") == 5


def test_what_we_retracted_does_not_come_back_with_a_snapshot(team: tuple[System, System]) -> None:
    here, evil = team
    path = f"data/telemetry/snapshots/{own(here)}/2026-05-28.jsonl"
    first = lessons(here)[0]
    here.fedlearn("retract", first.id, "--reason", "wrong")
    here.commit()
    here.git("push", "--quiet")
    evil.git("pull", "--quiet")
    push(evil, {path: EVIL})
    here.git("pull", "--quiet")
    assert sync(here) == [{"path": path, "removed": 1, "returned": 3}]
    assert first.id.encode() not in here.read(path)


def test_figures_and_counters_that_others_changed_come_back(team: tuple[System, System]) -> None:
    here, evil = team
    month = f"data/metrics/monthly/{own(here)}/2026-05.json"
    counters, invented = f"data/outcomes/{own(here)}.jsonl", month.replace("2026-05", "2026-12")
    here.fedlearn("outcome", lessons(here)[0].id, "--worked")
    before = here.read(counters)
    here.commit()
    here.git("push", "--quiet")
    evil.git("pull", "--quiet")
    figures = here.read(month)
    push(evil, {month: b'{"records":0}\n', invented: b'{"records":9}\n', counters: b""})
    here.git("pull", "--quiet")
    assert [found["path"] for found in sync(here)] == [month, invented, counters]
    assert (here.read(month), here.read(invented), here.read(counters)) == (figures, b"{}\n", before)


def test_our_own_branches_and_edits_stay(team: tuple[System, System]) -> None:
    here, _ = team
    path = f"data/telemetry/snapshots/{own(here)}/2026-05-28.jsonl"
    first = here.read(path)
    for branch, number in (("a", 5), ("b", 6)):
        here.git("switch", "--quiet", "--create", branch, "main")
        log(here, number)
        here.fedlearn("sync", "--source", "logs", "--commit", "--full")
    here.git("switch", "--quiet", "main")
    assert (sync(here), here.read(path)) == ([], first)
    here.git("checkout", "--quiet", "--", "data")
    here.git("switch", "--quiet", "a")
    here.git("merge", "--quiet", "--no-edit", "b")
    merged = here.read(path)
    assert (sync(here), here.read(path)) == ([], merged)
    fewer = b"".join(merged.splitlines(keepends=True)[1:])
    here.write(path, fewer)
    assert (sync(here), here.read(path)) == ([], fewer)


def test_a_warning_names_the_file_and_what_was_done(team: tuple[System, System]) -> None:
    here, evil = team
    folder = f"data/telemetry/snapshots/{own(here)}"
    push(evil, {f"{folder}/2026-04-{day:02}.jsonl": EVIL for day in range(1, 9)})
    here.git("pull", "--quiet")
    lines = here.fedlearn("sync", "--source", "logs").err.splitlines()
    assert lines[0] == (
        f"warning: {folder}/2026-04-01.jsonl: only this system writes it; 1 line of others removed"
    )
    assert lines[5] == "warning: and 3 more files of this system"


def test_without_a_list_all_but_the_future_counts_as_ours(team: tuple[System, System]) -> None:
    here, evil = team
    (here.path / ".git/fedlearn/own-files").unlink()
    paths = [path.format(own(here)) for path in INVENTED[:2]]
    push(evil, dict.fromkeys(paths, EVIL))
    here.git("pull", "--quiet")
    assert sync(here) == [{"path": paths[0], "removed": 1, "returned": 0}]
    here.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + 86_400)
    assert sync(here) == []
