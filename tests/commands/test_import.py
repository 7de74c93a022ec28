"""`git fedlearn import`."""

import json

import pytest
from coordinator_store import contents, fill, store_of
from search.embedding_server import Behaviour, embedding_server
from systems import System, World, prepared

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.qdrant.store import Point, PointId, Schema, VectorSpec

LESSONS: list[JsonObject] = [
    {"error_message": "disk full", "solution": "empty the store", "value_score": 0.8},
    {"error_message": "port taken", "solution": "stop the other one", "value_score": 0.7},
]


@prepared
def learned(system: System) -> None:
    system.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    system.add("error-solutions", *LESSONS)


def counts(system: System, *arguments: str, code: int = 0) -> dict[str, int]:
    answer = system.fedlearn("import", *arguments, "--json", code=code).json()["collections"]
    one = next(one for one in answer if one["collection"].startswith("error-solutions"))
    return {key: one[key] for key in ("added", "updated", "deleted", "present", "points")}


def test_lessons_become_points_under_ids_made_of_their_content(learned: System) -> None:
    shown = learned.fedlearn("import", "error-solutions").out
    assert shown == "error-solutions: 2 added (2 points)\n"
    found = contents(learned, "error-solutions")
    records = learned.records("error-solutions")
    assert {str(point).replace("-", "") for point in found} == {record.id for record in records}
    assert [found[point] for point in sorted(found, key=str)] == [record.fields for record in records]


def test_a_second_import_does_nothing(learned: System) -> None:
    learned.fedlearn("import")
    expected = {"added": 0, "updated": 0, "deleted": 0, "present": 2, "points": 2}
    assert counts(learned) == expected
    for memory in (learned.path / ".git/fedlearn/imports").iterdir():
        memory.unlink()
    assert counts(learned) == expected


def test_a_retracted_lesson_is_deleted(learned: System) -> None:
    learned.fedlearn("import")
    lesson = next(record for record in learned.records("error-solutions") if "port" in str(record.fields))
    learned.fedlearn("retract", lesson.id, "--reason", "wrong")
    assert counts(learned) == {"added": 0, "updated": 0, "deleted": 1, "present": 1, "points": 1}
    learned.fedlearn("restore", lesson.id)
    assert counts(learned)["added"] == 1


def test_a_raised_score_is_updated_and_what_the_store_counts_stays(learned: System) -> None:
    learned.fedlearn("import")
    before = contents(learned, "error-solutions")
    first, second = (next(p for p in before if before[p]["solution"] == one["solution"]) for one in LESSONS)
    fill(
        learned,
        "error-solutions",
        {first: {**before[first], "access_count": 7}, second: {**before[second], "last_used": "x"}},
    )
    learned.add("error-solutions", {**LESSONS[0], "access_count": 9})
    learned.add("error-solutions", {**LESSONS[1], "value_score": 0.95, "_seen_by": ["sys-bbbbbbbbbb"]})
    assert counts(learned) == {"added": 0, "updated": 1, "deleted": 0, "present": 2, "points": 2}
    found = contents(learned, "error-solutions")
    assert (found[first]["access_count"], found[first]["value_score"]) == (7, 0.8)
    assert (found[second]["last_used"], found[second]["value_score"]) == ("x", 0.95)
    assert found[second]["_seen_by"] == ["sys-aaaaaaaaaa", "sys-bbbbbbbbbb"]
    assert counts(learned)["updated"] == 0


@pytest.mark.parametrize("change", ["raised", "retracted"])
def test_points_of_the_users_own_are_never_changed(learned: System, change: str) -> None:
    """Also one that was exported, folded with others, or made by an import and edited since."""
    learned.fedlearn("import")
    edited = next(iter(contents(learned, "error-solutions").items()))
    mine: dict[PointId, JsonObject] = {
        5: {**LESSONS[0], "access_count": 7},
        6: {**LESSONS[0], "value_score": 0.4},
        7: {"error_message": "login of jane@corp-mail.net failed", "solution": "reset"},
        8: {**LESSONS[1], "_id": "5f1d7a2b3c4d5e6f7a8b9c0d"},
        edited[0]: {**edited[1], "solution": "my own words"},
    }
    fill(learned, "error-solutions", mine)
    learned.fedlearn("export", "error-solutions")
    for name in ("error-solutions", "collections/error-solutions"):
        for record in learned.records(name):
            if change == "raised":
                learned.add(name, {**record.fields, "value_score": 1, "_seen_by": ["sys-bbbbbbbbbb"]})
            elif not record.is_tombstone:
                learned.fedlearn("retract", record.id, "--reason", "wrong")
    learned.fedlearn("import", "error-solutions")
    found = contents(learned, "error-solutions")
    assert {point: found[point] for point in mine} == mine


