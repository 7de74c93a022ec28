"""The offline embedder: the mean of wordllama's token vectors, in 256 dimensions. No network, no GPU.

Its two files are read directly from the installed package. `WordLlama.load()` would look for the tokenizer in
another folder, download it, and pad all texts of a batch to the longest; the vectors are the same (tested).
"""

import json
import math
import mmap
import re
import struct
from collections.abc import Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from git_fedlearn.extras import Lazy, find_folder
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import numpy as np
    import tokenizers
else:
    np, tokenizers = (Lazy(name, "local") for name in ("numpy", "tokenizers"))

WORDLLAMA: Final = "wordllama"
DIMENSIONS: Final = 256
FEW_TOKENS: Final = 4_000
"""Up to so many, adding up their vectors takes less time than importing numpy."""

MAX_WORDS: Final = 100_000
"""Words whose tokens are remembered."""

_TOKENIZER: Final = "tokenizers/l2_supercat_tokenizer_config.json"
_WEIGHTS: Final = f"weights/l2_supercat_{DIMENSIONS}.safetensors"
_ROW: Final = struct.Struct(f"<{DIMENSIONS}e")
_WORD_END: Final = re.compile("(?<=[^ ]) (?=.)", re.DOTALL)
"""No token of the model goes on after the space that ends a word, so words can be split into tokens alone."""


class WordLlamaEmbedder:
    """Loads the model with the first text, once per process."""

    name = f"{WORDLLAMA}/l2_supercat_{DIMENSIONS}"

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """Unit vectors; None for a text without tokens."""
        tokens = _tokens([text.encode("utf-8", "replace").decode("utf-8") for text in texts])
        mean = _mean if sum(map(len, tokens)) <= FEW_TOKENS else _mean_of_many
        return [mean(one) if one else None for one in tokens]


def _tokens(texts: Sequence[str]) -> list[list[int]]:
    """The tokens of each text; those of a word are found once."""
    words = [[word for word in _WORD_END.split(text) if word] for text in texts]
    if len(_tokens_of) > MAX_WORDS:
        _tokens_of.clear()
    new = [*{*chain.from_iterable(words)} - _tokens_of.keys()]
    encoded = _tokenizer().encode_batch(new, add_special_tokens=False)
    _tokens_of.update(zip(new, (one.ids for one in encoded), strict=True))
    return [[*chain.from_iterable(map(_tokens_of.__getitem__, one))] for one in words]


_tokens_of: Final[dict[str, list[int]]] = {}


def _mean(tokens: Sequence[int]) -> Vector:
    """The mean of the vectors of tokens, scaled to length 1; without numpy, which takes longer to import."""
    data, start = _weights()
    rows = (_ROW.unpack_from(data, start + token * _ROW.size) for token in tokens)
    total = [sum(column) for column in zip(*rows, strict=True)]
    length = sum(x * x for x in total) ** 0.5 or 1.0
    return [x / length for x in total]


def _mean_of_many(tokens: Sequence[int]) -> Vector:
    """The same, faster."""
    total = _table().take(tokens, axis=0).sum(axis=0)
    unit: Vector = (total / (math.sqrt(total @ total) or 1.0)).tolist()
    return unit


@cache
def _tokenizer() -> Any:  # noqa: ANN401  the package has no types
    tokenizer = tokenizers.Tokenizer.from_file(str(_package() / _TOKENIZER))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@cache
def _weights() -> tuple[mmap.mmap, int]:
    """The file of the weights, and where the vector of token 0 begins: after a header of JSON.

    Without the package safetensors, which imports numpy.
    """
    with (_package() / _WEIGHTS).open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    (size,) = struct.unpack_from("<Q", data)
    start = json.loads(data[8 : 8 + size])["embedding.weight"]["data_offsets"][0]
    return data, 8 + size + start


@cache
def _table() -> "np.ndarray":
    data, start = _weights()
    return np.frombuffer(data, dtype="<f2", offset=start).reshape(-1, DIMENSIONS).astype(np.float32)


def _package() -> Path:
    """The folder of the wordllama package, without importing it."""
    return find_folder(WORDLLAMA, "local")
