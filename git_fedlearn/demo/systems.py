"""The throw-away systems of the demo: git repositories isolated from the configuration of this machine."""

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from git_fedlearn.errors import FedlearnError, GitError
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.record_sets import RecordSets
from git_fedlearn.repository.repository import Repository

STACK: Final = ".local/share/nixos-ai-stack"
_DAY: Final = 1_764_547_200
"""2025-12-01: ids and bytes of records do not depend on when the demo runs."""

RETRIES: Final = 5


@dataclass(frozen=True, slots=True)
class DemoStep:
    """A command as a user would type it, and its result."""

    system: str
    command: str
    happened: tuple[str, ...] = ()


@dataclass
class Stage:
    """The demo folder and the callback for each step; `git fedlearn` must be on PATH."""

    folder: Path
    environment: Mapping[str, str]
    show: Callable[[DemoStep | str], None]
    pulls: int = 0
    conflicts: int = 0

    def bare(self, name: str) -> Path:
        """A bare repository to push to."""
        path = self.folder / f"{name}.git"
        git = Git(self.folder, hermetic(self.environment, self.folder))
        git.run("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(path))
        return path


@dataclass
class System:
    """One machine: its repository, its user's home and the data folder of its AI stack."""

    name: str
    stage: Stage
    home: Path = field(init=False)
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.stage.folder / "home" / self.name
        self.path = self.stage.folder / self.name
        self.environment = hermetic(self.stage.environment, self.home)

    @cached_property
    def sets(self) -> RecordSets:
        """The record sets of this system."""
        return Repository.discover(self.path, self.environment).sets

    @property
    def git(self) -> Git:
        """Git in the repository of this system."""
        return Git(self.path, self.environment)

    def run(self, *arguments: str, say: str | None = None, shown: str | None = None) -> None:
        """Run a git command that must succeed; `say` is its result, `shown` replaces a long command line."""
        self.git.run(*arguments)
        self.show_step(shown or f"git {shlex.join(arguments)}", *([say] if say else []))

    def fedlearn(
        self, *arguments: str, stdin: bytes = b"", show: bool = True, shown: str | None = None
    ) -> str:
        """Run a git-fedlearn command as a user would type it; returns its standard output.

        Raises FedlearnError if it fails.
        """
        git = self.git if self.path.exists() else Git(self.stage.folder, self.environment)
        done = git.attempt("fedlearn", *arguments, stdin=stdin)
        if done.code:
            raise FedlearnError(f"{self.name}: git fedlearn {arguments[0]} failed:\n{done.err.strip()}")
        said = done.out.decode("utf-8", "replace")
        if show:
            self.show_step(
                shown or f"git fedlearn {shlex.join(arguments)}", *self.tidy(said.rstrip()).splitlines()
            )
        return said

    def commit(self, message: str) -> None:
        """Commit the data files, hooks included."""
        self.git.run("add", "--", "data")
        self.git.run("commit", "--quiet", "--message", message)
        self.show_step(f"git add data && git commit -m {shlex.quote(message)}")

    def pull(self, remote: str) -> None:
        """`git pull`; a conflict is counted and the merge aborted."""
        before = self.revision()
        done = self.git.attempt("pull", "--quiet", "--no-rebase", "--no-edit", remote, "main")
        self.stage.pulls += 1
        if done.code and self.git.run("ls-files", "--unmerged"):
            self.stage.conflicts += 1
            self.git.run("merge", "--abort")
            self.show_step(f"git pull {remote} main", "conflict: merge aborted")
            return
        if done.code:
            raise GitError(f"{self.name}: git pull failed: {done.said}")
        self.show_step(f"git pull {remote} main", f"{self._describe(before)}, no conflict")

    def push(self, remote: str) -> bool:
        """`git push`; False if another system was faster."""
        done = self.git.attempt("push", "--quiet", remote, "main")
        if done.code and "rejected" not in done.err:
            raise GitError(f"{self.name}: git push failed: {done.said}")
        self.show_step(
            f"git push {remote} main", "rejected: another system was faster" if done.code else "done"
        )
        return not done.code

    def revision(self, of: str = "HEAD") -> str:
        """The object a revision names."""
        return self.git.text("rev-parse", of)

    def show_step(self, command: str, *happened: str) -> None:
        """Report a step."""
        self.stage.show(DemoStep(self.name, self.tidy(command), happened))

    def tidy(self, text: str) -> str:
        """The text without the paths of the demo folder."""
        return text.replace(str(self.home), "~").replace(f"{self.stage.folder}{os.sep}", "")

    def _describe(self, before: str) -> str:
        after = self.revision()
        if before == after:
            return "up to date"
        parents = self.git.text("rev-list", "--no-walk", "--parents", after).split()[1:]
        return "merged" if len(parents) > 1 and before in parents else "fast-forward"


def share(system: System, remote: str) -> None:
    """Push; if another system was faster, pull and try again. Raises GitError after RETRIES pushes."""
    for _ in range(RETRIES):
        if system.push(remote):
            return
        system.pull(remote)
    raise GitError(f"{system.name}: {remote} rejected {RETRIES} pushes")


def hermetic(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """An environment without the user's git config, hooks, identity, home and AI stack."""
    foreign = ("GIT_", "FEDLEARN_", "AI_STACK_", "XDG_", "PRE_COMMIT", "SSH_ASKPASS")
    kept = {key: value for key, value in environment.items() if not key.startswith(foreign)}
    return kept | {
        "HOME": str(home),
        "USER": "ada",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TEMPLATE_DIR": "",
        "GIT_AUTHOR_DATE": f"{_DAY} +0000",
        "GIT_COMMITTER_DATE": f"{_DAY} +0000",
        "SOURCE_DATE_EPOCH": str(_DAY),
        "TZ": "UTC",
    }


def differing(systems: list[System]) -> Iterator[str]:
    """The names of the systems whose record sets differ from those of the first."""
    first = record_sets(systems[0])
    return (system.name for system in systems if record_sets(system) != first)


def record_sets(system: System) -> tuple[str, ...]:
    """Git's object ids of all record sets in HEAD."""
    return tuple(system.revision(f"HEAD:data/{path}") for path in ("patterns", "fine-tuning/dataset.jsonl"))