def test_a_mirrored_collection_comes_back_point_by_point(learned: System) -> None:
    """Chunks as LlamaIndex stores them, and two points of equal content."""
    chunks: dict[PointId, JsonObject] = {n: {"_node_content": f"part {n}", "doc_id": "d"} for n in range(3)}
    chunks |= {7: {"text": "same"}, 8: {"text": "same"}}
    fill(learned, "library", chunks)
    learned.fedlearn("export", "library")
    assert {record.fields["_point"] for record in learned.records("collections/library")} == {0, 1, 2, 7, 8}
    assert "nothing new" in learned.fedlearn("import", "library").out
    assert contents(learned, "library") == chunks
    learned.fedlearn("import", "library", "--into", "again")
    made = contents(learned, "again")
    assert {
        p: {k: v for k, v in made[p].items() if k in ("text", "_node_content", "doc_id")} for p in made
    } == chunks
    learned.fedlearn("export", "library")
    assert len(learned.records("collections/library")) == len(chunks)
    learned.write(".fedlearn.toml", b"format = 1\n[qdrant.collections.again]\nlessons = true\n")
    fill(learned, "again", {9: {"text": "same"}, 10: {"text": "same"}, 11: {"text": "same"}})
    learned.fedlearn("export", "again")
    lessons = [r for r in learned.records("collections/again") if "_point" not in r.fields]
    assert [record.fields["_point_id"] for record in lessons] == [9]


def test_what_only_the_store_knows_is_left_alone(learned: System) -> None:
    mine: dict[PointId, JsonObject] = {1: {"text": "mine alone"}, 2: {"last_used": "no lesson"}}
    fill(learned, "error-solutions", mine)
    assert counts(learned) == {"added": 2, "updated": 0, "deleted": 0, "present": 0, "points": 4}
    found = contents(learned, "error-solutions")
    assert {point: found[point] for point in mine} == mine


def test_content_that_is_there_under_another_id_is_not_added_twice(learned: System) -> None:
    fill(learned, "error-solutions", {99: {**LESSONS[0]}})
    assert counts(learned)["added"] == 1
    assert len(contents(learned, "error-solutions")) == 2


def test_the_private_original_of_an_exported_lesson_stays_the_only_one(learned: System) -> None:
    private: JsonObject = {"error_message": "login of jane@corp-mail.net failed", "solution": "reset"}
    fill(learned, "error-solutions", {3: private})
    learned.fedlearn("export", "error-solutions")
    learned.fedlearn("import", "error-solutions")
    found = contents(learned, "error-solutions")
    assert found[3] == private
    assert len(found) == 3


def test_a_point_id_that_is_taken_by_another_lesson_is_not_overwritten(learned: System) -> None:
    learned.add("error-solutions", {"error_message": "from afar", "solution": "s", "_point_id": 7})
    mine: JsonObject = {"text": "something else"}
    fill(learned, "error-solutions", {7: mine})
    assert counts(learned)["added"] == 3
    found = contents(learned, "error-solutions")
    assert found[7] == mine
    assert {str(point).replace("-", "") for point in found if point != 7} == {
        record.id for record in learned.records("error-solutions")
    }


def test_a_free_point_id_is_kept(learned: System) -> None:
    learned.add(
        "collections/notes", {"text": "n", "_point_id": 2**64 - 1}, {"text": "m", "_point_id": "no uuid"}
    )
    learned.fedlearn("import", "notes")
    assert 2**64 - 1 in contents(learned, "notes")
    assert len(contents(learned, "notes")) == 2


def test_another_size_of_vectors_is_refused_and_nothing_changes(learned: System) -> None:
    with store_of(learned) as store:
        made = store.create("error-solutions", Schema({"": VectorSpec(3)}))
        made.upsert([Point(1, {"text": "old"}, [1.0, 2.0, 3.0])])
    refused = learned.fedlearn("import", "error-solutions", code=3)
    assert refused.err.startswith(
        "error: error-solutions: vectors have 3 dimensions, those of wordllama/l2_supercat_256 have 256"
    )
    assert "hint: git fedlearn import error-solutions --into error-solutions-new" in refused.err
    assert contents(learned, "error-solutions") == {1: {"text": "old"}}


def test_vectors_of_another_model_are_refused(learned: System) -> None:
    learned.fedlearn("import", "error-solutions")
    (memory,) = (learned.path / ".git/fedlearn/imports").iterdir()
    known = json.loads(memory.read_bytes())
    known["model"][0] = "other/model"
    known["model"][2].reverse()
    memory.write_text(json.dumps(known))
    refused = learned.fedlearn("import", "error-solutions", code=3)
    assert "vectors were made by other/model and cannot be compared with those of wordllama" in refused.err


