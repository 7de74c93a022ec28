"""What `git fedlearn -h` and `--version` take, against a bare Python."""

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import compare, run
from benchmarks.table import Row

PROGRAM = Path(sys.executable).with_name("git-fedlearn")


def rows(folder: Path) -> Iterator[Row]:
    """Both, through the installed program."""
    for option in ("-h", "--version"):
        command = (str(PROGRAM), option)
        result = compare(
            lambda command=command: run(command, folder),  # type: ignore[misc]
            lambda: run((sys.executable, "-I", "-c", "pass"), folder),
            lambda: None,
            pairs=15,
        )
        yield Row(
            f"git fedlearn {option}",
            "python -I -c pass",
            result,
            at_most=8,
            note=f"{result.ours * 1000:.0f} ms (at most 120)",
        )
