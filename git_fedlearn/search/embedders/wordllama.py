"""The offline embedder: the mean of wordllama's token vectors, in 256 dimensions. No network, no GPU.

Its two files are read directly from the installed package. `WordLlama.load()` would look for the tokenizer in
another folder, download it, and pad all texts of a batch to the longest; the vectors are the same (tested).
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.extras import Lazy, find_folder
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import numpy as np
    import safetensors
    import tokenizers
else:
    np, safetensors, tokenizers = (Lazy(name, "local") for name in ("numpy", "safetensors", "tokenizers"))

WORDLLAMA: Final = "wordllama"
DIMENSIONS: Final = 256
_TOKENIZER: Final = "tokenizers/l2_supercat_tokenizer_config.json"
_WEIGHTS: Final = f"weights/l2_supercat_{DIMENSIONS}.safetensors"


class WordLlamaEmbedder:
    """Loads the model with the first text, once per process."""

    name = f"{WORDLLAMA}/l2_supercat_{DIMENSIONS}"

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """Unit vectors; None for a text without tokens."""
        return [
            self._embed(encoded.ids)
            for encoded in _tokenizer().encode_batch(
                [text.encode("utf-8", "replace").decode("utf-8") for text in texts], add_special_tokens=False
            )
        ]

    def _embed(self, tokens: Sequence[int]) -> Vector | None:
        if not tokens:
            return None
        mean = _weights()[tokens].mean(axis=0, dtype=np.float32)
        length = float(np.linalg.norm(mean))
        vector: Vector = (mean / length).tolist() if length else mean.tolist()
        return vector


@cache
def _tokenizer() -> Any:  # noqa: ANN401  the package has no types
    tokenizer = tokenizers.Tokenizer.from_file(str(_package() / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@cache
def _weights() -> Any:  # noqa: ANN401
    with safetensors.safe_open(str(_package() / _WEIGHTS), framework="np") as file:
        return file.get_tensor("embedding.weight")


def _package() -> Path:
    """The folder of the wordllama package, without importing it."""
    return find_folder(WORDLLAMA, "local")
