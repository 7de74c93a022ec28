"""One contract for every store: the embedded engine, qdrant-client's local mode, and a server."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from qdrant.holder import held_elsewhere
from qdrant.rest_server import Asked, Fault, Served, rest_server
from qdrant_client import QdrantClient

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError, LockedError, SettingsError
from git_fedlearn.qdrant.embedded import open_edge_store
from git_fedlearn.qdrant.server import open_local_folder, open_server
from git_fedlearn.qdrant.store import (
    Point,
    PointId,
    Schema,
    Store,
    VectorSpec,
    parse_point_id,
    storable,
    storage_problem,
)
from git_fedlearn.qdrant.transport import Patience

SERVER = os.environ.get("FEDLEARN_TEST_QDRANT_URL", "")
NAME = "fedlearn-contract-test"
PAYLOADS: dict[PointId, JsonObject] = {
    0: {"text": "größer 日本語 🦙", "nested": {"list": [1, None, {"deep": True}]}},
    7: {"null": None, "empty": {}, "none": []},
    2**64 - 1: {"most": 2**64 - 1, "least": -(2**63), "float": 0.1, "tiny": 1e-300, "huge": 1e300},
    "123e4567-e89b-12d3-a456-426614174000": {"text": "by uuid"},
}


FAULTS = (
    Fault(429, {"Retry-After": "0"}),
    Fault(way="drop"),
    Fault(503),
    Fault(way="half"),
    Fault(502),
    Fault(504),
)


def now_and_then(asked: Asked) -> Fault | None:
    """A fault of each kind, in turn, instead of every third answer. Creating a collection is not repeated."""
    is_creation = re.fullmatch("PUT /collections/[^/]+", asked.target)
    return None if asked.number % 3 or is_creation else FAULTS[asked.number // 3 % len(FAULTS)]


@pytest.fixture(params=["embedded", "local-mode", "rest", "rest-with-faults", "server"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "embedded":
        with open_edge_store(tmp_path / "store", "export") as opened:
            yield opened
    elif request.param == "local-mode":
        QdrantClient(path=str(tmp_path / "local")).close()
        with open_local_folder(tmp_path / "local") as local:
            yield local
    elif request.param == "rest":
        with rest_server(tmp_path / "served") as url, open_server(url, None) as rest:
            yield rest
    elif request.param == "rest-with-faults":
        served = Served(limit=100, says_limit=False, fault=now_and_then)
        patience = Patience(tries=4, pause=0.001)
        with rest_server(tmp_path / "served", served) as url, open_server(url, None, None, patience) as rest:
            yield rest
    elif not SERVER:
        pytest.skip("the contract of a Qdrant SERVER did not run: FEDLEARN_TEST_QDRANT_URL is not set")
    else:
        key = os.environ.get("FEDLEARN_TEST_QDRANT_KEY")
        made = QdrantClient(url=SERVER, api_key=key, check_compatibility=False)
        with open_server(SERVER, key) as server, closing(made) as client:
            for name in (NAME, f"{NAME}-2"):
                client.delete_collection(name)
            yield server
            for name in (NAME, f"{NAME}-2"):
                client.delete_collection(name)


def points() -> list[Point]:
    return [
        Point(identifier, {**payload}, [1.0, float(number)])
        for number, (identifier, payload) in enumerate(PAYLOADS.items())
    ]


def everything(store: Store, name: str = NAME) -> dict[PointId, object]:
    collection = store.find(name)
    assert collection is not None
    return {point.id: point.payload for page in collection.pages() for point in page}


def test_what_is_written_is_read_back_exactly(store: Store) -> None:
    assert store.find(NAME) is None
    made = store.create(NAME, Schema({"text": VectorSpec(2)}))
    made.upsert(points())
    assert NAME in store.names()
    assert made.count() == len(PAYLOADS)
    assert everything(store) == PAYLOADS


def test_a_second_upsert_replaces(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    made.upsert(points())
    made.upsert([Point(7, {"new": 1}, [0.0, 1.0])])
    assert everything(store)[7] == {"new": 1}
    assert made.count() == len(PAYLOADS)


def test_new_payloads_keep_the_vector(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    made.upsert([Point(1, {"old": 1}, [1.0, 0.0]), Point(2, {"far": 1}, [0.0, 1.0])])
    made.set_payloads([Point(1, {"new": {"value": [2]}}), Point(2, {"newer": 2})])
    first = made.nearest([1.0, 0.0], 1)[0]
    assert (first.id, first.payload) == (1, {"new": {"value": [2]}})
    assert first.score == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["", "text"])
def test_the_vector_of_a_point_is_told(store: Store, name: str) -> None:
    made = store.create(NAME, Schema({name: VectorSpec(2)}))
    made.upsert([Point(1, {"n": 1}, [3.0, 4.0])])
    assert made.vector_of(1) == pytest.approx([0.6, 0.8])
    assert made.vector_of(2) is None


def test_deleting_what_is_not_there_is_no_error(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    made.upsert(points())
    made.delete([7, 99, "00000000-0000-0000-0000-000000000001"])
    made.delete([])
    assert 7 not in everything(store)
    assert made.count() == len(PAYLOADS) - 1


def test_more_points_than_a_page(store: Store, request: pytest.FixtureRequest) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    most = 200 if "local-mode" in request.node.name else 2500  # which takes 10 ms a point, and has one page
    for start in range(0, most, 100):
        made.upsert([Point(number, {"n": number}, [1.0, 1.0]) for number in range(start, start + 100)])
    assert everything(store) == {number: {"n": number} for number in range(most)}


def test_pages_begin_at_a_point(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    made.upsert(points())
    found = [point.id for page in made.pages(7) for point in page]
    assert found == [*PAYLOADS][1:]


def test_multivectors_are_made_and_told_and_lessons_go_into_another(store: Store) -> None:
    vectors = {"colbert": VectorSpec(2, "Dot"), "dense": VectorSpec(2)}
    made = store.create(NAME, Schema(vectors, multi={"colbert": "max_sim"}))
    assert made.schema().multi == {"colbert": "max_sim"}
    assert made.schema().main == "dense"
    made.upsert([Point(1, {"n": 1}, [3.0, 4.0])])
    assert made.vector_of(1) == pytest.approx([0.6, 0.8])


def test_a_multivector_is_used_if_there_is_no_other(store: Store) -> None:
    made = store.create(NAME, Schema({"colbert": VectorSpec(2, "Dot")}, multi={"colbert": "max_sim"}))
    made.upsert([Point(1, {"n": 1}, [3.0, 4.0])])
    assert made.vector_of(1) == [3.0, 4.0]


def test_the_schema_is_told(store: Store) -> None:
    made = store.create(NAME, Schema({"text": VectorSpec(2, "Dot")}, indexes={}))
    assert made.schema().vectors == {"text": VectorSpec(2, "Dot")}
    assert made.schema().aliases == []


INDEXES: dict[str, JsonObject] = {
    "tag": {"type": "keyword"},
    "tenant": {"type": "keyword", "is_tenant": True},
    "text": {"type": "text", "tokenizer": "word", "lowercase": True, "min_token_len": 2},
    "at": {"type": "datetime"},
    "id": {"type": "uuid"},
}


def test_payload_indexes_are_made_and_told_with_their_parameters(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}, indexes=INDEXES))
    told = made.schema().indexes
    if told is None:
        assert "local" in store.place  # the client's local mode keeps none, and says so
    else:
        assert told == INDEXES


def test_parameters_that_an_index_does_not_have_are_left_out(store: Store) -> None:
    made = store.create(NAME, Schema({"": VectorSpec(2)}, indexes={"n": {"type": "bool", "lookup": True}}))
    assert made.schema().indexes in (None, {"n": {"type": "bool"}})


def test_sparse_vectors_and_further_vectors_are_made_and_lessons_go_into_the_first(store: Store) -> None:
    vectors = {"text": VectorSpec(2), "picture": VectorSpec(3, "Dot")}
    made = store.create(NAME, Schema(vectors, sparse={"words": {"modifier": "idf"}, "plain": {}}))
    assert made.schema().vectors == vectors
    assert made.schema().sparse == {"words": {"modifier": "idf"}, "plain": {}}
    assert made.schema().main == "picture"
    made.upsert([Point(1, {"n": 1}, [1.0, 0.0, 2.0])])
    assert [found.id for found in made.nearest([1.0, 0.0, 2.0], 5)] == [1]


def test_an_alias_can_be_moved(store: Store) -> None:
    store.create(NAME, Schema({"": VectorSpec(2)})).upsert([Point(1, {"from": "first"}, [1.0, 0.0])])
    store.create(f"{NAME}-2", Schema({"": VectorSpec(2)})).upsert([Point(1, {"from": "second"}, [1.0, 0.0])])
    store.switch_alias("contract-alias", NAME)
    assert everything(store, "contract-alias")[1] == {"from": "first"}
    store.switch_alias("contract-alias", f"{NAME}-2")
    assert everything(store, "contract-alias")[1] == {"from": "second"}
    found = store.find("contract-alias")
    assert found is not None
    assert found.name == "contract-alias"


def test_a_vector_of_another_size_is_refused(store: Store, request: pytest.FixtureRequest) -> None:
    if "local-mode" in request.node.name:
        pytest.skip("the local mode of qdrant-client is only read by git-fedlearn, and fails in its own way")
    made = store.create(NAME, Schema({"": VectorSpec(2)}))
    with pytest.raises(FedlearnError):
        made.upsert([Point(1, {}, [1.0, 2.0, 3.0])])
    assert made.count() == 0


def test_the_embedded_store_is_there_again_after_a_close(tmp_path: Path) -> None:
    with open_edge_store(tmp_path / "store", "import") as opened:
        opened.create(NAME, Schema({"": VectorSpec(2)})).upsert(points())
        opened.switch_alias("alias", NAME)
    with open_edge_store(tmp_path / "store", "export") as opened:
        assert everything(opened, "alias") == PAYLOADS
        with pytest.raises(FedlearnError, match="is a collection, not an alias"):
            opened.switch_alias(NAME, NAME)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # the client leaves its lock file open
def test_a_local_folder_that_is_in_use_says_so(tmp_path: Path) -> None:
    other = QdrantClient(path=str(tmp_path / "local"))
    with (
        pytest.raises(FedlearnError, match="already accessed by another instance"),
        open_local_folder(tmp_path / "local"),
    ):
        pass
    other.close()


def test_what_is_no_local_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FedlearnError, match="not a folder of"), open_local_folder(tmp_path):
        pass
    assert [*tmp_path.iterdir()] == [tmp_path / "home"]


def down(url: str) -> None:
    with open_server(url, None) as server:
        server.names()


def test_a_server_that_is_down_is_named_with_a_way_out() -> None:
    with pytest.raises(FedlearnError, match=r"http://127\.0\.0\.1:1: cannot be reached") as caught:
        down("http://127.0.0.1:1")
    assert "QDRANT_URL" in caught.value.hint


@pytest.mark.parametrize("url", ["http://qdrant.example.org:6333", "http://203.0.113.9"])
def test_an_api_key_is_not_sent_in_the_clear(url: str) -> None:
    with pytest.raises(SettingsError, match="would travel unencrypted"), open_server(url, "hush"):
        pass


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="not http"), open_server("qdrant.local", None):
        pass


def test_a_second_process_is_told_who_holds_the_embedded_store(tmp_path: Path) -> None:
    with (
        held_elsewhere(tmp_path / "store"),
        pytest.raises(LockedError, match="locked by git fedlearn import"),
        open_edge_store(tmp_path / "store", "export", timeout=0.05),
    ):
        pass


@pytest.mark.parametrize(
    ("value", "point"),
    [
        (0, 0),
        (2**64 - 1, 2**64 - 1),
        (2**64, None),
        (-1, None),
        (True, None),
        ("123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ("not a uuid", None),
        (None, None),
    ],
)
def test_point_ids(value: int | str | None, point: PointId | None) -> None:
    assert parse_point_id(value) == point


def test_what_qdrant_would_change_is_known_beforehand() -> None:
    assert all(storage_problem({**payload}) == "" for payload in PAYLOADS.values())
    assert storage_problem({"a": [2**64]}) == "an integer of more than 64 bits"
    assert storage_problem({"a": [2**63]}, 2**63 - 1) == "an integer of more than 63 bits"
    assert storage_problem({"a": {"\ud800": 1}}) == "a lone surrogate"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 2**11, 10**22, int(1.7e308)])
def test_an_integer_that_equals_a_double_is_stored_as_one(number: int) -> None:
    stored = storable(number)
    assert (stored, type(stored)) == (number, float)
    assert storage_problem(stored) == ""


@pytest.mark.parametrize("number", [2**64 + 1, 10**23, 10**400, 2**64 - 1])
def test_any_other_integer_stays_as_it_is(number: int) -> None:
    assert type(storable(number)) is int
