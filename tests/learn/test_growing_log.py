"""A log that is written to, rotated and read at the same time, by runs that are killed: nothing is lost."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from systems import World


def learn_from_growing_log(world: World, runs: int) -> tuple[int, ...]:
    """Runs that were killed, events to learn, files of the log at the end."""
    system = world.system("repository")
    script = Path(__file__).with_name("growing_log.py")
    done = subprocess.run(
        [sys.executable, str(script), str(system.path.parent), str(runs)],
        env=system.environment | {"PYTHONPATH": os.pathsep.join([str(script.parent.parent), *sys.path])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tuple(map(int, done.stdout.split()))


def test_every_high_value_event_is_learned_once(world: World) -> None:
    killed, high, files = learn_from_growing_log(world, 9)
    assert killed >= 2
    assert high > 50
    assert files > 5


@pytest.mark.soak
def test_every_high_value_event_is_learned_once_in_many_runs(world: World) -> None:
    killed, high, files = learn_from_growing_log(world, 60)
    assert killed >= 10
    assert high > 500
    assert files > 40
