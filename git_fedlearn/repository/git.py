"""The one place that runs git, which does transport, credentials, config, index and commits itself."""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cached_property
from io import TextIOWrapper
from pathlib import Path
from select import select
from typing import IO, Final, NamedTuple, TextIO, cast
from weakref import finalize

from git_fedlearn.errors import GitError
from git_fedlearn.repository.environment import without_cleared
from git_fedlearn.repository.settings import hide_credentials

MAX_SAID_LINES: Final = 6
"""Lines of an error message of git that are passed on, the last ones."""

_NO_IDENTITY: Final = re.compile(
    r"[Pp]lease tell me who you are|unable to auto-detect email|empty ident name"
    r"|no (email|name) was given and auto-detection is disabled"
)
"""What git says if it knows no author or committer (ident.c)."""
IDENTITY_HINT: Final = "git config --global user.name NAME && git config --global user.email EMAIL"


class Finished(NamedTuple):
    """The result of a command: its exit code and what it printed."""

    code: int
    out: bytes
    err: str

    @property
    def lacks_identity(self) -> bool:
        """Whether it failed because git does not know who commits."""
        return self.code != 0 and _NO_IDENTITY.search(self.err) is not None

    @property
    def said(self) -> str:
        """Why it failed, in its own words, for a message: one printable line without hints or passwords."""
        if self.lacks_identity:
            return "user.name and user.email are not set"
        lines = [line.strip() for line in self.err.splitlines()]
        said = [
            re.sub(r"^(fatal|error): ", "", line) for line in lines if line and not line.startswith("hint:")
        ]
        return _printable("; ".join(said[-MAX_SAID_LINES:]) or "it did not say why")

    @property
    def warnings(self) -> list[str]:
        """Its warnings and hints, and those of hooks, a printable line each."""
        lines = self.err.splitlines()
        return [_printable(line) for line in lines if line.startswith(("warning: ", "hint: "))]


def _printable(text: str) -> str:
    return hide_credentials("".join(char if char.isprintable() else "?" for char in text))


class GitLimits(NamedTuple):
    """Limits of one git command: seconds of wall time, and bytes of any file it writes."""

    seconds: float
    file_bytes: int


GitWatcher = Callable[[Sequence[str], float], None]
"""Called with the arguments of each git command that ended, and the seconds it took."""

_watcher: ContextVar[GitWatcher | None] = ContextVar("watcher", default=None)

TIMED_OUT = 124
"""Exit code of a command that was stopped at its time limit, as in timeout(1)."""

_LAST_BYTES = 8192


