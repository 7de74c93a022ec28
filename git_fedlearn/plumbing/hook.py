"""The program behind the hooks: `git-fedlearn-hook NAME [ARGUMENTS…]`.

Git's hooks (githooks(5)) and the hooks of the pre-commit framework both run it. The hooks themselves are in
`commands/hooks/`: one function per name, called with the Context and the arguments below, which returns an
exit code. They are loaded last, so that a probe is fast.
"""

import gc
import importlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.environment import behind_python_path

PROBE: Final = "FEDLEARN_PROBE"
PROBED: Final = 97
"""Exit code of a probe, used by nothing else, so that the rest of the hook does not run."""

INTERRUPTED: Final = 130
GC_THRESHOLD: Final = 100_000
"""Objects; to search for cycles among those of the modules costs start-up time."""

GIT_HOOKS: Final = {
    "pre-commit": 0,
    "pre-merge-commit": 0,
    "commit-msg": 1,
    "post-commit": 0,
    "post-merge": 0,
    "post-rewrite": 0,
    "pre-push": 2,
    "pre-receive": 0,
}
"""The git hooks, with the number of arguments passed on: a file; the remote and its URL."""

FILE_HOOKS: Final = ("sanitize", "scan", "verify")
"""Hooks of the pre-commit framework; they get the files to check."""


_MODULES: Final = {
    "commit-msg": "messages",
    "post-commit": "replays",
    "post-rewrite": "replays",
    "pre-push": "pushes",
    "pre-receive": "pushes",
    **dict.fromkeys(FILE_HOOKS, "files"),
}
"""The module of each hook that is not in `commits`."""


def main() -> None:
    """Console script `git-fedlearn-hook`."""
    gc.set_threshold(GC_THRESHOLD)
    sys.path[:] = behind_python_path(sys.path, os.environ)
    code = run(sys.argv[1:], os.environ)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, AttributeError):  # a closed one is None
            stream.flush()
    os._exit(code)  # freeing every module and object would take a tenth of the time of a hook


def run(arguments: list[str], environment: Mapping[str, str]) -> int:
    """Answer a probe, or run the hook that the first argument names; returns the exit code."""
    name, given = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in GIT_HOOKS and name not in FILE_HOOKS:
        _print(f"error: no such hook: {name}\nhint: one of {', '.join([*GIT_HOOKS, *FILE_HOOKS])}")
        return 2
    if PROBE in environment:
        _print(f"fedlearn-probe {environment[PROBE]} {name}")
        return PROBED
    return _dispatch(name, given[: GIT_HOOKS.get(name)])


def _dispatch(name: str, arguments: list[str]) -> int:
    context = importlib.import_module("git_fedlearn.console.context").Context()
    context.is_brief = True
    try:
        hooks = importlib.import_module(f"git_fedlearn.commands.hooks.{_MODULES.get(name, 'commits')}")
        code = getattr(hooks, name.replace("-", "_"))(context, *arguments)
    except FedlearnError as error:
        context.report(error)
        return error.exit_code
    except KeyboardInterrupt:
        _print("interrupted")
        return INTERRUPTED
    except Exception:  # noqa: BLE001  the boundary: a bug must not look like an answer
        code = importlib.import_module("git_fedlearn.console.crash_report").report_bug(context)
    finally:
        context.close()
    return code if isinstance(code, int) else 0


def _print(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
