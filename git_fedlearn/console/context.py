"""A clone with the streams of one command: standard input, output and error.

Colors are used on a terminal only, and never if `NO_COLOR` is set (no-color.org).
"""

import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from git_fedlearn.app import Clone
from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.git import watched_by
from git_fedlearn.repository.settings import hide_credentials

_RESET: Final = "\x1b[0m"
_CODES: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[33m",
    "hint": "\x1b[36m",
    "note": "\x1b[2m",
    "problem": "\x1b[1;31m",
    "fixed": "\x1b[33m",
    "ok": "\x1b[32m",
}
"""The words that have a color; their meaning must be clear without it."""


def wants_color(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to color the output to a stream; `FORCE_COLOR` also colors a pipe."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return bool(environment.get("FORCE_COLOR")) or stream.isatty()


def color_prefixes(text: str) -> str:
    """The text with the prefix of each line, such as `error:`, in its color."""
    return "\n".join(_color_prefix(line) for line in text.split("\n"))


def color_word(word: str) -> str:
    """The word in its color, with the white space around it unchanged."""
    code = _CODES.get(word.strip())
    return f"{code}{word}{_RESET}" if code else word


def _color_prefix(line: str) -> str:
    prefix, colon, rest = line.partition(": ")
    return f"{_CODES[prefix]}{prefix}:{_RESET} {rest}" if colon and prefix in _CODES else line


@dataclass
class Context(Clone):
    """One run of a command: a clone with streams."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    directory: Path = field(default_factory=Path.cwd)
    stdin: BinaryIO = field(default_factory=lambda: sys.stdin.buffer)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    quiet: bool = False

    def say(self, text: str = "") -> None:
        """Print a line of the answer."""
        print(text, file=self.stdout)

    def write(self, data: bytes) -> None:
        """Write bytes of the answer, unchanged."""
        self.stdout.flush()
        stream = getattr(self.stdout, "buffer", None)
        if stream is None:
            self.stdout.write(data.decode("utf-8", "surrogateescape"))
        else:
            stream.write(data)
            stream.flush()

    def note(self, text: str) -> None:
        """Print a line to standard error, unless `--quiet`."""
        if not self.quiet:
            self.print_error(text)

    def print_error(self, text: str) -> None:
        """Print a line to standard error, even if `--quiet`."""
        print(color_prefixes(text) if wants_color(self.stderr, self.environment) else text, file=self.stderr)

    def status_word(self, word: str) -> str:
        """A status word of the answer (`ok`, `problem`), colored on a terminal."""
        return color_word(word) if wants_color(self.stdout, self.environment) else word

    @contextmanager
    def watching_git(self) -> Iterator[None]:
        """Print each git command that runs in this context, and its duration."""
        with watched_by(self._print_git_command):
            yield

    def _print_git_command(self, arguments: Sequence[str], seconds: float) -> None:
        shown = hide_credentials(shlex.join(arguments))
        self.print_error(f"note: git {shown} ({seconds:.3f} s)")

    def warn(self, text: str) -> None:
        """Print a warning, even if `--quiet`."""
        self.print_error(f"warning: {text}")

    def report(self, error: FedlearnError) -> None:
        """Print an error and its hint."""
        self.print_error(f"error: {error.message}")
        if error.hint:
            self.print_error(f"hint: {error.hint}")

    def say_json(self, schema: str, answer: dict[str, Json]) -> None:
        """Print an answer as JSON; `schema` is its name and version, as in `verify/v1`."""
        self.say(json.dumps({"schema": f"fedlearn.{schema}", **answer}, indent=2))
