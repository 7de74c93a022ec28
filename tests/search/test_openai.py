"""The embedder for OpenAI-compatible servers, against a real one on loopback."""

import pytest
from search.embedding_server import Behaviour, embedding_server
from systems import System

from git_fedlearn.errors import FedlearnError, SettingsError
from git_fedlearn.search.embedders.openai import OpenAiEmbedder
from git_fedlearn.search.embedders.wordllama import WordLlamaEmbedder

TEXTS = [f"lesson number {number}" for number in range(50)]


def test_vectors_come_in_the_order_of_the_texts_whatever_the_order_of_the_answer() -> None:
    behaviour = Behaviour()
    with embedding_server(behaviour) as url:
        assert OpenAiEmbedder(url, "m").embed(TEXTS) == WordLlamaEmbedder().embed(TEXTS)
    assert behaviour.seen == [32, 18]


def test_a_batch_that_is_refused_is_halved_and_stays_so() -> None:
    behaviour = Behaviour(most_texts=10)
    with embedding_server(behaviour) as url:
        assert OpenAiEmbedder(url, "m").embed(TEXTS) == WordLlamaEmbedder().embed(TEXTS)
    assert behaviour.seen == [32, 16, 8, 8, 8, 8, 8, 8, 2]


def test_one_text_that_is_too_long_has_no_vector_and_the_others_do() -> None:
    with embedding_server(Behaviour(most_characters=100)) as url:
        found = OpenAiEmbedder(url, "m").embed([*TEXTS[:3], "x" * 101, *TEXTS[3:5]])
    assert [vector is None for vector in found] == [False, False, False, True, False, False]


def test_one_long_text_does_not_keep_all_that_follow_small() -> None:
    behaviour = Behaviour(most_characters=100)
    with embedding_server(behaviour) as url:
        found = OpenAiEmbedder(url, "m").embed(["x" * 101, *("short text",) * 300])
    assert [vector is None for vector in found] == [True] + [False] * 300
    assert behaviour.seen[:6] == [32, 16, 8, 4, 2, 1]
    assert max(behaviour.seen[6:]) == 32


def test_a_busy_server_is_asked_again_after_the_pause_it_names() -> None:
    pauses: list[float] = []
    with embedding_server(Behaviour(fail_first=[429, 503])) as url:
        assert OpenAiEmbedder(url, "m", pause=pauses.append).embed(TEXTS[:1])[0] is not None
    assert pauses == [0.0, 0.0]


def test_a_server_that_stays_broken_is_an_error() -> None:
    with (
        embedding_server(Behaviour(fail_first=[500] * 9)) as url,
        pytest.raises(FedlearnError, match="still answers HTTP 500 after 5 tries"),
    ):
        OpenAiEmbedder(url, "m").embed(TEXTS[:1])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("short", "2 vectors for 3 texts"),
        ("sizes", "vectors of different sizes"),
        ("shape", "the answer is not one of /v1/embeddings"),
    ],
)
def test_an_answer_that_does_not_fit_is_an_error(spoil: str, message: str) -> None:
    with embedding_server(Behaviour(spoil=spoil)) as url, pytest.raises(FedlearnError, match=message):
        OpenAiEmbedder(url, "m").embed(TEXTS[:3])


def test_a_wrong_key_is_named_as_such_and_never_quoted() -> None:
    with embedding_server(Behaviour(key="right")) as url:
        with pytest.raises(FedlearnError, match=r"rejected the key \(HTTP 401\)") as caught:
            OpenAiEmbedder(url, "m", "hush-hush").embed(TEXTS[:1])
        assert "hush" not in f"{caught.value.message}{caught.value.hint}"
        assert OpenAiEmbedder(url, "m", "right").embed(TEXTS[:1])[0] is not None


def test_a_key_that_cannot_be_sent_is_not_quoted() -> None:
    with embedding_server(Behaviour(key="right")) as url:
        assert OpenAiEmbedder(url, "m", " right\r\n").embed(TEXTS[:1])[0] is not None
        with pytest.raises(SettingsError, match="FEDLEARN_EMBEDDER_KEY: contains a character") as caught:
            OpenAiEmbedder(url, "m", "hush\nhush")
        assert "hush" not in f"{caught.value.message}{caught.value.hint}"


def test_a_server_that_is_down_is_an_error_with_a_way_out() -> None:
    with embedding_server(Behaviour()) as url:
        pass
    with pytest.raises(FedlearnError, match="cannot be reached") as caught:
        OpenAiEmbedder(url, "m").embed(TEXTS[:1])
    assert caught.value.hint == "start the server, or: git config fedlearn.embedder wordllama"


def test_a_key_travels_encrypted_or_not_at_all() -> None:
    with pytest.raises(SettingsError, match="would travel unencrypted"):
        OpenAiEmbedder("http://models.example.org/v1", "m", "key")
    OpenAiEmbedder("http://models.example.org/v1", "m")
    OpenAiEmbedder("http://[::1]:8080/v1", "m", "key")


def test_search_asks_the_configured_server(system: System) -> None:
    system.add("skills-patterns", {"query": "pin a nix channel", "response": "use a flake"})
    behaviour = Behaviour()
    with embedding_server(behaviour) as url:
        system.git("config", "fedlearn.embedder", url)
        assert "use a flake" in system.fedlearn("search", "nix channel").out
    assert behaviour.seen == [1, 1, 1]
    refused = system.fedlearn("search", "nix channel", code=3)
    assert refused.err.startswith("error: http://127.0.0.1:")
    system.git("config", "fedlearn.embedder", "ftp://x")
    refused = system.fedlearn("search", "nix", code=3)
    assert refused.err.startswith("error: git config fedlearn.embedder: ")
