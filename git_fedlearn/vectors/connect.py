"""Which store and which embedder this clone uses: git config and environment, never a committed file.

A peer must not be able to change where data is sent, so nothing here is read from `.fedlearn.toml`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.repository.state import QDRANT
from git_fedlearn.vectors.edge_store import open_edge_store
from git_fedlearn.vectors.embedder import Embedder
from git_fedlearn.vectors.fastembed import FastEmbedder
from git_fedlearn.vectors.onnx import OnnxEmbedder
from git_fedlearn.vectors.openai import OpenAiEmbedder
from git_fedlearn.vectors.places import FOLDER_KEY, URL_KEY
from git_fedlearn.vectors.qdrant import open_local_folder, open_server
from git_fedlearn.vectors.store import Store
from git_fedlearn.vectors.wordllama import WORDLLAMA, WordLlamaEmbedder

CREDENTIAL_KEY: Final = "fedlearn.qdrantCredential"
GRPC_KEY: Final = "fedlearn.qdrantGrpcPort"
EMBEDDER_KEY: Final = "fedlearn.embedder"
MODEL_KEY: Final = "fedlearn.embedderModel"
MODEL_FOLDER_KEY: Final = "fedlearn.embedderFolder"

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


def choose_embedder(repository: Repository) -> Embedder:
    """The configured embedder, wordllama by default. Raises SettingsError."""
    git = repository.git
    chosen, model = git.find_config(EMBEDDER_KEY) or WORDLLAMA, git.find_config(MODEL_KEY) or ""
    folder = git.find_config(MODEL_FOLDER_KEY)
    path = repository.top / Path(folder).expanduser() if folder else None
    if chosen == WORDLLAMA:
        return WordLlamaEmbedder()
    if chosen == "fastembed":
        return FastEmbedder(model, path)
    if chosen == "onnx":
        if path is None:
            raise SettingsError(
                f"git config {EMBEDDER_KEY} is onnx, and {MODEL_FOLDER_KEY} is not set",
                hint=f"git config {MODEL_FOLDER_KEY} /path/to/all-MiniLM-L6-v2",
            )
        return OnnxEmbedder(path)
    if "://" not in chosen:
        raise SettingsError(
            f"git config {EMBEDDER_KEY}: no embedder {chosen}",
            hint="one of wordllama, onnx, fastembed, or a URL as http://127.0.0.1:8080/v1",
        )
    return OpenAiEmbedder(chosen, model, repository.environment.get("FEDLEARN_EMBEDDER_KEY") or None)
