"""The files of a federated repository (design section 3): made where missing, extended once where not.

Nothing that stands in a file is changed, so running it again changes no byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git_fedlearn.core.layout import SHARED_SETS, path_of
from git_fedlearn.core.shards import ROOT
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.files import read_file, write_file
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.setup.attributes import with_shared_rule
from git_fedlearn.repository.setup.blocks import put_block
from git_fedlearn.repository.setup.precommit_config import LOCAL_HOOKS, find_extended, new_config
from git_fedlearn.repository.setup.templates import DATA_README, IGNORED, SETTINGS

PRE_COMMIT_CONFIG: Final = ".pre-commit-config.yaml"


@dataclass(frozen=True, slots=True)
class Scaffold:
    """Paths relative to the top: made, extended, and those a human must extend with the text given."""

    made: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    left: tuple[tuple[str, str], ...] = ()


def write_scaffold(top: Path) -> Scaffold:
    """Make or extend every file. The caller holds the lock. Raises FedlearnError before it writes any."""
    before = {path: (read_file(top / path), (top / path).exists()) for path, _ in _files()}
    after = {path: _wanted(top / path, before[path], form) for path, form in _files()}
    made: list[str] = []
    extended: list[str] = []
    left: list[tuple[str, str]] = []
    for path, data in after.items():
        old, existed = before[path]
        if data is None:
            left.append((path, LOCAL_HOOKS))
        elif data != old or not existed:
            write_file(top / path, data)
            (extended if existed else made).append(path)
    return Scaffold(tuple(made), tuple(extended), tuple(left))


def _files() -> Iterator[tuple[str, Callable[[bytes | None], bytes | None]]]:
    """Every path with the function from the bytes it has (None: no file) to those it should have."""
    yield SETTINGS_FILE, _kept(SETTINGS.encode())
    yield ".gitattributes", lambda old: with_shared_rule(old or b"")
    yield ".gitignore", lambda old: put_block(old or b"", IGNORED)
    yield PRE_COMMIT_CONFIG, lambda old: new_config() if not old else find_extended(old)
    yield "data/README.md", _kept(DATA_README.encode())
    for stem in SHARED_SETS.values():
        yield path_of(stem, ROOT), _kept(b"")


def _kept(text: bytes) -> Callable[[bytes | None], bytes | None]:
    return lambda old: text if old is None else old


def _wanted(
    path: Path, before: tuple[bytes, bool], form: Callable[[bytes | None], bytes | None]
) -> bytes | None:
    data, exists = before
    try:
        return form(data if exists else None)
    except FedlearnError as error:
        raise FedlearnError(f"{path}: {error.message}", hint=error.hint) from None
