"""Collections with any name that Qdrant allows, from a store to git and on to another store."""

import pytest
from coordinator_store import contents, fill
from systems import System, World, prepared

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.core.collection_names import escape_name
from git_fedlearn.core.layout import SetName, set_of_collection
from git_fedlearn.federation.peers import format_publish, parse_publish

NAMES = [
    *("team notes", "_own", "größer 日本語 🦙", "..", "Notes", "notes", "snapshots", "nul"),
    *("x--notes", "n" * 255, "語" * 80, "Trailing. "),
]


def note(name: str) -> JsonObject:
    return {"text": f"what the collection number {NAMES.index(name)} says"}


@prepared
def exported(one: System) -> None:
    """A system that exported a collection of each name."""
    for number, name in enumerate(NAMES):
        fill(one, name, {number: note(name)})
    answer = one.fedlearn("export", "--all")
    assert answer.out.count("1 lesson added") == len(NAMES)
    one.commit()


def test_each_has_a_file_that_any_file_system_can_hold(exported: System) -> None:
    paths = exported.git("ls-files", "-z", "data/collections").out.split("\0")[:-1]
    assert len({path.lower() for path in paths}) == len(paths)
    assert all(len(path.rpartition("/")[2]) <= 220 and path.isascii() for path in paths)
    for name in NAMES:
        (record,) = exported.records(set_of_collection(name))
        assert record.fields["text"] == note(name)["text"]
    assert exported.fedlearn("verify").code == 0


def test_another_system_imports_each_under_its_name(exported: System, world: World) -> None:
    two = world.clone(exported, "two")
    two.fedlearn("import")
    for name in NAMES:
        assert [payload["text"] for payload in contents(two, name).values()] == [note(name)["text"]]
    assert "nothing new" in two.fedlearn("import", "n" * 255).out


def test_commands_show_the_name_and_print_it_safely(exported: System) -> None:
    (record,) = exported.records("collections/team notes")
    assert f"{record.id}  collections/team notes" in exported.fedlearn("show", record.id).out
    status = exported.fedlearn("status").out
    assert "collections/größer 日本語 🦙" in status
    found = exported.fedlearn(
        "search", "what the collection number 0 says", "--set", "collections/team notes"
    )
    assert "collections/team notes" in found.out
    assert "collections/team notes" in exported.fedlearn("report", "--terminal").out
    exported.fedlearn("add", "collections/team notes", "-", stdin=b'{"text": "added by hand"}')
    assert len(exported.records("collections/team notes")) == 2


def test_a_collection_that_cannot_be_exported_is_named_and_the_others_are_exported(system: System) -> None:
    fill(system, "garden", {1: {"text": "water the fig"}})
    fill(system, f"mail of jane@{'corp-mail'}.net", {1: {"text": "a mail"}})
    answer = system.fedlearn("export", "--all", code=1)
    assert answer.out == "garden: 1 lesson added; 1 point read\n"
    assert (
        "error: the name of the collection contains EMAIL_ADDRESS, and would become a file name" in answer.err
    )
    assert "jane" not in answer.err


def test_a_private_name_is_refused_by_the_commit_checks(system: System) -> None:
    name = escape_name(f"mail of jane@{'corp-mail'}.net")
    system.write(f"data/collections/{name}.jsonl", b"")
    found = system.fedlearn("scan", code=1).out
    assert "EMAIL_ADDRESS" in found
    assert "jane" not in found


def test_the_file_that_an_earlier_version_wrote_is_read_and_emptied(system: System) -> None:
    system.add("collections/notes", {"text": "an old note"})
    old = system.read("data/collections/notes.jsonl")
    system.write("data/collections/Notes.jsonl", old)
    assert [record.fields["text"] for record in system.records("collections/Notes")] == ["an old note"]
    system.add("collections/Notes", {"text": "a new note"})
    assert system.read("data/collections/Notes.jsonl") == b""
    assert system.read("data/collections/x--_notes.jsonl").count(b"\n") == 2
    assert len(system.records("collections/Notes")) == 2


def test_an_import_reads_what_a_sparse_checkout_leaves_out(exported: System, world: World) -> None:
    two = world.clone(exported, "two")
    two.git("sparse-checkout", "set", "data/patterns")
    assert not (two.path / "data/collections").exists()
    two.fedlearn("import")
    for name in NAMES:
        assert [payload["text"] for payload in contents(two, name).values()] == [note(name)["text"]]
    assert "nothing new" in two.fedlearn("import", "team notes").out
    assert "nothing new (1 already known)" in two.fedlearn("export", "team notes").out


@pytest.mark.parametrize(
    "names",
    [
        ("collections/team notes",),
        ("collections/a skills-patterns",),
        ("skills-patterns", "collections/team notes"),
        ("skills-patterns", "collections/notes"),
        (),
    ],
)
def test_a_peer_may_get_collections_with_spaces_in_their_names(names: tuple[str, ...]) -> None:
    sets = tuple(SetName(name) for name in names)
    assert parse_publish(format_publish(sets)) == sets
