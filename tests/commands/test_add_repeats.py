"""`git fedlearn add`: a lesson that is there in other words is named."""

import json
from typing import Any

import pytest
from systems import Result, System

from git_fedlearn.learn import repeats

OLD = {
    "title": "worktree cleanup",
    "description": "worktree clean must check for live children before it removes the worktree of a lead, "
    "else builders lose their working directory",
}
NEW = {
    "title": "live children guard",
    "description": "before cleaning a lead's worktree, worktree clean checks whether children are alive: "
    "builders would lose the working directory",
}
OTHER = {"title": "pin the channel", "description": "a flake with a lock file gives the same packages"}


def add(system: System, name: str, *records: dict[str, Any]) -> Result:
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    return system.fedlearn("add", name, "-", stdin=lines.encode())


def test_a_lesson_that_is_there_in_other_words_is_added_and_named(system: System) -> None:
    assert add(system, "best-practices", OLD, OTHER).err == ""
    old = next(one.id for one in system.records("best-practices") if "clean" in str(one.fields["title"]))
    added = add(system, "best-practices", NEW)
    new = next(one.id for one in system.records("best-practices") if one.fields["title"] == NEW["title"])
    first, hint = added.err.splitlines()
    assert first.startswith(f"{new[:12]} says nearly the same as {old[:12]} (")
    assert hint == "hint: git fedlearn review --duplicates best-practices"
    assert len(system.records("best-practices")) == 3
    assert add(system, "best-practices", NEW).err == ""


def test_a_repeat_in_another_set_is_named_and_one_that_replaces_it_is_none(system: System) -> None:
    add(system, "best-practices", OLD, OTHER)
    old = next(one.id for one in system.records("best-practices") if "clean" in str(one.fields["title"]))
    question = {"query": NEW["title"], "response": NEW["description"]}
    first, hint = add(system, "skills-patterns", question).err.splitlines()
    assert f" says nearly the same as {old[:12]} in best-practices (" in first
    assert hint == f"hint: git fedlearn show {old[:12]}"
    assert add(system, "best-practices", {**NEW, "supersedes": [old]}).err.count(old[:12]) == 0


def test_near_duplicates_wait_in_status_until_somebody_decides(system: System) -> None:
    add(system, "best-practices", OLD, OTHER)
    for end, decision in (("", "drop"), (" At once.", "accept")):
        add(system, "best-practices", {**NEW, "description": NEW["description"] + end})
        (line,) = (line for line in system.fedlearn("status").out.splitlines() if line.startswith("review "))
        assert line.endswith("git fedlearn review --duplicates")
        assert system.fedlearn("review").err.endswith(
            "hint: git fedlearn review --duplicates    (1 near duplicate)\n"
        )
        (item,) = (
            one for one in system.fedlearn("status", "--json").json()["items"] if one["item"] == "review"
        )
        assert (item["waiting"], item["near_duplicates"], item["urgency"]) == (1, 1, "person")
        for cluster in system.fedlearn("review", "list", "--duplicates", "--json").json()["duplicates"]:
            system.fedlearn("review", decision, cluster["key"], "--duplicates")
        assert "review" not in system.fedlearn("status").out
        for one in system.records("best-practices"):
            if one.fields.get("title") == NEW["title"] and decision == "drop":
                system.fedlearn("retract", one.id, "--reason", "asked again")


def test_nobody_waits_for_an_index_that_is_far_behind(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "MAX_UNINDEXED_BYTES", 1)
    assert [add(system, "best-practices", one).err for one in (OLD, NEW)] == ["", ""]
    assert "clean" in system.fedlearn("search", "worktree clean checks for live children").out
    monkeypatch.undo()
    assert "says nearly the same" in add(system, "best-practices", {**NEW, "title": "check first"}).err
