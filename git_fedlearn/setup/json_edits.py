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


class JsonEdit(NamedTuple):
    """What an edit inserted, and the white space that it replaced."""

    inserted: str
    replaced: str = ""


@dataclass(slots=True)
class JsonSpan:
    """A value in a text: where it starts and ends, and the values in it by key, or by number as text."""

    start: int
    end: int
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
        found = next(iter(_paths(scan(text), json.loads(text), (), is_ours)), None)
        if found is None:
            return text
        text = _cut(text, found)


def _paths(
    span: JsonSpan, value: Json, path: tuple[str, ...], is_ours: Callable[[tuple[str, ...], Json], bool]
) -> list[tuple[str, ...]]:
    """The paths of values to remove, innermost first; of a parent whose only child goes, the parent's."""
    found: list[tuple[str, ...]] = []
    for name, child in span.children.items():
        item = (
            value[name] if isinstance(value, dict) else value[int(name)] if isinstance(value, list) else None
        )
        here = (*path, name)
        if is_ours(here, item):
            found.append(here)
            continue
        below = _paths(child, item, here, is_ours)
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
    if text[at] in "{[":
        return _scan_container(text, at)
    if text[at] == '"':
        return JsonSpan(at, _string_end(text, at))
    end = at
    while end < len(text) and text[end] not in ",]}" and text[end] not in _SPACE:
        end += 1
    return JsonSpan(at, end)


def _scan_container(text: str, start: int) -> JsonSpan:
    found = JsonSpan(start, 0)
    closing = "}" if text[start] == "{" else "]"
    at = _skip(text, start + 1)
    while text[at] != closing:
        first, name = at, str(len(found.children))
        if closing == "}":
            end = _string_end(text, at)
            name = json.loads(text[at:end])
            at = _skip(text, _skip(text, end) + 1)
        child = _scan(text, at)
        child.first = first
        found.children[name] = child
        at = _skip(text, child.end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    found.end = at + 1
    return found


def _string_end(text: str, at: int) -> int:
    end = at + 1
    while text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    return end + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
