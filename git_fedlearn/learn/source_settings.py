"""The sources of a clone: its main source, and those that profiles in the settings describe.

A profile is a shared setting. Its folder is git config `fedlearn.source.NAME`, since paths belong to one
machine: without it, a profile reads only below the main source, never what another clone's settings name.
"""

from collections.abc import Mapping
from pathlib import Path

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
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, parse_table


def read_profiles(repository: Repository, source: Location) -> dict[Profile, Path]:
    """The profiles in the settings, each with its folder: the source, unless git config names another."""
    folders: dict[Profile, Path] = {}
    table = repository.settings_table.get("sources")
    text = read_file(repository.top / SETTINGS_FILE).decode("utf-8", "replace")
    for profile in [] if table is None else parse_profiles(table, text):
        own = find_folder(repository, profile.name)
        if own:
            folders[profile] = own
        elif isinstance(source, Path) and (profile.tool, profile.files) not in HOME_FILES:
            folders[profile] = source
    return folders


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
    """Configure a source: its profile in the settings, unless one of this name is there, and its folder.

    Without an entry it is the main source. Raises SettingsError.
    """
    if entry is None:
        repository.git.run("config", MAIN_SOURCE, str(folder))
        return
    with repository.lock("sources"):
        if name not in repository.settings_table.get("sources", {}):
            _append(repository, name, entry)
    repository.git.run("config", f"{MAIN_SOURCE}.{name}", str(folder))


def _append(repository: Repository, name: str, entry: Mapping[str, str]) -> None:
    """Append a profile to the settings, so that their comments and layout stay."""
    path = repository.top / SETTINGS_FILE
    data = read_file(path) or repository.sparse.read(SETTINGS_FILE) or b"format = 1\n"
    table = "".join(f'{key} = "{value}"\n' for key, value in entry.items())
    text = f"\n[sources.{name}]\n{table}"
    extended = data + (b"" if data.endswith(b"\n") else b"\n") + text.encode("utf-8")
    try:
        written = parse_table(extended).get("sources", {})
    except SettingsError:
        written = {}
    if not isinstance(written, dict) or written.get(name) != dict(entry):
        raise SettingsError(f"{path}: [sources.{name}] cannot be appended", hint=f"write it by hand:{text}")
    parse_profiles(written)
    write_file(path, extended)
    repository.forget_settings()
