"""The tables that `make bench` prints and `make bench-table` writes."""

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import Result

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
HEAD = (
    "| work | rival | ours | rival | ratio | of the pairs | by CPU | peak | load | note |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


class Row(NamedTuple):
    """One figure: the work, the rival, what was measured, the ratio it should not pass."""

    work: str
    rival: str
    result: Result
    at_most: float | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """The row as text, column by column."""
        result = self.result
        low, high = result.spread or (result.ratio, result.ratio)
        notes = (f"at most {self.at_most:.3g}" if self.at_most else "", self.note)
        return (
            self.work,
            self.rival,
            f"{result.ours:.3f} s",
            f"{result.rival:.3f} s",
            f"{result.ratio:.2f}",
            f"{low:.2f} to {high:.2f}" if result.spread else "one run",
            f"{result.processor:.2f}" if result.processor is not None else "",
            f"{result.peak:.0f} MiB" if result.peak else "",
            f"{result.load:.1f}",
            "; ".join(filter(None, notes)),
        )


def print_rows(rows: Iterable[Row]) -> list[str]:
    """Print rows as a table of Markdown while they are measured. Returns its lines."""
    lines = [*HEAD]
    print("\n".join(lines))
    for row in rows:
        lines.append(f"| {' | '.join(row.cells())} |")
        print(lines[-1], flush=True)
    return lines


def machine_line() -> str:
    """When and where something is measured: date, cores, load."""
    minute, _, quarter = os.getloadavg()
    return (
        f"Measured on {datetime.now(UTC):%d %B %Y} on {os.cpu_count()} cores; "
        f"load {minute:.1f} in the last minute, {quarter:.1f} in the last quarter of an hour."
    )


def write_table(name: str, lines: Iterable[str]) -> None:
    """Replace the table of a benchmark in docs/performance.md. Raises ValueError without its markers."""
    page = PAGE.read_text(encoding="utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, middle, rest = page.partition(start)
    _, last, after = rest.partition(end)
    if not middle or not last:
        raise ValueError(f"{PAGE}: no markers for {name}")
    table = "\n".join((machine_line(), "", *lines))
    PAGE.write_text(f"{before}{start}{table}\n{end}{after}", encoding="utf-8")


def marked(page: str) -> set[str]:
    """The benchmarks whose markers a page has."""
    return set(re.findall(r"^<!-- (\w+) -->\n(?:.*\n)*?<!-- end of \1 -->$", page, re.MULTILINE))
