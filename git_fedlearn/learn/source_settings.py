"""The sources of a clone: its main source, those of known tools on this machine, and those with a profile.

What a machine has is in its git config: `fedlearn.source.NAME` is the folder of a source and, for a known
tool, `fedlearn.profile.NAME` its profile and pattern, so two machines never change the same file for it. A
profile in the settings is for all clones. Without a folder it reads only below the main source, never what
another clone's settings name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.learn.known_tools import HOME_FILES
from git_fedlearn.learn.profiles import Profile, parse_profiles
from git_fedlearn.learn.sources import (
    DEFAULT_SOURCE,
    MAIN_SOURCE,
    Location,
    SourceError,
    Sources,
    choose_source,
    configured_source,
    find_profiled,
    find_sources,
)
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE

TOOL_KEYS: Final = "fedlearn.profile"
"""Followed by `.` and the name of a source: its profile, a blank, and the pattern of its files."""


def read_profiles(repository: Repository, source: Location) -> dict[Profile, Path]:
    """The profiles of this clone, each with its folder: the source, unless git config names another."""
    folders: dict[Profile, Path] = {}
    table = repository.settings_table.get("sources")
    text = read_file(repository.top / SETTINGS_FILE).decode("utf-8", "replace")
    shared = [] if table is None else parse_profiles(table, text)
    profiles = _known_tools(repository) | {profile.name: profile for profile in shared}
    for _, profile in sorted(profiles.items()):
        own = find_folder(repository, profile.name)
        if own:
            folders[profile] = own
        elif isinstance(source, Path) and (profile.tool, profile.files) not in HOME_FILES:
            folders[profile] = source
    return folders


def _known_tools(repository: Repository) -> dict[str, Profile]:
    """The sources of known tools in git config, by name. Raises SettingsError, which names the key."""
    profiles = {}
    for key, value in repository.git.list_config(rf"^{TOOL_KEYS}\."):
        name, (tool, _, files) = key.removeprefix(f"{TOOL_KEYS}."), value.partition(" ")
        try:
            (profiles[name],) = parse_profiles({name: {"profile": tool, "files": files}})
        except SettingsError as error:
            raise SettingsError(
                f"git config {key}: {error.message.partition(']: ')[2]}", hint=f"git config --unset {key}"
            ) from None
    return profiles


def find_folder(repository: Repository, name: str) -> Path | None:
    """The folder of a profile on this machine; None if git config names none."""
    named = repository.git.find_config(f"{MAIN_SOURCE}.{name}")
    if named and named.startswith("~/"):
        named = repository.environment.get("HOME", "~") + named[1:]
    return repository.top / named if named else None


def sources_of(repository: Repository, source: Location) -> Sources:
    """The files of a source and of all profiles. Raises SourceError if a chosen source is missing."""
    profiles = read_profiles(repository, source)
    elsewhere = {profile: folder for profile, folder in profiles.items() if folder != source}
    if is_absent(repository, source):
        if not elsewhere:
            raise SourceError(
                f"no logs to read: no source is set up, and {source} does not exist",
                hint="git fedlearn sources detect --write    (or: git fedlearn sync --source DIR)",
            )
        return find_profiled(elsewhere)
    return find_sources(source, profiles)


def has_sources(repository: Repository, source: Location) -> bool:
    """Whether to read anything: a source that was chosen or exists, or a profile's folder."""
    chosen = not is_absent(repository, source)
    return chosen or any(folder != source for folder in read_profiles(repository, source).values())


def is_absent(repository: Repository, source: Location) -> bool:
    """Whether this is the default source, which nobody chose, and is missing."""
    is_default = not configured_source(repository) and source == choose_source(
        repository, repository.top, DEFAULT_SOURCE
    )
    return is_default and isinstance(source, Path) and not source.exists()


def write_source(repository: Repository, name: str, entry: Mapping[str, str] | None, folder: Path) -> None:
    """Configure a source on this machine. Without an entry it is the main source."""
    if entry is None:
        repository.git.run("config", MAIN_SOURCE, str(folder))
        return
    if name not in repository.settings_table.get("sources", {}):
        repository.git.run("config", f"{TOOL_KEYS}.{name}", f"{entry['profile']} {entry['files']}")
    repository.git.run("config", f"{MAIN_SOURCE}.{name}", str(folder))
