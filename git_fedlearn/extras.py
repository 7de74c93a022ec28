"""Optional packages, loaded on first use, so that other commands start without them.

A missing one is an error whose hint is the command that installs its extra. Slow packages of the base install
are loaded the same way.
"""

import importlib
import json
import shlex
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from git_fedlearn.errors import FedlearnError

ZSTD: Final = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
"""The standard library has zstd from Python 3.14; backports.zstd is the same module for older ones."""

EXTRAS: Final = {
    "local": ("qdrant_edge", "wordllama"),
    "qdrant": ("qdrant_client",),
    "mcp": ("mcp",),
    "onnx": ("onnxruntime", "tokenizers"),
    "fastembed": ("fastembed",),
    "duplicates": ("rensa",),
    "dask": ("distributed", "fsspec"),
    "parquet": ("pyarrow",),
    "ner": ("spacy",),
    "zstd": (ZSTD,),
}
"""Each extra of pyproject.toml that adds something to the program, and the modules it installs."""


class MissingExtraError(FedlearnError):
    """A package of an extra is not installed, or cannot be loaded."""


class Lazy:
    """A module that is loaded when an attribute is first used, which may raise MissingExtraError."""

    def __init__(self, module: str, extra: str = "") -> None:
        self._module = module
        self._extra = extra

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  the module has any types
        found = getattr(load_extra(self._module, self._extra), name)
        vars(self)[name] = found  # the next use of the name makes no call
        return found


def load_extra(module: str, extra: str) -> ModuleType:
    """Import a module of an extra (of the base install if `extra` is empty). Raises MissingExtraError."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        raise _not_installed(module if module.startswith(missing) else missing, extra) from error
    except ImportError as error:
        reason = (str(error).splitlines() or [""])[0]
        raise MissingExtraError(
            f"the package {_package_of(module)} cannot be loaded: {reason}", hint=install_line(extra)
        ) from error


def find_folder(package: str, extra: str) -> Path:
    """The folder of an installed package, without importing it. Raises MissingExtraError."""
    found = find_spec(package)
    if found is None or found.origin is None:
        raise _not_installed(package, extra)
    return Path(found.origin).parent


def installed_extras() -> dict[str, bool]:
    """Whether all modules of each extra are installed, without importing them."""
    return {extra: all(map(_is_installed, modules)) for extra, modules in EXTRAS.items()}


def install_line(extra: str) -> str:
    """The command that installs an extra with the tool that installed git-fedlearn."""
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():  # uv forgets the extras that are not named again
        extras = {name for name, is_installed in installed_extras().items() if is_installed} | {extra} - {""}
        return f"uv tool install --force {_requirement(','.join(sorted(extras)))}"
    return f"{_installer(prefix)} {_requirement(extra)}"


def package_line(package: str) -> str:
    """The command that installs a package of others beside git-fedlearn."""
    prefix = Path(sys.prefix)
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install --force {_requirement('')} --with {shlex.quote(package)}"
    return f"{_installer(prefix)} {shlex.quote(package)}"


def _installer(prefix: Path) -> str:
    if (prefix / "pipx_metadata.json").is_file():
        return "pipx runpip git-fedlearn install"
    if not _is_installed("pip"):  # as in an environment that uv made
        return f"uv pip install --python {shlex.quote(sys.prefix)}"
    return "pip install"


def _requirement(extras: str) -> str:
    """What git-fedlearn was installed from, with extras, as installers note it (PEP 610)."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415  costs start-up time

    name = f"git-fedlearn[{extras}]" if extras else "git-fedlearn"
    try:
        noted = json.loads(distribution("git-fedlearn").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        noted = {}
    match noted:
        case {"url": str(url), "vcs_info": {"vcs": str(system), **more}}:
            revision = more.get("requested_revision")
            return shlex.quote(f"{name} @ {system}+{url}{f'@{revision}' if revision else ''}")
        case {"url": str(url), "dir_info": dict(facts)}:
            folder = shlex.quote(unquote(urlsplit(url).path) + (f"[{extras}]" if extras else ""))
            return f"-e {folder}" if facts.get("editable") else folder
        case {"url": str(url)}:
            return shlex.quote(f"{name} @ {url}")
    return shlex.quote(name)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it is in
        return False


def _not_installed(module: str, extra: str) -> MissingExtraError:
    return MissingExtraError(f"the package {_package_of(module)} is not installed", hint=install_line(extra))


def _package_of(module: str) -> str:
    """The package of a module; in the namespace `backports`, each module is a package."""
    return module if module.startswith("backports.") else module.partition(".")[0]
