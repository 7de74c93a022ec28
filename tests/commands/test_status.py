"""`git fedlearn status`: every line as a person reads it, in the states a repository can be in."""

import os
import re
import shutil

import pytest
from systems import System, World


@pytest.fixture(autouse=True)
def _no_timers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No crontab but the test's own: a program of that name which knows of no lines."""
    fake = world.folder / "bin" / "crontab"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    environment = World.environment
    monkeypatch.setattr(
        World,
        "environment",
        staticmethod(
            lambda home: {
                **environment(home),
                "PATH": f"{fake.parent}{os.pathsep}{environment(home)['PATH']}",
            }
        ),
    )


def status(system: System, *options: str) -> str:
    """Without what to do first, and columns two spaces apart: how wide they are depends on the widest."""
    lines = re.sub(" {2,}", "  ", system.fedlearn("status", *options).out).splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("do first"))


def test_a_lesson_in_two_sets_is_one(world: World) -> None:
    one = world.system("two")
    one.add("skills-patterns", {"pattern": "a", "value_score": 0.8}, {"pattern": "b"})
    one.write("data/collections/mine.jsonl", one.read("data/patterns/skills-patterns.jsonl"))
    one.fedlearn("outcome", one.records("skills-patterns")[0].id, "--worked")
    assert "learned  2 records (collections/mine 2, skills-patterns 2)\n" in status(one)
    one.commit()
    assert "learned  2 records (collections/mine 2, skills-patterns 2)\n" in status(one)
    assert "\n  2 learned\n" in one.fedlearn("log").out
    totals = one.fedlearn("report", "--json").json()["totals"]
    assert (totals["lessons"], totals["worked"], totals["with_outcomes"]) == (2, 1, 1)


def test_from_an_empty_repository_to_one_that_is_pushed(world: World) -> None:
    one = world.repository("one")
    assert status(one) == (
        "branch  on main, no commits yet\nlearned  nothing: no data/ folder yet  git fedlearn init\n"
    )
    one = world.system("two")
    one.git("config", "fedlearn.system", "sys-abcdefghij")
    one.add("skills-patterns", {"pattern": "a", "value_score": 0.8}, {"pattern": "b"})
    assert one.fedlearn("status").out == (
        "do first     (uncommitted)  git add data && git commit\n"
        "branch       on main\n"
        "learned      2 records (skills-patterns 2)\n"
        "uncommitted  2 learned                      git add data && git commit\n"
        "unpushed     nothing pushed yet: no remote  git remote add origin URL\n"
        "privacy      no private data in 2 new lines\n"
    )
    one.commit()
    world.bare("hub")
    one.git("remote", "add", "origin", "../hub")
    assert "unpushed  nothing pushed yet: this branch has no upstream  git push -u origin HEAD\n" in status(
        one
    )
    one.git("push", "--quiet", "-u", "origin", "HEAD")
    told = one.fedlearn("status")
    assert told.out == (
        "branch       on main\n"
        "learned      2 records (skills-patterns 2)\n"
        "unpushed     nothing (up to date with origin/main)\n"
    )
    assert told.err == "hint: git fedlearn schedule install    (schedule: no timers)\n"
    quiet = {item["item"]: item["text"] for item in one.fedlearn("status", "--json").json()["items"]}
    assert [quiet[name] for name in ("uncommitted", "privacy", "peers", "review", "publish", "qdrant")] == [
        "nothing",
        "no new lines to check",
        "none",
        "nothing to review",
        "nothing to publish again",
        "not configured",
    ]


def test_ahead_behind_and_asking_first(world: World) -> None:
    one = world.system("one")
    world.bare("hub")
    one.git("remote", "add", "origin", "../hub")
    one.git("push", "--quiet", "-u", "origin", "HEAD")
    two = world.clone(System(world.folder / "hub", world.home), "two")
    two.add("skills-patterns", {"pattern": "theirs", "value_score": 0.8})
    two.commit()
    two.git("push", "--quiet")
    one.add("skills-patterns", {"pattern": "ours", "value_score": 0.8}, {"pattern": "also"})
    one.commit()
    line = "unpushed  1 commit ahead of origin/main: 2 learned  git push\n"
    assert line in status(one)
    one.git("fetch", "--quiet")
    asked = status(one)
    assert "unpushed  1 commit ahead of origin/main: 2 learned  git pull --no-rebase && git push\n" in asked
    assert "to pull  1 commit behind origin/main: 1 learned  git pull --no-rebase\n" in asked
    items = {item["item"]: item for item in one.fedlearn("status", "--json").json()["items"]}
    assert items["unpushed"]["changes"] == {"learned": 2}
    assert items["to pull"]["commits"] == 1
    assert items["privacy"]["lines"] == 2
    one.git("pull", "--quiet", "--no-rebase", "--no-edit")
    assert "unpushed  2 commits ahead of origin/main: 2 learned  git push\n" in status(one)