def test_vectors_that_another_clone_made_with_another_model_are_refused(learned: System) -> None:
    with store_of(learned) as store:
        made = store.create("error-solutions", Schema({"": VectorSpec(256)}))
        others = [[float((7 * n + k * k) % 13 - 6) for k in range(256)] for n in range(9)]
        made.upsert([Point(n, {"text": f"lesson {n}"}, vector) for n, vector in enumerate(others)])
    refused = learned.fedlearn("import", "error-solutions", code=3)
    assert refused.err == (
        "error: error-solutions: vectors do not look like those of wordllama/l2_supercat_256\n"
        "hint: git fedlearn import error-solutions --into error-solutions-new, or set the embedder that made "
        "them (git config fedlearn.embedder)\n"
    )
    assert len(contents(learned, "error-solutions")) == 9


def test_a_dry_run_says_what_would_be_and_writes_nothing(learned: System) -> None:
    shown = learned.fedlearn("import", "error-solutions", "--dry-run").out
    assert shown == "error-solutions: 2 to add (2 points)\n"
    with store_of(learned) as store:
        assert store.names() == []
    learned.fedlearn("import", "error-solutions")
    fill(learned, "error-solutions", {2: {"text": "mine"}})
    learned.fedlearn("retract", learned.records("error-solutions")[0].id, "--reason", "wrong")
    before = contents(learned, "error-solutions")
    answer = counts(learned, "error-solutions", "--dry-run")
    assert (answer["added"], answer["deleted"], answer["points"]) == (0, 1, 2)
    assert contents(learned, "error-solutions") == before
    assert counts(learned, "error-solutions") == answer


def test_into_another_name_and_an_alias_for_it(learned: System) -> None:
    learned.add("collections/notes", {"text": "a note"})
    shown = learned.fedlearn("import", "notes", "--into", "notes-2", "--switch-alias").out
    assert shown.startswith("notes-2: 1 added")
    assert len(contents(learned, "notes")) == 1
    assert (
        "--switch-alias needs another name"
        in learned.fedlearn("import", "notes", "--switch-alias", code=2).err
    )
    assert "need exactly one collection" in learned.fedlearn("import", "--into", "x", code=2).err


def test_the_schema_that_a_system_exported_is_made_again(learned: System) -> None:
    fill(learned, "error-solutions", {1: {**LESSONS[0]}})
    learned.fedlearn("export", "error-solutions")
    learned.commit()
    fresh = System(learned.path.parent / "fresh", learned.path.parent / "home")
    learned.git("clone", "--quiet", ".", str(fresh.path))
    fresh.fedlearn("install")
    fresh.fedlearn("import", "error-solutions")
    with store_of(fresh) as store:
        made = store.find("error-solutions")
        assert made is not None
        assert made.schema().indexes == {"error_type": {"type": "keyword"}}


def test_only_what_changed_since_a_commit(learned: System) -> None:
    before = learned.commit()
    learned.add("error-solutions", {"error_message": "new", "solution": "s"})
    assert counts(learned, "--since", before) == {
        "added": 1, "updated": 0, "deleted": 0, "present": 0, "points": 1
    }  # fmt: skip
    assert counts(learned)["added"] == 2
    assert "no such commit" in learned.fedlearn("import", "--since", "nowhere", code=2).err


def test_the_newest_snapshot_of_another_system_is_joined(learned: System) -> None:
    learned.add("collections/notes", {"text": "from a snapshot"})
    line = learned.read("data/collections/notes.jsonl")
    learned.write("data/collections/notes.jsonl", b"")
    learned.write("data/collections/snapshots/sys-bbbbbbbbbb/notes-2026-01-01.jsonl", b"")
    learned.write("data/collections/snapshots/sys-bbbbbbbbbb/notes-2026-02-01.jsonl", line)
    learned.fedlearn("import", "notes")
    assert [payload["text"] for payload in contents(learned, "notes").values()] == ["from a snapshot"]


def test_files_that_a_merge_or_an_editor_left_odd_are_read_whole(learned: System) -> None:
    learned.add("collections/notes", *({"text": f"note {n}"} for n in range(4)))
    first, second, third, fourth = learned.read("data/collections/notes.jsonl").splitlines()
    conflict = b"\n".join([b"<<<<<<< ours", second, b"=======", third, b">>>>>>> theirs", b""])
    odd = b'\xef\xbb\xbf{"_id":"no record"\n' + first + b"\r\n" + first + b"\n" + conflict + fourth
    learned.write("data/collections/notes.jsonl", odd)
    learned.fedlearn("import", "notes")
    found = contents(learned, "notes").values()
    assert sorted(str(payload["text"]) for payload in found) == [f"note {n}" for n in range(4)]


