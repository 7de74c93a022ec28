"""Whether search and the vector store can be used here: packages, index, embedder, store."""

import shutil
from contextlib import suppress

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.lock import hold_lock
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import read_json
from git_fedlearn.vectors.places import index_folder


class BrokenIndexError(FedlearnError):
    """The search index cannot be opened."""


def has_index(repository: Repository) -> bool:
    """Whether a search index was ever made."""
    return (index_folder(repository) / "shard").exists()


def open_whole_index(repository: Repository) -> int:
    """Open the index as a search would; how many files it was made of. Raises FedlearnError."""
    from git_fedlearn.vectors.lesson_shard import LessonShard  # noqa: PLC0415  the engine costs start-up time

    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=5):
        match read_json(folder / "state.json"):
            case {"files": dict(files), "model": [_, int(dimensions), *_]}:
                LessonShard(folder / "shard", dimensions).close()
            case _:
                raise BrokenIndexError("its state.json cannot be read")
    return len(files)


def remove_index(repository: Repository) -> None:
    """Remove the index; the next search makes it again."""
    folder = index_folder(repository)
    with hold_lock(folder, "doctor", timeout=5):
        with suppress(OSError):
            (folder / "state.json").unlink()
        shutil.rmtree(folder / "shard", ignore_errors=True)


def try_store(repository: Repository) -> tuple[str, int]:
    """Ask the configured store for its collections: where it is, and how many. Raises FedlearnError."""
    from git_fedlearn.vectors.connect import open_store  # noqa: PLC0415  the clients cost start-up time

    with open_store(repository, "doctor") as store:
        return store.place, len(store.names())


def try_embedder(repository: Repository) -> tuple[str, int]:
    """Embed a text: the model, and how long its vectors are. Raises FedlearnError."""
    from git_fedlearn.vectors.connect import choose_embedder  # noqa: PLC0415  models cost start-up time
    from git_fedlearn.vectors.embedder import identify  # noqa: PLC0415

    identity = identify(choose_embedder(repository))
    return identity.name, identity.dimensions
