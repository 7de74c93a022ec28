"""Where the search index lies, and the git config keys that say where the vector store is."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.extras import Lazy
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import INDEX

if TYPE_CHECKING:
    import platformdirs
else:
    platformdirs = Lazy("platformdirs")

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"


def cache_folder(repository: Repository) -> Path:
    """Where what can be made again is kept: the state folder; of a read-only clone, in the user's cache."""
    folder = repository.state.folder
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(there, os.W_OK):
        return folder
    cache: Path = platformdirs.user_cache_path("git-fedlearn")
    return cache / xxh3_64_hexdigest(os.fsencode(folder))


def index_folder(repository: Repository) -> Path:
    """Where the search index is."""
    return cache_folder(repository) / INDEX.name
