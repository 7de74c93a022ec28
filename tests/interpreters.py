"""The Pythons of this machine, from 3.11 on, and what `git_fedlearn.core` needs beside each.

`python tests/interpreters.py FOLDER` puts the packages into FOLDER/<version>, so that a test can run
the core under every Python there is; `make` does that when it sets up `.venv`. A version for which
there is no wheel is named, and the test that would run on it says so too.
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / ".venv" / "interpreters"
NEEDED = ("xxhash",)
_ASK = "import sys; print(sys.implementation.name, *sys.version_info[:2], sys.executable)"


def find_interpreters() -> dict[str, Path]:
    """One CPython of each version on PATH or in pyenv's folder, this one first, by version as in `3.12`."""
    folders = [Path(folder) for folder in os.environ["PATH"].split(os.pathsep)]
    folders += sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin"))
    named = [folder / f"python3.{minor}" for folder in folders for minor in range(11, 20)]
    found = {version_name(*sys.version_info[:2]): Path(sys.executable)}
    for path in dict.fromkeys(path for path in named if path.exists()):
        done = subprocess.run([path, "-c", _ASK], capture_output=True, check=False, text=True)
        if done.returncode == 0 and done.stdout.startswith("cpython "):
            _name, major, minor, executable = done.stdout.strip().split(" ", 3)
            found.setdefault(version_name(int(major), int(minor)), Path(executable))
    return found


def version_name(major: int, minor: int) -> str:
    return f"{major}.{minor}"


def install_needed(folder: Path) -> None:
    """Put what the core needs beside every interpreter but this one."""
    for version in [*find_interpreters()][1:]:
        wanted = ("--python-version", version, "--only-binary", ":all:", "--no-deps", "--upgrade")
        command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
        done = subprocess.run([*command, *wanted, "--target", folder / version, *NEEDED], check=False)
        if done.returncode:
            sys.stderr.write(f"no {', '.join(NEEDED)} for Python {version}: the core is not tested on it\n")


if __name__ == "__main__":
    install_needed(Path(sys.argv[1]))
