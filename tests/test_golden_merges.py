"""Golden merges: data/merge/<case>/{ancestor,ours,theirs,expected}.jsonl; a new case is a new folder."""

import shutil
from pathlib import Path

import pytest

from git_fedlearn.plumbing import merge_driver

CASES = sorted(path for path in (Path(__file__).parent / "data" / "merge").iterdir() if path.is_dir())


def merge(case: Path, folder: Path, ours: str, theirs: str) -> bytes:
    """The file the driver leaves; `path` in the case's folder names where the file lies, if that matters."""
    for name in ("ancestor", ours, theirs):
        shutil.copy(case / f"{name}.jsonl", folder / name)
    named = case / "path"
    path = named.read_text().strip() if named.exists() else "data/patterns/skills-patterns.jsonl"
    files = [str(folder / name) for name in ("ancestor", ours, theirs)]
    assert merge_driver.run([*files, "7", path]) == merge_driver.MERGED
    return (folder / ours).read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize(("ours", "theirs"), [("ours", "theirs"), ("theirs", "ours")])
def test_either_side_gets_the_expected_bytes(case: Path, tmp_path: Path, ours: str, theirs: str) -> None:
    assert merge(case, tmp_path, ours, theirs) == (case / "expected.jsonl").read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("side", ["ours", "theirs"])
def test_merging_a_side_again_changes_nothing(case: Path, tmp_path: Path, side: str) -> None:
    expected = (case / "expected.jsonl").read_bytes()
    assert merge(case, tmp_path, "expected", side) == expected


def test_there_are_cases() -> None:
    assert len(CASES) >= 15
