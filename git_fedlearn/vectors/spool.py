"""Record lines set aside on disk by the first digit of their ids, to be joined a part at a time."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

from git_fedlearn.core.record_set import join_into
from git_fedlearn.errors import FedlearnError

_DIGITS: Final = "0123456789abcdef"
_PART_BYTES: Final = 8_000_000


class Spool:
    """Lines of records in canonical form; the files go away with the block that opened it."""

    def __init__(self, files: Mapping[str, IO[bytes]], folder: Path) -> None:
        self._files = files
        self._folder = folder

    def add(self, line: bytes) -> None:
        """Set a line aside."""
        with _translated(self._folder):
            self._files[line[8:9].decode("ascii")].write(line + b"\n")

    def parts(self) -> Iterator[list[bytes]]:
        """The lines joined and sorted, in parts of one or more digits: all at once when that is not much."""
        together: list[bytes] = []
        size = 0
        for file in self._files.values():
            with _translated(self._folder):
                file.seek(0)
                data = file.read()
            if together and size + len(data) > _PART_BYTES:
                yield _joined(together)
                together, size = [], 0
            together.append(data)
            size += len(data)
        yield _joined(together)


def _joined(pieces: list[bytes]) -> list[bytes]:
    lines = sorted({line for piece in pieces for line in piece.split(b"\n")[:-1]})
    return join_into([b"".join([line + b"\n" for line in lines])], ()).records


@contextmanager
def open_spool(folder: Path) -> Iterator[Spool]:
    """A spool in files inside `folder` that have no names, so that a kill leaves none behind."""
    with ExitStack() as stack:
        with _translated(folder):
            folder.mkdir(parents=True, exist_ok=True)
            files = {digit: stack.enter_context(tempfile.TemporaryFile(dir=folder)) for digit in _DIGITS}
        yield Spool(files, folder)


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FedlearnError(
            f"{folder}: cannot be written: {error.strerror}", hint="free space, then run it again"
        ) from error
