"""`git-fedlearn-hook`: what every hook runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from installed import probe
from systems import World

from git_fedlearn.plumbing.hook import PROBE, PROBED, run
from git_fedlearn.setup import hooks

KEY = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def test_a_probe_says_that_the_hook_was_reached(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pre-push", "origin", "url"], {PROBE: "t0ken"}) == PROBED
    assert capsys.readouterr() == ("", "fedlearn-probe t0ken pre-push\n")


def test_scripts_and_program_agree_on_the_variable() -> None:
    assert hooks.PROBE == PROBE


@pytest.mark.parametrize("arguments", [[], ["post-checkout"], ["../cli"]])
def test_an_unknown_hook_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments, {}) == 2
    assert capsys.readouterr().err.startswith(
        f"error: no such hook: {''.join(arguments)}\nhint: one of pre-commit, "
    )


def test_outside_a_repository_it_says_so(world: World) -> None:
    folder = world.folder_system("plain")
    done = subprocess.run(
        [Path(sys.executable).parent / "git-fedlearn-hook", "pre-commit"],
        cwd=folder.path,
        env=folder.environment,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 3
    assert done.stderr.startswith(f"error: {folder.path}: not in a git repository\nhint: ")


def test_git_reaches_every_hook(world: World) -> None:
    one, hub = world.system("one"), world.bare("hub")
    one.git("checkout", "--quiet", "-b", "side")
    one.commit("side")
    one.git("checkout", "--quiet", "main")
    one.commit("main")
    assert probe(one, "commit", "--allow-empty", "-m", "x") == ["pre-commit"]
    assert probe(one, "commit", "--no-verify", "--amend", "-m", "x") == []
    assert probe(one, "merge", "--no-edit", "side") == ["pre-merge-commit"]
    one.git("merge", "--abort", check=False)
    assert probe(one, "merge", "--ff-only", "side~0", "HEAD") == []
    one.git("reset", "--quiet", "--hard", "side~1")
    assert probe(one, "merge", "--ff-only", "side") == ["post-merge"]
    assert probe(one, "push", str(hub.path), "main") == ["pre-push"]


def test_a_commit_with_a_secret_is_stopped_and_one_of_code_is_not(world: World) -> None:
    one = world.system("one")
    one.write("code.py", f"KEY = '{KEY}'\n".encode())
    one.git("add", "code.py")
    one.git("commit", "--quiet", "-m", "code")
    one.write("data/patterns/skills-patterns.jsonl", f'{{"pattern":"use {KEY}"}}\n'.encode())
    one.git("add", "data")
    one.git("config", "fedlearn.sanitize", "stop")
    stopped = one.git("commit", "-m", "secret", check=False)
    assert stopped.code == 1
    assert KEY not in stopped.err + stopped.out
    assert "error: " in stopped.err
