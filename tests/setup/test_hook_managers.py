"""Hooks under the real husky and the real lefthook, as docs/howto/hook-managers.md sets them up."""

import json
import shutil

import pytest
from doc_pages import read_blocks
from systems import Result, System, World

PAGE = "docs/howto/hook-managers.md"
SET = "data/patterns/best-practices.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"


@pytest.fixture
def one(world: World) -> System:
    """A repository with a bare remote."""
    system = world.repository("one")
    system.git("remote", "add", "origin", str(world.bare("origin.git").path))
    return system


def run_tool(system: System, name: str, *arguments: str, how: str) -> Result:
    """Run a hook manager in the repository; skips the test where there is none."""
    if not shutil.which(name, path=system.environment["PATH"]):
        pytest.skip(f"no {name}: {how}")
    return system.git("-c", f"alias.tool=!{name}", "tool", *arguments)


def husky(system: System) -> None:
    run_tool(system, "husky", how="npm install --global husky")


def lefthook(system: System) -> None:
    run_tool(system, "lefthook", "install", how="pip install lefthook")


def leak(system: System, title: str) -> None:
    """Stage a record with an address in it."""
    line = json.dumps({"title": title, "description": f"Ask {MAIL} first, then look at the log."})
    system.write(SET, system.read(SET) + line.encode() + b"\n")
    system.git("add", SET)


def holds(system: System) -> None:
    """Redact a commit, stop a push of private data, report a merge that loses a record."""
    leak(system, "who knows")
    system.git("commit", "--quiet", "-m", "learn")
    assert MAIL not in system.git("show", f"HEAD:{SET}").out
    system.git("push", "--quiet", "-u", "origin", "main")
    leak(system, "who knows more")
    system.git("commit", "--quiet", "--no-verify", "-m", "careless")
    stopped = system.git("push", "--quiet", check=False)
    assert stopped.code != 0
    assert "EMAIL_ADDRESS" in stopped.err
    system.git("reset", "--quiet", "--hard", "HEAD~1")
    system.git("checkout", "--quiet", "-B", "side")
    leak(system, "from the side")
    system.git("commit", "--quiet", "-m", "learn aside")
    system.git("checkout", "--quiet", "main")
    lossy = system.git("merge", "--strategy", "ours", "-m", "keep mine", "side", check=False)
    assert "lost 1 record" in lossy.out + lossy.err, lossy
    stopped = system.git("push", "--quiet", "origin", "main:other", check=False)
    assert "1 record of best-practices would be lost" in stopped.out + stopped.err
    system.git("reset", "--quiet", "--hard", "HEAD~1")


def test_husky(one: System) -> None:
    husky(one)
    one.write(".husky/pre-commit", b"echo mine >&2\n")
    one.fedlearn("init")
    one.fedlearn("doctor")
    holds(one)
    assert "mine" in one.git("commit", "--allow-empty", "-m", "x").err
    husky(one)
    one.fedlearn("doctor")
    holds(one)


def test_lefthook(one: System) -> None:
    (config,) = (block.text for block in read_blocks(PAGE) if "lefthook.yml" in block.text)
    one.fedlearn("init")
    one.write("lefthook.yml", config.encode())
    lefthook(one)
    one.fedlearn("doctor")
    holds(one)
    one.write("lefthook.yml", config.encode() + b"# changed\n")
    one.git("commit", "--allow-empty", "-m", "lefthook writes its hooks again")
    one.fedlearn("doctor")
    holds(one)
