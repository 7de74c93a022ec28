"""`make bench`: every figure as a ratio against a rival in the same run. Names on the command line choose.

Some count: `second_time` what an agent is shown of the lessons of another system, `learning` and
`privacy_corpora` how right the score and the scanners are on labels of others, in the folders that
FEDLEARN_EVAL and FEDLEARN_CORPUS name.
"""

import argparse
import importlib
import tempfile
from pathlib import Path

from benchmarks.table import print_rows, write_table

BENCHMARKS = (
    "startup",
    "merge_driver",
    "git_merge",
    "sync",
    "sessions",
    "cluster",
    "search",
    "pull_remotes",
    "hooks",
    "history",
    "privacy",
)
"""Those of ratios: docs/performance.md has a table of each."""

COUNTS = ("large_sets", "hub", "push_race", "privacy_corpora", "learning", "second_time")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help="all of ratios by default")
    options.add_argument("--write", action="store_true", help="write the tables into docs/performance.md")
    chosen = options.parse_args()
    for name in chosen.names:
        if name not in BENCHMARKS + COUNTS:
            options.error(f"{name}: no such benchmark; one of {', '.join(BENCHMARKS + COUNTS)}")
    for name in chosen.names or BENCHMARKS:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        with tempfile.TemporaryDirectory() as folder:
            if name in COUNTS:
                getattr(benchmark, f"print_{name.removeprefix('privacy_')}")(Path(folder))
                continue
            lines = print_rows(benchmark.rows(Path(folder)))
            if chosen.write:
                write_table(name, lines)


if __name__ == "__main__":
    main()
