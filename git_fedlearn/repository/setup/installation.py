"""Install git-fedlearn in a clone, and take it out again without a trace.

A second install changes no byte. The caller holds no lock; both take the repository's.
"""

import secrets
import shutil
import string
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_fedlearn.core.record import SYSTEM_ID
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository, SystemId
from git_fedlearn.repository.setup.attributes import remove_info_attributes, write_info_attributes
from git_fedlearn.repository.setup.drivers import remove_drivers, write_config, write_drivers
from git_fedlearn.repository.setup.hook_files import HooksWritten, remove_hooks, write_hooks
from git_fedlearn.repository.setup.launcher import find_launcher
from git_fedlearn.repository.twins import find_twin

_BASE32: Final = string.ascii_lowercase + "234567"


@dataclass(frozen=True, slots=True)
class Installation:
    """What was installed or removed: config keys and files that changed, and the system id."""

    system: SystemId | None
    config: tuple[str, ...]
    attributes: Path | None
    hooks: HooksWritten | None
    """None in a bare repository, where nobody commits."""

    @property
    def is_unchanged(self) -> bool:
        """Whether everything was as it should be."""
        return not (self.config or self.attributes or (self.hooks and self.hooks.changed))


def new_system_id() -> SystemId:
    """A random id; 50 bits, so that thousands of systems never meet."""
    return SystemId("sys-" + "".join(secrets.choice(_BASE32) for _ in range(10)))


def parse_system_id(text: str) -> SystemId:
    """Check the form of an id. Raises UsageError."""
    if not SYSTEM_ID.fullmatch(text):
        raise UsageError(
            f"{text}: not a system id", hint="`sys-` and 10 of a-z and 2-7, as in sys-abcde23456"
        )
    return SystemId(text)


def install(repository: Repository, system: SystemId | None = None) -> Installation:
    """Set up drivers, attributes, hooks and the system id of a clone; `system` names the id to use.

    Hooks that could not be set up are reported in the result, everything else is done then.
    """
    git = repository.git
    launcher = find_launcher(git)
    with repository.lock("install"):
        changed = write_drivers(git, "--local", launcher)
        wanted = system or git.find_config(SYSTEM_KEY, "--local") or new_system_id()
        if write_config(git, "--local", SYSTEM_KEY, wanted):
            changed.append(SYSTEM_KEY)
        attributes = write_info_attributes(repository.common_dir)
        hooks = None if repository.is_bare else write_hooks(repository, launcher)
        find_twin(repository)
    return Installation(repository.system(), tuple(changed), attributes, hooks)


def uninstall(repository: Repository) -> Installation:
    """Undo `install`: afterwards config, attributes and hooks have the bytes they had before.

    What git-fedlearn keeps for itself under the git folder goes, but for lessons that may be nowhere else.
    """
    git = repository.git
    with repository.lock("uninstall"):
        found = git.find_config(SYSTEM_KEY, "--local")
        changed = remove_drivers(git, "--local", SYSTEM_KEY)
        attributes = remove_info_attributes(repository.common_dir)
        hooks = None if repository.is_bare else remove_hooks(repository)
    _remove_disposable(repository.state)
    return Installation(SystemId(found) if found else None, tuple(changed), attributes, hooks)


_KEPT: Final = ("pending", "retracted.jsonl", "inbox")
"""What holds lessons: learned and not committed, retracted before they were, waiting for a decision."""


def _remove_disposable(state: Path) -> None:
    for entry in state.iterdir():
        if entry.is_dir() and entry.name not in _KEPT:
            shutil.rmtree(entry)
        elif not entry.is_dir() and entry.name not in _KEPT:
            entry.unlink()
    if not any(state.iterdir()):
        state.rmdir()
