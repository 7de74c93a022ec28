"""A system to learn with, and a peer of it made of bare git."""

import pytest
from federation.foreign import Foreign
from systems import System, World


@pytest.fixture
def here(world: World) -> System:
    """The system under test."""
    return world.system("here")


@pytest.fixture
def peer(here: System, world: World) -> Foreign:
    """A peer of it, with no history in common."""
    made = Foreign(world, "peer")
    here.fedlearn("remote", "add", "peer", str(made.path))
    return made
