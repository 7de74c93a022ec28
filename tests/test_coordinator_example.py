"""The coordinator in examples/ runs as its README says."""

import subprocess
import sys
from pathlib import Path

from systems import System

EXAMPLE = Path(__file__).parents[1] / "examples" / "coordinator"


def test_it_loads_lessons_and_answers_with_the_nearest(system: System) -> None:
    system.add(
        "error-solutions",
        {"error_message": "disk full", "solution": "empty the store"},
        {"error_message": "port taken", "solution": "stop the other database"},
    )
    command = [sys.executable, str(EXAMPLE / "coordinator.py"), str(system.path), "the disk is full"]
    done = subprocess.run(command, env=system.environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "skills-patterns: 0 added, 0 deleted, 0 points",
        "error-solutions: 2 added, 0 deleted, 2 points",
        "best-practices: 0 added, 0 deleted, 0 points",
        "[error-solutions] empty the store",
        "[error-solutions] stop the other database",
    ]


def test_outside_a_repository_it_says_what_to_do(tmp_path: Path, system: System) -> None:
    command = [sys.executable, str(EXAMPLE / "coordinator.py"), str(tmp_path / "home"), "q"]
    done = subprocess.run(command, env=system.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
