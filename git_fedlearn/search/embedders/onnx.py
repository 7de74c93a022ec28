"""A sentence-transformers model as ONNX, from a local folder: offline, on the CPU.

The folder has the published layout: `model.onnx` (or in `onnx/`), `tokenizer.json`, and optionally
`sentence_bert_config.json` (maximum input) and `1_Pooling/config.json` (how tokens become a vector).
all-MiniLM-L6-v2 with 8-bit weights takes 23 MB.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.extras import Lazy
from git_fedlearn.repository.state import read_json
from git_fedlearn.search.embedders.base import Vector

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime
    import tokenizers
else:
    np, onnxruntime, tokenizers = (Lazy(name, "onnx") for name in ("numpy", "onnxruntime", "tokenizers"))

MODEL_FILES: Final = ("model.onnx", "onnx/model.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
_MAX_TOKENS: Final = 512
"""Maximum input, in tokens, if the folder does not specify it."""
_BATCH: Final = 32


class _Model(NamedTuple):
    session: Any
    tokenizer: Any
    inputs: frozenset[str]
    first_token: bool
    """Whether the vector of a text is that of its first token (BGE), not the mean (MiniLM)."""


class OnnxEmbedder:
    """Loads the model with the first text."""

    def __init__(self, folder: Path) -> None:
        """Raises SettingsError if a file is missing in the folder."""
        self.name = f"onnx/{folder.resolve().name}"
        self._folder = folder
        found = [folder / name for name in MODEL_FILES if (folder / name).is_file()]
        if not found or not (folder / "tokenizer.json").is_file():
            raise SettingsError(
                f"{folder}: no ONNX model",
                hint="it must contain model.onnx and tokenizer.json, like that of all-MiniLM-L6-v2",
            )
        self._file = found[0]

    def embed(self, texts: Sequence[str]) -> list[Vector | None]:
        """Unit vectors; None for a blank text. Longer texts than the model takes are cut."""
        if not texts:
            return []
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        encoded = self._model.tokenizer.encode_batch(clean)
        vectors: list[Vector | None] = [None] * len(texts)
        by_length = sorted(range(len(texts)), key=lambda number: len(encoded[number].ids))
        for start in range(0, len(by_length), _BATCH):
            chosen = by_length[start : start + _BATCH]
            made = self._run([encoded[number] for number in chosen])
            for number, vector in zip(chosen, made, strict=True):
                vectors[number] = vector if clean[number].strip() else None
        return vectors

    def _run(self, encoded: Sequence[Any]) -> list[Vector]:
        longest = max(len(one.ids) for one in encoded)
        mask = _padded([one.attention_mask for one in encoded], longest)
        inputs = {
            "input_ids": _padded([one.ids for one in encoded], longest),
            "attention_mask": mask,
            "token_type_ids": _padded([one.type_ids for one in encoded], longest),
        }
        used = {name: value for name, value in inputs.items() if name in self._model.inputs}
        out = self._model.session.run(None, used)[0].astype(np.float32)
        if out.ndim == 3:  # noqa: PLR2004  texts, tokens, numbers
            weights = mask[:, :, None].astype(np.float32)
            mean = (out * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
            out = out[:, 0] if self._model.first_token else mean
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        vectors: list[Vector] = (out / np.where(lengths > 0, lengths, 1.0)).tolist()
        return vectors

    @cached_property
    def _model(self) -> _Model:
        tokenizer = _load_tokenizer(self._folder)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(
                str(self._file), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # exceptions of the package have no common class
            raise FedlearnError(f"{self._file}: not an ONNX model that runs on this machine") from error
        pooling = read_json(self._folder / "1_Pooling" / "config.json")
        inputs = frozenset(one.name for one in session.get_inputs())
        return _Model(session, tokenizer, inputs, pooling.get("pooling_mode_cls_token") is True)


def _load_tokenizer(folder: Path) -> Any:  # noqa: ANN401  the package has no types
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        if type(error) is not Exception:
            raise
        raise FedlearnError(f"{folder / 'tokenizer.json'}: not a tokenizer") from error
    longest = read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    tokenizer.no_padding()
    tokenizer.enable_truncation(
        max_length=longest if isinstance(longest, int) and longest > 0 else _MAX_TOKENS
    )
    return tokenizer


def _padded(rows: Sequence[Sequence[int]], length: int) -> Any:  # noqa: ANN401
    made = np.zeros((len(rows), length), dtype=np.int64)
    for number, row in enumerate(rows):
        made[number, : len(row)] = row
    return made
