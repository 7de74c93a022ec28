"""The files that PATH arguments name: data files by their paths in the repository, any others as typed."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.core.layout import DATA, FileKind, kind_of
from git_fedlearn.errors import FedlearnError, NotARepositoryError, UsageError
from git_fedlearn.repository.data_tree import WorkTree, is_local
from git_fedlearn.repository.files import read_file
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE

_LOOKED_AT = 8000
"""Bytes that git looks at to tell whether a file is binary (`buffer_is_binary` in its xdiff-interface.c)."""


class Target(NamedTuple):
    """A file, what it is called in reports, and whether it is a data file of this repository."""

    shown: str
    file: Path
    is_data: bool


def find_targets(directory: Path, repository: Repository | None, paths: Iterable[str]) -> list[Target]:
    """The files that paths name from a folder, those in named folders, or without paths all data files.

    `repository` is the one that the folder is in. Raises UsageError for what is not there,
    NotARepositoryError without paths outside a repository.
    """
    chosen = [target for path in paths for target in _named(directory, repository, path)]
    if chosen or tuple(paths):
        return list(dict.fromkeys(chosen))
    hint = "name the files to look at"
    if repository is None:
        raise NotARepositoryError(f"{directory}: not in a git repository", hint=hint)
    try:
        repository.require_data()
    except NotARepositoryError as error:
        raise NotARepositoryError(error.message, hint=hint) from error
    top = repository.top
    return [Target(path, top / path, is_data=True) for path in WorkTree(top).paths()]


def read_lines(target: Target) -> Iterator[bytes]:
    """The lines of a file. Raises FedlearnError."""
    if target.is_data:
        yield from read_file(target.file).split(b"\n")
        return
    try:
        with target.file.open("rb") as stream:
            yield from stream
    except OSError as error:
        raise FedlearnError(f"{target.shown}: cannot be read: {error.strerror}") from error


def is_binary(target: Target) -> bool:
    """Whether git would call a file binary. Raises FedlearnError."""
    try:
        with target.file.open("rb") as stream:
            return b"\0" in stream.read(_LOOKED_AT)
    except OSError as error:
        raise FedlearnError(f"{target.shown}: cannot be read: {error.strerror}") from error


def _is_ours(top: Path, path: str) -> bool:
    """Whether a file under data/ is a data file: any folder of code may have a data/ of its own."""
    return kind_of(path) is not FileKind.OTHER or (top / SETTINGS_FILE).is_file()


def _named(directory: Path, repository: Repository | None, path: str) -> Iterator[Target]:
    absolute = Path(os.path.normpath(directory / path))
    if absolute.is_dir() and not absolute.is_symlink():
        found = [
            Path(folder) / name
            for folder, folders, names in os.walk(absolute)
            for name in names
            if _is_walked(folders)
        ]
        shown = [os.path.join(path, file.relative_to(absolute)) for file in sorted(found)]  # noqa: PTH118
        targets = (_target(repository, name, file) for name, file in zip(shown, sorted(found), strict=True))
        yield from (target for target in targets if target.file.is_file() and not is_local(target.shown))
    elif absolute.is_file():
        yield _target(repository, path, absolute)
    else:
        what = "not a file" if absolute.exists() or absolute.is_symlink() else "no such file"
        raise UsageError(f"{path}: {what}")


def _is_walked(folders: list[str]) -> bool:
    """Keeps os.walk out of git's own folders; always true."""
    folders[:] = [name for name in folders if name != ".git"]
    return True


def _target(repository: Repository | None, shown: str, file: Path) -> Target:
    if repository is None:
        return Target(shown, file, is_data=False)
    top = os.path.realpath(repository.top)
    relative = os.path.relpath(os.path.realpath(file.parent) + os.sep + file.name, top).replace(os.sep, "/")
    if relative.startswith(f"{DATA}/") and _is_ours(repository.top, relative):
        return Target(relative, repository.top / relative, is_data=True)
    return Target(shown, file, is_data=False)
