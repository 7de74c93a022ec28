"""What becomes of an exception that nobody expected: a report in a file, a line for the user.

The traceback may quote data, which must not reach a terminal or a log of its own accord.
"""

import os
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from git_fedlearn import __version__
from git_fedlearn.console.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.state import BUG_REPORTS


def report_bug(context: Context) -> int:
    """Write the exception being handled to a file, say where, and return the exit code."""
    kind, error, trace = sys.exc_info()
    text = "".join(traceback.format_exception(kind, error, trace))
    name = kind.__name__ if kind else "unknown"
    context.complain(f"error: this is a bug in git-fedlearn {__version__} ({name})")
    path = _keep(text, context)
    if path:
        context.complain(f"hint: please report it with {path} (read it first: it may quote your data)")
    return FedlearnError.exit_code


def _keep(text: str, context: Context) -> Path | None:
    """Write to our state in the repository or else to the folder for temporary files, for this user alone."""
    prefix, suffix = BUG_REPORTS.name.split("*")
    folders = [Path(tempfile.gettempdir())]
    with suppress(FedlearnError, OSError):
        context.repository.state.folder.mkdir(parents=True, exist_ok=True)
        folders.insert(0, context.repository.state.folder)
    for folder in folders:
        with suppress(OSError):
            handle, path = tempfile.mkstemp(dir=folder, prefix=prefix, suffix=suffix)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
            return Path(path)
    return None
