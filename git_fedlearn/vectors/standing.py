"""How the search index and the vector store stand to the record sets, from what this clone remembers."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from git_fedlearn.core.layout import SetName, find_set
from git_fedlearn.repository.data_tree import WorkTree
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import IMPORTS, read_json
from git_fedlearn.vectors.places import FOLDER_KEY, URL_KEY, index_folder


class IndexStanding(NamedTuple):
    """`is_made` is whether there is an index; `changed` are the sets that differ from what it holds."""

    is_made: bool
    changed: tuple[SetName, ...]


class StoreStanding(NamedTuple):
    """`place` is empty where no store is configured; `imported` is when something was last imported."""

    place: str
    collections: tuple[str, ...]
    changed: tuple[str, ...]
    imported: datetime | None


def read_index_standing(repository: Repository) -> IndexStanding:
    """Compare the files that the index was made of with those of the work tree."""
    known = read_json(index_folder(repository) / "state.json").get("files")
    if not isinstance(known, dict):
        return IndexStanding(is_made=False, changed=())
    here = {path for path in WorkTree(repository.top).paths() if find_set(path)}
    differing = {path for path in here | known.keys() if _facts(repository.top, path) != known.get(path)}
    return IndexStanding(
        is_made=True, changed=tuple(sorted({found[0] for path in differing if (found := find_set(path))}))
    )


def read_store_standing(repository: Repository) -> StoreStanding:
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
    return StoreStanding(place, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(changed)), when)


def _is_current(top: Path, files: object) -> bool:
    entries = files if isinstance(files, list) else []
    return bool(entries) and all(_facts(top, str(path)) == facts for path, *facts in entries)


def _facts(top: Path, path: str) -> list[int]:
    """Size, time of change and inode, as the index and the imports remember them."""
    with suppress(OSError):
        found = (top / path).stat()
        return [found.st_size, found.st_mtime_ns, found.st_ino]
    return []


def _shown(url: str) -> str:
    """The host and port alone: an address may carry a password."""
    parts = urlsplit(url)
    return ":".join(str(part) for part in (parts.hostname, parts.port) if part)
