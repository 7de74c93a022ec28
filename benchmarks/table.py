"""The table that `make bench` prints."""

from collections.abc import Iterable
from typing import NamedTuple

from benchmarks.measure import Result


class Row(NamedTuple):
    """One figure: the work, the rival, what was measured, the ratio it should not pass."""

    work: str
    rival: str
    result: Result
    at_most: float | None = None
    note: str = ""


def print_rows(rows: Iterable[Row]) -> None:
    print(f"{'work':<50} {'rival':<30} {'ours':>9} {'rival':>9} {'ratio':>7} {'peak':>8}")
    for row in rows:
        result = row.result
        figures = f"{result.ours:>7.3f} s {result.rival:>7.3f} s {result.ratio:>7.2f} {result.peak:>4.0f} MiB"
        target = f"  (at most {row.at_most:g})" if row.at_most else ""
        print(f"{row.work:<50} {row.rival:<30} {figures}{target}  {row.note}".rstrip(), flush=True)
