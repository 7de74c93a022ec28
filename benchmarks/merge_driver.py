"""The merge driver against `git merge-file --union`, and its start-up against a bare Python."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Run, compare, in_child, run
from benchmarks.records import base_set, changed_side, format_set
from benchmarks.table import Row

DRIVER = (sys.executable, "-I", "-m", "git_fedlearn.plumbing.merge_driver")


def rows(folder: Path) -> Iterator[Row]:
    """The figures of design section 11 that concern merges of single files."""
    large, small = folder / "large", folder / "small"
    in_child(_write, large, 20_000, 0.02)
    in_child(_write, small, 100, 0.1)
    result = compare(lambda: _driver(large), lambda: _union(large), lambda: _fresh(large), pairs=9)
    yield Row("merge driver, 20 k records a side, 2 % changed", "git merge-file --union", result, at_most=1.0)
    result = compare(
        lambda: _driver(small),
        lambda: run((sys.executable, "-c", "pass"), small),
        lambda: _fresh(small),
        pairs=15,
    )
    extra = (result.ours - result.rival) * 1000
    yield Row(
        "merge driver, 100 records", "python -c pass", result, note=f"{extra:.0f} ms over it (at most 60)"
    )


def _write(folder: Path, records: int, share: float) -> None:
    folder.mkdir()
    base = base_set(records)
    (folder / "base").write_bytes(format_set(base))
    for seed, name in enumerate(("ours", "theirs")):
        (folder / name).write_bytes(format_set(changed_side(base, seed, share)))


def _fresh(folder: Path) -> None:
    shutil.copyfile(folder / "ours", folder / "result")


def _driver(folder: Path) -> Run:
    return run((*DRIVER, "base", "result", "theirs", "7", "data/patterns/skills-patterns.jsonl"), folder)


def _union(folder: Path) -> Run:
    return run(("git", "merge-file", "--union", "-q", "result", "base", "theirs"), folder)
