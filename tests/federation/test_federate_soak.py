"""Many systems run `federate` against one hub and are killed at random: everything arrives everywhere."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from federation.servers import git_daemon, serving
from systems import System, World

SYSTEMS = int(os.environ.get("FEDERATE_SYSTEMS", "8"))
ROUNDS = int(os.environ.get("FEDERATE_ROUNDS", "25"))


@pytest.fixture
def systems(world: World) -> Iterator[list[System]]:
    """Clones of one hub, which is served: it outlives whoever is killed while pushing to it."""
    hub, first = world.bare("hub"), world.system("system0")
    hub.git("config", "daemon.receivepack", "true")
    with serving(git_daemon(world.folder, hub.environment)) as port:
        first.git("remote", "add", "origin", f"git://127.0.0.1:{port}/{hub.path.name}")
        first.git("push", "--quiet", "--set-upstream", "origin", "main")
        clones = [world.clone(hub, f"system{number}") for number in range(1, SYSTEMS)]
        for clone in clones:
            clone.git("remote", "set-url", "origin", f"git://127.0.0.1:{port}/{hub.path.name}")
        yield [first, *clones]
    assert not list(hub.path.rglob("*.lock"))
    hub.git("fsck", "--strict")


@pytest.mark.soak
def test_kills_at_random_lose_nothing_and_leave_no_lock(systems: list[System]) -> None:
    chance = random.Random(1)  # noqa: S311
    ended: Counter[int] = Counter()
    longest = 4.0
    with ThreadPoolExecutor(SYSTEMS) as pool:
        for number in range(ROUNDS):
            # Half of them are killed at some moment of the time that a whole run took the last time.
            delays = [chance.choice((None, chance.uniform(0, longest))) for _ in systems]
            began = time.monotonic()
            ended.update(pool.map(_federate, systems, [_learn(system, number) for system in systems], delays))
            longest = time.monotonic() - began
            print(f"round {number}: {dict(ended)} in {longest:.1f} s", flush=True)  # noqa: T201
    assert set(ended) <= {0, 1, -signal.SIGKILL}
    assert ended[-signal.SIGKILL] > ROUNDS
    for system in [*systems, *systems]:
        assert _federate(system, _source(system), None) == 0
    expected = {f"mend {system.path.name} {number}" for system in systems for number in range(ROUNDS)}
    for system in systems:
        assert {str(record.fields["solution"]) for record in system.records("error-solutions")} == expected
        assert system.fedlearn("verify").code == 0
        assert not list((system.path / ".git").rglob("*.lock"))
        assert system.git("status", "--porcelain").out == ""


def _source(system: System) -> Path:
    """The folder of a local AI stack beside the clone."""
    return system.path.with_name(f"stack-{system.path.name}")


def _learn(system: System, number: int) -> Path:
    """One more event in the log of a system."""
    log = _source(system) / "telemetry" / "x-events.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    event = {
        "event_type": "error",
        "error_message": f"{system.path.name} {number} fails",
        "solution": f"mend {system.path.name} {number}",
        "value_score": 0.9,
    }
    with log.open("a") as stream:
        stream.write(json.dumps(event) + "\n")
    return _source(system)


def _federate(system: System, source: Path, delay: float | None) -> int:
    """Run federate; kill it after so many seconds, together with every git it started."""
    command = [sys.executable, "-m", "git_fedlearn.cli", "federate", "--source", str(source)]
    with subprocess.Popen(
        command,
        cwd=system.path,
        env=system.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            return process.wait(delay)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()
