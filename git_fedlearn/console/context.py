"""A clone with the streams of one command: standard input, output and error.

Colors are used on a terminal only, and never if `NO_COLOR` is set (no-color.org). Control characters in a
text are never printed raw: a record from a peer must not move the cursor or hide a line.
"""

import json
import os
import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from git_fedlearn.app import Clock, Clone
from git_fedlearn.core.patterns import lazy_pattern
from git_fedlearn.errors import FedlearnError, UsageError
from git_fedlearn.repository.git import Git, open_pager, watched_by
from git_fedlearn.repository.settings import hide_credentials

_RESET: Final = "\x1b[0m"
_PREFIXES: Final = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[33m",
    "hint": "\x1b[36m",
    "note": "\x1b[2m",
}
"""The first words of lines on standard error, whose meaning must be clear without a color."""
_PREFIX: Final = lazy_pattern(rf"^({'|'.join(_PREFIXES)}):(?= )", re.MULTILINE)

_CONTROL: Final = lazy_pattern(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
"""Control, bidirectional and tag characters, without tab and line feed."""


def without_control(text: str) -> str:
    """The text with control characters escaped, for a terminal."""
    return _CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


_MEANINGS: Final = {
    "id": "\x1b[33m",
    "set": "\x1b[36m",
    "good": "\x1b[32m",
    "fair": "\x1b[33m",
    "bad": "\x1b[31m",
    "heading": "\x1b[1m",
    "aside": "\x1b[2m",
}
"""What `paint` can mark, and the color of it on a terminal."""
_OPENINGS: Final = {chr(0xFDD0 + number): code for number, code in enumerate(_MEANINGS.values())}
_CLOSING: Final = "\ufdef"
_MARK: Final = lazy_pattern("[\ufdd0-\ufdef]")
"""Characters that Unicode keeps free for use inside a program."""
_GOOD_SCORE: Final = 0.8
_FAIR_SCORE: Final = 0.5


def paint(meaning: str, text: str) -> str:
    """The text marked with its meaning; `Context.say` shows that as a color, or not at all."""
    return f"{chr(0xFDD0 + [*_MEANINGS].index(meaning))}{text}{_CLOSING}" if text.strip() else text


def paint_score(score: float, text: str) -> str:
    """A score from 0 to 1 in the color of its height; below 0 is none."""
    if score < 0:
        return text
    return paint("good" if score >= _GOOD_SCORE else "fair" if score >= _FAIR_SCORE else "bad", text)


def paint_state(word: str) -> str:
    """`problem`, `fixed`, `ok` or `none` in eight columns, marked with its meaning."""
    meaning = {"problem": "bad", "fixed": "fair", "ok": "good"}.get(word)
    return paint(meaning, f"{word:<8}") if meaning else f"{word:<8}"


def render(text: str, *, colored: bool) -> str:
    """The text with the marks of `paint` as colors, or without them."""
    return _MARK.sub(lambda mark: _OPENINGS.get(mark[0], _RESET) if colored else "", text)


_COMMAND_LINE: Final = lazy_pattern(r"(next|then|hint): |\s*git |\w+\$ ")
"""A line to copy and paste, which is never broken."""
_COLUMN: Final = lazy_pattern(r"(?<=\s\s)\S")
"""Where a column begins."""


def fit(line: str, columns: int) -> str:
    """The line broken between words to at most `columns` characters.

    Further lines are under the last column that begins in the first half of the line, and has room for them.
    """
    plain = _MARK.sub("", line)
    if len(plain) <= columns or _COMMAND_LINE.match(plain):
        return line
    import textwrap  # noqa: PLC0415  costs start-up time

    begin = len(plain) - len(plain.lstrip())
    found = (match.start() for match in _COLUMN.finditer(plain) if begin < match.start() <= columns // 2)
    fitting = (start for start in found if start + max(map(len, plain[start:].split())) <= columns)
    indent = max(fitting, default=begin + 2)
    parts = textwrap.wrap(
        line, columns, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(parts)


def _decided_color(environment: Mapping[str, str]) -> bool | None:
    """Whether to color, if the environment says so; `FORCE_COLOR` also colors a pipe."""
    if environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return True if environment.get("FORCE_COLOR") else None


def _is_reporting() -> bool:
    """Whether the command that runs reports what it did, and answers nothing."""
    import click  # noqa: PLC0415  few runs ask

    from git_fedlearn.command_table import ACTING, ANSWERING  # noqa: PLC0415  few runs ask

    ctx = click.get_current_context(silent=True)
    if ctx is None or any(ctx.params.get(name) for name in ANSWERING):
        return False
    return ctx.command_path.removeprefix(f"{ctx.find_root().command_path} ") in ACTING


class Context(Clone):
    """One run of a command: a clone with streams."""

    def __init__(
        self,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        *,
        stdin: BinaryIO | None = None,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        """What is not given is that of this process."""
        super().__init__(
            dict(os.environ) if environment is None else environment, directory or Path.cwd(), clock=clock
        )
        self.stdin = stdin or sys.stdin.buffer
        self.stdout = stdout or sys.stdout
        self.stderr = stderr or sys.stderr
        self.quiet = False
        self.is_json = False
        """Whether `answer` prints the answer, and `say` nothing."""
        self.has_answered = False
        """Whether JSON was printed."""
        self._held: list[str] = []
        """Lines of a report that `--quiet` holds back; see `say`."""
        self._git_color: dict[bool, bool] = {}
        """What git says of colors on a terminal, and elsewhere: it is asked once, not for every line."""
        self._paged: tuple[bool, int | None] | None = None
        """Color and columns of the terminal behind a pager."""

    def moved(self, directory: Path, environment: Mapping[str, str] | None = None) -> "Context":
        """The same run in another folder, or another environment: nothing is known about its clone yet."""
        moved = Context(
            self.environment if environment is None else environment,
            directory,
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
            clock=self.clock,
        )
        moved.quiet, moved.is_json, moved._held = self.quiet, self.is_json, self._held
        moved.keeps_config = self.keeps_config
        return moved

    def named_path(self, text: str) -> Path:
        """The path that an argument names; `~/` is the home of the user. Raises UsageError for a URL."""
        if "://" in text:
            raise UsageError(
                f"{hide_credentials(text)}: a URL, not a file", hint="name a path on this machine"
            )
        home = self.environment.get("HOME")
        place = f"{home}{text[1:]}" if home and (text == "~" or text.startswith("~/")) else text
        return Path(os.path.normpath(self.directory / place))

    def say(self, text: str = "", *, is_whole: bool = False) -> None:
        """Print lines of the answer, which fit a terminal unless they are for a file and stay whole.

        If `--quiet`, the report of a command that acts is held until it is known that the command failed.
        """
        if self.is_json:
            return
        clean = without_control(text)
        line = clean if is_whole else self._rendered(clean)
        if self.quiet and not is_whole and _is_reporting():
            self._held.append(line)
        else:
            print(line, file=self.stdout)

    def print_held(self) -> None:
        """Print what `say` held."""
        while self._held:
            print(self._held.pop(0), file=self.stdout)

    def _rendered(self, text: str) -> str:
        if columns := self.columns:
            text = "\n".join(fit(line, columns) for line in text.split("\n"))
        return render(text, colored=self.is_colored) if _MARK.search(text) else text

    @property
    def is_colored(self) -> bool:
        """Whether the answer is colored: `NO_COLOR`, then git's `color.fedlearn` and `color.ui`."""
        if self._paged:
            return self._paged[0]
        decided = _decided_color(self.environment)
        if decided is not None:
            return decided
        is_terminal = self.stdout.isatty()
        if is_terminal not in self._git_color:
            asked = ("--get-colorbool", "color.fedlearn", "true" if is_terminal else "false")
            self._git_color[is_terminal] = self._git.attempt("config", *asked).out.strip() == b"true"
        return self._git_color[is_terminal]

    @property
    def columns(self) -> int | None:
        """The width of the terminal; None if the answer does not go to one."""
        if self._paged:
            return self._paged[1]
        if not self.stdout.isatty():
            return None
        named = self.environment.get("COLUMNS", "")
        if named.isdecimal() and int(named):
            return int(named)
        try:
            return os.get_terminal_size(self.stdout.fileno()).columns or None
        except (OSError, ValueError):
            return None

    @property
    def _git(self) -> Git:
        return Git(self.directory, self.environment)

    @contextmanager
    def paging(self) -> Iterator[None]:
        """Show what is printed inside in git's pager, on a terminal only."""
        pager = os.fsdecode(self._git.attempt("var", "GIT_PAGER").out).strip() if self.stdout.isatty() else ""
        if pager in ("", "cat") or self.is_json:
            yield
            return
        terminal, self._paged = self.stdout, (self.is_colored, self.columns)
        try:
            with open_pager(pager, self.environment) as self.stdout:
                yield
        finally:
            self.stdout, self._paged = terminal, None

    def read_input(self, what: str) -> str:
        """Standard input as text; says on a terminal what it waits for."""
        if self.stdin.isatty():
            self.note(f"reading {what} from standard input, end with Ctrl-D")
        return self.stdin.read().decode("utf-8", "replace")

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
        """Print a line to standard error, even if `--quiet`, or nothing if that cannot be written."""
        clean = render(without_control(text), colored=False)
        with suppress(OSError):
            decided = _decided_color(self.environment)
            if self.stderr.isatty() if decided is None else decided:
                clean = _PREFIX.sub(lambda found: f"{_PREFIXES[found[1]]}{found[0]}{_RESET}", clean)
            print(clean, file=self.stderr)

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

    def say_json(self, schema: str, answer: Mapping[str, object]) -> None:
        """Print an answer as JSON, whose values json takes; `schema` is its name and version: `verify/v1`."""
        self.has_answered = True
        print(json.dumps({"schema": f"fedlearn.{schema}", **answer}, indent=2), file=self.stdout)

    def answer(self, schema: str, facts: Mapping[str, object]) -> None:
        """Print the answer of a command as JSON if that was asked for; `say` prints it otherwise."""
        if self.is_json:
            self.say_json(schema, facts)
