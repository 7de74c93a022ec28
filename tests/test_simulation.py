"""Systems that learn and share at random must end up knowing the same. A short run; the long one is soak.

To run a seed again: `PYTHONPATH=tests python -m simulation SEED --clones N --operations N`.
"""

import pytest
from simulation.runner import simulate


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_and_nothing_conflicts(seed: int) -> None:
    outcome = simulate(seed, clones=3, operations=12)
    assert outcome.commands.get("conflicts", 0) == 0
    assert outcome.trees == 1
