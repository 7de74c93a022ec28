"""What a session yields: fixes proven by a run, conventions, corrections; never the conversation."""

from collections.abc import Iterator, Sequence

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.learn.readers.fixes import find_fixes
from git_fedlearn.learn.readers.session import Step
from git_fedlearn.learn.readers.statements import find_statements


def find_lessons(steps: Sequence[Step]) -> Iterator[JsonObject]:
    """The lessons of a session, as events."""
    yield from find_fixes(steps)
    yield from find_statements(steps)
