"""Hermetic tests: no config, identity, clock, locale or network of the machine they run on."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from systems import System, World

settings.register_profile(
    "tests",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def _hermetic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    foreign = ("GIT_", "FEDLEARN_", "AI_STACK_", "PRE_COMMIT", "COLUMNS", "PAGER", "NO_COLOR", "FORCE_COLOR")
    for name in [name for name in os.environ if name.startswith(foreign)]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name, value in World.environment(home).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # as core.fsync for git: no test cuts the power


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder to make repositories in."""
    return World(tmp_path)


@pytest.fixture
def system(world: World) -> System:
    """One federated repository with a commit, made by `git fedlearn init`."""
    return world.system("one")
