"""Add members to a JSON file of somebody else, and take them out again, without touching any other byte.

The file is never written anew from its value: an edit inserts text in the style around it. It is undone by
taking out that text; if another program has reformatted the file since, by removing the same members.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.errors import FedlearnError

DEFAULT_INDENT: Final = "  "
_SPACE: Final = " \t\r\n"
_DECODER: Final = json.JSONDecoder()


class JsonEdit(NamedTuple):
    """What an edit inserted, and the white space that it replaced."""

    inserted: str
    replaced: str = ""


@dataclass(slots=True)
class JsonSpan:
    """A value in a text: where it starts and ends, and the values in it by key, or by number as text."""

    start: int
    end: int
    value: Json
    children: dict[str, "JsonSpan"] = field(default_factory=dict)
    first: int = 0
    """Where the key of a member starts; of an item, its start."""


def parse_object_text(text: str, place: str) -> JsonObject:
    """The object that a file contains. Raises FedlearnError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FedlearnError(
            f"{place}: not valid JSON: {error}", hint="repair it first; it was not changed"
        ) from None
    if not isinstance(value, dict):
        raise FedlearnError(f"{place}: not a JSON object", hint="repair it first; it was not changed")
    return value


def add_value(text: str, path: Sequence[str], key: str, value: Json) -> tuple[str, JsonEdit]:
    """Add a member `key` to the object at `path`, or with an empty key an item to the array there."""
    span = _find(scan(text), path)
    unit = _unit(text)
    label = f"{json.dumps(key)}: " if key else ""
    inner = text[span.start + 1 : span.end - 1]
    if span.children:
        last = [*span.children.values()][-1]
        before = text[: last.first]
        gap = before[len(before.rstrip(_SPACE)) :]
        indent = gap.rpartition("\n")[2] if "\n" in gap else ""
        body = _format(value, unit, indent) if "\n" in gap else json.dumps(value)
        inserted = f",{gap or ' '}{label}{body}"
        return text[: last.end] + inserted + text[last.end :], JsonEdit(inserted)
    line = text[: span.start].rpartition("\n")[2]
    outer = line[: len(line) - len(line.lstrip(_SPACE))]
    inserted = f"\n{outer}{unit}{label}{_format(value, unit, outer + unit)}\n{outer}"
    return text[: span.start + 1] + inserted + text[span.end - 1 :], JsonEdit(inserted, inner)


def add_all(text: str, members: JsonObject, path: tuple[str, ...] = ()) -> tuple[str, list[JsonEdit]]:
    """Add members to the object at `path`; what is there already gets the members or items that it lacks."""
    edits: list[JsonEdit] = []
    for key, value in members.items():
        known = _find(scan(text), path).children
        if key in known and isinstance(value, dict):
            text, more = add_all(text, value, (*path, key))
            edits += more
            continue
        into, label = ((*path, key), "") if key in known else (path, key)
        for item in value if key in known and isinstance(value, list) else [value]:
            text, edit = add_value(text, into, label, item)
            edits.append(edit)
    return text, edits


def undo(text: str, edit: JsonEdit) -> str | None:
    """The text without what an edit inserted; None if it is not there exactly once."""
    if text.count(edit.inserted) != 1:
        return None
    return text.replace(edit.inserted, edit.replaced)


def remove_values(text: str, is_ours: Callable[[tuple[str, ...], Json], bool]) -> str:
    """The text without the members and items that `is_ours` names by their path and value.

    An array or object that is empty after that goes, too, but not the outermost one.
    """
    while True:
        found = _paths(scan(text), (), is_ours)
        if not found:
            return text
        text = _cut(text, found[0])


def _paths(
    span: JsonSpan, path: tuple[str, ...], is_ours: Callable[[tuple[str, ...], Json], bool]
) -> list[tuple[str, ...]]:
    """The paths of values to remove, innermost first; of a parent whose only child goes, the parent's."""
    found: list[tuple[str, ...]] = []
    for name, child in span.children.items():
        here = (*path, name)
        if is_ours(here, child.value):
            found.append(here)
            continue
        below = _paths(child, here, is_ours)
        if len(child.children) == 1 and below == [(*here, *child.children)]:
            found.append(here)
        else:
            found += below
    return found


def _cut(text: str, path: Sequence[str]) -> str:
    """The text without the value at a path, with its key and one comma."""
    parent = _find(scan(text), path[:-1])
    children = [*parent.children.values()]
    place = [*parent.children].index(path[-1])
    child = children[place]
    if place + 1 < len(children):
        return text[: child.first] + text[children[place + 1].first :]
    if place:
        return text[: children[place - 1].end] + text[child.end :]
    return text[: parent.start + 1] + text[parent.end - 1 :]


def _find(span: JsonSpan, path: Sequence[str]) -> JsonSpan:
    for name in path:
        span = span.children[name]
    return span


def _unit(text: str) -> str:
    """The white space of one level."""
    found = re.search(r"\{\s*?\n([ \t]+)\"", text)
    return found[1] if found else DEFAULT_INDENT


def _format(value: Json, unit: str, indent: str) -> str:
    return json.dumps(value, indent=unit).replace("\n", f"\n{indent}")


def scan(text: str) -> JsonSpan:
    """The spans of all values in a valid JSON text."""
    return _scan(text, _skip(text, 0))


def _scan(text: str, at: int) -> JsonSpan:
    value, end = _DECODER.raw_decode(text, at)
    found = JsonSpan(at, end, value)
    at = _skip(text, at + 1)
    while isinstance(value, dict | list) and at < end - 1:
        first, name = at, str(len(found.children))
        if isinstance(value, dict):
            name, key_end = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, key_end) + 1)
        child = found.children[name] = _scan(text, at)
        child.first = first
        at = _skip(text, child.end)
        at = _skip(text, at + 1) if text[at] == "," else at
    return found


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
