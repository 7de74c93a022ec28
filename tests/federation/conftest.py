"""A system to learn with, made once and copied, and peers made of bare git."""

import shutil
from pathlib import Path

import pytest
from federation.foreign import Foreign
from systems import System, World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A federated repository with one commit."""
    return World(tmp_path_factory.mktemp("template")).system("here").path


@pytest.fixture
def here(template: Path, world: World) -> System:
    """The system under test."""
    path = world.folder / "here"
    shutil.copytree(template, path, symlinks=True)
    return System(path, world.home)


@pytest.fixture
def peer(here: System, world: World) -> Foreign:
    """A peer of it, with no history in common."""
    made = Foreign(world, "peer")
    here.fedlearn("remote", "add", "peer", str(made.path))
    return made
