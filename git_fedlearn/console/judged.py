"""What hooks have checked and found sound, remembered in the git folder.

Everything is kept under a key of what the checks depend on: the settings, the user, the day, this program
and the packages it uses. Only what passed is remembered; forgetting it costs time, never a check.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import git_fedlearn
from git_fedlearn.console.context import Context
from git_fedlearn.core.canonical import Json, format_value
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.state import CLEAN_TEXTS, JUDGED
from git_fedlearn.repository.trees import CommittedTree

SCAN: Final = "scan"
VERIFY: Final = "verify"
"""The checks: for private data; for invalid lines and lost records."""

MAX_VERDICTS: Final = 64
MAX_CLEAN_VALUES: Final = 10_000
"""Of more, the memory starts over."""
_DIGEST_BYTES: Final = 16
_PACKAGE: Final = Path(git_fedlearn.__file__).parent


class Judged:
    """The checks that the data files of the next commit have passed, compared with those of its parents."""

    def __init__(self, context: Context, candidate: CommittedTree, parents: list[CommittedTree]) -> None:
        self._context = context
        self._trees = (candidate, *parents)
        self._file = context.repository.state.path(JUDGED)

    def is_sound(self, check: str) -> bool:
        """Whether this check has passed."""
        return f"{self._state} {check}" in self._read()

    def remember(self, check: str, code: int) -> int:
        """Remember that this check has passed, unless its exit code says that it failed; returns the code."""
        if code:
            return code
        lines = [*self._read(), f"{self._state} {check}"][-MAX_VERDICTS:]
        with suppress(OSError):  # a git folder that cannot be written to: the next hook checks again
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        return 0

    def _read(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    @cached_property
    def _state(self) -> str:
        trees = (repr(sorted(tree.entries.items())).encode() for tree in self._trees)
        return _digest(_circumstances(self._context), *trees).hex()


class CleanTexts:
    """Values in which the privacy engine found nothing: the lines, names and messages of earlier commits."""

    def __init__(self, context: Context) -> None:
        self._file = context.repository.state.path(CLEAN_TEXTS)
        self._context = context
        self._new: list[bytes] = []

    def has(self, value: Json) -> bool:
        """Whether the value is known to be clean."""
        return _digest_value(value) in self._known

    def add(self, value: Json) -> None:
        """Learn that the value is clean."""
        digest = _digest_value(value)
        if digest not in self._known and len(self._known) < MAX_CLEAN_VALUES:
            self._known.add(digest)
            self._new.append(digest)

    def save(self) -> None:
        """Remember what is new; a process that is killed meanwhile spoils nothing but the memory."""
        if not self._new:
            return
        with suppress(OSError):  # a git folder that cannot be written to: the next hook checks again
            self._file.parent.mkdir(exist_ok=True)
            if self._stored:
                with self._file.open("ab") as file:
                    file.write(b"".join(self._new))
            else:
                self._file.write_bytes(b"".join((self._key, *self._new)))

    @cached_property
    def _key(self) -> bytes:
        return _circumstances(self._context)

    @cached_property
    def _stored(self) -> bytes:
        """The file, empty if it is of other circumstances, damaged or full."""
        data = _bytes_of(self._file)
        is_whole = len(data) % _DIGEST_BYTES == 0 and len(data) < MAX_CLEAN_VALUES * _DIGEST_BYTES
        return data if is_whole and data.startswith(self._key) else b""

    @cached_property
    def _known(self) -> set[bytes]:
        data = self._stored
        return {data[at : at + _DIGEST_BYTES] for at in range(_DIGEST_BYTES, len(data), _DIGEST_BYTES)}


@contextmanager
def remembering_clean_texts(context: Context) -> Iterator[None]:
    """Let the privacy engine pass over what it found to be clean in an earlier hook."""
    texts = context.clean_texts = CleanTexts(context)
    try:
        yield
    finally:
        texts.save()


def _digest_value(value: Json) -> bytes:
    return _digest(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else format_value(value))


def _digest(*facts: bytes) -> bytes:
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for fact in facts:
        digest.update(len(fact).to_bytes(8, "big") + fact)
    return digest.digest()


@lru_cache(maxsize=1)
def _circumstances(context: Context) -> bytes:
    """A key of everything but the files that the checks depend on."""
    repository, environment = context.repository, context.environment
    config = repository.git.config.items()
    return _digest(
        repr(sorted(item for item in config if item[0].startswith(("user.", "fedlearn.")))).encode(),
        settings_bytes(context),
        os.fsencode("\0".join([str(os.getuid()), *(environment.get(name, "") for name in ("USER", "HOME"))])),
        os.fsencode(os.uname().nodename),
        context.now().date().isoformat().encode("ascii"),
        _program(),
    )


def settings_bytes(context: Context) -> bytes:
    """The settings file of the work tree; empty if there is none."""
    repository = context.repository
    return _bytes_of(repository.top / SETTINGS_FILE) or repository.sparse.read(SETTINGS_FILE)


def _program() -> bytes:
    """A key of these sources and the installed packages.

    Of a file, its place and when its inode last changed: package managers set the time of the content to the
    same one for all files (reproducible-builds.org/docs/archives), but nothing sets that of the inode.
    """
    sources = []
    for folder, folders, files in os.walk(_PACKAGE):
        folders.sort()
        for name in sorted(name for name in files if name.endswith(".py")):
            found = os.stat(f"{folder}/{name}")  # noqa: PTH116  there are hundreds
            sources.append(f"{folder}/{name} {found.st_size} {found.st_ctime_ns} {found.st_ino}")
    packages = [name for folder in sys.path for name in (folder, *_installed(folder))]
    return os.fsencode("\0".join([*sources, sys.version, *packages]))


def _installed(folder: str) -> list[str]:
    """The names of the metadata of all packages in a folder; they end with the version (PEP 376)."""
    try:
        with os.scandir(folder) as found:
            return sorted(item.name for item in found if item.name.endswith((".dist-info", ".egg-info")))
    except OSError:
        return []


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
