"""The sources of the package as they can be counted: modules, the names of types, constants, imports."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import git_fedlearn

PACKAGE = Path(git_fedlearn.__file__).parent
TOP = PACKAGE.parent
_TYPE_NAME = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
"""What a class or an alias of a type is called; constants are all capitals."""


class Module(NamedTuple):
    """One file of the package; `path` is relative to the package, with `/`."""

    path: str
    lines: int
    tree: ast.Module


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the package that are not empty, by path."""
    return tuple(
        Module(path.relative_to(PACKAGE).as_posix(), text.count("\n"), ast.parse(text))
        for path in sorted(PACKAGE.rglob("*.py"))
        if (text := path.read_text(encoding="utf-8"))
    )


def repeated_types() -> Counter[str]:
    """The public classes and aliases of types that more than one module defines, with how many do."""
    names = Counter(name for module in modules() for name in sorted(set(_types(module.tree))))
    return Counter({name: times for name, times in names.items() if times > 1})


def constants() -> Counter[str]:
    """Names of constants without leading underscores, with how many modules define each."""
    return Counter(
        name.lstrip("_")
        for module in modules()
        for node in module.tree.body
        for name in _assigned(node)
        if name.isupper()
    )


def command_imports() -> set[tuple[str, str]]:
    """Which command takes code from which other; a folder is a command."""
    return {
        (importer, imported)
        for module in modules()
        if module.path.startswith("commands/")
        for importer in [module.path.split("/")[1].removesuffix(".py")]
        for imported in _commands_named(module.tree)
        if imported != importer
    }


def _types(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        names = [node.name] if isinstance(node, ast.ClassDef) else _assigned(node)
        yield from (name for name in names if _TYPE_NAME.fullmatch(name))


def _assigned(node: ast.stmt) -> list[str]:
    """The plain names that a statement gives a value."""
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _commands_named(tree: ast.Module) -> Iterator[str]:
    """The commands that a module imports, also by importlib."""
    for node in ast.walk(tree):
        dotted = []
        if isinstance(node, ast.ImportFrom) and node.module:
            dotted = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            dotted = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            dotted = [node.value]
        for name in dotted:
            found = re.match(r"git_fedlearn\.commands\.(\w+)", name)
            if found:
                yield found[1]