@contextmanager
def watched_by(watcher: GitWatcher | None) -> Iterator[None]:
    """Report every git command inside to `watcher`, if there is one."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def open_pager(command: str, environment: Mapping[str, str]) -> Iterator[TextIO]:
    """Start a pager, a line for a shell, as git does; yield its input, and wait until the user leaves it."""
    settings = {"LESS": "FRX", "LV": "-c", **environment}
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=settings) as process:  # noqa: S602
        with suppress(BrokenPipeError):  # the user left it before the end
            stream = TextIOWrapper(_pipe(process.stdin), encoding="utf-8", errors="backslashreplace")
            yield stream
            stream.close()
        while process.poll() is None:
            with suppress(KeyboardInterrupt):  # it is the pager's
                process.wait()


class Git:
    """Runs git in one directory, with messages in English and prompts off."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.environment = {**without_cleared(environment), "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        self.keeps_config = False
        """Whether `find_config` asks git only once, for all keys: for programs that do not change config."""

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """The standard output of a git command. Raises GitError with git's own message."""
        finished = self.attempt(*arguments, stdin=stdin)
        if finished.code:
            raise GitError(f"git {arguments[0]} failed: {finished.said}")
        return finished.out

    def text(self, *arguments: str) -> str:
        """The standard output of a git command as text without the final newline. Raises GitError."""
        return os.fsdecode(self.run(*arguments)).removesuffix("\n")

    def items(self, *arguments: str, stdin: bytes = b"") -> list[str]:
        """What a git command prints with `-z`, item by item, without empty ones. Raises GitError."""
        return [item for item in os.fsdecode(self.run(*arguments, stdin=stdin)).split("\0") if item]

    def refs(self, *patterns: str) -> dict[str, str]:
        """The object that each ref names; a peer can put any character of Unicode into a name."""
        listed = self.text("for-each-ref", "--format=%(objectname) %(refname)", *patterns).split("\n")
        return {ref: oid for oid, _, ref in (line.partition(" ") for line in listed) if ref}

    def attempt(self, *arguments: str, stdin: bytes = b"") -> Finished:
        """Run a git command whose failure is an answer, not an error."""
        try:
            with _timed(arguments):
                done = subprocess.run(  # noqa: S603  arguments are a list, no shell
                    ["git", *arguments],  # noqa: S607  git is found as the user finds it
                    cwd=self.directory,
                    env=self.environment,
                    input=stdin,
                    capture_output=True,
                    check=False,
                )
        except (FileNotFoundError, NotADirectoryError) as error:
            if error.filename == "git":
                raise GitError("git is not installed", hint="install git 2.34 or later") from None
            raise GitError(f"{self.directory}: no such directory") from None
        return Finished(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def is_true(self, *arguments: str) -> bool:
        """Whether the command exits with 0."""
        return self.attempt(*arguments).code == 0

    @cached_property
    def config(self) -> Mapping[str, str]:
        """The last value of every config key, as it was when first asked for.

        The first and last parts of a key are in lower case; a key without a value is empty.
        """
        return dict(self._config)

    @cached_property
    def _config(self) -> list[tuple[str, str]]:
        return self._parse_config("--list")

    def list_config(self, pattern: str) -> list[tuple[str, str]]:
        """Every value of the config keys that match a pattern; of several, the last one counts."""
        if self.keeps_config:
            return [(key, value) for key, value in self._config if re.search(pattern, key)]
        return self._parse_config("--get-regexp", pattern)

    def _parse_config(self, *arguments: str) -> list[tuple[str, str]]:
        listed = os.fsdecode(self.attempt("config", "-z", *arguments).out).split("\0")
        return [(key, value) for key, _, value in (item.partition("\n") for item in listed) if key]

    def find_config(self, key: str, *scope: str) -> str | None:
        """The last value of a config key, in a scope (`--local`, `--global`, `--system`) or in any.

        With `--type=bool` it is `true` or `false`.
        """
        if self.keeps_config and (not scope or scope == ("--type=bool",)):
            section, *middle, name = key.split(".")
            known = self.config.get(".".join([section.lower(), *middle, name.lower()]))
            if known is None or not scope:
                return known
        finished = self.attempt("config", *scope, "--get", key)
        return os.fsdecode(finished.out).removesuffix("\n") if finished.code == 0 else None

    def attempt_all(
        self, commands: Mapping[str, Sequence[str]], limits: GitLimits, *, parallel: int
    ) -> Iterator[tuple[str, Finished]]:
        """Run git commands in parallel and yield each as it ends; `err` is the end of all that it printed.

        They have no terminal, so they cannot prompt. Those still running when the caller stops are killed.
        """
        stopped = threading.Event()
        from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415  costs start-up time

        with ThreadPoolExecutor(max(parallel, 1)) as pool:
            futures = {
                pool.submit(self._attempt_within, command, limits, stopped): name
                for name, command in commands.items()
            }
            try:
                started = time.monotonic()
                for future in as_completed(futures):
                    _report(commands[futures[future]], started)
                    yield futures[future], future.result()
            finally:
                stopped.set()
                pool.shutdown(wait=False, cancel_futures=True)

    def _attempt_within(self, arguments: Sequence[str], limits: GitLimits, stop: threading.Event) -> Finished:
        """Run in a session of its own, which is killed at the time limit with everything it started."""
        with subprocess.Popen(  # noqa: S603
            [*_WITH_FILE_LIMIT, str(limits.file_bytes // 512), *arguments],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            try:
                ended, said = _wait_for(process, time.monotonic() + limits.seconds, stop)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        code = process.returncode if ended else TIMED_OUT
        return Finished(code, b"", said.decode("utf-8", "replace"))

    def lines(self, *arguments: str, stdin: bytes = b"") -> Iterator[bytes]:
        """The lines of standard output while git writes them; it is stopped when the caller stops.

        Git must read all of its input before it writes. Raises GitError with git's own message.
        """
        with _timed(arguments), _temporary_file() as said:
            process = self.open(arguments, said)
            try:
                with suppress(BrokenPipeError), _pipe(process.stdin) as pipe:
                    pipe.write(stdin)
                yield from (line.removesuffix(b"\n") for line in _pipe(process.stdout))
                if process.wait():
                    raise _failure(arguments, process.returncode, said)
            finally:
                _end(process)

    def open(self, arguments: Sequence[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start a git command that is fed and read through pipes."""
        return subprocess.Popen(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )

    def stream(self, *arguments: str) -> int:
        """Run a git command that prints and prompts itself; returns its exit code."""
        with _timed(arguments):
            done = subprocess.run(  # noqa: S603
                ["git", *arguments],  # noqa: S607
                cwd=self.directory,
                env={**self.environment, "GIT_TERMINAL_PROMPT": "1"},
                check=False,
            )
        return done.returncode

    def edit(self, path: Path) -> int:
        """Open a file in the user's editor, as `git commit` does; returns the editor's exit code.

        Raises GitError if git knows none, as on a terminal without cursor movement.
        """
        try:
            editor = self.text("var", "GIT_EDITOR")
        except GitError:
            raise GitError("no editor", hint="git config --global core.editor EDITOR") from None
        done = subprocess.run(  # noqa: S603  the user's own editor, a shell command as git has it
            ["sh", "-c", f'{editor} "$@"', editor, str(path)],  # noqa: S607
            cwd=self.directory,
            env=self.environment,
            check=False,
        )
        return done.returncode


class GitBatch:
    """A git command that answers requests in turn, as `git cat-file --batch` does.

    It starts with the first request, and again if it ended; it ends with `close`, or with this object.
    """

    def __init__(self, git: Git, *arguments: str) -> None:
        self._git = git
        self._arguments = arguments
        self._close: Callable[[], object] | None = None

    def ask(self, request: bytes) -> bytes:
        """The first line of the answer to a request of one line. Raises GitError if git ends instead."""
        if self._close is None:
            self._errors = _temporary_file()
            self._process = self._git.open(self._arguments, self._errors)
            self._close = finalize(self, _end_batch, self._process, self._errors, os.getpid())
        line = b""
        with suppress(BrokenPipeError):
            _pipe(self._process.stdin).write(request + b"\n")
            _pipe(self._process.stdin).flush()
            line = _pipe(self._process.stdout).readline()
        if not line.endswith(b"\n"):
            raise self._failure()
        return line[:-1]

    def take(self, size: int) -> bytes:
        """The bytes that follow, which a line feed ends. Raises GitError if git ends before."""
        data = _pipe(self._process.stdout).read(size + 1)
        if len(data) <= size:
            raise self._failure()
        return data[:-1]

    def close(self) -> None:
        """End the command."""
        if self._close:
            self._close()
        self._close = None

    def _failure(self) -> GitError:
        failed = _failure(self._arguments, self._process.wait(), self._errors)
        self.close()
        return failed


def _end_batch(process: subprocess.Popen[bytes], errors: IO[bytes], owner: int) -> None:
    """End a batch process, unless this is a fork of the process that started it."""
    if os.getpid() == owner:
        _end(process)
        errors.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            _pipe(pipe).close()
    process.terminate()
    process.wait()


def _temporary_file() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("git"), "w+b")
    import tempfile  # noqa: PLC0415  costs start-up time

    return tempfile.TemporaryFile()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    """A pipe that is there, because the process was opened with it."""
    return cast("IO[bytes]", pipe)


def _failure(arguments: Sequence[str], code: int, errors: IO[bytes]) -> GitError:
    errors.seek(0)
    said = Finished(code, b"", errors.read().decode("utf-8", "replace")).said
    return GitError(f"git {arguments[0]} failed: {said}")


def attempt_program(
    arguments: Sequence[str], environment: Mapping[str, str], *, stdin: bytes = b""
) -> Finished | None:
    """Run a program other than git, such as crontab; None if it is not installed."""
    try:
        done = subprocess.run(  # noqa: S603  arguments are a list, no shell
            list(arguments), env=dict(environment), input=stdin, capture_output=True, check=False
        )
    except FileNotFoundError:
        return None
    return Finished(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def follow_program(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    directory: Path,
    on_line: Callable[[bytes], object],
) -> int | None:
    """Run a program other than git, and call `on_line` with each line it prints, errors included.

    Returns its exit code, None if there is no such program.
    """
    try:
        with subprocess.Popen(  # noqa: S603  arguments are a list, no shell
            list(arguments),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            for line in process.stdout or ():
                on_line(line)
    except (FileNotFoundError, PermissionError):
        return None
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def null_ended(paths: Iterable[str]) -> bytes:
    """Paths as git reads them from standard input, each with a NUL byte behind it."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)


@contextmanager
def _timed(arguments: Sequence[str]) -> Iterator[None]:
    started = time.monotonic()
    yield
    _report(arguments, started)


def _report(arguments: Sequence[str], started: float) -> None:
    watcher = _watcher.get()
    if watcher:
        watcher(arguments, time.monotonic() - started)


_WITH_FILE_LIMIT = ("sh", "-c", 'ulimit -f "$0" 2>/dev/null; exec git "$@"')
"""POSIX: a limit of file sizes, in blocks of 512 bytes, for git and everything it starts."""


def _wait_for(process: subprocess.Popen[bytes], deadline: float, stop: threading.Event) -> tuple[bool, bytes]:
    """Whether the process ended in time, and the end of its messages."""
    said = b""
    pipe = process.stdout
    while pipe and time.monotonic() < deadline and not stop.is_set():
        if not select([pipe], [], [], 0.1)[0]:
            if process.poll() is not None:
                return True, said
            continue
        read = os.read(pipe.fileno(), 65536)
        said = (said + read)[-_LAST_BYTES:]
        if not read:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(deadline - time.monotonic(), 0))
                return True, said
    return False, said
