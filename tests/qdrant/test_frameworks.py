"""Payloads as LangChain, LlamaIndex, mem0 and the Qdrant MCP server write them (docs/howto/qdrant.md)."""

import json
from pathlib import Path

import pytest
from coordinator_store import contents, fill, store_of
from systems import System, World

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.qdrant.store import Schema, VectorSpec
from git_fedlearn.search.lesson_text import lesson_text

TEXT = "Rotate the logs of the gateway with logrotate, and keep seven of them."
ID = "5c1a2f0e-9f0d-4e5b-8a67-1f2e3d4c5b6a"
NODE = {
    "id_": ID,
    "embedding": None,
    "metadata": {"file_name": "operations.md"},
    "excluded_embed_metadata_keys": ["file_name"],
    "relationships": {"1": {"node_id": ID, "node_type": "4", "metadata": {}, "hash": "9f86d081884c7d65"}},
    "text": TEXT,
    "mimetype": "text/plain",
    "start_char_idx": 0,
    "text_template": "{metadata_str}\n\n{content}",
    "class_name": "TextNode",
}
RESOURCE = {key: value for key, value in NODE.items() if key != "text"} | {"text_resource": {"text": TEXT}}
IDS = {"_node_type": "TextNode", "document_id": ID, "doc_id": ID, "ref_doc_id": ID}

PAYLOADS: dict[str, JsonObject] = {
    "LangChain": {"page_content": TEXT, "metadata": {"source": "operations.md", "page": 3}},
    "LlamaIndex": {"file_name": "operations.md", "_node_content": json.dumps(NODE), **IDS},
    "LlamaIndex, nodes with resources": {"_node_content": json.dumps(RESOURCE), **IDS},
    "mem0": {
        "data": TEXT,
        "user_id": "wren",
        "hash": "9f86d081884c7d659a2feaa0c55ad015",
        "created_at": "2026-05-01T10:00:00-07:00",
    },
    "mem0, with words for BM25": {
        "data": TEXT,
        "text_lemmatized": "rotate log gateway logrotate lemma",
        "role": "user",
        "actor_id": "wren",
        "attributed_to": "user",
    },
    "mem0 for TypeScript": {
        "data": TEXT,
        "textLemmatized": "rotate log gateway logrotate lemma",
        "userId": "wren",
        "createdAt": "2026-05-01T10:00:00.000Z",
    },
    "Dify": {
        "page_content": TEXT,
        "metadata": {"dataset_id": ID, "doc_hash": "9f86d081884c7d65" * 4, "doc_id": ID, "document_id": ID},
        "group_id": ID,
    },
    "n8n": {
        "content": TEXT,
        "metadata": {"blobType": "text/plain", "file_id": ID, "loc": {"lines": {"from": 1, "to": 9}}},
    },
    "Open WebUI": {
        "text": TEXT,
        "metadata": {
            "created_by": ID,
            "file_id": ID,
            "hash": "9f86d081884c7d65" * 4,
            "name": "operations.md",
        },
    },
    "Qdrant MCP server": {"document": TEXT, "metadata": {"topic": "operations"}},
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_text_of_a_payload_is_its_text(name: str) -> None:
    whole = lesson_text(PAYLOADS[name]).whole
    assert TEXT in whole
    assert not any(
        noise in whole
        for noise in (ID, "9f86d081", "TextNode", "text_template", "{", "wren", "lemma", "2026")
    )


@pytest.mark.parametrize("name", PAYLOADS)
def test_it_is_exported_and_found(system: System, name: str) -> None:
    fill(system, "memories", {ID: PAYLOADS[name]})
    assert system.fedlearn("export", "memories").out == "memories: 1 lesson added; 1 point read\n"
    found = system.fedlearn(
        "search", "--set", "collections/memories", "how do I rotate the logs of the gateway?"
    )
    assert TEXT in " ".join(found.out.split())
    assert found.out.splitlines()[2].split()[:4] == TEXT.split()[:4]


@pytest.mark.parametrize("node", ["no JSON", "[1]", '{"text": 5}', '{"text_resource": null}', "{" * 5000])
def test_a_node_that_is_none_is_searched_as_it_is(node: str) -> None:
    assert node in lesson_text({"title": "x", "_node_content": node}).body


GEO: JsonObject = {
    "text": "where the garden is",
    "place": {"lon": 13.4, "lat": 52.5},
    "at": "2026-05-01T10:00:00.123456Z",
    "day": "2026-05-01",
    "most": 2**64 - 1,
    "least": -(2**63),
    "many": [2**63, 0.1, True, None, {"deep": [2**64 - 1]}],
}


def test_geo_points_datetimes_and_large_integers_come_back_as_they_were(world: World) -> None:
    one, two = world.system("one"), world.system("two")
    fill(one, "places", {2**64 - 1: GEO})
    one.fedlearn("export", "places")
    path = "data/collections/places.jsonl"
    two.write(path, one.read(path))
    two.fedlearn("import", "places")
    ((point, payload),) = contents(two, "places").items()
    assert point == 2**64 - 1
    assert {key: payload[key] for key in GEO} == GEO


def test_named_sparse_and_multi_vectors_indexes_and_aliases_come_back(world: World) -> None:
    one, two = world.system("one"), world.system("two")
    schema = Schema(
        {"colbert": VectorSpec(4, "Dot"), "dense": VectorSpec(256)},
        sparse={"words": {"modifier": "idf"}},
        indexes={"place": {"type": "geo"}, "at": {"type": "datetime"}},
        multi={"colbert": "max_sim"},
    )
    with store_of(one) as store:
        store.create("places", schema)
        store.switch_alias("where", "places")
    fill(one, "places", {1: GEO})
    one.fedlearn("export", "places")
    for path in (one.path / "data/collections").rglob("places*"):
        two.write(path.relative_to(one.path).as_posix(), Path(path).read_bytes())
    two.fedlearn("import", "places")
    with store_of(two) as store:
        made = store.find("where")
        assert made
        assert made.schema() == schema._replace(aliases=["where"])
        assert made.schema().main == "dense"
        assert made.count() == 1
