"""Local names of systems: shown to people, kept in git config, never shared."""

import pytest
from systems import System, prepared

A, B = "sys-aaaaaaaaaa", "sys-bbbbbbbbbb"


@prepared
def learned(system: System) -> None:
    system.git("config", "fedlearn.system", A)
    lesson = {"title": "pin the channel", "description": "so that builds repeat", "_first_seen": "2026-05-20"}
    system.add("best-practices", {**lesson, "_seen_by": [A, B]})
    system.commit()


def test_a_name_is_shown_wherever_people_read_the_system(learned: System) -> None:
    (record,) = learned.records("best-practices")
    assert learned.fedlearn("remote", "name", "sys-b", "laptop").out == f"{B}: shown as laptop\n"
    for line in (f"show {record.id}", f"show {record.id} --origin", "log", f"log {record.id}", "metrics"):
        told = learned.fedlearn(*line.split()).out
        assert "laptop" in told, line
        assert B not in told, line
    assert "laptop" in learned.fedlearn("diff", "HEAD~1", "HEAD", code=1).out
    assert "laptop" not in learned.fedlearn("metrics", "--json").out
    learned.fedlearn("retract", record.id, "--reason", "wrong")
    learned.fedlearn("remote", "name", A, "desk")
    assert "by desk\n" in learned.fedlearn("show", record.id).out
    assert learned.fedlearn("remote", "name", B, "--remove").out == f"{B}: shown as {B}\n"
    assert "laptop" not in learned.fedlearn("log").out


def test_systems_are_listed_and_names_stay_on_this_machine(learned: System) -> None:
    assert learned.fedlearn("remote", "name").out == f"{A}      1 lesson  (this system)\n{B}      1 lesson\n"
    before = learned.git("status", "--porcelain").out
    learned.fedlearn("remote", "name", B, "den of Jo")
    assert learned.fedlearn("remote", "name").out.splitlines()[1] == f"{B}      1 lesson  den of Jo"
    assert learned.git("config", "--local", f"fedlearn.name.{B}").out == "den of Jo\n"
    assert learned.git("status", "--porcelain").out == before
    answer = learned.fedlearn("remote", "name", "--json").json()
    assert answer["own"] == A
    assert answer["systems"][1] == {"id": B, "name": "den of Jo", "lessons": 1}


@pytest.mark.parametrize("name", ["  ", "a\x1b[2Jb", "x" * 41, B])
def test_names_that_would_confuse_are_refused(learned: System, name: str) -> None:
    done = learned.fedlearn("remote", "name", B, name, code=2)
    assert "not a name for a system" in done.err
    assert "\x1b" not in done.err


def test_what_cannot_be_named(learned: System) -> None:
    learned.fedlearn("remote", "name", B, "laptop")
    assert f"laptop: already the name of {B}" in learned.fedlearn("remote", "name", A, "laptop", code=2).err
    assert "ambiguous; 2 systems" in learned.fedlearn("remote", "name", "sys-", "x", code=2).err
    assert "no system with this id" in learned.fedlearn("remote", "name", "zz", "x", code=2).err
    assert "give a name, or --remove" in learned.fedlearn("remote", "name", B, code=2).err
    learned.fedlearn("remote", "name", "sys-zzzzzzzzzz", "not seen yet")
