"""Readers: what was learned in whole sessions of an agent, from the logs of one tool each.

A reader turns the lines of a file into sessions, lists of steps (`session`): what was said, which commands
ran, which files changed. What a session yields is the same for all tools (`lessons`).
"""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Final

from git_fedlearn.core.canonical import JsonObject

READERS: Final[Mapping[str, str]] = {
    "claude-code": "claude_code",
    "codex": "codex",
    "openai": "openai",
    "litellm": "litellm",
    "ollama": "ollama",
    "otel": "otel",
    "langfuse": "langfuse",
}
"""The module of each reader, by the profile that names it; each has a function `read`."""


def read_sessions(name: str, lines: Iterable[JsonObject]) -> Iterator[JsonObject]:
    """The events, each with one lesson, in the sessions of a file that the reader `name` understands."""
    from git_fedlearn.learn.readers.lessons import find_lessons  # noqa: PLC0415  only for logs of sessions
    from git_fedlearn.learn.readers.session import steps_of  # noqa: PLC0415

    reader = import_module(f"git_fedlearn.learn.readers.{READERS[name]}")
    for messages in reader.read(lines):
        yield from find_lessons(steps_of(messages))
