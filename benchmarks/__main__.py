"""`make bench`: every figure as a ratio against a rival in the same run. Names on the command line choose."""

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
    "vectors",
    "pull_remotes",
    "hooks",
    "history",
    "privacy",
)


def main() -> None:
    chosen = sys.argv[1:] or BENCHMARKS
    for name in chosen:
        if name not in BENCHMARKS:
            sys.exit(f"error: no such benchmark: {name}\nhint: one of {', '.join(BENCHMARKS)}")
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder:
            print_rows(importlib.import_module(f"benchmarks.{name}").rows(Path(folder)))


if __name__ == "__main__":
    main()
