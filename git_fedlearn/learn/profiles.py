"""Logs of other programs as events: which files, and which of their fields are ours. See docs/sources.md.

Profiles are shared settings, so they can name only files below a folder that this machine itself chose as a
source, and a score only as an expression (core/expressions.py).
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.expressions import Expression, FieldPath, compile_expression, compile_path
from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.settings import SETTINGS_FILE

READY_MADE: Final[Mapping[str, Mapping[str, Any]]] = {
    "hybrid-coordinator": {},
    "litellm": {
        "where": "status in ['success', 'failure'] and (messages or query)",
        "fields": {
            "query": ["messages[role=user][-1].content", "messages"],
            "response": ["response.choices[0].message.content", "response"],
            "finish_reason": "response.choices[0].finish_reason",
            "outcome": "status",
            "error_type": "error_information.error_class",
            "error_message": ["error_information.error_message", "error_str"],
            "timestamp": "startTime",
        },
        "constants": {"event_type": "llm_call"},
    },
}
"""The coordinator's events are read as they are; LiteLLM's are its standard logging payloads, one a line."""

_T = TypeVar("_T")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
_KEYS: Final = frozenset({"profile", "files", "where", "fields", "constants", "score"})


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """How to read the lines of some files; without `fields` an event is taken as it stands."""

    name: str
    files: str
    where: Expression | None
    fields: tuple[tuple[str, tuple[FieldPath, ...]], ...]
    constants: Mapping[str, Json]
    score: Expression | None
    entry: Mapping[str, Any]
    """The settings it was made of."""

    def __reduce__(self) -> tuple[Callable[..., "Profile"], tuple[str, Mapping[str, Any]]]:
        """To another process it goes as its settings."""
        return _make, (self.name, self.entry)

    def apply(self, line: JsonObject) -> "JsonObject | None":
        """The event that a line is, None for a line that is none of this profile's."""
        if self.where and not self.where(line):
            return None
        event = self._mapped(line)
        if self.score:
            value = self.score({**line, **event})
            if isinstance(value, int | float) and not isinstance(value, bool):
                event["value_score"] = min(1.0, max(0.0, float(value)))
        return event

    def _mapped(self, line: JsonObject) -> JsonObject:
        """The fields that are mapped, each by its first path that leads to something, then the constants."""
        if not self.fields:
            return {**line, **self.constants}
        event: JsonObject = {}
        for name, paths in self.fields:
            found = next((value for path in paths if (value := path(line)) not in (None, "", [], {})), None)
            if found is not None:
                event[name] = found
        return {**event, **self.constants}


def parse_profiles(table: object) -> list[Profile]:
    """Profiles from the table `sources`. Raises SettingsError naming the source and the key."""
    if not isinstance(table, dict):
        raise SettingsError(f"{SETTINGS_FILE}: `sources` is not a table", hint="write [sources.NAME]")
    return [_parse(name, entry) for name, entry in sorted(table.items())]


def _parse(name: str, entry: object) -> Profile:
    return _named(f"{SETTINGS_FILE}: [sources.{name}]", lambda: _make(name, _checked(name, entry)))


def _checked(name: str, entry: object) -> Mapping[str, Any]:
    """The entry over the ready-made profile it names."""
    if not _NAME.fullmatch(name):
        raise SettingsError("the name is not of a-z, 0-9 and -")
    if not isinstance(entry, dict):
        raise SettingsError("not a table", hint=f"write [sources.{name}]")
    if unknown := sorted(entry.keys() - _KEYS):
        raise SettingsError(f"unknown key `{unknown[0]}`", hint=f"known keys: {', '.join(sorted(_KEYS))}")
    return {**_base(entry.get("profile")), **entry}


def _base(profile: object) -> Mapping[str, Any]:
    if profile is None:
        return {}
    found = READY_MADE.get(profile) if isinstance(profile, str) else None
    if found is None:
        raise SettingsError(f"no such profile: {profile}", hint=f"ready made: {', '.join(READY_MADE)}")
    return found


def _make(name: str, entry: Mapping[str, Any]) -> Profile:
    constants = _typed(entry, "constants", dict, {})
    for key, value in constants.items():
        if not _is_json(value):
            raise SettingsError(f"constants: `{key}` is neither a text, a number, a truth nor a list")
    fields = _typed(entry, "fields", dict, {})
    return Profile(
        name=name,
        files=_files(_typed(entry, "files", str, "")),
        where=_expression(entry, "where"),
        fields=tuple((field, _paths(field, paths)) for field, paths in fields.items()),
        constants=constants,
        score=_expression(entry, "score"),
        entry=entry,
    )


def _is_json(value: object) -> bool:
    """Whether a record can hold a constant: no dates, no NaN, no tables."""
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _files(pattern: str) -> str:
    path = PurePosixPath(pattern)
    if not pattern or path.is_absolute() or ".." in path.parts or "\\" in pattern or pattern.startswith("~"):
        raise SettingsError(
            "`files` must be a pattern below the source folder",
            hint='files = "litellm/*.jsonl"; another folder only by: git config fedlearn.source.NAME DIR',
        )
    return pattern


def _expression(entry: Mapping[str, Any], key: str) -> Expression | None:
    text = _typed(entry, key, str, "")
    return _named(key, lambda: compile_expression(text)) if text else None


def _paths(field: str, paths: object) -> tuple[FieldPath, ...]:
    listed = paths if isinstance(paths, list) else [paths]
    texts = [path for path in listed if isinstance(path, str)]
    if not texts or len(texts) < len(listed):
        raise SettingsError(f"fields: `{field}` is neither a path nor a list of paths")
    return _named(f"fields: `{field}`", lambda: tuple(compile_path(path) for path in texts))


def _named(what: str, make: Callable[[], _T]) -> _T:
    try:
        return make()
    except SettingsError as error:
        raise SettingsError(f"{what}: {error.message}", hint=error.hint) from None


def _typed(entry: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:  # noqa: ANN401  TOML values
    value = entry.get(key, default)
    if not isinstance(value, kind):
        raise SettingsError(f"`{key}` is not {'a table' if kind is dict else 'a text'}")
    return value
