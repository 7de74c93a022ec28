"""`git fedlearn export`."""

import json
from collections.abc import Callable

import pytest
from coordinator_store import contents, fill, store_of
from systems import EPOCH, System

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import POINT_ID
from git_fedlearn.qdrant.store import PointId

ERRORS: dict[PointId, JsonObject] = {
    1: {"error_message": "disk full", "solution": "empty the store", "value_score": 0.9},
    2**64 - 1: {"error_message": "größer 日本語 🦙", "solution": "nothing", "value_score": 0.5},
    "123e4567-e89b-12d3-a456-426614174000": {
        "error_message": "login of jane@corp-mail.net failed",
        "solution": "reset it",
        "nested": {"list": [1, None, {"deep": 2**64 - 1}]},
    },
}


@pytest.fixture
def learned(system: System) -> System:
    system.git("config", "fedlearn.system", "sys-aaaaaaaaaa")
    fill(system, "error-solutions", ERRORS)
    return system


def test_every_point_becomes_a_sanitized_record_with_its_id(learned: System) -> None:
    shown = learned.fedlearn("export")
    assert shown.out == ("error-solutions: 3 lessons added; 3 points read; redacted 1 EMAIL_ADDRESS\n")
    assert shown.err == "hint: git add data && git commit\n"
    records = {
        record.fields[POINT_ID]: record.fields for record in learned.records("collections/error-solutions")
    }
    assert set(records) == set(ERRORS)
    assert records[2**64 - 1]["error_message"] == "größer 日本語 🦙"
    by_uuid = records["123e4567-e89b-12d3-a456-426614174000"]
    assert by_uuid["error_message"] == "login of <EMAIL_ADDRESS> failed"
    assert by_uuid["nested"] == {"list": [1, None, {"deep": 2**64 - 1}]}
    assert learned.fedlearn("verify").code == 0


def test_the_store_is_left_as_it_is(learned: System) -> None:
    learned.fedlearn("export")
    assert contents(learned, "error-solutions") == ERRORS


def test_a_second_export_changes_nothing(learned: System) -> None:
    learned.fedlearn("export")
    commit = learned.commit()
    assert "nothing new (3 already known); 3 points read" in learned.fedlearn("export").out
    assert learned.git("status", "--porcelain").out == ""
    assert learned.git("rev-parse", "HEAD").out.strip() == commit


def test_a_snapshot_and_the_schema_lie_in_the_folder_of_this_system(learned: System) -> None:
    learned.fedlearn("export")
    folder = "data/collections/snapshots/sys-aaaaaaaaaa"
    snapshot = learned.read(f"{folder}/error-solutions-2026-05-28.jsonl")
    assert snapshot == learned.read("data/collections/error-solutions.jsonl")
    assert json.loads(learned.read(f"{folder}/error-solutions.schema.json")) == {
        "schema": "fedlearn.collection/v1",
        "written": "2026-05-28",
        "vectors": {"": {"size": 256, "distance": "Cosine"}},
        "sparse_vectors": {},
        "payload_indexes": {"error_type": {"type": "keyword"}},
        "aliases": [],
    }


def test_five_snapshots_of_a_collection_are_kept(learned: System) -> None:
    for day in range(7):
        learned.environment["SOURCE_DATE_EPOCH"] = str(EPOCH + day * 86_400)
        learned.fedlearn("export")
    folder = learned.path / "data/collections/snapshots/sys-aaaaaaaaaa"
    assert sorted(path.name for path in folder.glob("*.jsonl") if path.stat().st_size) == [
        f"error-solutions-2026-{day}.jsonl" for day in ("05-30", "05-31", "06-01", "06-02", "06-03")
    ]
    schema = json.loads((folder / "error-solutions.schema.json").read_text())
    assert schema["written"] == "2026-05-28"


def test_a_filter_leaves_points_out_and_says_how_many(learned: System) -> None:
    shown = learned.fedlearn("export", "--filter", "value_score >= `0.7`")
    assert "1 lesson added; 3 points read, 2 filtered out" in shown.out
    assert [record.fields["solution"] for record in learned.records("collections/error-solutions")] == [
        "empty the store"
    ]


def test_a_dry_run_writes_nothing(learned: System) -> None:
    shown = learned.fedlearn("export", "--dry-run")
    assert "3 lessons to add; 3 points read" in shown.out
    assert learned.git("status", "--porcelain").out == ""


def test_other_collections_are_exported_when_named_or_with_all(learned: System) -> None:
    fill(learned, "codebase-context", {5: {"text": "a function"}})
    assert "codebase-context" not in learned.fedlearn("export").out
    assert learned.fedlearn("export", "codebase-context").out.startswith("codebase-context: 1 lesson added")
    assert "codebase-context" in learned.fedlearn("export", "--all").out