def test_a_lesson_is_joined_however_many_files_hold_it(learned: System) -> None:
    learned.add("error-solutions", {**LESSONS[0], "value_score": 0.9})
    learned.add("collections/error-solutions", {**LESSONS[0], "value_score": 0.85, "_point_id": 12})
    assert counts(learned)["added"] == 2
    assert contents(learned, "error-solutions")[12]["value_score"] == 0.9


def test_a_scroll_dump_is_sanitized_and_imported(learned: System) -> None:
    points = [
        {"id": 4, "payload": {"text": "write to jane@corp-mail.net"}, "vector": None},
        {"id": 5, "payload": {"last_used": "x"}},
        {"id": 6, "payload": None},
    ]
    learned.write("dump.json", json.dumps({"result": {"points": points}, "status": "ok"}).encode())
    shown = learned.fedlearn("import", "notes", "--dump", "dump.json")
    assert (
        shown.err == "error: dump.json, point 2: no content: every field is metadata; not imported\n"
        "error: dump.json, point 3: no content: every field is metadata; not imported\n"
    )
    assert contents(learned, "notes")[4]["text"] == "write to <EMAIL_ADDRESS>"
    twice = [{"id": number, "payload": {"text": "equal", "value_score": number / 10}} for number in (7, 8)]
    learned.write("dump.json", json.dumps(twice).encode())
    answer = learned.fedlearn("import", "notes", "--dump", "dump.json", "--json").json()
    assert [(fold["inputs"], fold["differed"]) for fold in answer["folds"]] == [(2, ["value_score"])]
    learned.write("dump.json", b'{"result": 3}')
    assert "not a scroll dump" in learned.fedlearn("import", "notes", "--dump", "dump.json", code=3).err


def test_what_qdrant_would_change_is_named_and_the_rest_imported(learned: System) -> None:
    learned.add("error-solutions", {"error_message": "huge", "solution": "s", "number": 2**64 + 1})
    shown = learned.fedlearn("import", "error-solutions", code=1)
    assert "2 added" in shown.out
    assert "Qdrant cannot store it: an integer of more than 64 bits; not imported" in shown.err


def test_a_text_that_the_model_does_not_take_is_named(learned: System) -> None:
    learned.add("error-solutions", {"error_message": "x" * 300, "solution": "s"})
    with embedding_server(Behaviour(most_characters=200)) as url:
        learned.git("config", "fedlearn.embedder", url)
        shown = learned.fedlearn("import", "error-solutions", code=1)
    assert "2 added" in shown.out
    assert "does not accept its text; not imported" in shown.err
    learned.git("config", "fedlearn.embedder", "wordllama")


def test_a_folder_of_the_local_mode_is_a_store_too(learned: System) -> None:
    from qdrant_client import QdrantClient  # noqa: PLC0415

    QdrantClient(path=str(learned.path / "local")).close()
    learned.git("config", "fedlearn.qdrantFolder", str(learned.path / "local"))
    assert counts(learned, "error-solutions")["points"] == 2
    assert counts(learned, "error-solutions")["present"] == 2


def test_an_api_key_is_never_sent_in_the_clear_nor_shown(learned: System) -> None:
    learned.environment |= {
        "QDRANT_URL": "http://user:hush@qdrant.example.org:6333",
        "QDRANT_API_KEY": "secret",
    }
    refused = learned.fedlearn("import", code=3).err
    assert refused.startswith("error: http://qdrant.example.org:6333: the API key would travel unencrypted\n")
    assert "secret" not in refused
    assert "hush" not in refused


def test_what_a_pull_brings_is_imported_at_once_where_that_is_wished(world: World) -> None:
    one = world.system("one")
    two = world.clone(one, "two")
    one.add("error-solutions", *LESSONS)
    one.commit()
    assert "added" not in two.git("pull", "--quiet").err
    two.git("config", "fedlearn.autoImport", "yes")
    one.add("error-solutions", {"error_message": "third", "solution": "s"})
    one.commit()
    two.git("pull", "--quiet")
    assert len(contents(two, "error-solutions")) == 3
    two.environment["QDRANT_URL"] = "http://127.0.0.1:1"
    one.add("error-solutions", {"error_message": "fourth", "solution": "s"})
    one.commit()
    told = two.git("pull", "--quiet").err
    assert "cannot be reached" in told
    assert told.endswith("hint: git fedlearn import    (later; no lesson is lost)\n")
    assert len(two.records("error-solutions")) == 4
