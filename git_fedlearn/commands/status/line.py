"""One line of `status`, and how soon it needs somebody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from git_fedlearn.errors import SettingsError


class Urgency(IntEnum):
    """How soon a line needs somebody; the higher, the sooner."""

    OPTIONAL = 0
    ROUTINE = 1
    """What a timer or the next command of every day does."""
    PERSON = 2
    """Only a person can decide or repair it; nothing is lost meanwhile."""
    BROKEN = 3
    """Lessons are not merged or checked here, or some would get lost."""


@dataclass(frozen=True, slots=True)
class StatusLine:
    """Topic, state, and the command to run if there is anything to do."""

    name: str
    text: str
    command: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    """Numbers and names for `--json`."""
    urgency: Urgency = Urgency.ROUTINE
    """Of a line with a command; without one, there is nothing to do."""
    is_quiet: bool = False
    """Whether it says only that there is nothing; `--json` has it."""


def most_urgent(lines: list[StatusLine]) -> StatusLine | None:
    """The line to act on first: of the most urgent ones, the first. None if all of them are optional."""
    due = [line for line in lines if line.command and line.urgency > Urgency.OPTIONAL]
    return max(due, key=lambda line: line.urgency, default=None)


def unless_misconfigured(name: str, item: Callable[[], StatusLine]) -> StatusLine:
    """The line, or the error of unusable settings, which must not hide the other lines."""
    try:
        return item()
    except SettingsError as error:
        command = error.hint or "git fedlearn doctor"
        return StatusLine(
            name, f"unknown: {error.message}", command, {"error": error.message}, Urgency.BROKEN
        )
