"""`make bench`: every figure as a ratio against a rival in the same run. Names on the command line choose.

Some count: `flows` what a piece of work passes through in the package, `second_time` what an agent is shown
of the lessons of another system, `privacy_corpora` what scanners find in the collections that FEDLEARN_CORPUS
names.
"""

import importlib
import sys
import tempfile
from pathlib import Path

from benchmarks.table import print_rows

BENCHMARKS = (
    "startup",
    "merge_driver",
    "git_merge",
    "sync",
    "sessions",
    "search",
    "pull_remotes",
    "hooks",
    "history",
    "privacy",
    "privacy_corpora",
    "second_time",
    "flows",
)


def main() -> None:
    chosen = sys.argv[1:] or BENCHMARKS
    for name in chosen:
        if name not in BENCHMARKS:
            sys.exit(f"error: no such benchmark: {name}\nhint: one of {', '.join(BENCHMARKS)}")
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            benchmark = importlib.import_module(f"benchmarks.{name}")
            if name in {"flows", "privacy_corpora", "second_time"}:
                getattr(benchmark, f"print_{name.removeprefix('privacy_')}")(Path(folder))
            else:
                print_rows(benchmark.rows(Path(folder)))


if __name__ == "__main__":
    main()
