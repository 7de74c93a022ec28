"""Which vector store and which collections this clone uses, and how the store compares to the record sets.

Where data is sent comes from git config and the environment, never from a committed file: a peer must not be
able to change it. `.fedlearn.toml`, which all clones share, only names collections and the fields to embed.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from git_fedlearn.core.canonical import Json
from git_fedlearn.core.collection_names import is_collection_name, unescape_name
from git_fedlearn.core.layout import BEST_PRACTICES, ERROR_SOLUTIONS, SKILLS_PATTERNS
from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE, parse_table
from git_fedlearn.repository.state import IMPORTS, QDRANT, read_json
from git_fedlearn.search.index import stat_data

if TYPE_CHECKING:
    from git_fedlearn.qdrant.store import Store

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"
CREDENTIAL_KEY: Final = "fedlearn.qdrantCredential"
GRPC_KEY: Final = "fedlearn.qdrantGrpcPort"

DEFAULT_COLLECTIONS: Final = (SKILLS_PATTERNS, ERROR_SOLUTIONS, BEST_PRACTICES)

_MAX_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class QdrantSettings:
    """The `[qdrant]` table: collections, those of lessons, and fields to embed, in order."""

    collections: tuple[str, ...] = DEFAULT_COLLECTIONS
    text_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lessons: frozenset[str] = frozenset(DEFAULT_COLLECTIONS)
    """Collections whose points with equal content are one record; of any other, each point is."""


class StoreStatus(NamedTuple):
    """The store, the collections imported into it, those that changed since, and the last import (UTC).

    `place` is empty if no store is configured.
    """

    place: str
    collections: tuple[str, ...]
    changed: tuple[str, ...]
    imported: datetime | None


def is_configured(repository: Repository) -> bool:
    """Whether a store other than the embedded one is configured for this clone or this user."""
    if repository.environment.get("QDRANT_URL"):
        return True
    return any(repository.git.find_config(key) for key in (URL_KEY, FOLDER_KEY))


@contextmanager
def open_store(repository: Repository, command: str) -> "Iterator[Store]":
    """Open the configured store: a server, else a folder of the local mode, else the embedded store.

    The URL of a server is in `$QDRANT_URL` or git config. `command` is named to others who wait for the lock.
    """
    from git_fedlearn.qdrant.embedded import open_edge_store  # noqa: PLC0415  many commands only ask for one
    from git_fedlearn.qdrant.server import open_local_folder, open_server  # noqa: PLC0415

    environment, git = repository.environment, repository.git
    url = (environment.get("QDRANT_URL") or git.find_config(URL_KEY) or "").strip()
    folder = git.find_config(FOLDER_KEY)
    if url:
        key = environment.get("QDRANT_API_KEY") or _find_credential(repository, url)
        with open_server(url, key, _find_grpc_port(repository)) as server:
            yield server
    elif folder:
        path = Path(os.path.expanduser(folder))  # noqa: PTH111  raises nothing
        with open_local_folder(path) as local:
            yield local
    else:
        with open_edge_store(repository.state.path(QDRANT), command) as embedded:
            yield embedded


def try_store(repository: Repository) -> tuple[str, int]:
    """Connect to the configured store; returns its place and number of collections. Raises FedlearnError."""
    with open_store(repository, "doctor") as store:
        return store.place, len(store.names())


def read_store_status(repository: Repository) -> StoreStatus:
    """Compare the files of the last imports with those in the work tree; does not connect to the store."""
    url = repository.environment.get("QDRANT_URL") or repository.git.find_config(URL_KEY)
    place = _host_and_port(url) if url else repository.git.find_config(FOLDER_KEY) or ""
    names, changed, latest = [], [], 0.0
    for memory in sorted(repository.state.path(IMPORTS).glob("*.json")):
        stem = memory.stem.partition("-")[2]
        name = unescape_name(stem) or stem
        names.append(name)
        latest = max(latest, memory.stat().st_mtime)
        if not _is_current(repository, read_json(memory).get("files")):
            changed.append(name)
    imported = datetime.fromtimestamp(latest, UTC) if latest else None
    return StoreStatus(place, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(changed)), imported)


def read_qdrant_settings(top: Path) -> QdrantSettings:
    """The settings of a repository, or the defaults. Raises SettingsError."""
    try:
        table = parse_table((top / SETTINGS_FILE).read_bytes()).get("qdrant", {})
    except FileNotFoundError:
        return QdrantSettings()
    match table:
        case {"collections": _} | {"text_fields": _}:
            named = table.get("collections", [*DEFAULT_COLLECTIONS])
            fields = table.get("text_fields", {})
        case _:
            return QdrantSettings()
    if not isinstance(fields, dict):
        raise SettingsError(f"{SETTINGS_FILE}: `text_fields` is not a table of collections")
    lessons = {*map(str, DEFAULT_COLLECTIONS)}
    if isinstance(named, dict):
        lessons = {name for name in {*lessons, *named} if _is_of_lessons(name, named.get(name, {}))}
        named = [*dict.fromkeys([*DEFAULT_COLLECTIONS, *named])]
    collections = tuple(map(check_collection, _names(named, "collections")))
    text_fields = {name: _names(value, "text_fields") for name, value in fields.items()}
    return QdrantSettings(collections, text_fields, frozenset(lessons))


def _is_of_lessons(name: str, table: object) -> bool:
    """The setting `lessons` of a table `[qdrant.collections.NAME]`."""
    lessons = table.get("lessons", name in DEFAULT_COLLECTIONS) if isinstance(table, dict) else None
    if not isinstance(lessons, bool):
        raise SettingsError(f"{SETTINGS_FILE}: `lessons` of the collection {name} must be true or false")
    return lessons


def check_collection(name: str) -> str:
    """Return the name if a shared collection can have it. Raises SettingsError otherwise."""
    if not is_collection_name(name):
        raise SettingsError(
            f"{name!a}: not a valid name for a shared collection",
            hint="use at most 255 characters, without control characters and `/`",
        )
    return name


def _names(value: object, key: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{SETTINGS_FILE}: `{key}` must contain lists of names")
    return tuple(value)


def _find_grpc_port(repository: Repository) -> int | None:
    """The gRPC port of the server, None to use REST. Raises SettingsError."""
    text = repository.git.find_config(GRPC_KEY)
    if text is None:
        return None
    if not text.isdecimal() or not 0 < int(text) <= _MAX_PORT:
        raise SettingsError(f"git config {GRPC_KEY}: not a port", hint=f"git config {GRPC_KEY} 6334")
    return int(text)


def _find_credential(repository: Repository, url: str) -> str | None:
    """The password that git's credential helpers have for the server, if CREDENTIAL_KEY is true."""
    if repository.git.find_config(CREDENTIAL_KEY, "--type=bool") != "true":
        return None
    filled = repository.git.attempt("credential", "fill", stdin=f"url={url}\n\n".encode())
    for line in filled.out.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        if name == "password":
            return value
    return None


def file_state(repository: Repository, path: str) -> tuple[Json, ...]:
    """What changes with the content of a file: its stat data, or its blob if it is only in git."""
    stat = stat_data(repository.top / path)
    entry = None if stat else repository.sparse.entries.get(path)
    return (entry.oid,) if entry else stat or ()


def _is_current(repository: Repository, files: object) -> bool:
    entries = files if isinstance(files, list) else []
    return bool(entries) and all(file_state(repository, str(path)) == tuple(stat) for path, *stat in entries)


def _host_and_port(url: str) -> str:
    """Without the rest of the URL, which may contain a password."""
    try:
        parts = urlsplit(url)
        return ":".join(str(part) for part in (parts.hostname, parts.port) if part)
    except ValueError:
        return "an invalid URL"
