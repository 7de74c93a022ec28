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
from itertools import accumulate, chain
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

MAX_WORDS: Final = 50_000
"""Words whose vectors are remembered, 1 KB each."""

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
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        words = [[word for word in _WORD_END.split(text) if word] for text in clean]
        if sum(map(len, words)) <= FEW_TOKENS:
            tokens = [[*chain.from_iterable(_encode(one))] for one in words]
            if sum(map(len, tokens)) <= FEW_TOKENS:
                return [_mean(one) if one else None for one in tokens]
        return _word_sums().means(words)


def _encode(words: Sequence[str]) -> list[list[int]]:
    """The tokens of each word."""
    return [one.ids for one in _tokenizer().encode_batch(words, add_special_tokens=False)]


def _mean(tokens: Sequence[int]) -> Vector:
    """The mean of the vectors of tokens, scaled to length 1; without numpy, which takes longer to import."""
    data, start = _weights()
    rows = (_ROW.unpack_from(data, start + token * _ROW.size) for token in tokens)
    total = [sum(column) for column in zip(*rows, strict=True)]
    length = sum(x * x for x in total) ** 0.5 or 1.0
    return [x / length for x in total]


class _WordSums:
    """The same for many texts: the vectors of the tokens of a word are added up once."""

    def __init__(self) -> None:
        data, start = _weights()
        self._table = np.frombuffer(data, dtype="<f2", offset=start).reshape(-1, DIMENSIONS)
        self._sums = np.empty((MAX_WORDS, DIMENSIONS), np.float32)
        self._numbers: dict[str, int] = {}

    def means(self, texts: Sequence[Sequence[str]]) -> list[Vector | None]:
        """The means of texts, given as words, scaled to length 1; None for a text without tokens."""
        self._learn({*chain.from_iterable(texts)})
        found: list[Vector | None] = []
        for words in texts:
            total = self._sums.take([self._numbers[word] for word in words], axis=0).sum(axis=0)
            length = math.sqrt(total @ total)
            found.append((total / length).tolist() if length else None)
        return found

    def _learn(self, words: set[str]) -> None:
        """Have the sums of these words; forget all others if there are too many."""
        new = [*words - self._numbers.keys()]
        if len(self._numbers) + len(new) > len(self._sums):
            self._numbers.clear()
            new = [*words]
            self._sums = np.empty((max(MAX_WORDS, len(new)), DIMENSIONS), np.float32)
        if new:
            tokens = _encode(new)  # none is empty: a word begins with a token for the space before it
            starts = [0, *accumulate(map(len, tokens[:-1]))]
            rows = self._table.take([*chain.from_iterable(tokens)], axis=0).astype(np.float32)
            number = len(self._numbers)
            np.add.reduceat(rows, starts, axis=0, out=self._sums[number : number + len(new)])
            self._numbers.update(zip(new, range(number, number + len(new)), strict=True))


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
def _word_sums() -> _WordSums:
    return _WordSums()


def _package() -> Path:
    """The folder of the wordllama package, without importing it."""
    return find_folder(WORDLLAMA, "local")
