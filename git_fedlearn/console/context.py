"""What a command gets from the world: a clone, with the streams on which it speaks to people and programs.

Colours: on a terminal only, and none where `NO_COLOR` is set (no-color.org).
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
"""The words that carry a colour; what they mean must be clear without it."""


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to colour what goes to a stream. `FORCE_COLOR` colours a pipe too."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return bool(environment.get("FORCE_COLOR")) or stream.isatty()


def paint_marks(text: str) -> str:
    """The text with the mark that a line begins with, such as `error:`, in its colour."""
    return "\n".join(_paint_mark(line) for line in text.split("\n"))


def paint(word: str) -> str:
    """A word in its own colour, white space around it left as it is."""
    code = _CODES.get(word.strip())
    return f"{code}{word}{_RESET}" if code else word


def _paint_mark(line: str) -> str:
    mark, colon, rest = line.partition(": ")
    return f"{_CODES[mark]}{mark}:{_RESET} {rest}" if colon and mark in _CODES else line


@dataclass
class Context(Clone):
    """One run of a command: a clone, with streams and words."""

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
        shown = hide_credentials(shlex.join(arguments))
        self.complain(f"note: git {shown} ({seconds:.3f} s)")

    def warn(self, text: str) -> None:
        """Print a warning, always."""
        self.complain(f"warning: {text}")

    def report(self, error: FedlearnError) -> None:
        """Print an error and what to do about it."""
        self.complain(f"error: {error.message}")
        if error.hint:
            self.complain(f"hint: {error.hint}")

    def say_json(self, schema: str, answer: dict[str, Json]) -> None:
        """Print an answer for programs; `schema` names its form and version, as in `verify/v1`."""
        self.say(json.dumps({"schema": f"fedlearn.{schema}", **answer}, indent=2))
