"""The script that CI jobs run, on branches that git alone could not merge."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from federation.foreign import line, lines_of, patterns
from systems import Result, System, World

SCRIPT = Path(__file__).parents[2] / "examples" / "join-base.sh"
SKILLS = "data/patterns/skills-patterns.jsonl"


def run(system: System, *arguments: str) -> Result:
    return system.git("-c", f"alias.join=!sh {SCRIPT}", "join", *arguments, check=False)


def hub_with_branches(here: System, world: World, *, code: bool = False) -> tuple[System, System]:
    """A hub whose main and pull-request branches changed the same lines, and a plain clone of it."""
    hub = world.bare("hub")
    here.git("remote", "add", "origin", str(hub.path))
    here.git("config", "core.hooksPath", os.devnull)
    for branch, start in (("main", "main"), ("request", "main~1")):
        here.git("checkout", "--quiet", "-B", branch, start)
        here.write(SKILLS, lines_of([line(pattern=f"of {branch}")]))
        if code:
            here.write("code.py", branch.encode())
        here.commit(branch)
    here.git("push", "--quiet", "origin", "main", "request")
    runner = System(world.folder, world.home)
    runner.git("clone", "--quiet", str(hub.path), "runner")
    return hub, System(world.folder / "runner", world.home)


def test_the_base_branch_is_joined_and_pushed(here: System, world: World) -> None:
    hub, runner = hub_with_branches(here, world)
    result = run(runner, "main", "request")
    assert (result.code, result.out.splitlines()[-1:]) == (0, ["joined main into request"]), result
    assert patterns(runner) == ["of main", "of request"]
    assert hub.git("rev-parse", "request").out == runner.git("rev-parse", "HEAD").out
    assert "joined" not in run(runner, "main", "request").out


def test_a_conflict_of_code_is_left_to_people(here: System, world: World) -> None:
    hub, runner = hub_with_branches(here, world, code=True)
    before = hub.git("rev-parse", "request").out
    result = run(runner, "main", "request")
    assert result.code == 1
    assert "error: request and main conflict outside data/; merge main by hand\n" in result.err
    assert hub.git("rev-parse", "request").out == before


def test_a_script_that_the_pull_request_brings_does_not_run(here: System, world: World) -> None:
    _, runner = hub_with_branches(here, world)
    place = "examples/join-base.sh"
    here.git("checkout", "--quiet", "request")
    here.write(place, b"touch owned\n" * 1000)
    here.commit("a script of its own")
    here.git("push", "--quiet", "origin", "request")
    runner.write(place, SCRIPT.read_bytes())
    runner.git("config", "alias.join", f"!sh {place}")
    assert runner.git("join", "main", "request", check=False).code == 1  # the untracked file is in the way
    (runner.path / ".git/info/exclude").write_text("examples\n")
    runner.git("add", "--force", place)
    runner.git("commit", "--quiet", "--no-verify", "--message", "as on main")
    runner.git("join", "main", "request")
    assert runner.read(place) == b"touch owned\n" * 1000
    assert not (runner.path / "owned").exists()
    assert patterns(runner) == ["of main", "of request"]


def test_the_merge_tool_for_jj_joins(world: World) -> None:
    """What jj would run, with its variables filled in as jj does; jj itself is not needed."""
    page = (Path(__file__).parents[2] / "docs/howto/jj.md").read_text(encoding="utf-8")
    settings = tomllib.loads(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
    tool = settings["merge-tools"]["fedlearn"]
    sides = {"base": (), "left": (line(pattern="left"),), "right": (line(pattern="right"),), "output": ()}
    paths = {f"${name}": world.folder / name for name in sides}
    for name, lines in sides.items():
        (world.folder / name).write_bytes(lines_of(lines))
    filled = {**paths, "$path": SKILLS}
    command = [tool["program"], *(str(filled.get(word, word)) for word in tool["merge-args"])]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, env={**os.environ, "PATH": programs}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    joined = lines_of([line(pattern="left"), line(pattern="right")])
    assert (world.folder / "output").read_bytes() == joined
    assert (world.folder / "left").read_bytes() == lines_of(sides["left"])
