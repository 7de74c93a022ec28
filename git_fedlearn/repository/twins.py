"""A clone that was copied with its git folder (`cp -r`): two systems that learn under one id.

Where the clone lies is remembered beside what else is its own: the path of its git folder and the inode. An
alarm is given only when the old place still holds the old folder with the same id; a clone that was moved,
restored from a backup or seen through a mount is none, for its old place is gone or is the same folder.
"""

from pathlib import Path
from typing import Final

from git_fedlearn.repository.git import Git
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository, SystemId
from git_fedlearn.repository.state import PLACE, read_json, write_json

NEW_ID: Final = f"git config --unset {SYSTEM_KEY} && git fedlearn install"
"""The command that makes a copy a system of its own."""


def find_twin(repository: Repository) -> Path | None:
    """The git folder that this clone is a copy of, if both have one id; else this place is remembered."""
    system = repository.system()
    here = repository.common_dir.resolve()
    place = repository.state.path(PLACE)
    path, inode = _read(place, system)
    if path and inode != _inode(here) and inode == _inode(path) and _system_of(path, repository) == system:
        return path
    if (path, inode) != (here, _inode(here)):
        write_json(place, {"path": str(here), "inode": _inode(here), "system": system})
    return None


def _read(place: Path, system: SystemId) -> tuple[Path | None, int | None]:
    """What was remembered for this id: where the git folder lay, and its inode."""
    match read_json(place):
        case {"path": str(path), "inode": int(inode), "system": known} if known == system:
            return Path(path), inode
    return None, None


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _system_of(folder: Path, repository: Repository) -> str | None:
    """The id in the config file of a git folder; nothing else there is looked at."""
    return Git(repository.top, repository.environment).find_config(
        SYSTEM_KEY, "--file", str(folder / "config")
    )
