"""Where the search index lies, and the git config keys that say where the vector store is."""

import os
from pathlib import Path
from typing import Final

from xxhash import xxh3_64_hexdigest

from git_fedlearn.repository.repository import Repository

INDEX: Final = "index"
"""The folder of the index among what git-fedlearn keeps for itself under the git folder."""

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"


def index_folder(repository: Repository) -> Path:
    """Where the search index lies: under the git folder; for a read-only clone, in the user's cache."""
    there = next(path for path in (repository.state, *repository.state.parents) if path.exists())
    if os.access(there, os.W_OK):
        return repository.state / INDEX
    environment = repository.environment
    cache = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME') or Path.home()}/.cache"
    return Path(cache) / "git-fedlearn" / xxh3_64_hexdigest(os.fsencode(repository.state)) / INDEX
