"""Install git-fedlearn in a clone, and uninstall it without a trace; detect copied clones.

A second install changes no byte. The caller holds no lock; both functions take the repository's.

A clone that was copied with its git directory (`cp -r`) uses the id of another system. The local state
records the path and inode of the git directory. A clone counts as a copy only if the old path still has the
old directory with the same id, so clones that were moved, restored from a backup or mounted are not copies.
"""

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_fedlearn.core.record import SYSTEM_ID
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository, SystemId
from git_fedlearn.repository.state import PLACE, read_json, write_json
from git_fedlearn.setup.drivers import (
    pull_keys,
    remove_drivers,
    remove_info_attributes,
    write_config,
    write_drivers,
    write_info_attributes,
    write_pull_default,
)
from git_fedlearn.setup.hooks import HooksWritten, remove_hooks, write_hooks
from git_fedlearn.setup.launcher import find_launcher

NEW_ID: Final = f"git config --unset {SYSTEM_KEY} && git fedlearn install"
"""The command that gives a copied clone an id of its own."""


_BASE32: Final = string.ascii_lowercase + "234567"


@dataclass(frozen=True, slots=True)
class Installation:
    """What was installed or removed: changed config keys and files, and the system id."""

    system: SystemId | None
    config: tuple[str, ...]
    attributes: Path | None
    hooks: HooksWritten | None
    """None in a bare repository, in which nobody commits."""

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing had to be changed."""
        return not (self.config or self.attributes or (self.hooks and self.hooks.changed))


def new_system_id() -> SystemId:
    """A random id of 50 bits, so that thousands of systems never collide."""
    import secrets  # noqa: PLC0415  most commands make no id

    return SystemId("sys-" + "".join(secrets.choice(_BASE32) for _ in range(10)))


def parse_system_id(text: str) -> SystemId:
    """Check the form of an id. Raises UsageError."""
    if not SYSTEM_ID.fullmatch(text):
        raise UsageError(
            f"{text}: not a system id", hint="`sys-` and 10 of a-z and 2-7, as in sys-abcde23456"
        )
    return SystemId(text)


def install(repository: Repository, system: SystemId | None = None) -> Installation:
    """Set up drivers, attributes, hooks and the system id of a clone; `system` is the id to use.

    Hooks that cannot be set up are reported in the result; everything else is still done.
    """
    git = repository.git
    launcher = find_launcher(git)
    with repository.lock("install"):
        changed = write_drivers(git, "--local", launcher)
        wanted = system or git.find_config(SYSTEM_KEY, "--local") or new_system_id()
        if write_config(git, "--local", SYSTEM_KEY, wanted):
            changed.append(SYSTEM_KEY)
        if not repository.is_bare:
            changed += write_pull_default(git)
        attributes = write_info_attributes(repository.common_dir)
        hooks = None if repository.is_bare else write_hooks(repository, launcher)
        find_copied_clone(repository)
    return Installation(repository.system(), tuple(changed), attributes, hooks)


def uninstall(repository: Repository) -> Installation:
    """Undo `install`: config, attributes and hooks get their original bytes back.

    The local state is removed, except for lessons that may exist nowhere else.
    """
    git = repository.git
    with repository.lock("uninstall"):
        found = git.find_config(SYSTEM_KEY, "--local")
        changed = remove_drivers(git, "--local", SYSTEM_KEY, *pull_keys(git))
        attributes = remove_info_attributes(repository.common_dir)
        hooks = None if repository.is_bare else remove_hooks(repository)
    repository.state.remove_disposable()
    return Installation(SystemId(found) if found else None, tuple(changed), attributes, hooks)


def find_copied_clone(repository: Repository) -> Path | None:
    """The git directory that this clone is a copy of, if both have one id; else records the place."""
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
    """The recorded path and inode of the git directory, for this id."""
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
    """The id in the config file of a git directory; nothing else in it is read."""
    return Git(repository.top, repository.environment).find_config(
        SYSTEM_KEY, "--file", str(folder / "config")
    )
