"""Names of collections as file names, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from git_fedlearn.core.collection_names import (
    escape_name,
    is_collection_name,
    is_cut,
    known_name,
    readable_name,
    unescape_name,
)
from git_fedlearn.core.layout import (
    FileKind,
    SetName,
    find_set,
    kind_of,
    older_stem_of,
    path_of,
    set_of_collection,
    stem_of,
)

FILE_NAMES = {
    "notes": "notes",
    "error-solutions": "error-solutions",
    "a.b_c-1": "a.b_c-1",
    "notes-2026-01-02": "notes-2026-01-02",
    "team notes": "x--team_20notes",
    "_own": "x--_5fown",
    ".": "x--_2e",
    "..": "x--_2e_2e",
    ".hidden": "x--_2ehidden",
    "-rf": "x--_2drf",
    "notes.": "x--notes_2e",
    "Notes": "x--_notes",
    "NOTES": "x--_n_o_t_e_s",
    "snapshots": "x--snapshots",
    "nul": "x--nul",
    "com1.txt": "x--com1_2etxt",
    "x--notes": "x--x_2d_2dnotes",
    "größer": "x--gr_800f6_800dfer",
    "日本": "x--_865e5_8672c",
    "🦙": "x--_901f999",
    "notes.sync-conflict-20260304-120000": "x--notes_2esync_2dconflict_2d20260304_2d120000",
    "data/x": None,
    "a\nb": None,
    "a\u202eb": None,
}


@pytest.mark.parametrize(("name", "file_name"), FILE_NAMES.items())
def test_each_name_has_a_file_name_and_is_read_back(name: str, file_name: str | None) -> None:
    if file_name is None:
        assert not is_collection_name(name)
        assert stem_of(SetName(f"collections/{name}")) is None
        return
    assert escape_name(name) == file_name
    assert unescape_name(file_name) == name
    path = f"data/collections/{file_name}.jsonl"
    assert find_set(path) == (set_of_collection(name), "")
    assert find_set(path_of(f"data/collections/{file_name}", "0f")) == (set_of_collection(name), "0f")
    assert kind_of(f"data/collections/snapshots/sys-a/{file_name}-2026-05-28.jsonl") is FileKind.SNAPSHOT


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=255).filter(is_collection_name)
twins = st.text("aAbB_-. 2d", min_size=1, max_size=6)


@given(names | twins)
def test_any_name_is_read_back_from_a_name_that_every_file_system_has(name: str) -> None:
    file_name = escape_name(name)
    assert file_name == file_name.lower()
    assert len(file_name) <= 201
    assert find_set(f"data/collections/{file_name}.jsonl") == (set_of_collection(name), "")
    assert unescape_name(file_name) == known_name(name)
    if not is_cut(file_name):
        assert known_name(name) == name


@given(names | twins, names | twins)
def test_two_names_have_two_files(one: str, two: str) -> None:
    assert (escape_name(one) == escape_name(two)) == (one == two)


def test_a_long_name_is_cut_and_known_by_its_hash() -> None:
    name, other = "n" * 255, "n" * 254
    assert is_cut(escape_name(name))
    assert escape_name(name) != escape_name(other)
    assert escape_name(escape_name(name)) == escape_name(name)
    assert escape_name("n" * 201) == "n" * 201


@pytest.mark.parametrize(
    "file_name", ["x--", "x--notes", "x--_4e", "x--a b", "x--_800", "x--_2f", "_own", "a b", "snapshots"]
)
def test_a_file_name_that_is_not_the_escape_of_its_name_is_no_set(file_name: str) -> None:
    assert unescape_name(file_name) is None
    assert find_set(f"data/collections/{file_name}.jsonl") is None


def test_the_file_of_an_earlier_version_is_still_read() -> None:
    assert find_set("data/collections/Notes.jsonl") == (SetName("collections/Notes"), "")
    assert older_stem_of(SetName("collections/Notes")) == "data/collections/Notes"
    assert older_stem_of(SetName("collections/notes")) is None
    assert older_stem_of(SetName("collections/team notes")) is None


def test_a_file_name_is_readable() -> None:
    assert readable_name("x--team_20notes-2026-05-28.jsonl") == "team notes-2026-05-28.jsonl"
    assert readable_name("x--_own.schema.json") == "Own.schema.json"
    assert readable_name("notes.jsonl") == "notes.jsonl"
