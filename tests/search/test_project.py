"""The languages and tools of a project, by its files."""

from pathlib import Path

import pytest

from git_fedlearn.search.project import project_tags, tags_of


def test_manifests_locks_and_extensions_tell(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["django>=5", "requests"]\n')
    (tmp_path / "uv.lock").touch()
    web = tmp_path / "web"
    web.mkdir()
    for name in ("package.json", "a.tsx", "b.tsx"):
        (web / name).write_text('{"devDependencies": {"vite": "^5"}}' if name == "package.json" else "")
    assert project_tags(tmp_path) == {
        *("python", "uv", "django", "javascript", "node", "vite", "typescript", "react")
    }


def test_a_folder_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert project_tags(tmp_path / "gone") == frozenset()
    assert project_tags(tmp_path) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pin postgresql to 15 in compose with docker", {"postgres", "docker"}),
        ("go make some coffee, just in case", set()),
        ("run go mod tidy, then make -j2", {"go", "make"}),
        ("npm ERR! code ERESOLVE", {"npm"}),
    ],
)
def test_words_name_tools(text: str, expected: set[str]) -> None:
    assert tags_of(text) == expected


def test_a_field_names_them_outright() -> None:
    assert tags_of("pin it", ["Python", "golang", "two words"]) == {"python", "go"}
