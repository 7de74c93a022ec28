"""Where the search index lies, and the git config keys that say where the vector store is."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.extras import Lazy
from git_fedlearn.repository.repository import Repository

if TYPE_CHECKING:
    import platformdirs
else:
    platformdirs = Lazy("platformdirs")

INDEX: Final = "index"
"""The folder of the index among what git-fedlearn keeps for itself under the git folder."""

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"


def index_folder(repository: Repository) -> Path:
    """Where the search index lies: under the git folder; for a read-only clone, in the user's cache."""
    there = next(path for path in (repository.state, *repository.state.parents) if path.exists())
    if os.access(there, os.W_OK):
        return repository.state / INDEX
    cache: Path = platformdirs.user_cache_path("git-fedlearn")
    return cache / xxh3_64_hexdigest(os.fsencode(repository.state)) / INDEX
