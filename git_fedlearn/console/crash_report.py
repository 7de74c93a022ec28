"""Crash reports: an unexpected exception goes to a file, and the user is told where.

The traceback may quote private data, so it is never printed to a terminal or a log.
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
    """Write the exception being handled to a file, print its path, and return the exit code."""
    kind, error, trace = sys.exc_info()
    text = "".join(traceback.format_exception(kind, error, trace))
    name = kind.__name__ if kind else "unknown"
    context.print_error(f"error: this is a bug in git-fedlearn {__version__} ({name})")
    path = _write_report(text, context)
    if path:
        context.print_error(f"hint: report it with {path}    (read it first: it may quote your data)")
    return FedlearnError.exit_code


def _write_report(text: str, context: Context) -> Path | None:
    """Write to the state of the clone, else to the temporary folder, readable by this user only."""
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
