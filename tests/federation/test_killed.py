"""Runs that are killed for real while git changes the work tree: the next run completes them."""

import os
import signal
import subprocess
import sys

import pytest
from federation.foreign import ERRORS, SKILLS, Foreign, line, lines_of, patterns, pull
from systems import System, World

OTHER = "data/telemetry/snapshots/sys-other23456/2026-05-01.jsonl"


def killed(system: System, *arguments: str) -> None:
    """Run a command in which git, at the second file that it writes, kills the command and itself."""
    count, pid = system.path.parent / "written", system.path.parent / "pid"
    script = f'echo x >>"{count}"; test "$(wc -l <"{count}")" -ne 2 || kill -9 "$(cat "{pid}")" 0; cat'
    environment = {
        **system.environment,
        "GIT_CONFIG_COUNT": "3",
        "GIT_CONFIG_KEY_2": "filter.deadly.smudge",
        "GIT_CONFIG_VALUE_2": script,
    }
    attributes = system.path / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    before = attributes.read_bytes() if attributes.exists() else b""
    attributes.write_bytes(before + b"\n* filter=deadly\n")
    with subprocess.Popen(
        ["sh", "-c", 'echo $$ >"$0"; exec "$@"', pid, sys.executable, "-m", "git_fedlearn.cli", *arguments],
        cwd=system.path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        code = process.wait()
    attributes.write_bytes(before)
    assert code == -signal.SIGKILL
    locks = list((system.path / ".git").glob("*.lock"))
    assert locks, "git was not killed with its lock in hand"
    marks = ("fedlearn-landing.json", "fedlearn-pulling.json", "fedlearn/federate.json")
    for path in (*locks, *(system.path / ".git" / mark for mark in marks)):
        if path.exists():  # a minute ago: nobody waits for what is surely dead
            os.utime(path, (path.stat().st_mtime - 60,) * 2)


@pytest.mark.parametrize("option", ["", "--no-commit"])
def test_a_killed_pull_remotes_is_completed_by_the_next(here: System, peer: Foreign, option: str) -> None:
    peer.offer_files(
        {
            SKILLS: lines_of([line(pattern="first")]),
            ERRORS: lines_of([line(error="e", solution="s")]),
            OTHER: lines_of([line(query="q", response="r")]),
        }
    )
    killed(here, "pull-remotes", *filter(None, [option]))
    assert here.git("status", "--porcelain").out != ""
    result = here.fedlearn("pull-remotes")
    assert result.err == "note: the previous run was interrupted; its leftovers were cleaned up\n"
    assert patterns(here) == ["first"]
    assert here.git("status", "--porcelain").out == ""
    assert len(here.records("error-solutions")) == 1
    assert not list((here.path / ".git").glob("*.lock"))
    assert here.fedlearn("pull-remotes").err == ""


def test_any_writing_verb_puts_a_killed_run_right_and_keeps_what_the_user_did(
    here: System, peer: Foreign
) -> None:
    peer.offer_files(
        {SKILLS: lines_of([line(pattern="first")]), ERRORS: lines_of([line(error="e", solution="s")])}
    )
    killed(here, "pull-remotes")
    here.write("data/note.md", b"mine")
    here.write("data/README.md", b"mine too")
    here.add("best-practices", {"title": "mine", "description": "kept"})
    changed = [row[3:] for row in here.git("status", "--porcelain").out.splitlines()]
    assert changed == ["data/README.md", "data/patterns/best-practices.jsonl", "data/note.md"]
    here.commit()
    assert pull(here)["peers"]["peer"]["learned"] == 2


def test_a_lock_in_the_way_of_a_fetch_goes(here: System, peer: Foreign) -> None:
    peer.offer(line(pattern="first"))
    lock = here.path / ".git" / "refs" / "fedlearn" / "peer" / "HEAD.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text("")
    os.utime(lock, (1e9, 1e9))
    pull(here)
    assert patterns(here) == ["first"]
    assert not lock.exists()


def test_a_killed_git_pull_of_federate_is_completed(world: World) -> None:
    hub, one = world.bare("hub"), world.system("one")
    one.git("remote", "add", "origin", str(hub.path))
    one.git("push", "--quiet", "--set-upstream", "origin", "main")
    two = world.clone(hub, "two")
    one.write("code.py", b"1")
    for system, number in ((one, 1), (two, 2)):
        system.add("skills-patterns", {"pattern": f"of {number}", "value_score": 0.9})
        system.add("error-solutions", {"error": f"{number}", "solution": "s", "value_score": 0.9})
        system.commit()
    one.git("push", "--quiet")
    killed(two, "federate")
    assert two.read("code.py") == b"1"
    result = two.fedlearn("federate")
    assert result.err == "note: the previous run was interrupted; its leftovers were cleaned up\n"
    assert patterns(two) == ["of 1", "of 2"]
    assert two.read("code.py") == b"1"
    assert two.git("status", "--porcelain").out == ""
    assert two.git("rev-parse", "HEAD").out == hub.git("rev-parse", "main").out
