"""The embedder that git config of this clone names; wordllama without one."""

import os
from typing import Final

from git_fedlearn.errors import SettingsError
from git_fedlearn.repository.repository import Repository
from git_fedlearn.search.embedders.base import Embedder, identify
from git_fedlearn.search.embedders.fastembed import FastEmbedder
from git_fedlearn.search.embedders.onnx import OnnxEmbedder
from git_fedlearn.search.embedders.openai import OpenAiEmbedder
from git_fedlearn.search.embedders.wordllama import WORDLLAMA, WordLlamaEmbedder

EMBEDDER_KEY: Final = "fedlearn.embedder"
MODEL_KEY: Final = "fedlearn.embedderModel"
MODEL_FOLDER_KEY: Final = "fedlearn.embedderFolder"


def choose_embedder(repository: Repository) -> Embedder:
    """The configured embedder, wordllama by default. Raises SettingsError."""
    git = repository.git
    chosen = git.find_config(EMBEDDER_KEY) or WORDLLAMA
    if chosen == WORDLLAMA:
        return WordLlamaEmbedder()
    model, folder = git.find_config(MODEL_KEY) or "", git.find_config(MODEL_FOLDER_KEY)
    path = repository.top / os.path.expanduser(folder) if folder else None  # noqa: PTH111  raises nothing
    if chosen == "fastembed":
        return FastEmbedder(model, path)
    if chosen == "onnx":
        if path is None:
            raise SettingsError(
                f"git config {EMBEDDER_KEY} is onnx, but {MODEL_FOLDER_KEY} is not set",
                hint=f"git config {MODEL_FOLDER_KEY} /path/to/all-MiniLM-L6-v2",
            )
        return OnnxEmbedder(path)
    if "://" not in chosen:
        raise SettingsError(
            f"git config {EMBEDDER_KEY}: no embedder {chosen}",
            hint="use wordllama, onnx, fastembed, or a URL such as http://127.0.0.1:8080/v1",
        )
    return OpenAiEmbedder(chosen, model, repository.environment.get("FEDLEARN_EMBEDDER_KEY"))


def try_embedder(repository: Repository) -> tuple[str, int]:
    """Embed a text; returns the name of the model and its dimensions. Raises FedlearnError."""
    identity = identify(choose_embedder(repository))
    return identity.name, identity.dimensions
