"""`git fedlearn federate`: all steps in one run, whatever fails and whoever pushes at the same time."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from systems import Result, System, World

from git_fedlearn.federation.upstream import Exchange, StepStatus, find_target, pull_upstream, push
from git_fedlearn.repository.repository import Repository

SKILLS = "data/patterns/skills-patterns.jsonl"


def hub_with(world: World, *names: str) -> tuple[System, list[System]]:
    """A bare hub, and systems that have it as their upstream."""
    world.copies(_hub_with, *names)
    hub, *systems = (System(world.folder / name, world.home) for name in ("hub", *names))
    return hub, systems


def _hub_with(world: World, *names: str) -> None:
    hub, first = world.bare("hub"), world.system(names[0])
    first.git("remote", "add", "origin", str(hub.path))
    first.git("-c", "core.hooksPath=/dev/null", "push", "--quiet", "--set-upstream", "origin", "main")
    for name in names[1:]:
        world.clone(hub, name)


def stack(world: World, name: str, *lessons: str) -> Path:
    """Telemetry that is worth learning."""
    folder = world.folder / f"stack-{name}" / "telemetry"
    folder.mkdir(parents=True, exist_ok=True)
    events = [
        {
            "event_type": "error",
            "error_message": f"the parser of {lesson} fails",
            "solution": f"mend {lesson}",
            "value_score": 0.9,
        }
        for lesson in lessons
    ]
    (folder / "x-events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return folder.parent


def steps(result: Result) -> dict[str, Any]:
    return {step["step"]: (step["outcome"], step["detail"]) for step in result.json()["steps"]}


def solutions(system: System) -> list[str]:
    return sorted(str(record.fields["solution"]) for record in system.records("error-solutions"))


def test_two_systems_learn_from_each_other_by_it_alone(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    first = one.fedlearn("federate", "--source", str(stack(world, "one", "alpha")))
    lines = [line.split(maxsplit=1) for line in first.out.splitlines()]
    assert [name for name, _ in lines] == [
        *("sync", "export", "commit", "pull", "pull-remotes", "import", "push", "sent")
    ]
    assert first.out.splitlines()[-1] == "sent 1 lesson"
    assert dict(lines)["push"] == "done          to origin/main"
    two.fedlearn("federate", "--source", str(stack(world, "two", "beta")))
    one.fedlearn("federate")
    assert solutions(one) == solutions(two) == ["mend alpha", "mend beta"]
    assert one.git("rev-parse", "HEAD").out == two.git("rev-parse", "HEAD").out
    again = steps(one.fedlearn("federate", "--json"))
    assert {outcome for outcome, _ in again.values()} == {"nothing to do", "skipped"}


def test_a_dry_run_changes_nothing(world: World) -> None:
    hub, (one,) = hub_with(world, "one")
    before = one.git("rev-parse", "HEAD").out, hub.git("for-each-ref").out
    found = steps(
        one.fedlearn("federate", "--dry-run", "--json", "--source", str(stack(world, "one", "alpha")))
    )
    assert found["sync"] == ("done", "1 new")
    assert found["pull"] == found["push"] == ("skipped", "not in a dry run")
    assert (one.git("rev-parse", "HEAD").out, hub.git("for-each-ref").out) == before
    assert one.git("status", "--porcelain").out == ""


def test_a_step_that_fails_does_not_stop_the_others(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    two.fedlearn("remote", "add", "gone", str(world.folder / "gone"))
    found = steps(two.fedlearn("federate", "--json", "--source", str(stack(world, "two", "beta")), code=1))
    assert found["pull-remotes"] == ("failed", "nothing new from 0 of 1 peer; failed: gone")
    assert found["push"][0] == "done"
    one.fedlearn("federate")
    assert solutions(one) == ["mend beta"]


def test_code_that_conflicts_is_left_as_it_was(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    for system in (one, two):
        system.write("code.py", system.path.name.encode())
        system.commit()
    one.git("push", "--quiet")
    found = steps(two.fedlearn("federate", "--json", code=1))
    assert found["pull"][0] == found["push"][0] == "failed"
    assert "CONFLICT (add/add): Merge conflict in code.py" in found["pull"][1]
    assert two.read("code.py") == b"two"
    assert not (two.path / ".git/MERGE_HEAD").exists()


def test_one_run_at_a_time(world: World) -> None:
    one = world.system("one")
    with Repository.discover(one.path, one.environment).lock("x"):
        pass
    folder = one.path / ".git/fedlearn/federate"
    from git_fedlearn.repository.lock import hold_lock  # noqa: PLC0415

    with hold_lock(folder, "federate"):
        assert "locked by git fedlearn federate" in one.fedlearn("federate", code=3).err


def test_systems_push_to_branches_of_their_own_and_read_all_of_them(world: World) -> None:
    hub, systems = hub_with(world, "one", "two")
    for system in systems:
        system.git("config", "fedlearn.pushTo", "systems")
        system.fedlearn("remote", "add", "origin", "--branch", "systems/*")
        system.fedlearn("federate", "--source", str(stack(world, system.path.name, system.path.name)))
    before = hub.git("rev-parse", "main").out
    systems[0].fedlearn("federate")
    assert {tuple(solutions(system)) for system in systems} == {("mend one", "mend two")}
    assert hub.git("rev-parse", "main").out == before
    branches = hub.git("for-each-ref", "--format=%(refname)", "refs/heads/systems").out.split()
    ids = [system.git("config", "fedlearn.system").out.strip() for system in systems]
    assert branches == sorted(f"refs/heads/systems/{identifier}" for identifier in ids)
    assert "from 1 peer" in systems[0].git("log", "-1", "--format=%s").out


def test_anonymous_commits_name_the_system_only(world: World) -> None:
    hub, (one, two) = hub_with(world, "one", "two")
    for system in (one, two):
        system.git("config", "fedlearn.anonymous", "true")
        system.git("config", "commit.gpgSign", "true")
    start = hub.git("rev-parse", "main").out.strip()
    one.fedlearn("federate", "--source", str(stack(world, "one", "alpha")))
    (two.path / "data/note.md").write_text("x")
    two.fedlearn("federate", "--source", str(stack(world, "two", "beta")))
    ids = {system.git("config", "fedlearn.system").out.strip() for system in (one, two)}
    said = hub.git("log", "--format=%an %ae %cn %ce", f"{start}..main").out.splitlines()
    assert len(said) == 3
    assert {name for line in said for name in line.replace("@fedlearn.invalid", "").split()} == ids


def test_others_push_at_the_same_time(world: World) -> None:
    """A push in between: the next try but one gets through, with everything joined."""
    _, (one, two) = hub_with(world, "one", "two")
    two.add("skills-patterns", {"pattern": "two", "value_score": 0.9})
    two.commit()
    faster = iter(["a"])
    rests: list[float] = []

    def interfere(seconds: float) -> None:
        rests.append(seconds)

    def catch_up() -> Exchange:
        done = pull_upstream(repository, 60)
        win = next(faster, None)
        if win:
            get_ahead(win)
        return done

    def get_ahead(word: str) -> None:
        one.git("pull", "--quiet", "--no-rebase", "--no-edit")
        one.add("skills-patterns", {"pattern": word, "value_score": 0.9})
        one.commit()
        one.git("push", "--quiet")

    get_ahead("start")
    repository = Repository.discover(two.path, two.environment)
    target = find_target(repository, None)
    assert target
    done = push(repository, target, catch_up, interfere, seconds=60)
    assert (done.status, done.attempts, len(rests)) == (StepStatus.DONE, 3, 2)
    assert len(two.records("skills-patterns")) == 3


def test_many_at_once_all_arrive(world: World) -> None:
    _, systems = hub_with(world, "one", "two", "three")
    threads = [
        threading.Thread(
            target=system.fedlearn,
            args=("federate", "--source", str(stack(world, system.path.name, system.path.name))),
        )
        for system in systems
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    systems[0].fedlearn("federate")
    assert solutions(systems[0]) == ["mend one", "mend three", "mend two"]


def test_what_a_killed_run_left_is_put_right(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    one.add("skills-patterns", {"pattern": "one", "value_score": 0.9})
    one.fedlearn("federate")
    two.fedlearn("federate")
    (two.path / ".git/fedlearn/federate.json").write_text("{}")
    (two.path / ".git/index.lock").write_text("")
    os.utime(two.path / ".git/fedlearn/federate.json", (1e9, 1e9))
    os.utime(two.path / ".git/index.lock", (1e9, 1e9))
    (two.path / SKILLS).unlink()
    result = two.fedlearn("federate")
    assert result.err == "note: the previous run was interrupted; its leftovers were cleaned up\n"
    assert len(two.records("skills-patterns")) == 1
    assert two.git("status", "--porcelain").out == ""
    assert not (two.path / ".git/fedlearn/federate.json").exists()


def test_files_that_people_edit_are_not_committed(world: World) -> None:
    hub, (one,) = hub_with(world, "one")
    edited = {
        "data/README.md": one.read("data/README.md") + b"half a sentence that",
        "data/drafts/plan.txt": b"not yet",
        "data/telemetry/snapshots/sys-abcdefghij/2026-05-28.jsonl": b"",
        "code.py": b"print(",
    }
    for path, data in edited.items():
        one.write(path, data)
    one.git("add", "code.py", "data/drafts")
    done = steps(one.fedlearn("federate", "--json", "--source", str(stack(world, "one", "alpha"))))
    assert done["commit"][0] == done["push"][0] == "done"
    changed = hub.git("diff", "--name-only", "main~1", "main").out.split()
    assert "data/patterns/error-solutions.jsonl" in changed
    assert not {*changed} & {*edited}
    assert {path: one.read(path) for path in edited} == edited
    assert one.git("diff", "--cached", "--name-only").out.split() == ["code.py", "data/drafts/plan.txt"]


def test_a_set_that_git_refuses_does_not_stop_the_next_commit_of_code(world: World) -> None:
    _, (one,) = hub_with(world, "one")
    one.write(SKILLS, one.read(SKILLS) + b"half a line\n")
    one.write("code.py", b"x = 1\n")
    one.git("add", "code.py")
    done = steps(one.fedlearn("federate", "--json", "--source", str(stack(world, "one", "alpha")), code=1))
    assert done["commit"][0] == "failed"
    assert f"{SKILLS}:1: not JSON" in done["commit"][1]
    assert one.git("diff", "--cached", "--name-only").out.split() == ["code.py"]
    assert one.git("commit", "--quiet", "--message", "code").code == 0
    assert b"half a line" in one.read(SKILLS)
    assert solutions(one) == ["mend alpha"]


@pytest.mark.parametrize("files", [[], ["code.py"], [".gitattributes"], [".gitattributes", ".fedlearn.toml"]])
def test_data_is_not_committed_without_its_rules(world: World, files: list[str]) -> None:
    one = world.repository("one")
    one.fedlearn("init")
    one.write("code.py", b"")
    if files:
        one.git("add", *files)
        one.git("commit", "--quiet", "--message", "first")
    before = one.git("rev-parse", "--verify", "HEAD", check=False).out
    source = str(stack(world, "one", "alpha"))
    found = steps(one.fedlearn("federate", "--json", "--source", source, code=1))
    assert found["commit"][0] == "failed"
    assert "not committed on this branch yet" in found["commit"][1]
    assert one.git("rev-parse", "--verify", "HEAD", check=False).out == before
    one.git("add", ".gitattributes", ".gitignore", ".fedlearn.toml")
    one.git("commit", "--quiet", "--message", "rules")
    assert steps(one.fedlearn("federate", "--json"))["commit"][0] == "done"


def test_the_last_line_says_what_was_received_and_sent(world: World) -> None:
    _, (one, two, three) = hub_with(world, "one", "two", "three")
    for system, lessons in ((one, ("alpha", "beta")), (two, ("gamma",))):
        system.fedlearn("federate", "--source", str(stack(world, system.path.name, *lessons)))
    friend = world.system("friend")
    friend.add("skills-patterns", {"pattern": "ask first, then act", "value_score": 0.9})
    friend.commit()
    three.fedlearn("remote", "add", "friend", str(friend.path))
    source = str(stack(world, "three", "delta", "epsilon"))
    assert "received" not in three.fedlearn("federate", "--source", source, "--dry-run").out
    told = three.fedlearn("federate", "--source", source).out.splitlines()[-1]
    assert told == "received 4 lessons from 3 systems, sent 3"
    assert three.fedlearn("federate").out.splitlines()[-1] == "nothing new to receive or to send"
    answer = one.fedlearn("federate", "--json").json()
    assert {key: answer[key] for key in ("received", "systems", "sent")} == {
        "received": 4,
        "systems": 3,
        "sent": 0,
    }


def test_what_others_pushed_meanwhile_was_not_sent_from_here(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("git_fedlearn.federation.upstream.MAX_DELAY_SECONDS", 0.1)
    hub, (one, two) = hub_with(world, "one", "two")
    two.add("skills-patterns", {"pattern": "ask first, then act", "value_score": 0.9})
    two.commit()
    hook = hub.path / "hooks" / "pre-receive"
    hook.write_text(
        f"#!/bin/sh\nrm {hook}\nunset GIT_QUARANTINE_PATH GIT_DIR GIT_OBJECT_DIRECTORY\n"
        f"unset GIT_ALTERNATE_OBJECT_DIRECTORIES\ncd {two.path} && git push -q\n"
    )
    hook.chmod(0o755)
    told = one.fedlearn("federate", "--source", str(stack(world, "one", "alpha"))).out.splitlines()
    assert "attempts" in told[-2]
    assert told[-1] == "sent 1 lesson"


def test_a_detached_head_is_a_failure_that_says_so(world: World) -> None:
    _, (one,) = hub_with(world, "one")
    one.git("checkout", "--quiet", "--detach")
    before = one.git("rev-parse", "HEAD").out
    source = str(stack(world, "one", "alpha"))
    found = steps(one.fedlearn("federate", "--json", "--source", source, code=1))
    detached = ("failed", "HEAD is detached: no branch is checked out (git switch main)")
    assert found["commit"] == found["push"] == detached
    assert one.git("rev-parse", "HEAD").out == before
    one.git("switch", "--quiet", "main")
    assert steps(one.fedlearn("federate", "--json"))["push"][0] == "done"


def test_lessons_of_peers_are_not_committed_on_a_detached_head(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    two.add("skills-patterns", {"pattern": "two", "value_score": 0.9})
    two.commit()
    one.fedlearn("remote", "add", "two", str(two.path))
    one.git("checkout", "--quiet", "--detach")
    found = steps(one.fedlearn("federate", "--json", code=1))
    assert found["pull-remotes"] == found["commit"]
    one.git("switch", "--quiet", "main")
    assert steps(one.fedlearn("federate", "--json"))["pull-remotes"] == ("done", "1 new from 1 peer")


def test_a_bisect_is_not_disturbed(world: World) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    for number in range(4):
        one.write("code.py", str(number).encode())
        one.commit()
    two.add("skills-patterns", {"pattern": "two", "value_score": 0.9})
    two.commit()
    one.fedlearn("remote", "add", "two", str(two.path))
    one.git("bisect", "start", "HEAD", "HEAD~3")
    before = one.git("rev-parse", "HEAD").out
    refused = one.fedlearn("pull-remotes", code=3)
    assert refused.err == "error: a bisect is in progress\nhint: git bisect reset\n"
    found = steps(one.fedlearn("federate", "--json", code=1))
    assert found["commit"] == ("failed", "a bisect is in progress (git bisect reset)")
    assert one.git("rev-parse", "HEAD").out == before
    one.git("bisect", "reset")
    assert one.git("branch", "--show-current").out == "main\n"


def test_data_files_that_git_ignores_are_told_of(world: World) -> None:
    """A rule such as `*.jsonl` in the ignore file of a user hides sets that no commit has yet."""
    _, (one,) = hub_with(world, "one")
    one.write(".git/info/exclude", b"*.jsonl\n")
    one.add("collections/notes", {"pattern": "use a queue", "value_score": 0.9})
    found = steps(one.fedlearn("federate", "--json"))
    assert found["commit"] == ("nothing to do", "1 data file ignored by git")
    line = one.fedlearn("status", "--check", code=1).out
    assert "git check-ignore -v data/collections/notes.jsonl" in line
    one.add("skills-patterns", {"pattern": "one", "value_score": 0.9})
    outcome, detail = steps(one.fedlearn("federate", "--json"))["commit"]
    assert (outcome, detail[12:]) == ("done", "; 1 data file ignored by git")
    one.write(".git/info/exclude", b"")
    assert ";" not in steps(one.fedlearn("federate", "--json"))["commit"][1]
    assert one.git("ls-tree", "--name-only", "origin/main", "data/collections/notes.jsonl").out


@pytest.mark.parametrize("path", [SKILLS, "data"])
def test_what_a_pull_lost_is_told(world: World, path: str) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    one.add("skills-patterns", {"pattern": "measure first", "value_score": 0.9})
    one.fedlearn("federate")
    two.git("pull", "--quiet")
    two.git("rm", "--quiet", "-r", path)
    two.git("commit", "--quiet", "--no-verify", "--message", "start over")
    two.git("push", "--quiet", "--no-verify")
    done = one.fedlearn("federate")
    assert "warning: this merge lost 1 record of skills-patterns: " in done.err
    assert "hint: git fedlearn verify --fix --history && " in done.err


@pytest.mark.parametrize("key", ["pull.ff", "merge.ff"])
def test_a_pull_that_may_only_fast_forward_says_how_to_merge(world: World, key: str) -> None:
    _, (one, two) = hub_with(world, "one", "two")
    for system in (two, one):
        system.add("skills-patterns", {"pattern": system.path.name, "value_score": 0.9})
        system.commit()
    two.git("push", "--quiet")
    one.git("config", key, "only")
    outcome, detail = steps(one.fedlearn("federate", "--json", code=1))["pull"]
    assert outcome == "failed"
    command = detail.partition("(")[2].partition("    ")[0]
    one.git(*command.removeprefix("git ").split())
    found = steps(one.fedlearn("federate", "--json"))
    assert (found["pull"][0], found["push"][0]) == ("done", "done")


@pytest.mark.parametrize("key", ["remote.pushDefault", "branch.main.pushRemote"])
def test_it_pushes_where_git_push_does(world: World, key: str) -> None:
    hub, (one,) = hub_with(world, "one")
    fork, before = world.bare("fork"), hub.git("rev-parse", "main").out
    one.git("remote", "add", "fork", str(fork.path))
    one.git("config", key, "fork")
    found = steps(one.fedlearn("federate", "--json", "--source", str(stack(world, "one", "alpha"))))
    assert found["push"] == ("done", "to fork/main")
    assert fork.git("rev-parse", "main").out == one.git("rev-parse", "HEAD").out
    assert hub.git("rev-parse", "main").out == before
    assert steps(one.fedlearn("federate", "--json"))["push"] == ("nothing to do", "")
    one.fedlearn("federate", "--push-to", "systems")
    assert "systems/sys-" in fork.git("branch").out


def test_an_upstream_with_a_history_of_its_own_says_how_to_keep_both(world: World) -> None:
    hub, (one,) = hub_with(world, "one")
    one.fedlearn("federate", "--source", str(stack(world, "one", "alpha")))
    two = world.repository("two")
    two.fedlearn("init")
    two.commit()
    two.git("remote", "add", "--fetch", "origin", str(hub.path))
    two.git("branch", "--quiet", "--set-upstream-to=origin/main")
    merge = "git pull --no-rebase --allow-unrelated-histories"
    found = steps(two.fedlearn("federate", "--json", "--source", str(stack(world, "two", "beta")), code=1))
    assert found["pull"] == ("failed", f"refusing to merge unrelated histories ({merge}    keeps both)")
    assert f"{merge} && git push\n" in two.fedlearn("status").out
    two.git(*merge.split()[1:], "--no-edit")
    for system in (two, one):
        system.fedlearn("federate")
        assert solutions(system) == ["mend alpha", "mend beta"]


def test_a_missing_identity_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("git_fedlearn.federation.upstream.MAX_DELAY_SECONDS", 0.1)
    _, (one, two) = hub_with(world, "one", "two")
    one.add("skills-patterns", {"pattern": "one", "value_score": 0.9})
    one.commit()
    one.git("push", "--quiet")
    two.add("skills-patterns", {"pattern": "two", "value_score": 0.9})
    two.commit()
    two.add("skills-patterns", {"pattern": "three", "value_score": 0.9})
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        del two.environment[name]
    two.git("config", "user.useConfigOnly", "true")
    found = steps(two.fedlearn("federate", "--json", code=1))
    for step in ("commit", "pull", "push"):
        assert found[step][0] == "failed"
        assert "user.name and user.email are not set (git config --global user.name" in found[step][1]
