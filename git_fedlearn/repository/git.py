"""The one place that runs git. Transport, credentials, config, index and commits are git's own."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from git_fedlearn.errors import GitError


class Finished(NamedTuple):
    """What a git command left: its exit code and what it printed."""

    code: int
    out: bytes
    err: str


class Git:
    """Runs git in one directory, with messages in English and prompts off."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.environment = {**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Standard output of a git command. Raises GitError with git's own words when it fails."""
        finished = self.attempt(*arguments, stdin=stdin)
        if finished.code:
            raise GitError(f"git {arguments[0]} failed: {_last_words(finished.err)}")
        return finished.out

    def text(self, *arguments: str) -> str:
        """Standard output of a git command as text without the final newline. Raises GitError."""
        return os.fsdecode(self.run(*arguments)).removesuffix("\n")

    def attempt(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """Run a git command whose failure is an answer."""
        try:
            done = subprocess.run(  # noqa: S603  arguments are a list, no shell
                ["git", *arguments],  # noqa: S607  git is found as the user finds it
                cwd=self.directory,
                env=self.environment,
                input=stdin,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            if error.filename == "git":
                raise GitError("git is not installed", hint="install git 2.34 or later") from None
            raise GitError(f"{self.directory}: no such directory") from None
        return Finished(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def is_true(self, *arguments: str) -> bool:
        """Whether the command ends with exit code 0."""
        return self.attempt(*arguments).code == 0

    def find_config(self, key: str, *scope: str) -> str | None:
        """The last value of a config key, in `--local`, `--global` or `--system` or anywhere."""
        finished = self.attempt("config", *scope, "--get", key)
        return os.fsdecode(finished.out).removesuffix("\n") if finished.code == 0 else None

    def stream(self, *arguments: str) -> int:
        """Run a git command that speaks to the user itself; returns its exit code."""
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=self.directory,
            env={**self.environment, "GIT_TERMINAL_PROMPT": "1"},
            check=False,
        )
        return done.returncode


def _last_words(stderr: str) -> str:
    lines = [
        line.removeprefix("fatal: ").removeprefix("error: ") for line in stderr.splitlines() if line.strip()
    ]
    return "; ".join(lines[-3:]) if lines else "it did not say why"
