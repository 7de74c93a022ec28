"""Any writing command may be killed at any moment: nothing is lost, and a second run finishes it."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from systems import ANOTHER_MODEL, System, World

SET = "data/patterns/skills-patterns.jsonl"
MAIL = "jane.roe" + "@" + "corp-mail.net"
SMALL = b"format = 1\n[limits]\nrecord_set_bytes = 1000\n"


def _plain(made: System) -> None:
    """A federated repository without hooks and driver, so that only the command itself is at work.

    Of the commands that look for lessons that say the same, which takes the most time, `add` alone does.
    """
    made.fedlearn("uninstall")
    made.git("config", "fedlearn.system", "sys-abcdefghij")
    made.git("config", "fedlearn.lockTimeout", "0.5")
    made.git("config", *ANOTHER_MODEL)
    made.add("skills-patterns", *({"title": f"t{n}", "value_score": 0.7} for n in range(4)))
    made.add("best-practices", {"title": "base"})
    made.commit()


@pytest.fixture
def plain(world: World) -> System:
    return world.system("repository", _plain)


MANY_CALLS = pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.soak)])
"""Commands that write a lot are killed at each fifth call, and at each one by `make soak`."""


def killed_everywhere(system: System, *arguments: str, step: int = 1) -> None:
    script = Path(__file__).with_name("crashing_commands.py")
    done = subprocess.run(
        [sys.executable, str(script), str(system.path.parent), str(step), *arguments],
        env=system.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def write_lines(system: System, name: str, *records: Mapping[str, object]) -> str:
    path = system.path.parent / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records))
    return str(path)


@MANY_CALLS
def test_add(plain: System, step: int) -> None:
    plain.git("config", "--unset", ANOTHER_MODEL[0])
    file = write_lines(plain, "in.jsonl", {"title": "t1", "value_score": 0.9}, {"title": "new"})
    killed_everywhere(plain, "add", "skills-patterns", file, step=step)


@MANY_CALLS
def test_add_that_shards(plain: System, step: int) -> None:
    file = write_lines(plain, "in.jsonl", *({"title": f"new {n}"} for n in range(8)))
    plain.write(".fedlearn.toml", SMALL)
    killed_everywhere(plain, "add", "skills-patterns", file, step=step)
    assert list((plain.path.parent / "undisturbed/data/patterns/skills-patterns").iterdir())


@MANY_CALLS
def test_retract(plain: System, step: int) -> None:
    chosen = [plain.records(name)[0].id for name in ("skills-patterns", "best-practices")]
    killed_everywhere(plain, "retract", *chosen, "--reason", "x", step=step)


def test_restore(plain: System) -> None:
    chosen = [plain.records(name)[0].id for name in ("skills-patterns", "best-practices")]
    plain.fedlearn("retract", *chosen, "--reason", "x")
    killed_everywhere(plain, "restore", *chosen)


@MANY_CALLS
def test_verify_fix(plain: System, step: int) -> None:
    lines = plain.read(SET).splitlines(keepends=True)
    plain.write(SET, b"".join(reversed(lines[1:])))
    plain.write("data/patterns/best-practices.jsonl", b"")
    plain.write("data/telemetry/snapshots/sys-abcdefghij/2026-05-01.jsonl", b"".join(reversed(lines)))
    killed_everywhere(plain, "verify", "--fix", step=step)


def test_sanitize(plain: System) -> None:
    leak = json.dumps({"title": f"ask {MAIL}"}).encode() + b"\n"
    plain.write(SET, plain.read(SET) + leak)
    plain.git("commit", "--quiet", "--all", "--message", "leak")
    plain.write("data/patterns/best-practices.jsonl", leak)
    killed_everywhere(plain, "sanitize")


def test_resolve(plain: System) -> None:
    plain.git("config", "merge.fedlearn.driver", "false")
    plain.git("checkout", "--quiet", "-b", "side")
    for branch in ("side", "main"):
        plain.git("checkout", "--quiet", branch)
        for name in ("skills-patterns", "best-practices"):
            plain.add(name, {"title": branch})
        plain.commit()
    assert plain.git("merge", "side", check=False).code == 1
    killed_everywhere(plain, "resolve")


@MANY_CALLS
def test_sync(plain: System, step: int) -> None:
    event = {"event": "interaction", "value_score": 0.9, "status": "success"}
    source = write_lines(
        plain,
        "source/telemetry/coordinator-events.jsonl",
        *({**event, "query": f"how to do thing {word}", "response": f"do {word}"} for word in ("a", "b")),
    )
    write_lines(plain, "source/fine-tuning/dataset.jsonl", {"prompt": "p", "completion": "c"})
    killed_everywhere(plain, "sync", "--source", str(Path(source).parent.parent), step=step)


@pytest.mark.soak
@pytest.mark.parametrize("verb", ["pull-remotes", "federate"])
def test_peers(world: World, plain: System, verb: str) -> None:
    """Between every two writes of ours; tests/federation/test_killed.py kills git in the midst of its own."""
    peer, hub = world.system("peer"), world.bare("hub")
    peer.add(
        "skills-patterns", {"title": "t1", "value_score": 0.9}, {"title": "of a peer"}, {"title": "loud"}
    )
    peer.write(SET, peer.read(SET) + b'{"pattern":"held","value_score":7}\n')
    peer.git("config", "core.hooksPath", "/dev/null")
    peer.commit()
    plain.fedlearn("remote", "add", "peer", str(peer.path))
    plain.git("remote", "add", "origin", str(hub.path))
    plain.git("push", "--quiet", "--set-upstream", "origin", "main")
    event = {
        "event": "interaction",
        "value_score": 0.9,
        "status": "success",
        "query": "how so",
        "response": "do",
    }
    source = Path(write_lines(plain, "source/telemetry/x-events.jsonl", event)).parent.parent
    killed_everywhere(plain, verb, *(["--source", str(source)] if verb == "federate" else []))
