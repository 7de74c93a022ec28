"""The pages that an export has read, kept until it is complete: an interrupted export resumes after the last.

They are in the local state, sanitized, and sanitized again when they are read back, because the rules may
have changed. Pages of another day are not used: the points may have changed, too. It only saves time, so a
spool that cannot be written is given up.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, NamedTuple, TypeVar

import msgspec

from git_fedlearn.core.canonical import JsonObject
from git_fedlearn.errors import FedlearnError
from git_fedlearn.qdrant.store import PointId
from git_fedlearn.repository.lock import hold_lock

FORMAT: Final = 1

_Form = TypeVar("_Form")


class ReadRecord(NamedTuple):
    """The record of a point: its line, whether no import made the point, and the id of a mirrored point."""

    line: bytes
    is_own: bool
    point: PointId | None


class ReadPage(NamedTuple):
    """What became of the points of one page."""

    points: list[PointId]
    records: list[ReadRecord]
    faults: list[tuple[PointId, str]]
    redacted: dict[str, int]
    filtered: int = 0
    empty: int = 0
    """Points without content."""


class ExportSpool:
    """The pages of one collection, in a file; without a file, none."""

    def __init__(self, path: Path | None, header: JsonObject) -> None:
        self._path = path
        self._header = {"format": FORMAT, **header}
        self._file: IO[bytes] | None = None

    def pages(self) -> Iterator[ReadPage]:
        """The pages of an interrupted export; then more can be added."""
        if self._path is None:
            return
        end = 0
        with suppress(OSError), self._path.open("rb") as file:
            if _decode(file.readline(), dict) == self._header:
                end = file.tell()
                for line in file:
                    page = _decode(line, ReadPage)
                    if page is None:
                        break
                    end += len(line)
                    yield page
        self._open(end)

    def add(self, page: ReadPage) -> None:
        """Keep a page."""
        self._write(page)

    def remove(self) -> None:
        """Forget all pages: the export is complete."""
        self.close()
        if self._path:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file and keep it."""
        if self._file:
            with suppress(OSError):
                self._file.close()
        self._file = None

    def _open(self, end: int) -> None:
        """Continue after this offset: what follows is half a page, or of another export."""
        if self._path is None:
            return
        with suppress(OSError):
            self._path.touch()
            self._file = self._path.open("r+b")
            self._file.truncate(end)
            self._file.seek(end)
        if not end:
            self._write(self._header)

    def _write(self, value: "JsonObject | ReadPage") -> None:
        if self._file is None:
            return
        try:
            self._file.write(msgspec.json.encode(value) + b"\n")
            self._file.flush()
        except OSError:
            self.remove()


@contextmanager
def open_spool(folder: Path, name: str, header: JsonObject) -> Iterator[ExportSpool]:
    """The spool of this name, kept if the block fails; without a file while another export has the folder."""
    with ExitStack() as stack:
        path = None
        with suppress(FedlearnError):
            stack.enter_context(hold_lock(folder, "export", timeout=0.05))
            path = folder / name
        spool = ExportSpool(path, header)
        try:
            yield spool
        finally:
            spool.close()


def _decode(line: bytes, form: type[_Form]) -> _Form | None:
    try:
        return msgspec.json.decode(line, type=form) if line.endswith(b"\n") else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
