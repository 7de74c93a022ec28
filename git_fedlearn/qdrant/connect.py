"""Which store and which embedder this clone uses: git config and environment, never a committed file.

A peer must not be able to change where data is sent, so nothing here is read from `.fedlearn.toml`.

Where the search index lies, and the git config keys that say where the vector store is.

The `[qdrant]` table of `.fedlearn.toml`: which collections, and which of their fields are embedded.

Shared by every clone, so it names no place to send anything to; `connect.py` has those.

How the search index and the vector store stand to the record sets, from what this clone remembers.

Whether search and the vector store can be used here: packages, index, embedder, store.
"""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from git_fedlearn.core.layout import BEST_PRACTICES, COLLECTION, ERROR_SOLUTIONS, SKILLS_PATTERNS
from git_fedlearn.errors import SettingsError
from git_fedlearn.qdrant.embedded import open_edge_store
from git_fedlearn.qdrant.server import open_local_folder, open_server
from git_fedlearn.qdrant.store import Store
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.settings import SETTINGS_FILE
from git_fedlearn.repository.state import IMPORTS, QDRANT, read_json
from git_fedlearn.search.index import stat_facts

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"

CREDENTIAL_KEY: Final = "fedlearn.qdrantCredential"
GRPC_KEY: Final = "fedlearn.qdrantGrpcPort"

_PORTS: Final = 65_536


def is_configured(repository: Repository) -> bool:
    """Whether this clone, or all of this user's, is told of a store other than the embedded one."""
    told = (repository.git.find_config(key) for key in (URL_KEY, FOLDER_KEY))
    return bool(repository.environment.get("QDRANT_URL") or any(told))


@contextmanager
def open_store(repository: Repository, command: str) -> Iterator[Store]:
    """The configured store: `$QDRANT_URL` or git config, a local-mode folder, else the embedded one."""
    environment, git = repository.environment, repository.git
    url = environment.get("QDRANT_URL") or git.find_config(URL_KEY)
    folder = git.find_config(FOLDER_KEY)
    if url:
        key = environment.get("QDRANT_API_KEY") or _find_credential(repository, url)
        with open_server(url, key, _grpc_port(repository)) as server:
            yield server
    elif folder:
        with open_local_folder(Path(folder).expanduser()) as local:
            yield local
    else:
        with open_edge_store(repository.state.path(QDRANT), command) as embedded:
            yield embedded


def _grpc_port(repository: Repository) -> int | None:
    """The port at which the server speaks gRPC, None for REST. Raises SettingsError."""
    told = repository.git.find_config(GRPC_KEY)
    if told is None:
        return None
    if not told.isdecimal() or not 0 < int(told) < _PORTS:
        raise SettingsError(f"git config {GRPC_KEY}: not a port", hint=f"git config {GRPC_KEY} 6334")
    return int(told)


def _find_credential(repository: Repository, url: str) -> str | None:
    """The key that git's credential helpers hold for the server, where this clone is told to ask them."""
    if repository.git.find_config(CREDENTIAL_KEY, "--type=bool") != "true":
        return None
    asked = repository.git.attempt("credential", "fill", stdin=f"url={url}\n\n".encode())
    for line in asked.out.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("=")
        if name == "password":
            return value
    return None


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


class StoreStatus(NamedTuple):
    """`place` is empty where no store is configured; `imported` is when something was last imported."""

    place: str
    collections: tuple[str, ...]
    changed: tuple[str, ...]
    imported: datetime | None


def read_store_status(repository: Repository) -> StoreStatus:
    """What was imported into the configured store, and what changed since."""
    url = repository.environment.get("QDRANT_URL") or repository.git.find_config(URL_KEY)
    place = _shown(url) if url else repository.git.find_config(FOLDER_KEY) or ""
    memories = sorted(repository.state.path(IMPORTS).glob("*.json"))
    names, changed, latest = [], [], 0.0
    for memory in memories:
        name = memory.stem.partition("-")[2]
        names.append(name)
        latest = max(latest, memory.stat().st_mtime)
        if not _is_current(repository.top, read_json(memory).get("files")):
            changed.append(name)
    when = datetime.fromtimestamp(latest, UTC) if latest else None
    return StoreStatus(place, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(changed)), when)


def _is_current(top: Path, files: object) -> bool:
    entries = files if isinstance(files, list) else []
    return bool(entries) and all(stat_facts(top, str(path)) == facts for path, *facts in entries)


def _shown(url: str) -> str:
    """The host and port alone: an address may carry a password."""
    parts = urlsplit(url)
    return ":".join(str(part) for part in (parts.hostname, parts.port) if part)


def try_store(repository: Repository) -> tuple[str, int]:
    """Ask the configured store for its collections: where it is, and how many. Raises FedlearnError."""
    with open_store(repository, "doctor") as store:
        return store.place, len(store.names())
