"""What tests of the set-up look at: the bytes of a git folder, hooks that leave a trace, small installs."""

import os
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from systems import System

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file, link and folder below, with mode and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        content = (
            os.fsencode(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else b""
        )
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, content)
    return found


def write_hook(path: Path, text: str, mode: int = 0o755) -> Path:
    """A hook file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def probe(system: System, *command: str) -> list[str]:
    """The hooks that a git command reaches; each stops it."""
    prober = System(system.path, Path(system.environment["HOME"]))
    prober.environment["FEDLEARN_PROBE"] = "token"
    lines = prober.git(*command, check=False).err.splitlines()
    return [line.removeprefix("fedlearn-probe token ") for line in lines if line.startswith("fedlearn-probe")]


def make_install(folder: Path, *extras: str) -> Path:
    """An environment with git-fedlearn, what it and some extras depend on, of the packages here, and no more.

    The folder of its programs.
    """
    requirements = [*PROJECT["dependencies"]]
    for extra in extras:
        requirements += PROJECT["optional-dependencies"][extra]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "git_fedlearn").symlink_to(TOP / "git_fedlearn")
    for path in {path for found in required(requirements) for path in top_level(found)}:
        (packages / path.name).symlink_to(path)
    for name, entry in PROJECT["scripts"].items():
        module, _, function = entry.partition(":")
        program = folder / "bin" / name
        program.write_text(f"#!{folder}/bin/python\nfrom {module} import {function}\n{function}()\n")
        program.chmod(0o755)
    return folder / "bin"


def required(requirements: Iterable[str], extras: frozenset[str] = frozenset()) -> Iterator[Distribution]:
    """The installed distributions that some requirements name, and those that these depend on in turn."""
    for requirement in map(Requirement, requirements):
        contexts = [{"extra": extra} for extra in extras or {""}]
        if requirement.marker and not any(map(requirement.marker.evaluate, contexts)):
            continue
        found = distribution(requirement.name)
        yield found
        yield from required(found.requires or (), frozenset(requirement.extras))


def top_level(found: Distribution) -> set[Path]:
    """Files and folders of a distribution in the folder of packages."""
    packages = Path(sysconfig.get_path("purelib"))
    first = {path.parts[0] for path in found.files or () if path.parts[0] not in {"..", "__pycache__"}}
    return {packages / name for name in first}
