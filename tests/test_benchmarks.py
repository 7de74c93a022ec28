"""The command that writes docs/performance.md, and the page's places for its tables."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import table
from benchmarks.__main__ import BENCHMARKS
from benchmarks.measure import Run, result_of
from benchmarks.table import PAGE, Row, marked, write_table


def test_every_benchmark_has_a_place_on_the_page() -> None:
    assert marked(PAGE.read_text(encoding="utf-8")) == {*BENCHMARKS}


def test_the_command_of_the_makefile_exists() -> None:
    makefile = (PAGE.parents[1] / "Makefile").read_text(encoding="utf-8")
    assert "bench-table: $(READY)\n\t@$(BIN)/python -m benchmarks --write\n" in makefile
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"], cwd=PAGE.parents[1], capture_output=True, check=True
    )
    assert b"--write" in done.stdout


def test_a_table_replaces_the_older_one_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    monkeypatch.setattr(table, "PAGE", page)
    page.write_text("a\n<!-- one -->\nold\n<!-- end of one -->\nb\n<!-- two -->\n<!-- end of two -->\n")
    write_table("one", ["| new |"])
    text = page.read_text()
    assert "old" not in text
    assert "\n\n| new |\n<!-- end of one -->\nb\n<!-- two -->\n<!-- end of two -->\n" in text
    assert marked(text) == {"one", "two"}
    with pytest.raises(ValueError, match="no markers for three"):
        write_table("three", [])


def test_a_row_has_rival_ratio_spread_and_load() -> None:
    ours = [Run(seconds, 50, processor) for seconds, processor in ((1.0, 2.0), (2.0, 2.0), (3.0, 2.0))]
    result = result_of(ours, [Run(2.0, 10, 1.0)] * 3)
    cells = Row("work", "a rival", result._replace(load=1.5), 1.2, "a note").cells()
    assert cells == (
        *("work", "a rival", "2.000 s", "2.000 s", "1.00", "0.50 to 1.50", "2.00", "50 MiB", "1.5"),
        "at most 1.2; a note",
    )
    assert Row("work", "a rival", result_of(ours[:1], ours[:1])).cells()[5] == "one run"
