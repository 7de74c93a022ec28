"""Output for people never uses the words that docs/glossary.md keeps for the format and the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from doc_pages import machine
from systems import World

from git_fedlearn.cli import cli

TESTS = Path(__file__).parent
GLOSSARY = TESTS.parent / "docs" / "glossary.md"


@cache
def internal_words() -> list[str]:
    """The words of the last table of the glossary."""
    table = GLOSSARY.read_text(encoding="utf-8").split("## Only in the format and the code", 1)[1]
    return re.findall(r"^\| \*\*(.+?)\*\* \|", table, re.MULTILINE)


def words_in(text: str) -> set[str]:
    forms = rf"\b({'|'.join(internal_words())})(?:s|es|d|ed|ing)?\b"
    return {found[1].lower() for found in re.finditer(forms, " ".join(text.split()), re.IGNORECASE)}


def commands_of(command: click.Command, parent: click.Context | None, name: str) -> Iterator[click.Context]:
    ctx = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    yield ctx
    if isinstance(command, click.Group):
        for below in command.list_commands(ctx):
            found = command.get_command(ctx, below)
            assert found is not None, below
            yield from commands_of(found, ctx, below)


def strings_with_spaces(source: str) -> Iterator[str]:
    """The string literals of a test module that can be output; a docstring or a single word is not."""
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        if node.body and isinstance(node.body[0], ast.Expr)
    }
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings)
    for text in texts:
        if isinstance(text.value, str) and re.search(r"\S\s+\S", text.value):
            yield text.value


LATER = (
    *("allow-list", "baseline", "endorsed", "fingerprint", "outcome", "payload", "peer", "quarantine"),
    *("record set", "shard", "snapshot", "trust level"),
)
"""Words of the second table of the glossary that mean nothing else."""


@pytest.mark.parametrize(
    ("page", "end"), [("README.md", "## Every day"), ("docs/tutorial.md", "## 4. Share it")]
)
def test_the_first_day_needs_six_words(page: str, end: str) -> None:
    first, found, _ = (GLOSSARY.parents[1] / page).read_text(encoding="utf-8").lower().partition(end.lower())
    assert found
    assert [word for word in LATER if re.search(rf"\b{word}s?\b", first)] == []


def test_sync_answers_in_words_of_the_first_day(world: World) -> None:
    said = machine(world, "mei").system
    system = world.system("lessons")
    system.environment |= {key: said.environment[key] for key in ("HOME", "GIT_CONFIG_GLOBAL")}
    answer = system.fedlearn("sync").out
    assert "new" in answer
    assert [word for word in LATER if word in answer] == []


def test_the_glossary_lists_internal_words() -> None:
    assert {"tombstone", "join", "effective score", "root file"} <= set(internal_words())
    assert words_in("2 tombstones were\n  joined; the effective\n score") == {
        "tombstone",
        "join",
        "effective score",
    }


def test_help_uses_no_internal_words() -> None:
    found = {ctx.command_path: words_in(ctx.get_help()) for ctx in commands_of(cli, None, "git fedlearn")}
    assert len(found) > 30
    assert {where: words for where, words in found.items() if words} == {}


def test_expected_outputs_use_no_internal_words() -> None:
    found = {
        path.name: {word for text in strings_with_spaces(path.read_text()) for word in words_in(text)}
        for path in sorted((TESTS / "commands").glob("test_*.py"))
    }
    assert len(found) > 20
    assert {where: words for where, words in found.items() if words} == {}
