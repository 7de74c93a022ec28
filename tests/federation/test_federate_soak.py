"""Many systems run `federate` against one hub and are killed at random: everything arrives everywhere."""

import json
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from systems import System, World

SYSTEMS = int(os.environ.get("FEDERATE_SYSTEMS", "20"))
ROUNDS = int(os.environ.get("FEDERATE_ROUNDS", "200"))


@pytest.mark.soak
def test_kills_at_random_lose_nothing_and_leave_no_lock(world: World) -> None:
    hub, first = world.bare("hub"), world.system("system0")
    first.git("remote", "add", "origin", str(hub.path))
    first.git("push", "--quiet", "--set-upstream", "origin", "main")
    systems = [first, *(world.clone(hub, f"system{number}") for number in range(1, SYSTEMS))]
    chance = random.Random(1)  # noqa: S311
    with ThreadPoolExecutor(SYSTEMS) as pool:
        for number in range(ROUNDS):
            delays = [chance.choice((None, chance.uniform(0, 4))) for _ in systems]
            done = [
                pool.submit(_federate, system, _learn(world, system, number), delay)
                for system, delay in zip(systems, delays, strict=True)
            ]
            assert all(code in (0, 1, -signal.SIGKILL) for code in (one.result() for one in done))
    for system in [*systems, *systems]:
        assert _federate(system, _learn(world, system, ROUNDS - 1), None) == 0
    expected = {f"mend {system.path.name} {number}" for system in systems for number in range(ROUNDS)}
    for system in systems:
        assert {str(record.fields["solution"]) for record in system.records("error-solutions")} == expected
        assert system.fedlearn("verify").code == 0
        assert not list((system.path / ".git").rglob("*.lock"))
        assert system.git("status", "--porcelain").out == ""


def _learn(world: World, system: System, number: int) -> Path:
    """One more event in the log of a system."""
    folder = world.folder / f"stack-{system.path.name}" / "telemetry"
    folder.mkdir(parents=True, exist_ok=True)
    events = [
        {
            "event_type": "error",
            "error_message": f"{system.path.name} {count} fails",
            "solution": f"mend {system.path.name} {count}",
            "value_score": 0.9,
        }
        for count in range(number + 1)
    ]
    (folder / "x-events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return folder.parent


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
