"""A mirrored point is one live record, whatever its content was before."""

import pytest
from coordinator_store import contents, fill
from systems import System, World

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.record import make_record

NOTES = "data/collections/notes.jsonl"


@pytest.fixture
def here(world: World) -> System:
    return world.system("here")


def export(here: System, **points: str) -> JsonObject:
    """Export points whose ids follow an underscore, with these texts."""
    fill(here, "notes", {int(name[1:]): {"text": text, "value_score": 0.5} for name, text in points.items()})
    found = here.fedlearn("export", "notes", "--json").json()["collections"][0]
    assert isinstance(found, dict)
    return found


def live(here: System) -> list[tuple[object, object]]:
    records = [record for record in here.records("collections/notes") if not record.is_tombstone]
    return sorted((record.fields["_point"], record.fields["text"]) for record in records)


def test_a_changed_point_replaces_its_record(here: System) -> None:
    export(here, _1="one", _2="two")
    assert export(here, _1="uno", _2="two")["replaced"] == 1
    assert live(here) == [(1, "uno"), (2, "two")]
    assert here.fedlearn("verify").code == 0
    assert export(here, _1="uno")["replaced"] == 0
    fill(here, "notes", {1: {"text": "un"}})
    said = here.fedlearn("export", "notes").out
    assert "  1 record retracted: the content of the point changed\n" in said


def test_a_dry_run_only_counts(here: System) -> None:
    export(here, _1="one")
    here.commit()
    fill(here, "notes", {1: {"text": "uno"}})
    assert "1 record to retract" in here.fedlearn("export", "notes", "--dry-run").out
    assert here.git("status", "--porcelain").out == ""


def test_old_content_that_comes_back_lives_again_and_its_score_rises(here: System) -> None:
    for text in ("one", "uno", "one", "uno", "one"):
        export(here, _1=text)
        assert live(here) == [(1, text)]
    fill(here, "notes", {1: {"text": "one", "value_score": 0.9}})
    here.fedlearn("export", "notes")
    (record,) = (one for one in here.records("collections/notes") if not one.is_tombstone)
    assert (record.fields["value_score"], record.gen) == (0.9, 2)


def test_what_a_person_retracted_stays_retracted(here: System) -> None:
    export(here, _1="one")
    here.fedlearn("retract", here.records("collections/notes")[0].id, "--reason", "wrong")
    export(here, _1="one")
    assert live(here) == []
    export(here, _1="uno")
    export(here, _1="one")
    assert live(here) == []


@pytest.mark.parametrize("systems", [["sys-otherother"], ["sys-otherother", "ours"]])
def test_a_point_of_another_system_stays(here: System, systems: list[str]) -> None:
    export(here, _1="one")
    ours = here.git("config", "fedlearn.system").out.strip()
    names = sorted(ours if name == "ours" else name for name in systems)
    theirs = make_record({"text": "theirs", "_point": 1, "_seen_by": [*names]})
    here.write(NOTES, here.read(NOTES) + theirs.line + b"\n")
    here.fedlearn("verify", "--fix")
    assert export(here, _1="uno")["replaced"] == 1
    assert live(here) == [(1, "theirs"), (1, "uno")]


def test_a_claim_that_a_record_is_ours_is_not_enough(here: System) -> None:
    ours = here.git("config", "fedlearn.system").out.strip()
    forged = make_record({"text": "forged", "_point": 1, "_seen_by": [ours]})
    here.write(NOTES, forged.line + b"\n")
    assert export(here, _1="uno")["replaced"] == 0
    assert live(here) == [(1, "forged"), (1, "uno")]


def test_an_import_elsewhere_follows(here: System, world: World) -> None:
    export(here, _1="one", _2="two")
    here.commit()
    there = System(world.folder / "there", world.home)
    here.git("clone", "--quiet", ".", str(there.path))
    there.fedlearn("install")
    there.fedlearn("import", "notes")
    export(here, _1="uno")
    here.commit()
    there.git("pull", "--quiet")
    there.fedlearn("import", "notes")
    found = contents(there, "notes")
    assert {point: payload["text"] for point, payload in found.items()} == {1: "uno", 2: "two"}
    there.fedlearn("export", "notes")
    assert live(there) == [(1, "uno"), (2, "two")]
    assert export(here, _1="one")["replaced"] == 1
