"""The house rules that a program can check: names, sizes, imports of commands, modules that docs name."""

import importlib
import importlib.util
import re

import pytest
from doc_pages import pages

from benchmarks.source_tree import PACKAGE, TOP, command_imports, constants, modules, repeated_types

MAX_LINES = 450
"""Of a module."""

EMPTY_NAMES = ("KEPT", "LEAST", "LONGEST", "MOST", "PORTION", "SHORT", "SHOWN")
"""Names of constants that say neither what they limit nor the unit."""

NOT_OURS = ("code.py", "coordinator.py")
"""Files of the reader's."""
SOURCES = ("git_fedlearn", "tests", "benchmarks", "manual", "examples")
LAYERS_PAGE = "docs/architecture.md"
FOLDER_PAGES = (LAYERS_PAGE, "CONTRIBUTING.md")
"""Pages that name folders of the sources; on the others `data/` and the like are the reader's."""
FOLDERS_OF_A_CLONE = ("data/", "leaks/")
PAGES = [page for page in pages() if page != "CHANGELOG.md"]


def test_public_types_have_a_name_of_their_own() -> None:
    assert repeated_types() == {}


def test_constants_name_what_they_limit() -> None:
    found = constants()
    assert [name for name in EMPTY_NAMES if found[name]] == []


def test_modules_are_short_enough_to_read() -> None:
    assert [module.path for module in modules() if module.lines > MAX_LINES] == []


def test_no_command_imports_another() -> None:
    assert command_imports() == set()


@pytest.mark.parametrize("page", PAGES)
def test_the_files_that_docs_name_exist(page: str) -> None:
    text = (TOP / page).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w./-])(?:[\w-]+/)*\w+\.py\b", text))
    named |= set(re.findall(rf"(?<![\w./-])(?:{'|'.join(SOURCES)})/[\w./-]*\w(?![\w<])", text))
    if page in FOLDER_PAGES:
        named |= set(re.findall(r"`((?:[a-z_]+/)+)`", text)) - set(FOLDERS_OF_A_CLONE)
    assert [name for name in sorted(named) if name not in NOT_OURS and not exists(name)] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_modules_that_docs_name_exist(page: str) -> None:
    text = (TOP / page).read_text(encoding="utf-8")
    dotted = set(re.findall(r"\b(?:git_fedlearn|benchmarks|manual)(?:\.[a-z_]+)+", text))
    dotted |= set(re.findall(r"python -m (benchmarks [a-z_]+)", text))
    assert [name for name in sorted(dotted) if not is_importable(name.replace(" ", "."))] == []


def test_the_layers_that_docs_name_exist() -> None:
    text = (TOP / LAYERS_PAGE).read_text(encoding="utf-8")
    layers = text.split("## Layers\n", 1)[1].split("\n## ", 1)[0]
    arrows = layers.split("```")[1]
    named = {*re.findall(r"[a-z_]+", arrows), *re.findall(r"(?m)^\| `([a-z_]+)` \|", layers)}
    assert named
    assert [name for name in sorted(named) if not is_importable(f"git_fedlearn.{name}")] == []


def exists(name: str) -> bool:
    """Whether a file or folder of the sources has this path, or one that ends with it."""
    if (TOP / name).exists():
        return True
    end = f"/{name.rstrip('/')}"
    return any(f"/{path.relative_to(PACKAGE).as_posix()}".endswith(end) for path in PACKAGE.rglob("*"))


def is_importable(name: str) -> bool:
    """Whether this is a module, or something that one has."""
    parent, _, last = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(parent), last) or importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
