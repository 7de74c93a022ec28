"""Run seeds: `PYTHONPATH=tests python -m simulation SEED… [--clones N] [--operations N]`."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict

from simulation.runner import SimulationError, simulate


def main() -> int:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="+", type=int)
    parser.add_argument("--clones", type=int, default=4)
    parser.add_argument("--operations", type=int, default=60)
    options = parser.parse_args()
    failed = 0
    for seed in options.seeds:
        try:
            outcome = simulate(seed, clones=options.clones, operations=options.operations)
        except SimulationError as error:
            failed += 1
            sys.stdout.write(f"{error}\n")
        else:
            sys.stdout.write(f"{json.dumps(asdict(outcome))}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
