"""Paths into an event: `response.choices[0].message.content`, `messages[role=user][-1].content`."""

import re
from collections.abc import Callable
from typing import Final

from git_fedlearn.core.canonical import Json
from git_fedlearn.errors import SettingsError

FieldPath = Callable[[Json], Json]
"""What stands at a path, None for nothing; never raises."""

_STEP: Final = re.compile(
    r"(?:^|\.)(?P<name>[^.\[\]=]+)|\[(?P<index>-?\d{1,6})\]|\[(?P<key>[^.\[\]=]+)=(?P<value>[^\[\]]*)\]"
)


def compile_path(text: str) -> FieldPath:
    """A path of names, `[n]` (from the end where negative) and `[key=value]` (the items that have it)."""
    steps: list[FieldPath] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or text.startswith("."):
            raise SettingsError(f"not a path: {text}", hint="write a.b, a[0], a[-1] or a[key=value]")
        steps.append(_step(match))
        at = match.end()
    if not steps:
        raise SettingsError("an empty path")

    def find(value: Json) -> Json:
        for step in steps:
            value = step(value)
        return _joined(value)

    return find


def _step(match: re.Match[str]) -> FieldPath:
    name, index, key = match["name"], match["index"], match["key"]
    if name is not None:
        return lambda value: value.get(name) if isinstance(value, dict) else None
    if index is not None:
        return lambda value: _item(value, int(index))
    wanted = match["value"]
    return lambda value: (
        [item for item in value if isinstance(item, dict) and item.get(key) == wanted]
        if isinstance(value, list)
        else None
    )


def _item(value: Json, index: int) -> Json:
    if isinstance(value, list) and -len(value) <= index < len(value):
        return value[index]
    return None


def _joined(value: Json) -> Json:
    """A text in parts, as chat messages have it, is one text; what is no text among the parts is left out."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "type" in part for part in value):
        texts = [part.get("text") for part in value if isinstance(part, dict)]
        return "\n".join(text for text in texts if isinstance(text, str))
    return value