def test_what_is_private_is_counted_once_and_never_shown(world: World) -> None:
    one = world.system("one")
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    one.write("data/patterns/skills-patterns.jsonl", f'{{"pattern":"{secret}"}}\n'.encode())
    expected = "privacy  1 finding in 1 new line will stop the commit or push  git fedlearn sanitize\n"
    assert expected in status(one)
    assert expected in status(one)
    assert secret not in one.fedlearn("status", "--json").out
    one.fedlearn("sanitize")
    assert "privacy  no private data in 1 new line\n" in status(one)


def test_peers_and_pending_items(world: World) -> None:
    one, friend = world.system("one"), world.system("friend")
    friend.add("skills-patterns", {"pattern": "fine", "value_score": 0.8})
    friend.write("data/patterns/best-practices.jsonl", b'{"title":"t","value_score":7}\n')
    friend.git("add", "--all")
    friend.git("commit", "--quiet", "--no-verify", "-m", "x")
    one.fedlearn("remote", "add", "friend", str(friend.path))
    assert "peers  1: friend never reached" in status(one)
    one.fedlearn("pull-remotes", "--dry-run")
    asked = status(one)
    assert "peers  1: friend has 1 new record  git fedlearn pull-remotes friend\n" in asked
    one.fedlearn("pull-remotes")
    after = status(one)
    assert "peers  1: nothing new, last fetched just now\n" in after
    assert "review  1 record from peers (friend 1)  git fedlearn review\n" in after


def test_in_the_middle_of_a_merge_detached_and_bare(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"pattern": "a"})
    one.commit()
    one.git("config", "merge.fedlearn.driver", "false")
    one.git("switch", "--quiet", "-c", "side", "HEAD~1")
    one.add("skills-patterns", {"pattern": "b"})
    one.commit()
    one.git("merge", "main", check=False)
    assert status(one).startswith(
        "branch  on side, in the middle of a merge, 1 data file in conflict  git fedlearn resolve\n"
    )
    one.git("merge", "--abort")
    one.git("checkout", "--quiet", "--detach")
    head = one.git("rev-parse", "HEAD").out[:12]
    told = status(one)
    assert told.startswith(f"branch  HEAD detached at {head} ")
    assert "git switch side\n" in told
    assert "unpushed  unknown: a detached HEAD has no upstream\n" in told
    bare = world.bare("hub")
    assert status(bare).endswith("learned  nothing: no commits yet\n")
    one.git("push", "--quiet", str(bare.path), "HEAD:refs/heads/main")
    assert status(bare) == ("branch  bare repository\nlearned  1 record (skills-patterns 1)\n")


def test_index_timers_and_the_last_federation(world: World) -> None:
    one = world.system("one")
    fake = world.folder / "bin" / "crontab"
    fake.write_text(f'#!/bin/sh\nif [ "$1" = - ]; then cat >{fake}.lines; else cat {fake}.lines; fi\n')
    one.fedlearn("schedule", "install", "--cron", "--sync", "6h", "--federate", "daily")
    one.add("skills-patterns", {"pattern": "a"})
    one.fedlearn("federate", "--source", str(world.folder / "nothing"), code=1)
    items = {item["item"]: item for item in one.fedlearn("status", "--json").json()["items"]}
    assert items["federated"]["failed"] == ["sync"]
    assert items["schedule"]["jobs"]["sync"].split()[1] == "*/6"
    assert "federate" in items["schedule"]["jobs"]
    assert items["learned"]["sets"]["skills-patterns"]["records"] == 1
    assert "federated  just now; failed: sync" in status(one)


