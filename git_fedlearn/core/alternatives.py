"""Which lessons are about one error: those whose messages are the same in normal form. Pure."""

from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.events import words_of
from git_fedlearn.core.identity import normal_form

MESSAGE_FIELDS: Final = ("error_message", "error", "error_msg")
SOLUTION_FIELDS: Final = ("solution", "fix", "resolution")


def error_key(fields: JsonObject) -> str | None:
    """Equal for lessons about one error; None for a lesson without an error message.

    The error type does not count: logs name one error by many types.
    """
    message = _first_text(fields, MESSAGE_FIELDS)
    return " ".join(words_of(normal_form(message))) or None


def solution_key(fields: JsonObject) -> str:
    """Equal for solutions in the same words."""
    return " ".join(words_of(solution_of(fields)))


def solution_of(fields: JsonObject) -> str:
    """The solution of a lesson on an error; empty if it has none."""
    return _first_text(fields, SOLUTION_FIELDS)


def _first_text(fields: JsonObject, names: tuple[str, ...]) -> str:
    texts = (text for name in names if isinstance(text := fields.get(name), str) and text.strip())
    return next(texts, "")
