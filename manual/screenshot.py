"""`python -m manual.screenshot`: docs/images, the report of a `git fedlearn demo` in a headless Chromium."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from manual.recording import PICTURE as DEMO

FOLDER: Final = DEMO.with_name("images")
SIZE: Final = (900, 940)
"""Ends before the charts."""
DAY: Final = "1762711200"
"""2025-11-09, at the end of the week in which the systems of the demo learned."""

SCHEMES: Final = {"light": 1, "dark": 0}
"""The number that Chromium has for each color scheme."""

OUTCOMES: Final = {
    "laptop": {"connection to": "--worked", "hash mismatch": "--worked", "could not resolve": "--failed"},
    "server": {"connection to": "--worked", "401 Unauthorized": "--failed"},
    "workstation": {"connection to": "--worked", "401 Unauthorized": "--worked"},
}
"""The lessons that a system used, by their first words, and whether they worked."""


def run(where: Path, *command: str, home: Path | None = None) -> str:
    """Run a program; its output. Raises CalledProcessError if it fails."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home or where),
        "GIT_CONFIG_SYSTEM": os.devnull,
        "SOURCE_DATE_EPOCH": DAY,
    }
    done = subprocess.run(  # noqa: S603  our own commands
        command, cwd=where, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode("utf-8")


def make_report(folder: Path) -> Path:
    """Run the demo, count outcomes, share them, and write the report of the workstation."""
    run(folder, "git", "fedlearn", "demo", "--keep", "--quiet", "--folder", str(folder / "demo"))
    home = folder / "demo/home/workstation"
    own = folder / "demo/workstation"
    for name, used in OUTCOMES.items():
        clone = folder / "demo" / name
        for words, outcome in used.items():
            lesson = next(
                line for line in run(clone, "git", "grep", "-h", words, "--", "data/patterns").splitlines()
            )
            run(
                clone,
                "git",
                "fedlearn",
                "--quiet",
                "outcome",
                lesson.partition('"_id":"')[2][:32],
                outcome,
                home=home,
            )
        run(clone, "git", "add", "data", home=home)
        run(clone, "git", "commit", "--quiet", "--message", "Count outcomes", home=home)
        if clone != own:
            run(own, "git", "pull", "--quiet", "--no-rebase", "--no-edit", str(clone), "main", home=home)
            run(
                own,
                "git",
                "fedlearn",
                "remote",
                "name",
                run(clone, "git", "config", "fedlearn.system").strip(),
                name,
            )
    page = folder / "report.html"
    run(own, "git", "fedlearn", "--quiet", "report", "-o", str(page), home=home)
    return page


def take_pictures(page: Path, folder: Path) -> None:
    """Write the upper part of the page as PNG of 64 colors, in both color schemes."""
    chromium = shutil.which("chromium")
    if not chromium:
        raise SystemExit("error: no chromium\nhint: apt-get install chromium")
    for name, number in SCHEMES.items():
        picture = FOLDER / f"report-{name}.png"
        run(
            folder,
            chromium,
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-lcd-text"),
            f"--user-data-dir={folder / name}",
            f"--blink-settings=preferredColorScheme={number}",
            f"--window-size={SIZE[0]},{SIZE[1]}",
            f"--screenshot={picture}",
            page.as_uri(),
        )
        with Image.open(picture) as taken:
            taken.convert("RGB").quantize(64).save(picture, optimize=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        take_pictures(make_report(Path(made)), Path(made))
