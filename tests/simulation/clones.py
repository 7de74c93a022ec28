"""The clones of a simulation: real git, our commands in this process, the merge driver as git runs it."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from simulation.oracle import Known, Oracle, is_set_file, read_known, set_files
from systems import ANOTHER_MODEL, EPOCH, System, World

_FAST = {
    "init.defaultBranch": "main",
    "protocol.file.allow": "always",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "core.fsync": "none",
    "advice.detachedHead": "false",
    **dict([ANOTHER_MODEL]),
}

SETTINGS = """\
format = 1
[keep]
telemetry_events = 6
telemetry_snapshots = 3
"""
TINY = SETTINGS + "[limits]\nrecord_set_bytes = 2500\n"
"""With these, sets of a few records are sharded."""


class Clone(System):
    """One system: a clone, its stack's data folder, and what is known in its work tree."""

    def __init__(self, name: str, world: "Universe") -> None:
        super().__init__(world.folder / name, world.home)
        self.name = name
        self.world = world
        self.environment = world.environment
        self.source = world.folder / f"{name}-stack"
        self.system = ""

    def known(self) -> Known:
        """What its record sets say now."""
        files = {str(path): path.read_bytes() for path in set_files(self.path)}
        return read_known(files, self.world.oracle)

    def drop_hooks(self) -> None:
        """Go on without hooks."""
        shutil.rmtree(self.path / ".git" / "hooks")

    def save(self, message: str) -> None:
        """Commit everything there is to commit."""
        self.git("add", "--all")
        if self.git("diff", "--cached", "--quiet", check=False).code:
            self.git("commit", "--quiet", "--message", f"{message} on {self.name}")

    @property
    def is_dirty(self) -> bool:
        """Whether anything is not committed."""
        return bool(self.git("status", "--porcelain").out)

    def head(self) -> str:
        """The commit it stands on."""
        return self.git("rev-parse", "HEAD").out.strip()


class Universe:
    """A folder with a bare origin, clones of it that are each other's remotes, one oracle and one clock."""

    def __init__(self, folder: Path, clones: int, *, shards: bool) -> None:
        self.folder = folder
        self.shards = shards
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.day = 0
        self.oracle = Oracle()
        self.figures: Counter[str] = Counter()
        self.environment = _environment(self.home)
        self.origin = System(folder / "origin.git", self.home)
        self.clones = [Clone(f"c{number}", self) for number in range(clones)]
        self._build()

    @property
    def now(self) -> datetime:
        """Noon of the simulated day."""
        return datetime.fromtimestamp(EPOCH + 86_400 * self.day, UTC)

    def pass_days(self, days: int) -> None:
        """Move the clock of everyone."""
        self.day += days
        stamp = str(EPOCH + 86_400 * self.day)
        self.environment["SOURCE_DATE_EPOCH"] = stamp
        self.environment["GIT_AUTHOR_DATE"] = self.environment["GIT_COMMITTER_DATE"] = f"{stamp} +0000"

    def remote(self, name: str) -> System:
        """The repository behind a remote's name."""
        return next((clone for clone in self.clones if clone.name == name), self.origin)

    def known_at(self, system: System, revision: str) -> Known:
        """What the record sets of a commit of a repository say."""
        listed = system.git("ls-tree", "-r", revision, "--", "data").out.splitlines()
        blobs = {path: facts.split()[2] for facts, path in (line.split("\t") for line in listed)}
        names = [name for name in blobs if is_set_file(name)]
        asked = "".join(f"{blobs[name]}\n" for name in names).encode()
        answer = system.git("cat-file", "--batch=%(objectsize)", stdin=asked).out.encode()
        return read_known(dict(zip(names, _blobs(answer), strict=True)), self.oracle)

    def _build(self) -> None:
        first = self.clones[0]
        first.path.mkdir()
        first.git("init", "--quiet", "--template=")
        first.fedlearn("init")
        first.write(".fedlearn.toml", SETTINGS.encode())
        first.save("federate")
        first.git("clone", "--quiet", "--bare", "--template=", str(first.path), str(self.origin.path))
        for clone in self.clones:
            if clone is not first:
                first.git("clone", "--quiet", "--template=", str(self.origin.path), str(clone.path))
            self._install(clone)

    def _install(self, clone: Clone) -> None:
        """The first clone keeps its hooks; the others do without, because a hook costs 0.3 s."""
        clone.fedlearn("install")
        clone.system = clone.git("config", "fedlearn.system").out.strip()
        if clone is not self.clones[0]:
            clone.drop_hooks()
        else:
            clone.git("remote", "add", "origin", str(self.origin.path))
            clone.git("fetch", "--quiet", "origin")
            clone.git("branch", "--quiet", "--set-upstream-to=origin/main", "main")
        for peer in self.clones:
            if peer is not clone:
                clone.git("remote", "add", peer.name, str(peer.path))
        clone.source.mkdir()


def _blobs(answer: bytes) -> Iterator[bytes]:
    """The blobs in what `git cat-file --batch=%(objectsize)` prints."""
    place = 0
    while place < len(answer):
        end = answer.index(b"\n", place)
        size = int(answer[place:end])
        yield answer[end + 1 : end + 1 + size]
        place = end + size + 2


def _environment(home: Path) -> dict[str, str]:
    """Of this process only what has nothing to do with git or us."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "FEDLEARN_"))}
    config = {f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(_FAST)}
    config |= {f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(_FAST.values())}
    fixed = {"GIT_CONFIG_COUNT": str(len(_FAST)), "GIT_OPTIONAL_LOCKS": "0", "PYTHON": sys.executable}
    return kept | World.environment(home) | config | fixed
