"""The long simulation, run by `make soak`: each seed is a test of its own, so that they run side by side."""

import pytest
from simulation.runner import simulate


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 108))
def test_nothing_is_lost_and_nothing_conflicts(seed: int) -> None:
    outcome = simulate(seed, clones=8, operations=250)
    assert outcome.commands.get("conflicts", 0) == 0
    assert outcome.trees == 1
