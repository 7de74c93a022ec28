"""Checks that passed, remembered in the git folder under a key of everything that they depend on.

That is the index, the parents of the next commit, the settings, the user, the day, this program and the
packages it uses. Only a passed check is remembered; forgetting it costs time, never a check.
"""

import os
import sys
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final

import git_fedlearn
from git_fedlearn.console.context import Context
from git_fedlearn.core.layout import DATA
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.state import JUDGED

SCAN: Final = "scan"
VERIFY: Final = "verify"
"""The checks: for private data; for invalid lines and lost records."""

MAX_VERDICTS: Final = 16
_PACKAGE: Final = Path(git_fedlearn.__file__).parent


class Judged:
    """The checks that the current index has passed."""

    def __init__(self, context: Context, paths: tuple[str, ...] = ()) -> None:
        """`paths` are the files that are checked whole if nothing is staged."""
        self._context = context
        self._paths = paths
        self._file = context.repository.state.path(JUDGED)

    def is_sound(self, check: str) -> bool:
        """Whether this check has passed."""
        return f"{self._state} {check}" in self._read()

    def remember(self, check: str) -> None:
        """Remember that this check has passed."""
        lines = [*self._read(), f"{self._state} {check}"][-MAX_VERDICTS:]
        try:
            self._file.parent.mkdir(exist_ok=True)
            self._file.write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
        except OSError:
            return  # a git folder that cannot be written to: the next hook checks again

    def _whole(self) -> list[str]:
        git = self._context.repository.git
        if self._paths and git.is_true("diff", "--cached", "--quiet", "--no-ext-diff", "--", f":/{DATA}"):
            return sorted(self._paths)
        return []

    def _read(self) -> list[str]:
        try:
            return self._file.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    @cached_property
    def _state(self) -> str:
        repository, environment = self._context.repository, self._context.environment
        git = repository.git
        merging = sorted(name for name in environment if name.startswith("GITHEAD_"))
        facts = (
            git.run("ls-files", "--stage", "-z", "--", f":/{DATA}"),
            git.attempt("rev-parse", "--verify", "--quiet", "HEAD").out,
            git.attempt("config", "-z", "--get-regexp", r"^(user|fedlearn)\.").out,
            _bytes_of(repository.git_dir / "MERGE_HEAD"),
            _bytes_of(repository.top / SETTINGS_FILE),
            os.fsencode("\0".join([*merging, *self._whole()])),
            os.fsencode(
                "\0".join([str(os.getuid()), *(environment.get(name, "") for name in ("USER", "HOME"))])
            ),
            os.fsencode(os.uname().nodename),
            self._context.now().date().isoformat().encode("ascii"),
            _program(),
        )
        digest = blake2b(digest_size=16)
        for fact in facts:
            digest.update(len(fact).to_bytes(8, "big") + fact)
        return digest.hexdigest()


def _program() -> bytes:
    """A key of these sources and the installed packages.

    File times are no key: package managers set them all to one time (reproducible-builds.org/docs/archives).
    """
    digest = blake2b(digest_size=16)
    for folder, folders, files in os.walk(_PACKAGE):
        folders.sort()
        for name in sorted(name for name in files if name.endswith(".py")):
            source = _bytes_of(Path(folder, name))
            digest.update(f"{folder}/{name} {len(source)}\n".encode("utf-8", "surrogateescape") + source)
    packages = [name for folder in sys.path for name in (folder, *_installed(folder))]
    return os.fsencode("\0".join([digest.hexdigest(), sys.version, *packages]))


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
