"""Readers: what was learned in whole sessions of an agent, from the logs of one tool each.

A reader turns the lines of a file into sessions, lists of steps (`session`): what was said, which commands
ran, which files changed. What a session yields is the same for all tools.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from git_fedlearn.core.canonical import JsonObject

if TYPE_CHECKING:
    from git_fedlearn.learn.readers.session import Step

READERS: Final[Mapping[str, str]] = {
    "claude-code": "claude_code",
    "codex": "codex",
    "openai": "openai",
    "litellm": "openai",
    "ollama": "ollama",
    "otel": "otel",
    "langfuse": "langfuse",
}
"""The module of each reader, by the profile that names it; each has a function `read`."""


def read_sessions(name: str, lines: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """The events, each with one lesson, in the sessions of a file that the reader `name` understands."""
    from git_fedlearn.learn.readers.session import steps_of  # noqa: PLC0415  only for logs of sessions

    for messages in import_module(f"git_fedlearn.learn.readers.{READERS[name]}").read(lines):
        yield from find_lessons(steps_of(messages))


def find_lessons(steps: "Sequence[Step]") -> Iterator[JsonObject]:
    """What a session yields, as events: fixes proven by a run, conventions, corrections; no conversation."""
    from git_fedlearn.learn.readers.fixes import find_fixes  # noqa: PLC0415  only for logs of sessions
    from git_fedlearn.learn.readers.statements import find_statements  # noqa: PLC0415

    yield from find_fixes(steps)
    yield from find_statements(steps)
