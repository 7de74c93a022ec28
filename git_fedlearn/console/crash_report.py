"""Crash reports: an unexpected exception goes to a file, and the user is told where.

A full disk, a missing permission or too many open files are errors of the machine, not bugs.
The traceback may quote private data, so it is never printed to a terminal or a log.
"""

import errno
import os
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final

from git_fedlearn import __version__
from git_fedlearn.console.context import Context
from git_fedlearn.errors import FedlearnError
from git_fedlearn.repository.state import BUG_REPORTS

_MACHINE_ERRORS: Final = frozenset(
    {
        *(errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EBADF, errno.ELOOP, errno.ENAMETOOLONG),
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
        *(errno.ENOTDIR, errno.EISDIR),
    }
)
"""Errors that no program can prevent. errno(3)."""
_NO_ROOM: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


def machine_error(error: BaseException | None) -> FedlearnError | None:
    """The error of the machine behind an exception; None if it is a bug."""
    if isinstance(error, MemoryError):
        return FedlearnError("out of memory")
    if not isinstance(error, OSError) or error.errno not in _MACHINE_ERRORS:
        return None
    place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    why = error.strerror or errno.errorcode[error.errno]
    hint = "free space, then run it again" if error.errno in _NO_ROOM else ""
    return FedlearnError(f"{place}: {why}" if place else f"cannot read or write: {why}", hint=hint)


def report_bug(context: Context) -> int:
    """Report the exception being handled, and return the exit code."""
    error = bug_error(context)
    context.report(error)
    return error.exit_code


def bug_error(context: Context) -> FedlearnError:
    """The exception being handled as an error to report.

    It is written to a file, which the hint names, unless the machine is at fault.
    """
    kind, error, trace = sys.exc_info()
    told = machine_error(error)
    if told:
        return told
    text = "".join(traceback.format_exception(kind, error, trace))
    name = kind.__name__ if kind else "unknown"
    path = _write_report(text, context)
    hint = f"report it with {path}    (read it first: it may quote your data)" if path else ""
    return FedlearnError(f"this is a bug in git-fedlearn {__version__} ({name})", hint=hint)


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
