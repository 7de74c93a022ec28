"""What a command gets from the world: streams, clock, environment and folder, in one object.

Only commands read the environment; the library below gets values.
"""

import json
import os
import re
import shlex
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from git_fedlearn.console.colour import paint, paint_marks, wants_colour
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError, NotARepositoryError
from git_fedlearn.repository.git import Git, watched_by
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    from git_fedlearn.privacy.engine import LocalIdentity, PrivacyEngine
    from git_fedlearn.privacy.policy import Policy


@dataclass
class Context:
    """One run of a command."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path = field(default_factory=Path.cwd)
    stdin: BinaryIO = field(default_factory=lambda: sys.stdin.buffer)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False

    @cached_property
    def repository(self) -> Repository:
        """The repository the command was run in. Raises NotARepositoryError."""
        return Repository.discover(self.directory, self.environment)

    @property
    def in_repository(self) -> bool:
        """Whether the command was run in a repository."""
        try:
            return bool(self.repository)
        except NotARepositoryError:
            return False

    @cached_property
    def data_repository(self) -> Repository:
        """The same, with data files. Raises NotARepositoryError."""
        self.repository.require_data()
        return self.repository

    @cached_property
    def privacy(self) -> "PrivacyEngine":
        """The engine that knows who this machine's user is and what the repository decided.

        Raises SettingsError.
        """
        from git_fedlearn.privacy.engine import PrivacyEngine  # noqa: PLC0415  costs start-up time

        return PrivacyEngine(self.identity(), self.policy)

    @cached_property
    def policy(self) -> "Policy":
        """The privacy policy of the repository the command was run in, the default outside one."""
        from git_fedlearn.privacy.policy_table import parse_policy  # noqa: PLC0415  costs start-up time

        if self.in_repository and self.repository.is_bare:
            from git_fedlearn.console.server_policy import server_policy  # noqa: PLC0415

            return server_policy(self)
        table = self.repository.settings_table if self.in_repository else {}
        return parse_policy(table, self.now().date())

    def forget_settings(self) -> None:
        """Read the settings file again when it is next asked for: it was written."""
        for name in ("policy", "privacy"):
            self.__dict__.pop(name, None)
        self.repository.forget_settings()

    def now(self) -> datetime:
        """The time in UTC; `SOURCE_DATE_EPOCH` (reproducible-builds.org) fixes it."""
        fixed = self.environment.get("SOURCE_DATE_EPOCH", "")
        return datetime.fromtimestamp(int(fixed), UTC) if fixed.isdecimal() else datetime.now(UTC)

    def identity(self) -> "LocalIdentity":
        """What in a text would point to this machine or its user."""
        from git_fedlearn.privacy.engine import LocalIdentity  # noqa: PLC0415  costs start-up time

        git = Git(self.directory, self.environment)
        listed = os.fsdecode(git.attempt("config", "-z", "--get-regexp", r"^user\.(name|email)$").out)
        named = dict(item.split("\n", 1) for item in listed.split("\0") if "\n" in item)
        email = named.get("user.email")
        return LocalIdentity(
            user=self.environment.get("USER") or _login_name(),
            host=socket.gethostname(),
            full_name=named.get("user.name", ""),
            emails=(email,) if email else (),
            home=self.environment.get("HOME", ""),
        )

    def say(self, text: str = "") -> None:
        """Print a line of the answer."""
        print(text, file=self.stdout)

    def write(self, data: bytes) -> None:
        """Write bytes of the answer as they are."""
        self.stdout.flush()
        stream = getattr(self.stdout, "buffer", None)
        if stream is None:
            self.stdout.write(data.decode("utf-8", "surrogateescape"))
        else:
            stream.write(data)
            stream.flush()

    def note(self, text: str) -> None:
        """Print a line beside the answer, unless `--quiet`."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Print a line about something wrong, always."""
        print(paint_marks(text) if wants_colour(self.stderr, self.environment) else text, file=self.stderr)

    def word(self, word: str) -> str:
        """A word of the answer that says how something stands (`ok`, `problem`), coloured on a terminal."""
        return paint(word) if wants_colour(self.stdout, self.environment) else word

    @contextmanager
    def watching_git(self) -> Iterator[None]:
        """Inside, say which git commands run, and how long each takes."""
        with watched_by(self._tell_git):
            yield

    def _tell_git(self, arguments: Sequence[str], seconds: float) -> None:
        shown = _IN_URL.sub(r"\1***@", shlex.join(arguments))
        self.complain(f"note: git {shown} ({seconds:.3f} s)")

    def report(self, error: FedlearnError) -> None:
        """Print an error and what to do about it."""
        self.complain(f"error: {error.message}")
        if error.hint:
            self.complain(f"hint: {error.hint}")

    def say_json(self, schema: str, answer: dict[str, Json]) -> None:
        """Print an answer for programs; `schema` names its form and version, as in `verify/v1`."""
        self.say(json.dumps({"schema": f"fedlearn.{schema}", **answer}, indent=2))


_IN_URL = re.compile(r"(://)[^/@\s]*@")


def _login_name() -> str:
    import getpass  # noqa: PLC0415  costs start-up time

    try:
        return getpass.getuser()
    except OSError:
        return ""
