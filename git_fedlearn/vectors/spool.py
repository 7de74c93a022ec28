"""Record lines set aside on disk by the first digit of their ids, to be joined a part at a time."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final

from git_fedlearn.core.record_set import join_into

_DIGITS: Final = "0123456789abcdef"
_PART_BYTES: Final = 8_000_000


class Spool:
    """Lines of records in canonical form; the folder goes away with the block that opened it."""

    def __init__(self, files: dict[str, IO[bytes]]) -> None:
        self._files = files

    def add(self, line: bytes) -> None:
        """Set a line aside."""
        self._files[line[8:9].decode("ascii")].write(line + b"\n")

    def parts(self) -> Iterator[list[bytes]]:
        """The lines joined and sorted, in parts of one or more digits: all at once when that is not much."""
        together: list[bytes] = []
        size = 0
        for file in self._files.values():
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
    """A spool in a temporary folder inside `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        inside = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix="spool-")))
        yield Spool({digit: stack.enter_context((inside / digit).open("w+b")) for digit in _DIGITS})
