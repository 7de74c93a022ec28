"""The offline embedder against the package it reads."""

import socket
from pathlib import Path

import pytest
import wordllama  # type: ignore[import-untyped]

from git_fedlearn.errors import FedlearnError
from git_fedlearn.extras import Lazy, MissingExtraError, install_line
from git_fedlearn.search.embedders.base import ModelIdentity, identify, parse_identity
from git_fedlearn.search.embedders.wordllama import DIMENSIONS, FEW_TOKENS, WordLlamaEmbedder

TEXTS = [
    *("permission denied", "Die Verbindung wurde abgelehnt: größer", "x" * 3000, "日本語 🦙", "a\x00b"),
    *("two  spaces and\n  a\tline ", "a▁b <s"),
]

MANY = "connection refused, " * FEW_TOKENS
"""A text that is embedded with numpy, and all texts beside it."""


def test_vectors_are_those_of_wordllama() -> None:
    reference = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    expected = reference.embed([*TEXTS, MANY], norm=True).tolist()
    few, many = WordLlamaEmbedder().embed(TEXTS), WordLlamaEmbedder().embed([*TEXTS, MANY])
    for ours, theirs in zip([*few, *many], [*expected[:-1], *expected], strict=True):
        assert ours == pytest.approx(theirs, abs=1e-5)


def test_a_text_without_a_token_has_no_vector() -> None:
    assert WordLlamaEmbedder().embed([""]) == [None]


def test_a_lone_surrogate_is_embedded() -> None:
    vector = WordLlamaEmbedder().embed(["\ud800 broken"])[0]
    assert vector is not None
    assert len(vector) == DIMENSIONS


def test_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert identify(WordLlamaEmbedder()).dimensions == DIMENSIONS


def test_a_model_is_known_again_by_what_it_makes_of_the_probe() -> None:
    found = identify(WordLlamaEmbedder())
    assert parse_identity([found.name, found.dimensions, [*found.probe]]) == found
    last_bits = found._replace(probe=tuple(x + 1e-4 for x in found.probe))
    assert found.is_same_model(last_bits)
    assert not found.is_same_model(found._replace(probe=tuple(reversed(found.probe))))
    assert not found.is_same_model(ModelIdentity(found.name, 2, (1.0, 0.0)))


@pytest.mark.parametrize("value", [None, [], ["x"], ["x", 2, [1]], {"name": "x"}, ["x", 1, ["y"]]])
def test_what_is_no_identity_is_none(value: object) -> None:
    assert parse_identity(value) is None  # type: ignore[arg-type]


def test_a_missing_package_names_the_pip_line() -> None:
    with pytest.raises(MissingExtraError) as caught:
        _ = Lazy("no_such_package", "local").anything
    assert isinstance(caught.value, FedlearnError)
    assert (caught.value.message, caught.value.hint) == (
        "the package no_such_package is not installed",
        install_line("local"),
    )
