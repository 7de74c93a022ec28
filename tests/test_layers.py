"""The layer table of pyproject.toml holds: layers point down; git, pygit2 and people are met in one place."""

from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports


def test_imports_keep_to_the_layers() -> None:
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == EXIT_STATUS_SUCCESS
