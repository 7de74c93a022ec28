"""Packages of an extra, imported when they are first used: a verb that needs none of them starts without.

A missing one is an error that says the pip line.
"""

import importlib
from types import ModuleType
from typing import Any

from git_fedlearn.errors import FedlearnError


class MissingExtraError(FedlearnError):
    """A package that comes with an extra of git-fedlearn is not installed."""


class Lazy:
    """Stands for a module until one of its names is asked for. Raises MissingExtraError then."""

    def __init__(self, module: str, extra: str = "") -> None:
        self._module = module
        self._extra = extra

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the module holds
        return getattr(load_extra(self._module, self._extra), name)


def load_extra(module: str, extra: str) -> ModuleType:
    """Import a module of an extra (of the base install when `extra` is empty). Raises MissingExtraError."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        missing = (error.name or module).partition(".")[0]
        named = f"git-fedlearn[{extra}]" if extra else "git-fedlearn"
        raise MissingExtraError(
            f"the package {missing} is not installed", hint=f"pip install '{named}'"
        ) from error