def test_the_settings_name_the_collections(learned: System) -> None:
    fill(learned, "notes", {5: {"text": "a note"}})
    learned.write(".fedlearn.toml", b'format = 1\n[qdrant]\ncollections = ["notes"]\n')
    assert learned.fedlearn("export").out == "notes: 1 lesson added; 1 point read\n"
    learned.write(".fedlearn.toml", b'format = 1\n[qdrant]\ncollections = "notes"\n')
    assert "`collections` must contain lists of names" in learned.fedlearn("export", code=3).err


def test_points_without_content_are_counted_and_the_rest_is_exported(learned: System) -> None:
    fill(learned, "error-solutions", {9: {"last_used": "today"}, 10: {}})
    for news in ("3 lessons added", "nothing new (3 already known)"):
        shown = learned.fedlearn("export")
        assert f"{news}; 5 points read, 2 without content; redacted " in shown.out
        assert "error" not in shown.err


def test_points_that_cannot_be_records_are_named_and_the_rest_is_exported(learned: System) -> None:
    fill(learned, "error-solutions", {9: {"text": "x " * 600_000}})
    shown = learned.fedlearn("export", code=1)
    assert "3 lessons added; 4 points read; redacted " in shown.out
    assert "error: error-solutions, point 9: larger than 1048576 bytes; not exported\n" in shown.err


def test_a_payload_cannot_retract_and_keys_of_ours_without_their_form_are_dropped(learned: System) -> None:
    fill(
        learned,
        "notes",
        {
            1: {"text": "one", "_retracted": {"at": "2026"}, "_id": "f" * 32},
            2: {"text": "two", "_seen_by": "everybody", "_gen": "x"},
            3: {"_retracted": {"at": "2026"}, "_id": "e" * 32},
        },
    )
    assert "3 points read, 1 without content" in learned.fedlearn("export", "notes").out
    records = learned.records("collections/notes")
    assert sorted(str(record.fields["text"]) for record in records) == ["one", "two"]
    assert {str(record.fields["_seen_by"]) for record in records} == {"['sys-aaaaaaaaaa']"}
    assert learned.fedlearn("import", "notes").out == "notes: nothing new (3 points)\n"


def test_what_goes_by_an_alias_is_exported_under_that_name(learned: System) -> None:
    learned.add("collections/notes", {"text": "a note"})
    learned.fedlearn("import", "notes", "--into", "notes-2", "--switch-alias")
    fill(learned, "notes-2", {9: {"text": "learned since"}})
    assert (
        learned.fedlearn("export", "notes").out == "notes: 1 lesson added, 1 already known; 2 points read\n"
    )
    assert len(learned.records("collections/notes")) == 2
    assert not (learned.path / "data/collections/notes-2.jsonl").exists()


def test_a_collection_that_is_not_there_is_refused(learned: System) -> None:
    refused = learned.fedlearn("export", "nothing", code=2)
    assert refused.err.endswith("no collection nothing\nhint: collections: error-solutions\n")


def test_a_bad_filter_is_refused(learned: System) -> None:
    assert "not a filter" in learned.fedlearn("export", "--filter", "good ones", code=2).err
    refused = learned.fedlearn("export", "--filter", "value_score>=0.7", code=2).err
    assert refused.startswith(
        "error: value_score>=0.7: not a filter: a value without quotes\nhint: --filter "
    )


def test_json(learned: System) -> None:
    answer = learned.fedlearn("export", "--json").json()
    assert answer["schema"] == "fedlearn.export/v1"
    assert answer["collections"] == [
        {
            "collection": "error-solutions",
            "points": 3,
            "expected": 3,
            "filtered": 0,
            "empty": 0,
            "lessons": 3,
            "added": 3,
            "updated": 0,
            "replaced": 0,
            "folds": [],
            "redacted": {"EMAIL_ADDRESS": 1},
            "faults": [],
        }
    ]


def test_a_server_that_is_down_is_an_error_and_nothing_changes(learned: System) -> None:
    learned.environment["QDRANT_URL"] = "http://127.0.0.1:1"
    failed = learned.fedlearn("export", code=3)
    assert failed.err.startswith("error: http://127.0.0.1:1: cannot be reached: ")
    assert failed.err.endswith(
        "hint: start the server, or change QDRANT_URL (git config fedlearn.qdrantUrl)\n"
    )
    assert learned.git("status", "--porcelain").out == ""


def test_what_appears_while_it_reads_is_fetched_by_a_second_pass(
    learned: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store_of(learned) as store:
        collection = store.find("error-solutions")
        assert collection is not None
        kind = type(collection)
    original: Callable[..., object] = kind.pages
    appeared: list[int] = []

    def pages(self: object) -> object:
        yield from original(self)  # type: ignore[misc]
        if not appeared:
            appeared.append(1)
            from git_fedlearn.qdrant.store import Point  # noqa: PLC0415

            self.upsert([Point(77, {"text": "late"}, [1.0] * 256)])  # type: ignore[attr-defined]

    monkeypatch.setattr(kind, "pages", pages)
    assert "4 lessons added; 4 points read" in learned.fedlearn("export").out
