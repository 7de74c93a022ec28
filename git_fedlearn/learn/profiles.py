"""Profiles: how to read logs of other programs as events. See docs/sources.md.

A profile maps the fields of single lines, or names a reader (learn/readers), which follows whole sessions.

Profiles are shared settings. So they can only name files below a folder that this machine chose as a source,
and give a score only as a JMESPath expression, which is bounded (core/expressions.py).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Any, Final, TypeVar

from git_fedlearn.core.canonical import Json, JsonObject
from git_fedlearn.core.events import SYNONYMS
from git_fedlearn.core.expressions import Expression, compile_expression, compile_path, is_true
from git_fedlearn.errors import SettingsError
from git_fedlearn.learn.readers import READERS
from git_fedlearn.repository.settings import SETTINGS_FILE

READY_MADE: Final[Mapping[str, Mapping[str, Any]]] = {
    "hybrid-coordinator": {},
    "mulch": {
        "files": "**/*.jsonl",
        "where": "contains(['convention', 'pattern', 'failure', 'decision', 'reference', 'guide'], type) "
        "&& status != 'archived'",
        "fields": {
            "error_message": "type == 'failure' && description || `null`",
            "solution": "resolution",
            "title": ["name", "title", "content"],
            "category": "type",
            "description": ["content", "rationale", "type != 'failure' && description || `null`"],
            "outcome": "outcomes[-1].status",
            "timestamp": "recorded_at",
            "tags": "tags[?!contains(@, ':')]",
        },
        "score": "outcomes[-1].status == 'failure' && `0.3` || classification == 'foundational' && `0.9` "
        "|| classification == 'tactical' && `0.85` || `0.75`",
    },
}
"""Events of the coordinator need no mapping; mulch keeps lessons, which need no reader."""

LINES: Final = "lines"
EVENTS: Final = "events"
LESSONS: Final = "lessons"
FIELD: Final = "field "
"""What is counted of a profile: lines, those that `where` accepted, lessons, and events with a field."""

_EVENT_FIELDS: Final = frozenset(
    {name for names in SYNONYMS.values() for name in names}
    | set("event_type title category description outcome status success user_feedback".split())
    | set("feedback rating timestamp value_score finish_reason truncated tags language framework".split())
)
"""Names of fields that are read from an event."""

_LIKENESS: Final = 0.8
_T = TypeVar("_T")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,40}")
_KEYS: Final = frozenset({"profile", "files", "where", "fields", "constants", "score"})


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """How to read the lines of some files; without `fields`, a line is the event."""

    name: str
    files: str
    where: Expression | None
    fields: tuple[tuple[str, tuple[Expression, ...]], ...]
    constants: Mapping[str, Json]
    score: Expression | None
    reader: str | None
    """The reader of whole sessions; the profile then applies to the events that it finds."""
    entry: Mapping[str, Any]
    """The settings that it was parsed from."""

    @property
    def tool(self) -> str:
        """The ready-made profile or the reader that the settings name; empty if they name none."""
        return str(self.entry.get("profile", ""))

    @property
    def own_keys(self) -> frozenset[str]:
        """The keys that the settings give themselves, not a ready-made profile."""
        base = READY_MADE.get(self.entry.get("profile", ""), {})
        return frozenset(key for key, value in self.entry.items() if value is not base.get(key))

    def __reduce__(self) -> tuple[Callable[..., "Profile"], tuple[str, Mapping[str, Any]]]:
        """Pickled as its settings."""
        return _make, (self.name, self.entry)

    def apply(self, line: JsonObject) -> "JsonObject | None":
        """The event of a line, None if `where` excludes it."""
        if self.where and not is_true(self.where(line)):
            return None
        event = self._map_fields(line)
        if self.score:
            value = self.score({**line, **event})
            if isinstance(value, int | float) and not isinstance(value, bool):
                event["value_score"] = min(1.0, max(0.0, float(value)))
        return event

    def _map_fields(self, line: JsonObject) -> JsonObject:
        """The mapped fields, each from its first path with a value, and the constants."""
        if not self.fields:
            return {**line, **self.constants}
        event: JsonObject = {}
        for name, paths in self.fields:
            found = next((value for path in paths if (value := path(line)) not in (None, "", [], {})), None)
            if found is not None:
                event[name] = found
        return {**event, **self.constants}


def find_mistakes(profile: Profile, uses: Mapping[tuple[str, str], int]) -> Iterator[str]:
    """What is probably a mistake in a profile; `uses` is what came of its files, read from the start."""

    def used(what: str) -> int:
        return uses.get((profile.name, what), 0)

    own = profile.entry["fields"] if "fields" in profile.own_keys else {}
    for name in own:
        alike = get_close_matches(name, _EVENT_FIELDS.difference(own), 1, _LIKENESS)
        if alike and name not in _EVENT_FIELDS:
            yield f"fields: nothing reads `{name}`; did you mean `{alike[0]}`?"
        elif used(EVENTS) and not used(FIELD + name):
            paths = own[name] if isinstance(own[name], str) else ", ".join(own[name])
            yield f"fields: no line has `{paths}`, the path of `{name}`"
    if used(LINES) and not used(EVENTS) and "where" in profile.own_keys:
        yield f"`where` excluded all lines ({used(LINES)})"
    elif used(EVENTS) and not used(LESSONS):
        yield f"no event has a lesson that reaches your minimum score ({used(EVENTS)} read)"


def parse_profiles(table: object, settings: str = "") -> list[Profile]:
    """The profiles in the table `sources` of a settings file with this text.

    Raises SettingsError, which names the line, the source and the key.
    """
    if not isinstance(table, dict):
        raise SettingsError(f"{SETTINGS_FILE}: `sources` is not a table", hint="write [sources.NAME]")
    return [_parse(name, entry, settings) for name, entry in sorted(table.items())]


def _parse(name: str, entry: object, settings: str) -> Profile:
    try:
        return _make(name, _complete(name, entry))
    except SettingsError as error:
        line = _find_line(settings, name, error.message)
        place = f"{SETTINGS_FILE}:{line}" if line else SETTINGS_FILE
        raise SettingsError(f"{place}: [sources.{name}]: {error.message}", hint=error.hint) from None


def _find_line(settings: str, name: str, message: str) -> int:
    """The line of the key that a message about a source begins with, else of its table; 0 if not found."""
    key = re.match(r"(?:fields: |constants: )?`?([\w-]+)", message)
    table = found = 0
    for number, line in enumerate(settings.splitlines(), 1):
        if header := re.match(r"\s*\[+\s*([^\]]*)\]", line):
            parts = [part.strip(" \"'") for part in header[1].split(".")]
            is_own = parts[:2] == ["sources", name]
            table = table or (number if is_own else 0)
        elif table and is_own and key and re.match(rf"\s*[\"']?{re.escape(key[1])}[\"']?\s*=", line):
            found = found or number
    return found or table


def _complete(name: str, entry: object) -> Mapping[str, Any]:
    """The entry, completed by the ready-made profile that it names."""
    if not _NAME.fullmatch(name):
        raise SettingsError("not a valid name: use a-z, 0-9 and -")
    if not isinstance(entry, dict):
        raise SettingsError("not a table", hint=f"write [sources.{name}]")
    if unknown := sorted(entry.keys() - _KEYS):
        raise SettingsError(f"unknown key `{unknown[0]}`", hint=f"known keys: {', '.join(sorted(_KEYS))}")
    return {**_base(entry.get("profile")), **entry}


def _base(profile: object) -> Mapping[str, Any]:
    if profile is None or profile in READERS:
        return {}
    found = READY_MADE.get(profile) if isinstance(profile, str) else None
    if found is None:
        known = ", ".join(sorted({*READY_MADE, *READERS}))
        raise SettingsError(f"no such profile: {profile}", hint=f"profiles: {known}")
    return found


def _make(name: str, entry: Mapping[str, Any]) -> Profile:
    constants = _typed(entry, "constants", dict, {})
    for key, value in constants.items():
        if not _is_json(value):
            raise SettingsError(f"constants: `{key}` is not a string, number, boolean or list")
    fields = _typed(entry, "fields", dict, {})
    return Profile(
        name=name,
        files=_files(_typed(entry, "files", str, "")),
        where=_expression(entry, "where"),
        fields=tuple((field, _paths(field, paths)) for field, paths in fields.items()),
        constants=constants,
        score=_score(entry),
        reader=entry["profile"] if entry.get("profile") in READERS else None,
        entry=entry,
    )


def _is_json(value: object) -> bool:
    """Whether a record can contain a TOML value: no dates, no NaN, no tables."""
    if isinstance(value, list):
        return all(map(_is_json, value))
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def _files(pattern: str) -> str:
    path = PurePosixPath(pattern)
    if not pattern or path.is_absolute() or ".." in path.parts or "\\" in pattern or pattern.startswith("~"):
        raise SettingsError(
            "`files` must be a pattern below the source folder",
            hint='files = "litellm/*.jsonl"; for another folder: git config fedlearn.source.NAME DIR',
        )
    return pattern


def _expression(entry: Mapping[str, Any], key: str) -> Expression | None:
    text = _typed(entry, key, str, "")
    return _in_context(key, lambda: compile_expression(text)) if text else None


def _score(entry: Mapping[str, Any]) -> Expression | None:
    """The score of every event: a number, also as text, or an expression."""
    given = entry.get("score")
    try:
        number = None if isinstance(given, bool) or given is None else float(given)
    except (TypeError, ValueError):
        number = None
    if number is None or not math.isfinite(number):
        return _expression(entry, "score")
    return lambda _event: number


def _paths(field: str, paths: object) -> tuple[Expression, ...]:
    listed = paths if isinstance(paths, list) else [paths]
    texts = [path for path in listed if isinstance(path, str)]
    if not texts or len(texts) < len(listed):
        raise SettingsError(f"fields: `{field}` is not a path or list of paths")
    return _in_context(f"fields: `{field}`", lambda: tuple(compile_path(path) for path in texts))


def _in_context(context: str, make: Callable[[], _T]) -> _T:
    try:
        return make()
    except SettingsError as error:
        raise SettingsError(f"{context}: {error.message}", hint=error.hint) from None


def _typed(entry: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:  # noqa: ANN401  TOML values
    value = entry.get(key, default)
    if not isinstance(value, kind):
        raise SettingsError(f"`{key}` is not {'a table' if kind is dict else 'a string'}")
    return value
