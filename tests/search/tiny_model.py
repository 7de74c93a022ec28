"""A model folder as sentence-transformers publishes them: a real ONNX graph, a vocabulary of a few words."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

WORDS = ("[PAD]", "[UNK]", *"disk full empty the store port taken stop other one lock file".split())
VECTORS = np.random.default_rng(7).normal(size=(len(WORDS), 384)).astype(np.float32)


def make_model(folder: Path, *, first_token: bool = False, longest: int = 8) -> Path:
    """Write a model that gives each token its own vector."""
    folder.mkdir(parents=True)
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "config.json": {"pad_token_id": 0},
        "tokenizer_config.json": {"pad_token": "[PAD]", "model_max_length": longest},
        "special_tokens_map.json": {"pad_token": "[PAD]", "unk_token": "[UNK]"},
        "sentence_bert_config.json": {"max_seq_length": longest},
        "1_Pooling/config.json": {"pooling_mode_cls_token": first_token},
    }
    for name, value in settings.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(json.dumps(value))
    shape = ["batch", "sequence"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, shape)
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*shape, 384])
    gather = helper.make_node("Gather", ["vectors", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph(
        [gather], "tiny", inputs, [output], [numpy_helper.from_array(VECTORS, "vectors")]
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(made, str(folder / "model.onnx"))
    return folder


def mean_of(*words: str) -> np.ndarray:
    """The unit vector that a text of these words should have."""
    mean = VECTORS[[WORDS.index(word) for word in words]].mean(axis=0)
    return mean / np.linalg.norm(mean)  # type: ignore[no-any-return]
