"""The `[qdrant]` table of `.fedlearn.toml`: which collections, and which of their fields are embedded.

Shared by every clone, so it names no place to send anything to; `connect.py` has those.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from git_fedlearn.core.layout import BEST_PRACTICES, COLLECTION, ERROR_SOLUTIONS, SKILLS_PATTERNS
from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.settings import SETTINGS_FILE

DEFAULT_COLLECTIONS: Final = (SKILLS_PATTERNS, ERROR_SOLUTIONS, BEST_PRACTICES)


@dataclass(frozen=True, slots=True)
class QdrantSettings:
    """`text_fields` holds the fields of a collection, in order; of others the known ones are taken."""

    collections: tuple[str, ...] = DEFAULT_COLLECTIONS
    text_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_qdrant_settings(top: Path) -> QdrantSettings:
    """The table of a repository, the defaults where it has none. Raises SettingsError."""
    try:
        table = tomllib.loads((top / SETTINGS_FILE).read_text(encoding="utf-8")).get("qdrant", {})
    except FileNotFoundError:
        return QdrantSettings()
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{SETTINGS_FILE}: not valid TOML: {error}") from error
    match table:
        case {"collections": _} | {"text_fields": _}:
            named = table.get("collections", [*DEFAULT_COLLECTIONS])
            fields = table.get("text_fields", {})
        case _:
            return QdrantSettings()
    if not isinstance(fields, dict):
        raise SettingsError(f"{SETTINGS_FILE}: `text_fields` is not a table of collections")
    collections = tuple(map(check_collection, _texts(named, "collections")))
    return QdrantSettings(collections, {name: _texts(value, "text_fields") for name, value in fields.items()})


def check_collection(name: str) -> str:
    """A name that a collection's files can have. Raises SettingsError for any other."""
    if not COLLECTION.fullmatch(name) or name == "snapshots":
        raise SettingsError(
            f"{name}: a collection of this name cannot be shared", hint="letters, digits, `.`, `_` and `-`"
        )
    return name


def _texts(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{SETTINGS_FILE}: `{key}` holds something that is no list of names")
    return tuple(value)
