"""One line that names a record for a person: what went wrong, what was asked, or a title."""

from typing import Final

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import RETRACTED

LONGEST: Final = 100
"""Characters; what is longer ends in an ellipsis."""

_NAMES: Final = (
    ("error_type", "error_message"),
    ("category", "title"),
    ("category", "description"),
    ("skill_name", "pattern"),
    ("usage_pattern",),
    ("query",),
    ("question",),
    ("prompt",),
    ("instruction",),
    ("task_description",),
    ("text",),
    ("content",),
    ("error_type",),
    ("skill_name",),
    ("category",),
)
"""Fields that name a lesson, the last of a row being there: error solution, best practice, pattern,
interaction, training sample."""


def headline(fields: JsonObject, longest: int = LONGEST) -> str:
    """The name of a record on one line, printable; empty when it has no field that names it."""
    if RETRACTED in fields:
        return "retracted"
    rows = (found for names in _NAMES if (found := _texts(fields, names)))
    parts = _chat(fields) or next(rows, [])
    text = printable(" ".join(": ".join(parts).split()))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def printable(text: str) -> str:
    """The text with everything but visible characters and spaces escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def _texts(fields: JsonObject, names: tuple[str, ...]) -> list[str]:
    """The texts of these fields, none if the last is not there."""
    texts = [text for name in names if isinstance(text := fields.get(name), str) and text]
    return texts if fields.get(names[-1]) in texts else []


def _chat(fields: JsonObject) -> list[str]:
    """The first question of a training sample in chat form."""
    messages = fields.get("messages")
    for message in messages if isinstance(messages, list) else []:
        if isinstance(message, dict) and message.get("role") == "user":
            return _texts(message, ("content",))
    return []
