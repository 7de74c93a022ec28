"""Answers of a person: one key without Enter on a terminal, else a line."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from git_fedlearn.console.context import Context


class Keyboard:
    """Asks questions. A key that was pressed before its question was shown is no answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._terminal = _find_terminal(context)

    def ask(self, question: str) -> str | None:
        """The key or line, in lower case; None at the end of input, for Ctrl-C and for Ctrl-D."""
        try:
            answer = self._read(question)
        except KeyboardInterrupt:
            answer = "\x03"
        if answer == "\x03":
            self._write("\n")
        return None if answer in ("", "\x03", "\x04") else answer.strip().lower()

    def confirm(self, word: str) -> None:
        """Show what a key means, which the terminal did not show."""
        if self._terminal is not None:
            self._write(f"{word}\n")

    def _read(self, question: str) -> str:
        if self._terminal is None:
            self._write(question)
            return self._context.stdin.readline().decode("utf-8", "replace")
        with _without_enter(self._terminal):
            self._write(question)
            return os.read(self._terminal, 1).decode("ascii", "replace")

    def _write(self, text: str) -> None:
        self._context.stdout.write(text)
        self._context.stdout.flush()


def _find_terminal(context: Context) -> int | None:
    """The descriptor of a terminal that can give single keys; None if there is none."""
    if context.environment.get("TERM") == "dumb":
        return None
    try:
        import termios  # noqa: PLC0415  not on Windows

        descriptor = context.stdin.fileno()
        termios.tcgetattr(descriptor)
    except (ImportError, OSError, ValueError, termios.error):
        return None
    return descriptor


@contextmanager
def _without_enter(terminal: int) -> Iterator[None]:
    """Give keys at once and unseen inside, without those that were pressed before.

    Ctrl-C is a key then, too: Python does not see a signal that comes just before it waits for a key.
    """
    import termios  # noqa: PLC0415  not on Windows

    before, mode = termios.tcgetattr(terminal), termios.tcgetattr(terminal)
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
    mode[6][termios.VINTR] = bytes([os.fpathconf(terminal, "PC_VDISABLE")])
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, mode)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