def test_what_must_not_be_committed_and_what_cannot_be_read(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"pattern": "a"})
    one.commit()
    path = one.path / "data/patterns/skills-patterns.jsonl"
    held = path.read_bytes()
    path.write_bytes(b"")
    assert "uncommitted  1 lost  git fedlearn verify --fix\n" in status(one)
    path.write_bytes(held + b"no record\n")
    assert "uncommitted  1 record set file  git fedlearn verify\n" in status(one)
    one.git("config", "remote.x.url", "/nowhere")
    one.git("config", "remote.x.fedlearn", "true")
    one.git("config", "remote.x.fedlearnTrust", "nonsense")
    told = status(one)
    assert "peers  unknown: git config remote.x.fedlearn" in told


def test_what_needs_doing_first_and_the_exit_code_for_monitors(world: World) -> None:
    one, friend = world.system("one"), world.system("friend")

    def found(code: int) -> str:
        lines = one.fedlearn("status", "--check", code=code).out.splitlines()
        answer = one.fedlearn("status", "--check", "--json", code=code).json()
        assert answer["worst"] in {0: ("optional", "routine"), 1: ("person",), 3: ("broken",)}[code]
        assert one.fedlearn("status", "--json").json()["first"] == answer["first"]
        assert [line.split()[0] for line in lines] == [
            item["item"] for item in answer["items"] if item["urgency"] in ("person", "broken")
        ]
        return f"{answer['first']['item']}: {answer['first']['command']}" if answer["first"] else ""

    one.add("skills-patterns", {"pattern": "a"})
    assert found(0) == "uncommitted: git add data && git commit"
    one.commit()
    one.fedlearn("retract", one.records("skills-patterns")[0].id, "--reason", "wrong")
    one.commit()
    one.add("best-practices", {"title": "pin the channel", "description": "so that builds repeat"})
    one.commit()
    assert found(0) == ""
    one.fedlearn("remote", "add", "friend", str(friend.path))
    one.fedlearn("pull-remotes")
    friend.path.rename(world.folder / "gone")
    one.fedlearn("pull-remotes", code=1)
    assert found(1) == "peers: git fedlearn pull-remotes friend"
    one.git("checkout", "--quiet", "--detach")
    assert found(1) == "branch: git switch main"
    one.write("data/patterns/best-practices.jsonl", b"")
    assert found(3) == "uncommitted: git fedlearn verify --fix"
    (one.path / ".git/hooks/pre-commit").unlink()
    assert found(3) == "setup: git fedlearn install"
    outside = System(world.folder, world.home)
    assert outside.fedlearn("status", "--check", code=3).err.startswith("error: ")


def test_a_clone_that_is_not_set_up(world: World) -> None:
    world.system("one")
    plain = System(world.folder, world.home)
    plain.git("clone", "--quiet", "one", "two")
    plain.path = world.folder / "two"
    assert (
        "setup  incomplete: git does not merge or check records here yet  git fedlearn install\n"
        in status(plain)
    )
    plain.fedlearn("install")
    assert "setup" not in status(plain)


def test_a_state_folder_that_cannot_be_used_is_no_matter(world: World) -> None:
    one = world.system("one")
    one.add("skills-patterns", {"pattern": "a"})
    one.fedlearn("retract", one.records("skills-patterns")[0].id, "--reason", "wrong")
    (one.path / ".git/fedlearn/counts.json").write_text("{")
    (one.path / ".git/fedlearn/federated.json").write_text("[]")
    one.commit()
    assert "learned  0 records and 1 retraction (skills-patterns 0)\n" in status(one)
    (one.path / ".git/fedlearn/counts.json").write_text('{"format":1,"blobs":{"x":[1]}}')
    assert "learned  0 records and 1 retraction (skills-patterns 0)\n" in status(one)


def test_data_that_is_not_checked_out_is_not_set_up_anew(system: System) -> None:
    """As after `git clone --no-checkout`."""
    shutil.rmtree(system.path / "data")
    command = "git checkout HEAD -- data"
    assert system.fedlearn("status").out.startswith(f"do first     (learned)  {command}\n")
    system.git(*command.split()[1:])
    assert system.git("status", "--porcelain").out == ""
