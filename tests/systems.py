"""Repositories for tests: a world of systems that run real git and the commands of git-fedlearn."""

import atexit
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from answers import hold_to_schema

from git_fedlearn.cli import run
from git_fedlearn.commands.hooks.commits import pre_commit
from git_fedlearn.console.context import Context
from git_fedlearn.core.layout import SetName
from git_fedlearn.core.record import Record
from git_fedlearn.repository.record_sets import RecordSets

EPOCH = 1_780_000_000
"""2026-05-28, the day of every commit and record in tests unless they say otherwise."""


ANOTHER_MODEL = ("fedlearn.embedder", "http://127.0.0.1:1/v1")
"""Git config with which `add` does not look for lessons that say the same, which costs more than all else."""

OUR_HOOK = re.compile(
    r"#!/bin/sh\n# >>> git-fedlearn >>>[^\n]*\n\((?:(?!# [<>]{3}).)*"
    + re.escape(f"{sys.executable} -I -m git_fedlearn.plumbing.hook")
    + r"(?:(?!# [<>]{3}).)*# <<< git-fedlearn <<<\s*",
    re.DOTALL,
)
"""A hook with nothing but our block, which runs this program."""


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        parsed = json.loads(self.out)
        assert isinstance(parsed, dict)
        return parsed


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self) -> bool:
        return True


class System:
    """One clone: a folder with git and git-fedlearn."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.environment = {**os.environ, **World.environment(home)}

    def git(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> Result:
        """Run git here; with `check`, an exit code other than 0 fails the test."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=self.environment,
            input=stdin,
            capture_output=True,
            check=False,
        )
        result = Result(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))
        assert not check or result.code == 0, f"git {' '.join(arguments)}: {result}"
        return result

    def fedlearn(
        self, *arguments: str, stdin: bytes = b"", code: int | None = 0, config: tuple[str, str] | None = None
    ) -> Result:
        """Run a command in this process, perhaps with git config of its own; expect an exit code, or any."""
        out, err, environment = io.StringIO(), io.StringIO(), self.environment
        if config:
            number = int(environment["GIT_CONFIG_COUNT"])
            more = dict(zip((f"GIT_CONFIG_KEY_{number}", f"GIT_CONFIG_VALUE_{number}"), config, strict=True))
            environment = environment | more | {"GIT_CONFIG_COUNT": str(number + 1)}
        context = Context(environment, self.path, stdin=io.BytesIO(stdin), stdout=out, stderr=err)
        result = Result(run(list(arguments), context), out.getvalue(), err.getvalue())
        hold_to_schema(result.out)
        assert code in (result.code, None), f"git fedlearn {' '.join(arguments)}: {result}"
        return result

    def add(self, name: str, *records: dict[str, Any]) -> Result:
        """Join records into a set, without looking for lessons that say the same."""
        lines = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        return self.fedlearn("add", name, "-", stdin=lines, config=ANOTHER_MODEL)

    def commit(self, message: str = "learn") -> str:
        """Commit everything and return the commit id.

        Where git would run our hooks and no others, pre-commit runs in this process, at a tenth of the cost.
        """
        self.git("add", "--all")
        options = ["--quiet", "--allow-empty", "--message", message]
        if self._has_our_hooks() and re.fullmatch(r"[\w ]+", message):
            errors = io.StringIO()
            context = Context(
                self.environment, self.path, stdin=io.BytesIO(), stdout=io.StringIO(), stderr=errors
            )
            context.is_brief = True
            with closing(context):
                assert pre_commit(context) == 0, errors.getvalue()
            self.git("-c", "core.hooksPath=/dev/null", "commit", *options)
        else:
            self.git("commit", *options)
        return self.git("rev-parse", "HEAD").out.strip()

    def _has_our_hooks(self) -> bool:
        """Whether git would run our hooks for a commit here, and no other."""
        git_dir = self.path / ".git"
        hooks = [git_dir / "hooks" / name for name in ("pre-commit", "commit-msg", "post-commit")]
        return (
            all(
                OUR_HOOK.fullmatch(hook.read_text()) and os.access(hook, os.X_OK)
                for hook in hooks
                if hook.exists()
            )
            and hooks[0].exists()
            and not (git_dir / "hooks/prepare-commit-msg").exists()
            and "hookspath" not in (git_dir / "config").read_text().lower()
            and self.environment["GIT_CONFIG_COUNT"] == "4"
            and not Path(self.environment["GIT_CONFIG_GLOBAL"]).exists()
            and "GIT_DIR" not in self.environment
            and not any((git_dir / head).exists() for head in ("CHERRY_PICK_HEAD", "REVERT_HEAD"))
        )

    def records(self, name: str) -> list[Record]:
        """The records of a set in the work tree."""
        return [*RecordSets(self.path, 10_000_000).read(SetName(name))]

    def write(self, path: str, data: bytes) -> Path:
        """Write a file of the work tree."""
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def read(self, path: str) -> bytes:
        """Read a file of the work tree."""
        return (self.path / path).read_bytes()


