"""What tests of the set-up look at: the bytes of a git folder, and hooks that leave a trace."""

import os
from pathlib import Path

from systems import System


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
