"""Hermetic tests: no config, identity, clock, locale or network of the machine they run on."""

import compileall
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from systems import System, World

import git_fedlearn

settings.register_profile(
    "tests",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("soak", settings.get_profile("tests"), derandomize=False, max_examples=1000)
settings.load_profile("tests")

MEMORY = Path("/dev/shm")  # noqa: S108  only a place for folders that pytest and tempfile make
MEMORY_NEEDED = 4_000_000_000
"""Bytes: twice what a whole run has in files at once."""

if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED
):  # the tests make and remove some hundred thousand files
    os.environ["TMPDIR"] = str(MEMORY)
    tempfile.tempdir = None


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package, as an installation does: programs of tests start some thousand times.

    Some of them may write no more than a few bytes to any file, and Python would leave half a module.
    """
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(next(iter(git_fedlearn.__path__)), quiet=2)


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
