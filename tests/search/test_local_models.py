"""Embedders that run a model from a folder: onnxruntime and fastembed, on a tiny model made here."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from search.tiny_model import VECTORS, WORDS, make_model, mean_of
from systems import System

from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.extras import install_line
from git_fedlearn.search.embedders.fastembed import FastEmbedder
from git_fedlearn.search.embedders.onnx import OnnxEmbedder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("models") / "tiny-model")


def test_a_text_is_the_mean_of_its_tokens_whatever_it_is_embedded_with(folder: Path) -> None:
    texts = ["disk full", "the store", "stop the other one " * 9, "", "disk"]
    found = OnnxEmbedder(folder).embed(texts * 20)[-5:]
    assert found[3] is None
    assert np.allclose(found[0] or [], mean_of("disk", "full"), atol=1e-5)
    assert np.allclose(found[1] or [], mean_of("the", "store"), atol=1e-5)
    assert np.allclose(found[2] or [], mean_of("stop", "the", "other", "one"), atol=1e-5)  # 8 tokens of 36
    assert np.allclose(found[4] or [], mean_of("disk"), atol=1e-5)
    assert OnnxEmbedder(folder).embed([]) == []


def test_the_first_token_stands_for_the_text_where_the_folder_says_so(tmp_path: Path) -> None:
    (vector,) = OnnxEmbedder(make_model(tmp_path / "cls", first_token=True)).embed(["port taken"])
    expected = VECTORS[WORDS.index("port")]
    assert np.allclose(vector or [], expected / np.linalg.norm(expected), atol=1e-5)


def test_fastembed_gives_the_same_vectors_from_the_same_folder(folder: Path) -> None:
    model = FastEmbedder("sentence-transformers/all-MiniLM-L6-v2", folder)
    assert model.name == "fastembed/sentence-transformers/all-MiniLM-L6-v2"
    texts = ["disk full", "stop the other one"]
    found = model.embed([*texts, " "])
    assert found[2] is None
    for ours, theirs in zip(OnnxEmbedder(folder).embed(texts), found, strict=False):
        assert np.allclose(ours or [], theirs or [], atol=1e-5)


def test_fastembed_says_what_is_wrong_with_a_model(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="fastembed has no model no/such"):
        FastEmbedder("no/such").embed(["x"])
    with pytest.raises(FedlearnError, match="cannot be loaded") as caught:
        FastEmbedder("", tmp_path).embed(["x"])
    assert "embedderFolder" in caught.value.hint


def test_a_folder_without_a_model_and_a_broken_one_are_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(SettingsError, match="no ONNX model"):
        OnnxEmbedder(tmp_path)
    for name in ("model.onnx", "tokenizer.json"):
        broken = make_model(tmp_path / f"broken-{name}")
        (broken / name).write_bytes(b"nonsense")
        with pytest.raises(FedlearnError, match=f"{name}: not a"):
            OnnxEmbedder(broken).embed(["x"])
    assert OnnxEmbedder(folder).name == "onnx/tiny-model"


def test_search_and_import_with_a_model_of_ones_own(system: System, folder: Path) -> None:
    system.add("error-solutions", {"error_message": "disk full", "solution": "empty the store"})
    system.git("config", "fedlearn.embedder", "onnx")
    unset = system.fedlearn("search", "disk", code=3)
    assert unset.err.startswith("error: git config fedlearn.embedder is onnx, but fedlearn.embedderFolder")
    system.git("config", "fedlearn.embedderFolder", str(folder))
    assert "empty the store" in system.fedlearn("search", "disk full").out
    assert "error-solutions: 1 added" in system.fedlearn("import", "error-solutions").out
    system.git("config", "fedlearn.embedder", "word-lama")
    assert system.fedlearn("search", "disk", code=3).err == (
        "error: git config fedlearn.embedder: no embedder word-lama\n"
        "hint: use wordllama, onnx, fastembed, or a URL such as http://127.0.0.1:8080/v1\n"
    )


@pytest.mark.parametrize(("package", "extra"), [("onnxruntime", "onnx"), ("fastembed", "fastembed")])
def test_a_missing_extra_is_named_with_its_pip_line(
    system: System, folder: Path, package: str, extra: str
) -> None:
    system.git("config", "fedlearn.embedder", extra)
    system.git("config", "fedlearn.embedderFolder", str(folder))
    program = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from git_fedlearn.cli import main\nsys.argv = ['x', 'search', 'lock']\nmain()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=system.path,
        env=system.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (
        3,
        f"error: the package {package} is not installed\nhint: {install_line(extra)}\n",
    )
