"""What a file is follows from its path alone."""

import pytest

from git_fedlearn.core.layout import FileKind, SetName, find_set, kind_of, owner_of, path_of, stem_of
from git_fedlearn.core.merge import merge_files


@pytest.mark.parametrize(
    ("path", "kind", "found", "owner"),
    [
        ("data/patterns/skills-patterns.jsonl", FileKind.RECORD_SET, ("skills-patterns", ""), None),
        ("data/patterns/error-solutions.jsonl", FileKind.RECORD_SET, ("error-solutions", ""), None),
        ("data/patterns/best-practices/0.jsonl", FileKind.RECORD_SET, ("best-practices", "0"), None),
        ("data/patterns/best-practices/0f.jsonl", FileKind.RECORD_SET, ("best-practices", "0f"), None),
        ("data/patterns/best-practices/0F.jsonl", FileKind.OTHER, None, None),
        ("data/patterns/best-practices/0ff.jsonl", FileKind.OTHER, None, None),
        ("data/fine-tuning/dataset.jsonl", FileKind.RECORD_SET, ("fine-tuning", ""), None),
        ("data/collections/notes.jsonl", FileKind.RECORD_SET, ("collections/notes", ""), None),
        ("data/collections/notes/a.jsonl", FileKind.RECORD_SET, ("collections/notes", "a"), None),
        ("data/collections/snapshots.jsonl", FileKind.OTHER, None, None),
        ("data/collections/.hidden.jsonl", FileKind.OTHER, None, None),
        (
            "data/telemetry/snapshots/sys-aaaaaaaaaa/2026-05-28.jsonl",
            FileKind.SNAPSHOT,
            None,
            "sys-aaaaaaaaaa",
        ),
        ("data/collections/snapshots/sys-aaaaaaaaaa/n-1.jsonl", FileKind.SNAPSHOT, None, "sys-aaaaaaaaaa"),
        ("data/fine-tuning/snapshots/sys-aaaaaaaaaa/v1.jsonl", FileKind.TRAINING, None, "sys-aaaaaaaaaa"),
        ("data/fine-tuning/snapshots/sys-aaaaaaaaaa/models.jsonl", FileKind.MODELS, None, "sys-aaaaaaaaaa"),
        ("data/telemetry/snapshots/sys-aaaaaaaaaa/models.jsonl", FileKind.SNAPSHOT, None, "sys-aaaaaaaaaa"),
        ("data/metrics/monthly/sys-aaaaaaaaaa/2026-05.json", FileKind.METRICS, None, "sys-aaaaaaaaaa"),
        ("data/metrics/monthly/sys-aaaaaaaaaa/2026.json", FileKind.OTHER, None, None),
        ("data/outcomes/sys-aaaaaaaaaa.jsonl", FileKind.OUTCOMES, None, "sys-aaaaaaaaaa"),
        ("data/outcomes/x/sys-aaaaaaaaaa.jsonl", FileKind.OTHER, None, None),
        ("data/README.md", FileKind.OTHER, None, None),
        ("patterns/skills-patterns.jsonl", FileKind.OTHER, None, None),
        ("x/data/patterns/skills-patterns.jsonl", FileKind.OTHER, None, None),
    ],
)
def test_path_says_what_the_file_is(
    path: str, kind: FileKind, found: tuple[str, str] | None, owner: str | None
) -> None:
    assert (kind_of(path), find_set(path), owner_of(path)) == (kind, found, owner)
    if found:
        stem = stem_of(SetName(found[0]))
        assert stem is not None
        assert path_of(stem, found[1]) == path


@pytest.mark.parametrize(
    "name",
    ["", "patterns", "collections/", "collections/../x", "collections/a/b", "notes", "collections/a\0b"],
)
def test_other_names_are_no_sets(name: str) -> None:
    assert stem_of(SetName(name)) is None


def test_training_snapshots_join_by_line() -> None:
    path = "data/fine-tuning/snapshots/sys-aaaaaaaaaa/v1.jsonl"
    assert merge_files(path, b'{"b":1}\n{"a":1}\n', b'{"b":1}\r\n{"c":1}') == b'{"a":1}\n{"b":1}\n{"c":1}\n'
