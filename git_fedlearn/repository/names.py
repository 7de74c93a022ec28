"""Names of systems for the people at this machine: local git config, never in a commit, a push or a message.

A system id says nothing about a host or a user. The name that somebody gives it may, so it stays here.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from git_fedlearn.core.record import SYSTEM_ID, printable
from git_fedlearn.errors import UsageError
from git_fedlearn.repository.repository import SYSTEM_KEY, Repository

NAME_KEYS: Final = "fedlearn.name"
"""Followed by `.` and a system id."""
MAX_NAME_LENGTH: Final = 40
_LIST: Final = "git fedlearn remote name"


class SystemNames(NamedTuple):
    """How people read system ids: this system, those with a name, and the others by their id."""

    own: str
    names: Mapping[str, str]

    def show(self, system: str) -> str:
        """How to name a system: `this system`, the local name, or the id."""
        return "this system" if system == self.own else self.named(system)

    def named(self, system: str) -> str:
        """The local name, or the id; also of this system."""
        return printable(self.names.get(system, system))

    def with_own(self, system: str) -> str:
        """The local name or the id, with a mark if it is this system."""
        return f"{self.named(system)} (this system)" if system == self.own else self.named(system)


def read_names(repository: Repository) -> SystemNames:
    """The local names, and the id of this system (empty before `install`)."""
    values = dict(repository.git.list_config(r"^fedlearn\.(system|name\..*)$"))
    own = values.pop(SYSTEM_KEY, "")
    return SystemNames(own, {key.removeprefix(f"{NAME_KEYS}."): name for key, name in values.items() if name})


def write_name(repository: Repository, system: str, name: str | None) -> None:
    """Give a system a local name, or none. Raises UsageError for a name that would confuse."""
    key = f"{NAME_KEYS}.{system}"
    if name is None:
        repository.git.attempt("config", "--local", "--unset-all", key)
        return
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME_LENGTH or SYSTEM_ID.search(name):
        raise UsageError(
            f"{printable(name)!r}: not a name for a system",
            hint=f"use up to {MAX_NAME_LENGTH} printable characters, and no system id",
        )
    others = {known: other for other, known in read_names(repository).names.items() if other != system}
    if name in others:
        raise UsageError(f"{name}: already the name of {others[name]}", hint=_LIST)
    repository.git.run("config", "--local", "--replace-all", key, name)


def find_system(known: set[str], start: str) -> str:
    """The one known system whose id begins with `start`; a whole id need not be known. Raises UsageError."""
    if SYSTEM_ID.fullmatch(start):
        return start
    found = sorted(system for system in known if re.match(rf"(sys-)?{re.escape(start)}", system))
    if len(found) != 1:
        what = f"ambiguous; {len(found)} systems start with it" if found else "no system with this id"
        raise UsageError(f"{printable(start)}: {what}", hint=f"{_LIST}    (lists all systems)")
    return found[0]