class World:
    """A temporary folder with a home and any number of systems."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)

    @staticmethod
    def environment(home: Path) -> dict[str, str]:
        """What git and git-fedlearn see: nothing of this machine's config, one identity, one day."""
        return {
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "USER": "tester",
            "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "A Tester",
            "GIT_AUTHOR_EMAIL": "tester@example.org",
            "GIT_COMMITTER_NAME": "A Tester",
            "GIT_COMMITTER_EMAIL": "tester@example.org",
            "GIT_AUTHOR_DATE": f"{EPOCH} +0000",
            "GIT_COMMITTER_DATE": f"{EPOCH} +0000",
            "SOURCE_DATE_EPOCH": str(EPOCH),
            "GIT_CONFIG_COUNT": "4",
            "GIT_CONFIG_KEY_0": "init.defaultBranch",
            "GIT_CONFIG_VALUE_0": "main",
            "GIT_CONFIG_KEY_1": "protocol.file.allow",
            "GIT_CONFIG_VALUE_1": "always",
            "GIT_CONFIG_KEY_2": "maintenance.auto",
            "GIT_CONFIG_VALUE_2": "false",
            "GIT_CONFIG_KEY_3": "core.fsync",
            "GIT_CONFIG_VALUE_3": "none",
        }

    def folder_system(self, name: str) -> System:
        """A system whose folder is empty: no repository yet."""
        path = self.folder / name
        path.mkdir(parents=True)
        return System(path, self.home)

    def repository(self, name: str) -> System:
        """An empty git repository."""
        made = self.folder_system(name)
        made.git("init", "--quiet")
        return made

    def system(self, name: str, prepare: Callable[[System], None] | None = None) -> System:
        """A federated repository with one commit: a copy of one that `git fedlearn init` made.

        `prepare`: a function of a module that brings it further, once in a process; its copies have one id.
        """
        made = System(self.folder / name, self.home)
        shutil.copytree(_template(prepare), made.path, symlinks=True, copy_function=copy_sparsely)
        if prepare:
            (made.path / ".git/fedlearn/place.json").unlink(missing_ok=True)
        else:
            config = made.path / ".git/config"
            config.write_text(_SYSTEM_ID.sub(_new_system_id(), config.read_text()))
        return made

    def copies(self, make: Callable[..., None], *arguments: str) -> None:
        """Copy all repositories that a function of a module makes in another world, once in a process.

        In their configs, this world takes the place of that one; a linked worktree would not notice.
        """
        made = _world(make, *arguments)
        for path in made.iterdir():
            if path.name != "home":
                shutil.copytree(path, self.folder / path.name, symlinks=True, copy_function=copy_sparsely)
                git_dir = next(folder for folder in (path / ".git", path) if (folder / "config").exists())
                copied = self.folder / git_dir.relative_to(made)
                config = (git_dir / "config").read_text().replace(str(made), str(self.folder))
                (copied / "config").write_text(config)
                (copied / "fedlearn/place.json").unlink(missing_ok=True)

    def bare(self, name: str) -> System:
        """A bare repository to push to."""
        path = self.folder / name
        path.mkdir(parents=True)
        made = System(path, self.home)
        made.git("init", "--quiet", "--bare")
        return made

    def guarded(self, name: str) -> System:
        """A bare repository with the hook of a server."""
        made = self.bare(name)
        hook = made.write("hooks/pre-receive", b"#!/bin/sh\nexec git-fedlearn-hook pre-receive\n")
        hook.chmod(0o755)
        return made

    def clone(self, source: System, name: str) -> System:
        """A clone with `git fedlearn install` run in it."""
        path = self.folder / name
        made = System(self.folder, self.home)
        made.git("clone", "--quiet", str(source.path), str(path))
        made.path = path
        made.fedlearn("install")
        return made


def prepared(prepare: Callable[[System], None]) -> Any:
    """Make a fixture of a function that brings a federated repository further, once in a process."""

    @pytest.fixture(name=prepare.__name__)
    def copied(world: World) -> System:
        return world.system("one", prepare)

    return copied


@cache
def _world(make: Callable[..., None], *arguments: str) -> Path:
    """The folder of a world with what a function makes in it."""
    folder = Path(tempfile.mkdtemp(prefix="fedlearn-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make(World(folder), *arguments)
    return folder


@cache
def _template(prepare: Callable[[System], None] | None) -> Path:
    """A federated repository, made once in a process and copied: `init` costs a dozen git processes."""
    folder = Path(tempfile.mkdtemp(prefix="fedlearn-template-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    world = World(folder)
    if prepare:
        made = world.system("system")
        prepare(made)
    else:
        made = world.repository("system")
        made.fedlearn("init")
        made.commit("federate")
        for sample in made.path.glob(".git/hooks/*.sample"):
            sample.unlink()
    return made.path


def copy_sparsely(source: str, target: str) -> str:
    """Copy a file for `shutil.copytree`; the holes stay, of which the files of an index are made."""
    with Path(source).open("rb") as file, Path(target).open("wb") as copied:
        reader, size, at = file.fileno(), os.fstat(file.fileno()).st_size, 0
        copied.truncate(size)
        while at < size:
            try:
                at = os.lseek(reader, at, os.SEEK_DATA)
            except OSError:  # no data up to the end
                break
            end = os.lseek(reader, at, os.SEEK_HOLE)
            copied.seek(at)
            copied.write(os.pread(reader, end - at, at))
            at = end
    shutil.copystat(source, target)
    return target


_SYSTEM_ID = re.compile(r"sys-[a-z2-7]{10}")


def _new_system_id() -> str:
    return "sys-" + "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(10))
