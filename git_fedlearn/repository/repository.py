"""A git repository as git-fedlearn sees it: its folders, this system, the shared settings."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType

from git_fedlearn.errors import GitError, NotARepositoryError, SettingsError
from git_fedlearn.repository.checkout import LANDING, rollback_interrupted
from git_fedlearn.repository.git import Git
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.settings import SETTINGS_FILE, Settings, parse_table, read_table, settings_of
from git_fedlearn.repository.state import State

if TYPE_CHECKING:
    from git_fedlearn.repository.objects import Objects
    from git_fedlearn.repository.record_sets import RecordSets
    from git_fedlearn.repository.trees import SparseFiles

SystemId = NewType("SystemId", str)
"""`sys-` and 10 random base32 characters; reveals nothing about host or user."""

SYSTEM_KEY = "fedlearn.system"


class Repository:
    """One worktree of a repository, or a bare repository, whose `top` is its git directory."""

    def __init__(self, top: Path, git_dir: Path, common_dir: Path, environment: Mapping[str, str]) -> None:
        self.top = top
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.environment = environment
        self.git = Git(top, environment)
        self.is_read_by_git = False
        """Whether git reads the objects even if libgit2 can: for a few of them it starts faster."""

    @classmethod
    def discover(cls, directory: Path, environment: Mapping[str, str]) -> "Repository":
        """The repository that `directory` is in. Raises NotARepositoryError."""
        # Without a work tree, git fails at the last question, after the answers to the others.
        asked = ("--git-dir", "--git-common-dir", "--is-bare-repository", "--show-toplevel")
        found = Git(directory, environment).attempt("rev-parse", "--path-format=absolute", *asked)
        answers = os.fsdecode(found.out).removesuffix("\n").split("\n", len(asked) - 1)
        if found.code and len(answers) < len(asked) - 1:
            raise _not_found(directory, found.err.strip())
        git_dir, common_dir, bare, *rest = answers
        if bare == "true":
            return cls(Path(git_dir), Path(git_dir), Path(common_dir), environment)
        if found.code:
            raise NotARepositoryError(
                f"{directory}: inside a git directory, not a working tree", hint="cd to the work tree"
            )
        work_tree = rest[0]
        # Every git command runs at the top, where relative paths would mean something else.
        absolute = {"GIT_DIR": git_dir, "GIT_WORK_TREE": work_tree}
        placed = {name: value for name, value in absolute.items() if name in environment}
        return cls(Path(work_tree), Path(git_dir), Path(common_dir), {**environment, **placed})

    @classmethod
    def find_plain(cls, top: Path, environment: Mapping[str, str]) -> "Repository | None":
        """The repository at this top of a work tree, which takes one git process less than `discover`.

        None if its folders may be elsewhere: linked worktrees, submodules, core.worktree, GIT_DIR.
        """
        git_dir = top / ".git"
        if any(name in environment for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")):
            return None
        if git_dir.is_symlink() or not git_dir.is_dir() or (git_dir / "commondir").exists():
            return None
        found = cls(top, git_dir, git_dir, environment)
        is_plain = found.git.config.get("core.bare") == "false" and "core.worktree" not in found.git.config
        return found if is_plain else None

    @property
    def is_bare(self) -> bool:
        """Whether there is no work tree."""
        return self.top == self.git_dir

    @property
    def is_anonymous(self) -> bool:
        """Whether this clone makes its own commits without the name of its user: `fedlearn.anonymous`."""
        return self.git.find_config("fedlearn.anonymous", "--type=bool") == "true"

    @cached_property
    def state(self) -> State:
        """The local state of this clone, shared by its worktrees."""
        return State(self.common_dir / "fedlearn")

    @cached_property
    def settings(self) -> Settings:
        """The shared settings. Raises SettingsError."""
        return settings_of(self.settings_table)

    @cached_property
    def settings_table(self) -> dict[str, Any]:
        """The settings file as a table. Raises SettingsError."""
        path = self.top / SETTINGS_FILE
        return read_table(path) or parse_table(self.sparse.read(SETTINGS_FILE), str(path))

    @cached_property
    def sets(self) -> "RecordSets":
        """The record sets of the work tree. Raises SettingsError."""
        from git_fedlearn.repository.record_sets import RecordSets  # noqa: PLC0415  costs start-up time

        return RecordSets(self.top, self.settings.record_set_bytes, self.sparse)

    @cached_property
    def sparse(self) -> "SparseFiles":
        """The files of ours that a sparse checkout leaves out of the work tree."""
        from git_fedlearn.repository.trees import SparseFiles  # noqa: PLC0415  costs start-up time

        return SparseFiles(self)

    @cached_property
    def objects(self) -> "Objects":
        """The object database: read by libgit2, or by git itself in a repository that libgit2 cannot read."""
        from git_fedlearn.repository.git_objects import GitObjects  # noqa: PLC0415  costs start-up time

        if not self.is_read_by_git:
            from git_fedlearn.repository.libgit_objects import LibgitObjects  # noqa: PLC0415  as above

            with suppress(GitError):
                return LibgitObjects(self.git_dir, self.environment)
        return GitObjects(self.git, self.common_dir)

    def close(self) -> None:
        """Let go of the object database; it opens again when it is needed."""
        objects = self.__dict__.pop("objects", None)
        if objects:
            objects.close()

    def forget_settings(self) -> None:
        """Drop the settings read so far, because the file was written."""
        for name in ("settings", "settings_table", "sets"):
            self.__dict__.pop(name, None)

    def require_data(self) -> None:
        """Raise NotARepositoryError unless this is a federated repository with a work tree."""
        if self.is_bare:
            raise NotARepositoryError(
                f"{self.top}: a bare repository has no data files", hint="use a clone of it"
            )
        if not (self.top / "data").is_dir() and not self.sparse.entries:
            raise NotARepositoryError(f"{self.top}: not a federated repository", hint="git fedlearn init")

    def system(self) -> SystemId:
        """The id of this system. Raises SettingsError if `install` has not made one."""
        found = self.find_system()
        if found is None:
            raise SettingsError("this clone has no system id yet", hint="git fedlearn install")
        return found

    def find_system(self) -> SystemId | None:
        """The id of this system; None if `install` has not made one. Raises SettingsError if invalid."""
        found = self.git.find_config(SYSTEM_KEY)
        if found is None:
            return None
        from git_fedlearn.core.record import SYSTEM_ID  # noqa: PLC0415  costs start-up time

        if not SYSTEM_ID.fullmatch(found):
            raise SettingsError(
                f"git config {SYSTEM_KEY}: not a system id (sys- and 10 of a-z and 2-7)",
                hint=f"git config --unset {SYSTEM_KEY} && git fedlearn install",
            )
        return SystemId(found)

    @contextmanager
    def lock(self, command: str, timeout_seconds: float | None = None) -> Iterator[None]:
        """Hold the lock of this repository; git config `fedlearn.lockTimeout` sets the timeout (30 seconds).

        A caller that cannot wait so long gives its own.

        An interrupted checkout of ours is rolled back first. Raises LockedError, SettingsError.
        """
        timeout = str(timeout_seconds or self.git.find_config("fedlearn.lockTimeout") or "30")
        if not re.fullmatch(r"\d{1,6}(\.\d+)?", timeout):
            raise SettingsError("git config fedlearn.lockTimeout: not a number of seconds")
        with hold_lock(self.state.folder, command, timeout=float(timeout)):
            rollback_interrupted(self.git, self.git_dir / LANDING)
            yield

    def relative(self, path: Path) -> str:
        """A path below the top as git writes it."""
        return path.relative_to(self.top).as_posix()


def _not_found(directory: Path, reason: str) -> NotARepositoryError:
    """The error for a directory in which git finds no repository."""
    if "not a git repository" in reason:
        hint = "git init && git fedlearn init    (or: git fedlearn clone URL)"
        return NotARepositoryError(f"{directory}: not in a git repository", hint=hint)
    what, *advice = [line.strip().removeprefix("fatal: ") for line in reason.splitlines() if line.strip()]
    return NotARepositoryError(
        f"{directory}: {what}", hint=next((line for line in advice if "git " in line), "")
    )
